"""The links of a message that are counted: they lead by our page of redirects, to where they led before.

Left as they are: our own pages (the offer, unsubscribing), addresses of mail and telephone, whatever leads nowhere, and
links whose words are an address themselves, for a link that goes elsewhere than it says is taken for fraud.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html import escape

from mailcrm.mailing.links import IN_TEXT, anchors, leads_somewhere, named_host
from mailcrm.mailing.render import Words

MOST = 64
"""Links of one mailing: so many have room in a token. What is beyond is not counted, but works."""
LONGEST = 2000
_ENDS = ".,;:!?"
_BODY_END = re.compile(r"</body\s*>|</html\s*>", re.IGNORECASE)


@dataclass(slots=True)
class Places:
    """The addresses that a mailing links to, each with its place; those that are new come after the others."""

    known: dict[str, int]
    new: dict[str, int] = field(default_factory=dict)

    def of(self, target: str) -> int | None:
        """The place of an address; None where there is room for no more."""
        found = self.known.get(target, self.new.get(target))
        if found is None and (free := 1 + max((*self.known.values(), *self.new.values()), default=-1)) < MOST:
            found = self.new[target] = free
        return found


def rewritten(words: Words, ours: str, place: Callable[[str], str]) -> Words:
    """The message with its countable links replaced by what `place` says of them (an empty text: leave it); `ours` is
    where our own pages are."""

    def of_text(found: re.Match[str]) -> str:
        target = found[0].rstrip(_ENDS)
        return (_to(target, ours, place) or target) + found[0][len(target) :]

    return replace(words, text=IN_TEXT.sub(of_text, words.text), html="".join(_html(words.html, ours, place)))


def with_picture(words: Words, address: str) -> Words:
    """The message with a picture of one dot at its end; one of plain text alone has no place for it."""
    if not words.html:
        return words
    dot = f'<img src="{escape(address)}" width="1" height="1" alt="">'
    end = _BODY_END.search(words.html)
    at = end.start() if end else len(words.html)
    return replace(words, html=f"{words.html[:at]}{dot}{words.html[at:]}")


def _html(html: str, ours: str, place: Callable[[str], str]) -> Iterator[str]:
    done = 0
    for one in anchors(html):
        if named_host(one.words) is None and (to := _to(one.target, ours, place)):
            yield f'{html[done : one.begin]}"{escape(to)}"'
            done = one.end
    yield html[done:]


def _to(target: str, ours: str, place: Callable[[str], str]) -> str:
    mine = bool(ours) and (target == ours or target.startswith((f"{ours}/", f"{ours}?", f"{ours}#")))
    plain = target.isprintable() and " " not in target and len(target) <= LONGEST
    if mine or not plain or not target.startswith(("https://", "http://")) or not leads_somewhere(target):
        return ""
    return place(target)
