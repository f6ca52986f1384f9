"""Snippets: a piece of a text around the first hit, in segments that say which words are hits."""

from collections.abc import Iterable
from dataclasses import dataclass

from mailcrm.crm.query import Term
from mailcrm.crm.stems import folded, stems, words

Segment = tuple[str, bool]
"""A piece of text, and whether it is a hit."""
SCANNED = 20_000
"""Characters of a text that are looked through for a hit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words to be highlighted: whole ones by stem, and beginnings."""

    stems: frozenset[str]
    prefixes: tuple[str, ...]

    def has(self, word: str, stem: str) -> bool:
        """Whether a word of the text is a hit."""
        return stem in self.stems or (bool(self.prefixes) and folded(word).startswith(self.prefixes))


def wanted(terms: Iterable[Term], shortest_prefix: int) -> Wanted:
    """What to highlight for these terms."""
    listed = list(terms)
    whole = frozenset(stem for term in listed for stem in stems(term.text))
    last = [folded(term.text) for term in listed if term.prefix and term.text.isalnum()]
    return Wanted(whole, tuple(word for word in last if len(word) >= shortest_prefix))


def highlight(text: str, what: Wanted) -> tuple[Segment, ...]:
    """The whole text in segments."""
    segments: list[Segment] = []
    done = 0
    for start, end, stem in words(text):
        if what.has(text[start:end], stem):
            if start > done:
                segments.append((text[done:start], False))
            segments.append((text[start:end], True))
            done = end
    if done < len(text):
        segments.append((text[done:], False))
    return tuple(segments)


def snippet(text: str, what: Wanted, size: int) -> tuple[Segment, ...]:
    """At most `size` characters around the first hit, on one line; empty where the text has no hit near its start."""
    head = text[:SCANNED]
    for start, end, stem in words(head):
        if what.has(head[start:end], stem):
            begin = max(0, start - size // 3)
            # Begin and end at a word.
            begin = head.find(" ", begin, start) + 1 or begin if begin else 0
            piece = " ".join(text[begin : begin + size].split())
            ends = "…" if begin + size < len(text) else ""
            return highlight(("…" if begin else "") + piece + ends, what)
    return ()
