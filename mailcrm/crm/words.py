"""What a message is found by: its words as the search index keeps them.

Words are stemmed (crm.stems), so that both databases find the same. Who took part in which role is a word of its own
with a private mark before it, which no text can contain.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mailcrm.crm import filing
from mailcrm.crm.stems import stems
from mailcrm.mail.message import ParsedMessage

BODY_LIMIT = 100_000
"""Characters of a text that are indexed."""
FROM, TO, ATTACHMENT = "\ue000", "\ue001", "\ue002attachment"
"""Marks before the words of senders, of recipients, and the one word of messages with attachments."""

_MARKS = {"from": FROM, "reply-to": FROM, "sender": FROM, "to": TO, "cc": TO}


@dataclass(frozen=True, slots=True)
class Words:
    """What one message is found by: stems, separated by blanks."""

    message_id: int
    subject: str
    people: str
    body: str
    files: str


def words(message_id: int, parsed: ParsedMessage) -> Words:
    """The words of a message that was just parsed. A Bcc is nobody's business, so it is not among them."""
    files = [a.filename for a in parsed.attachments if not a.hidden]
    attached = any(not (a.inline or a.hidden) for a in parsed.attachments)
    return made_of(message_id, (parsed.headers.subject, parsed.text), filing.people(parsed.headers), files, attached)


def made_of(
    message_id: int, texts: tuple[str, str], people: Iterable[tuple[str, str, str]], files: list[str], attached: bool
) -> Words:
    """The words of a message with this subject and text, these (role, email, name) and these names of files."""
    named: list[str] = []
    for role, email, name in people:
        mark = _MARKS.get(role)
        if mark:
            found = stems(f"{name} {email}")
            named += [*found, *(mark + word for word in found)]
    marks = [ATTACHMENT] if attached else []
    return Words(
        message_id,
        " ".join(stems(texts[0])),
        " ".join(named),
        " ".join(stems(texts[1][:BODY_LIMIT])),
        " ".join([*stems(" ".join(files)), *marks]),
    )
