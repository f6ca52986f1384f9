"""Whom a note names: "@anna", "@Anna Lindqvist", "@a.lindqvist@example.com"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = r"[\w.+-]"
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Nameable:
    """A user, as notes may name him."""

    id: int
    login: str
    name: str


def mentioned(text: str, users: Iterable[Nameable]) -> frozenset[int]:
    """The users whom a text names with @: by the whole name, the first name, the login or what stands before its @.

    A name that fits two users names neither.
    """
    known: dict[str, set[int]] = {}
    for user in users:
        login = user.login.casefold()
        name = _plain(user.name)
        for one in {login, login.partition("@")[0], name, name.partition(" ")[0]} - {""}:
            known.setdefault(one, set()).add(user.id)
    found: set[int] = set()
    for match in re.finditer(rf"(?<!{_WORD})@(?=\w)", text):
        rest = _plain(text[match.end() : match.end() + _LONGEST])
        # The longest name wins: "@Anna Lindqvist" is not every Anna.
        fits = [one for one in known if rest.startswith(one) and not re.match(_WORD.replace(".", ""), rest[len(one) :])]
        if fits:
            users_ = known[max(fits, key=len)]
            found |= users_ if len(users_) == 1 else set()
    return frozenset(found)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().replace("ё", "е")
