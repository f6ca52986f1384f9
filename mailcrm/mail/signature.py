"""Signatures and footers: which lines below the words of a writer name him, his devices and his lawyers' wishes.

Works on lines of which the quoted ones are already known (see `quote`); linear in the length of the text.
"""

import re

from mailcrm.mail import phrases

MAX_FOOT = 13
"""Filled lines that a footer below a rule may have; more make it a section of the text."""
MAX_LEGAL_FOOT = 40
"""The same where the footer speaks of its intended recipients as lawyers do."""
MAX_CARD = 13
"""Filled lines of a block of name, position, phones and addresses."""

_RULE = re.compile(r"\s*(?:_{5,}|-{5,}|={5,}|\*{5,}|—{5,})\s*$")
_FOOT = re.compile(r"\s*(?:_{10,}|-{20,}|={20,}|\*{20,})\s*$")
_DELIMITER = re.compile(r"(?:--|—|– )\s?$")
_POSTSCRIPT = re.compile(r"\s*(?:P\.? ?S|З\.?Ы|П\.? ?С|N\.? ?B)\b", re.I)
_NAMED = re.compile(r"\W{0,2}[^\W\d_a-zа-яё][^\s:;!?@/]{1,24}(?: [^\s:;!?@/]{1,24}){0,5}$")
_NUMBER = r"\(?\+?\(?\d[\d ()./\-]{5,20}\d"
_CONTACT = re.compile(
    r"[\w.+\-]{1,64}@[\w\-]{1,60}\.|(?:https?://|www\.)\w|^\W{0,2}(?:(?:phone|tel|fax|mob|cell|office|direct|"
    rf"handy|fon|skype|тел|моб|факс)\w{{0,8}}|[tmfpт][.:])\W{{0,3}}\s?{_NUMBER}|"
    rf"^\W{{0,2}}{_NUMBER}(?: (?:fax|mobile|cell|office))?\W{{0,2}}$",
    re.I,
)


def marked(lines: list[str], quoted: list[bool]) -> list[bool]:
    """For every line whether it belongs to a signature, to a footer below one, or to a warning of the mail server."""
    signed = [False] * len(lines)
    at, above = _banner(lines, quoted, signed), False
    while at < len(lines):
        if quoted[at]:
            at += 1
            continue
        end = at
        while end < len(lines) and not quoted[end]:
            end += 1
        start = _start(lines, at, end, above)
        start = _name_above(lines, at, start)
        signed[start:end] = [True] * (end - start)
        above = above or start > at
        at = end + 1
    return signed


def _banner(lines: list[str], quoted: list[bool], signed: list[bool]) -> int:
    """Mark the warning of strangers that a mail server puts above the words; returns the line below it, or 0."""
    at = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    if at == len(lines) or quoted[at] or not phrases.BANNER.match(lines[at][:1000]):
        return 0
    if not any(line.strip() and not quoted[i] for i, line in enumerate(lines[at + 1 :], at + 1)):
        return 0
    signed[at] = True
    return at + 1


def _start(lines: list[str], first: int, end: int, above: bool) -> int:
    """Where the signature begins in lines[first:end]; `end` where there is none. The first words are never one."""
    last = end - 1
    while last > first and not lines[last].strip():
        last -= 1
    head = first if above else _filled(lines, first) + 1
    rest = sum(1 for line in lines[head : last + 1] if line.strip())
    for at in range(head, last + 1):
        line = lines[at].strip()
        if line and len(line) <= 150 and _begins(lines, at, last, rest):
            return at
        rest -= bool(line)
    card = _card(lines, head, last)
    return end if card is None else card


def _begins(lines: list[str], at: int, last: int, rest: int) -> bool:
    """Whether the line at `at` begins a signature; `rest` counts the filled lines from it to `last`."""
    line = lines[at].strip()
    if _DELIMITER.match(line) or phrases.DISCLAIMER.match(line) or phrases.SENT_FROM.match(line):
        return True
    if _FOOT.match(line) and (rest <= MAX_FOOT or (rest <= MAX_LEGAL_FOOT and _legal(lines, at + 1, last))):
        return True
    if _RULE.match(line) and rest <= MAX_CARD:
        below = next((line for line in lines[at + 1 : last + 1] if line.strip()), "")
        return bool(_NAMED.match(below.strip()[:200])) and _contacts(lines, at + 1, last) > 1
    return rest <= 11 and bool(phrases.CLOSING.match(line)) and _short(lines, at + 1, last)


def _legal(lines: list[str], start: int, last: int) -> bool:
    """Whether lines below a rule speak as lawyers do, at once or below a block with phones and addresses."""
    filled = [line[:1000] for line in lines[start : last + 1] if line.strip()]
    spoken = next((at for at, line in enumerate(filled) if phrases.LEGAL.search(line)), None)
    return spoken is not None and (spoken < 9 or any(_CONTACT.search(line.strip()[:90]) for line in filled[:9]))


def _card(lines: list[str], head: int, last: int) -> int | None:
    """Where the last paragraph begins if it is a name with two or more phones and addresses; None else."""
    start = last
    while start > head and last - start < MAX_CARD and lines[start - 1].strip():
        start -= 1
    if start <= head or lines[start - 1].strip() or not _NAMED.match(lines[start].strip()[:200]):
        return None
    before = next((line for line in reversed(lines[max(start - 4, 0) : start]) if line.strip()), "")
    if before.rstrip().endswith((":", "：")) or not _short(lines, start, last):
        return None
    return start if _contacts(lines, start + 1, last) > 1 else None


def _contacts(lines: list[str], start: int, last: int) -> int:
    """How many of the lines are a phone, an e-mail address or a web address."""
    return sum(1 for line in lines[start : last + 1] if len(line) <= 90 and _CONTACT.search(line.strip()))


def _name_above(lines: list[str], first: int, start: int) -> int:
    """`start`, or the line of a name ("-Anna Berg", "/Anna") that stands alone above it."""
    last = start - 1
    while last > first and not lines[last].strip():
        last -= 1
    alone = last > first and not lines[last - 1].strip()
    return last if alone and phrases.NAME_LINE.match(lines[last].strip()) else start


def _short(lines: list[str], start: int, last: int) -> bool:
    """Whether the lines look like a name, position, phones: short, and no postscript."""
    return all(len(line) <= 90 and not _POSTSCRIPT.match(line) for line in lines[start : last + 1])


def _filled(lines: list[str], at: int) -> int:
    """The first line from `at` on that is not blank, or the number of lines."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at
