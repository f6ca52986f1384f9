"""The small language of the search box: words, "phrases", from: to: client: file: has: in: before: after:.

Parsing never fails: what was not understood becomes a hint, and the rest is searched for. Russian aliases are as
good as the English words.
"""

import re
from dataclasses import dataclass, field
from datetime import date

_ALIASES = {
    "from": "from",
    "от": "from",
    "to": "to",
    "кому": "to",
    "client": "client",
    "клиент": "client",
    "file": "file",
    "filename": "file",
    "файл": "file",
    "has": "has",
    "есть": "has",
    "in": "in",
    "где": "in",
    "before": "before",
    "до": "before",
    "after": "after",
    "после": "after",
}
_ATTACHMENT = ("attachment", "attachments", "file", "files", "вложение", "вложения", "файл", "файлы")
_WAYS = {
    "in": "in",
    "inbox": "in",
    "входящие": "in",
    "out": "out",
    "sent": "out",
    "исходящие": "out",
    "отправленные": "out",
}
_PART = re.compile(r'(?:(?P<key>[^\W\d_]+):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_DAY = re.compile(r"^(?:(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?|(\d{1,2})\.(\d{1,2})\.(\d{4}))$")
MAX_TERMS = 20


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: in everything, or only in `from`, `to` or `file`."""

    text: str
    where: str = ""
    prefix: bool = False
    """Whether words that only begin like this are meant too: the word that is still being typed."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What was not understood: date, has, in, empty or many, and the text that it was about."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for. `before` is exclusive, `after` is inclusive."""

    terms: tuple[Term, ...] = ()
    clients: tuple[str, ...] = ()
    before: date | None = None
    after: date | None = None
    direction: str = ""
    has_attachment: bool = False
    hints: tuple[Hint, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to look for."""
        return not (self.terms or self.clients or self.before or self.after or self.direction or self.has_attachment)


@dataclass
class _Reader:
    terms: list[Term] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    before: date | None = None
    after: date | None = None
    direction: str = ""
    has_attachment: bool = False
    hints: list[Hint] = field(default_factory=list)

    def read(self, key: str, value: str) -> None:
        """Take one `key:value` in."""
        if not value:
            self.hints.append(Hint("empty", key))
        elif key in ("from", "to", "file"):
            self.terms.append(Term(value, key))
        elif key == "client":
            self.clients.append(value)
        elif key in ("before", "after"):
            self._read_day(key, value)
        elif key == "has" and value.casefold() in _ATTACHMENT:
            self.has_attachment = True
        elif key == "in" and value.casefold() in _WAYS:
            self.direction = _WAYS[value.casefold()]
        else:
            self.hints.append(Hint(key, value))

    def _read_day(self, key: str, value: str) -> None:
        day = parse_day(value)
        if day is None:
            self.hints.append(Hint("date", value))
        elif key == "before":
            self.before = min(self.before or day, day)
        else:
            self.after = max(self.after or day, day)


def parse(text: str) -> Query:
    """What `text` asks for; the last word, unless a blank follows it, also stands for words that begin with it."""
    reader = _Reader()
    for match in _PART.finditer(text):
        key = _ALIASES.get((match["key"] or "").casefold())
        value = match["phrase"] if match["word"] is None else match["word"]
        if key:
            reader.read(key, value.strip())
        elif match["word"] is None:
            reader.terms.extend([Term(value.strip())] if value.strip() else [])
        else:
            reader.terms.append(Term(match.group(), prefix=match.end() == len(text)))
    # A key with nothing behind it, such as "from:", is a word to the pattern.
    bare = [
        term
        for term in reader.terms
        if not term.where and _ALIASES.get(term.text.rstrip(":").casefold()) and term.text.endswith(":")
    ]
    hints = [*reader.hints, *(Hint("empty", term.text.rstrip(":")) for term in bare)]
    terms = [term for term in reader.terms if term not in bare]
    if len(terms) > MAX_TERMS:
        hints.append(Hint("many", terms[MAX_TERMS].text))
    return Query(
        tuple(terms[:MAX_TERMS]),
        tuple(reader.clients),
        reader.before,
        reader.after,
        reader.direction,
        reader.has_attachment,
        tuple(hints),
    )


def parse_day(text: str) -> date | None:
    """The first day of 2026, 2026-03, 2026-03-31 or 31.03.2026; None for anything else."""
    match = _DAY.match(text)
    if match is None:
        return None
    year, month, day = match[1] or match[6], match[2] or match[5] or "1", match[3] or match[4] or "1"
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
