"""Words as the search index keeps them: the same for stored text and for what people type, on both databases.

Case-folded, NFKC, without diacritics (but й), е for ё, and stemmed: Russian rules for Cyrillic, English for Latin.
"""

import re
import unicodedata
from collections.abc import Iterator
from threading import Lock

import Stemmer

_TOKEN = re.compile(r"[^\W_]+")
_LONGEST = 64
_CACHE_SIZE = 50_000

_russian = Stemmer.Stemmer("russian", 0)
_english = Stemmer.Stemmer("english", 0)
# A Stemmer must not be used by two threads at once.
_lock = Lock()
_cache: dict[str, str] = {}


def stems(text: str) -> list[str]:
    """The stemmed words of a text, in order."""
    known = _cache
    return [known.get(token) or _stem(token) for token in _TOKEN.findall(_normal(text).lower())]


def words(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, stem) of each word of a text that is in NFKC, for highlighting."""
    for match in _TOKEN.finditer(text):
        yield match.start(), match.end(), stem(match.group())


def stem(token: str) -> str:
    """The stem of one word."""
    token = _normal(token).lower()
    return _cache.get(token) or _stem(token)


def folded(token: str) -> str:
    """One word without being stemmed: what a prefix is compared with."""
    token = _normal(token).casefold().replace("ё", "е")[:_LONGEST]
    return token if token.isascii() else _plain(token)


def _normal(text: str) -> str:
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return text
    return unicodedata.normalize("NFKC", text)


def _stem(token: str) -> str:
    found = folded(token)
    if any("а" <= letter <= "я" for letter in found):
        with _lock:
            found = _russian.stemWord(found)
    elif found.isascii() and found.isalpha():
        with _lock:
            found = _english.stemWord(found)
    if len(_cache) >= _CACHE_SIZE:
        _cache.clear()
    _cache[token] = found
    return found


def _plain(token: str) -> str:
    letters = [letter if letter == "й" else unicodedata.normalize("NFD", letter)[0] for letter in token]
    return unicodedata.normalize("NFKC", "".join(letters))
