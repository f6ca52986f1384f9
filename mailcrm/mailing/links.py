"""Links of a message before it leaves: those that lead nowhere, and those whose words name another place than they go.

Nothing is fetched: a page may be down now and up tomorrow, and asking it would tell its owner what is being written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

IN_TEXT = re.compile(r"\bhttps?:[^\s<>\"')\]]*", re.IGNORECASE)
"""Links of a plain text, with the full stop or comma that may follow them."""
_ANCHOR = re.compile(r"<a\b([^>]*)>(.*?)(?=</a\b|<a\b|$)", re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r"\bhref\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,100}[^\W\d_][\w-]*|localhost|\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+", re.I)
_NAMED = re.compile(r"(?:https?://|www\.)([^\s/:?#]+)", re.IGNORECASE)
_LEFT_OVER = re.compile(r"\{\{|\}\}|%7B%7B", re.IGNORECASE)


def doubtful(text: str, html: str) -> list[str]:
    """The links of a message that a person should look at, each once, in their order."""
    found = [one.rstrip(".,;:!?") for one in IN_TEXT.findall(text)]
    wrong = [one for one in found if not leads_somewhere(one)]
    return list(dict.fromkeys([*wrong, *_of_html(html)]))


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of HTML: where the value of its href begins and ends, quotes included; where it leads; what it says."""

    begin: int
    end: int
    target: str
    words: str


def anchors(html: str) -> Iterator[Anchor]:
    """The links of HTML in their order."""
    for found in _ANCHOR.finditer(html):
        if href := _HREF.search(found[1]):
            begin, end = (found.start(1) + place for place in href.span(1))
            target, words = unescape(href[1].strip("\"'")), unescape(_TAG.sub("", found[2]))
            yield Anchor(begin, end, target, words)


def _of_html(html: str) -> Iterator[str]:
    for one in anchors(html):
        if not leads_somewhere(one.target) or _says_another_place(one.target, one.words):
            yield one.target


def named_host(words: str) -> str | None:
    """The host where the words of a link are an address themselves; else None."""
    named = _NAMED.match(words.strip())
    return named[1] if named else None


def leads_somewhere(target: str) -> bool:
    """Whether an address is complete: a page with a host, a mail address, a telephone number, or a place inside."""
    scheme, colon, rest = target.strip().partition(":")
    if _LEFT_OVER.search(target) or not target.strip():
        return False
    if scheme.casefold() in ("mailto", "tel"):
        return bool(rest) and (scheme.casefold() == "tel" or "@" in rest)
    if scheme.casefold() not in ("http", "https") or not colon:
        return target.startswith("#") and len(target) > 1
    return bool(_HOST.fullmatch(_host(target))) and " " not in target.strip()


def _says_another_place(target: str, words: str) -> bool:
    """Whether the words are an address themselves, and of another host: filters take that for fraud."""
    named = named_host(words)
    if named is None or not target.casefold().startswith("http"):
        return False
    said, goes = (one.casefold().removeprefix("www.") for one in (named, _host(target)))
    return said != goes


def _host(target: str) -> str:
    try:
        split = urlsplit(target.strip())
        return "" if split.port == 0 else (split.hostname or "")
    except ValueError:
        return ""
