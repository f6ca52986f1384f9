"""Answer: what an SMTP server said to one step of handing over a message, or that it said nothing."""

import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s|$)")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply. `phase` is connect, auth, mail, rcpt, data (until the body may begin) or dot (after it); local
    where the message itself is missing here."""

    phase: str
    code: int
    """Of three digits (RFC 5321 §4.2); 0 where the connection was lost or nothing came in time."""
    text: str
    """The server's own words, without code and enhanced code."""
    enhanced: str = ""
    """RFC 3463, such as 5.1.1; empty where the server sends none."""

    @property
    def is_good(self) -> bool:
        """Whether the step went well."""
        return 200 <= self.code < 400


def answer(phase: str, code: int, text: str) -> Answer:
    """The reply with its enhanced code (RFC 2034) taken out of the text."""
    found = _ENHANCED.match(text)
    lines = [_ENHANCED.sub("", line, count=1) for line in text.split("\n")]
    words = " ".join(_CONTROLS.sub(" ", " ".join(lines)).split())[:LONGEST_TEXT]
    return Answer(phase, code, words, found.group(1) if found else "")
