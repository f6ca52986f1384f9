"""Links of a message before it leaves: those that lead nowhere, and those whose words name another place than they go.

Nothing is fetched: a page may be down now and up tomorrow, and asking it would tell its owner what is being written.
"""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

_IN_TEXT = re.compile(r"\bhttps?:[^\s<>\"')\]]*", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b([^>]*)>(.*?)(?=</a\b|<a\b|$)", re.IGNORECASE | re.DOTALL)
_HREF = re.compile(r"\bhref\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,100}[^\W\d_][\w-]*|localhost|\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]+", re.I)
_NAMED = re.compile(r"(?:https?://|www\.)([^\s/:?#]+)", re.IGNORECASE)
_LEFT_OVER = re.compile(r"\{\{|\}\}|%7B%7B", re.IGNORECASE)


def doubtful(text: str, html: str) -> list[str]:
    """The links of a message that a person should look at, each once, in their order."""
    found = [one.rstrip(".,;:!?") for one in _IN_TEXT.findall(text)]
    wrong = [one for one in found if not _leads_somewhere(one)]
    return list(dict.fromkeys([*wrong, *_of_html(html)]))


def _of_html(html: str) -> Iterator[str]:
    for tag, inside in _ANCHOR.findall(html):
        if (href := _HREF.search(tag)) is None:
            continue
        target, words = unescape(href[1].strip("\"'")), unescape(_TAG.sub("", inside))
        if not _leads_somewhere(target) or _says_another_place(target, words):
            yield target


def _leads_somewhere(target: str) -> bool:
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
    named = _NAMED.match(words.strip())
    if named is None or not target.casefold().startswith("http"):
        return False
    said, goes = (one.casefold().removeprefix("www.") for one in (named[1], _host(target)))
    return said != goes


def _host(target: str) -> str:
    try:
        split = urlsplit(target.strip())
        return "" if split.port == 0 else (split.hostname or "")
    except ValueError:
        return ""
