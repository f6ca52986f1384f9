"""A query in the words of FTS5 and of tsquery: the same meaning on both databases.

`public` asks for a query over subject and people alone, for messages of which the viewer sees no more; None where
such messages cannot fit, because the query speaks of files. `starts` says whether words that only begin like the
last one are meant too.
"""

from mailcrm.crm.query import Query, Term
from mailcrm.crm.stems import folded, stems
from mailcrm.crm.words import ATTACHMENT, FROM, TO

SHORTEST_PREFIX = 3
"""Shorter beginnings of words would stand for half of the index."""

_MARKS = {"from": FROM, "to": TO}


def fts5(query: Query, public: bool, starts: bool) -> str | None:
    """The query for MATCH of SQLite's FTS5."""
    parts = [_fts5_term(*term, public) for term in _terms(query, starts)]
    if query.has_attachment:
        parts.append(f'files : "{ATTACHMENT}"')
    return " AND ".join(parts) if parts and not (public and _speaks_of_files(query)) else None


def tsquery(query: Query, public: bool, starts: bool) -> str | None:
    """The query for @@ of PostgreSQL."""
    parts = [_tsquery_term(*term, public) for term in _terms(query, starts)]
    if query.has_attachment:
        parts.append(f"'{ATTACHMENT}':D")
    return " & ".join(parts) if parts and not (public and _speaks_of_files(query)) else None


def _speaks_of_files(query: Query) -> bool:
    return query.has_attachment or any(term.where == "file" for term in query.terms)


def has_starts(query: Query) -> bool:
    """Whether any word of the query may be only the beginning of a word."""
    return any(start for _, _, start in _terms(query, True))


def _terms(query: Query, starts: bool) -> list[tuple[Term, list[str], str]]:
    """Each term with its stems and, where it may be the beginning of a word, that beginning."""
    found = []
    for term in query.terms:
        mark = _MARKS.get(term.where, "")
        words = [mark + stem for stem in stems(term.text)]
        start = folded(term.text) if (term.prefix or term.where) and len(words) == 1 and term.text.isalnum() else ""
        if words:
            found.append((term, words, mark + start if starts and len(start) >= SHORTEST_PREFIX else ""))
    return found


def _fts5_term(term: Term, words: list[str], start: str, public: bool) -> str:
    column = "files : " if term.where == "file" else "{subject people} : " if public and not term.where else ""
    phrase = f'"{" ".join(words)}"'
    return f'{column}({phrase} OR "{start}"*)' if start else f"{column}{phrase}"


def _tsquery_term(term: Term, words: list[str], start: str, public: bool) -> str:
    weights = "D" if term.where == "file" else "AB" if public and not term.where else ""
    phrase = " <-> ".join(f"'{word}':{weights}" if weights else f"'{word}'" for word in words)
    return f"({phrase} | '{start}':*{weights})" if start else f"({phrase})"
