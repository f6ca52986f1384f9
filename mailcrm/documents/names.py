"""File names as people write them, in English and Russian: `name_key` finds the part that says which document it is.

"Offer_ACME_final(3).docx", "FW_ Offer ACME v2.docx" and "2026-03-12 Offer ACME.docx" all have the stem "offer acme".
The rules run in a fixed order, and each was put where it is by a name that failed without it.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from mailcrm.documents import name_words as words

Generic = Literal["", "soft", "hard"]


@dataclass(frozen=True, slots=True)
class NameKey:
    """What a file name says, without what changes between versions of one document."""

    stem: str
    """Case-folded, е for ё, single spaces; never empty where the name has a letter or a digit."""
    generic: Generic = ""
    """"hard": the name says nothing (scan0012, document); "soft": it says only what sort of thing it is (offer, кп)."""
    version: tuple[int, ...] = ()
    date: str = ""
    """As written, digits and month joined by hyphens; empty where the name has none."""
    copy: int = 0
    """The number of "(3)" or "- Copy (2)"; 1 for "Copy of"; 0 for none."""
    flags: frozenset[str] = frozenset()
    """Of final, draft, signed, edited, new, approved, scan."""
    language: str = ""
    """A language tag at the end of the name, as written, in lower case."""

    @property
    def compact(self) -> str:
        """The stem without spaces: "offeracme"."""
        return self.stem.replace(" ", "")

    @property
    def tokens(self) -> frozenset[str]:
        """The words of the stem."""
        return frozenset(self.stem.split())

    @property
    def numbers(self) -> frozenset[str]:
        """Numbers of three digits and more: they tell one document from another, as in "Счет 1043"."""
        return frozenset(token for token in self.tokens if token.isdigit() and len(token) >= 3)


@dataclass(slots=True)
class _Draft:
    """A name on its way through the rules."""

    text: str
    version: tuple[int, ...] = ()
    date: str = ""
    copy: int = 0
    flags: set[str] = field(default_factory=set)
    language: str = ""

    def cut(self, match: re.Match[str]) -> None:
        """Take a match out of the text."""
        self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"


def name_key(name: str) -> NameKey:
    """The key of a file name; the same for all usual ways to name the versions of one document."""
    plain = _plain(name)
    draft = _Draft(plain)
    for rule in (_copies, _long_version, _dates, _versions, _flags, _punctuation, _last_number, _language_tag):
        rule(draft)
    # "FW_", "%20" and ".docx" are all prefix, blank and extension: better that as a stem than none.
    stem = _folded(draft.text) or _folded(_spaced(plain)) or _folded(_spaced(_separated(_normal(name))))
    generic: Generic = "hard" if words.HARD.match(stem) else "soft" if words.SOFT.match(stem) else ""
    if not _folded(draft.text):
        generic = "hard"
    return NameKey(stem, generic, draft.version, draft.date, draft.copy, frozenset(draft.flags), draft.language)


def _plain(name: str) -> str:
    """Without extensions and reply prefixes, with spaces as separators. The sign № goes first: NFKC makes it "No"."""
    text = words.PREFIX.sub("", words.EXTENSIONS.sub("", _normal(name).replace("%20", " ").strip()))
    return words.CAMEL.sub(" ", _separated(text))


def _normal(name: str) -> str:
    return unicodedata.normalize("NFKC", name.replace("№", " ")).replace("\u200b", "")


def _separated(text: str) -> str:
    return text.replace("_", " ").replace("+", " ").replace("–", "-").replace("—", "-")


def _copies(draft: _Draft) -> None:
    while match := words.COPY.search(draft.text):
        rest = f"{draft.text[: match.start()]} {draft.text[match.end() :]}".strip()
        if not rest:
            return
        draft.copy = max(draft.copy, int(next((group for group in match.groups() if group), "1")))
        draft.text = rest


def _long_version(draft: _Draft) -> None:
    """Three dotted numbers and more are a version before they are a date: 1.1.3.1 is not the third of January."""
    match = words.LONG_VERSION.search(draft.text)
    if match and not words.DATE.fullmatch(match[1]):
        draft.version = _numbers(match[1])
        draft.cut(match)


def _dates(draft: _Draft) -> None:
    match = words.DATE.search(draft.text) or words.YEAR_MONTH.search(draft.text)
    if match:
        draft.date = re.sub(r"\W+", "-", words.DATE_WORD.sub("", match[0].casefold())).strip("-")
        after = words.GLUED_TIME.sub("", draft.text[match.end() :])
        draft.text = f"{draft.text[: match.start()]} {after}"
    draft.text = words.TIME.sub(" ", draft.text)


def _versions(draft: _Draft) -> None:
    for pattern in words.VERSIONS:
        if match := pattern.search(draft.text):
            draft.version = draft.version or _numbers(match[1])
            draft.cut(match)
            break
    if not draft.version and (match := words.DOTTED.search(draft.text)):
        draft.version = _numbers(match[1])
        draft.cut(match)


def _flags(draft: _Draft) -> None:
    for flag, pattern in words.FLAGS.items():
        if pattern.search(draft.text):
            draft.flags.add(flag)
            rest = pattern.sub(" ", draft.text)
            draft.text = rest if re.search(r"\w", rest) else draft.text


def _punctuation(draft: _Draft) -> None:
    draft.text = _spaced(draft.text)


def _last_number(draft: _Draft) -> None:
    """A last number of one or two digits is a version; three digits and more belong to the name."""
    if not draft.version and (match := words.LAST_NUMBER.search(draft.text)):
        draft.version = (int(match[1]),)
        draft.text = draft.text[: match.start()].strip()


def _language_tag(draft: _Draft) -> None:
    match = words.LANGUAGE.search(draft.text)
    if match and len(draft.text.split()) > 1:
        draft.language = match[0].casefold()
        draft.cut(match)


def _numbers(text: str) -> tuple[int, ...]:
    """ "3.2" as (3, 2); a letter after the last number does not count."""
    parts = re.split(r"[._]", re.sub(r"[a-zа-я]$", "", text.casefold()))
    return tuple(int(part) for part in parts if part.isdecimal())


def _spaced(text: str) -> str:
    return re.sub(r"[-.,;:№#&'\"«»“”()\[\]{}\s]+", " ", text).strip()


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold().replace("ё", "е")
