"""Audience: which clients a mailing goes to and at which addresses; whoever is left out is left out with a reason."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

PEOPLE = ("one", "all")


@dataclass(frozen=True, slots=True)
class Filter:
    """Clients by a filter of their list, as it was when it was chosen; all of its parts have to fit."""

    name: str
    """What the view was called."""
    words: str = ""
    owners: tuple[int, ...] = ()
    tag_id: int | None = None
    fields: tuple[tuple[int, str], ...] = ()
    """Ids of fields, each with the beginning of its value."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a mailing is for: all clients of some groups, owners and filters, and some by hand, less those left out."""

    groups: tuple[int, ...] = ()
    clients: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    people: str = "one"
    """one (the first contact whose position fits, else the first) or all contacts with an address."""
    position: str = ""
    """Words of the position that is looked for, such as "purchasing"."""
    decided: Mapping[str, int] = field(default_factory=dict)
    """Address at several clients → the one whose terms it gets."""
    new_only: bool = False
    """Without clients who got this offer before."""
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Reach:
    """One address of a client."""

    email: str
    contact_id: int | None
    position: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One client that the audience names."""

    client_id: int
    group_id: int | None
    account_id: int | None
    """Of the client's owner, or the fallback; None where there is neither."""
    reaches: tuple[Reach, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """One recipient to be, or one who is skipped: `reason` is empty, no-address, no-account, left-out, had-it,
    duplicate, conflict or suppressed."""

    client_id: int
    group_id: int | None
    account_id: int | None
    email: str
    contact_id: int | None
    reason: str = ""


def to_json(audience: Audience) -> str:
    """The audience as it is stored."""
    return json.dumps({**asdict(audience), "decided": dict(audience.decided)}, sort_keys=True, ensure_ascii=False)


def from_json(text: str) -> Audience:
    """The audience that was stored; nobody for an empty text."""
    found = json.loads(text) if text else {}
    numbers = {name: tuple(found.get(name, ())) for name in ("groups", "clients", "owners", "left_out")}
    return Audience(
        **numbers,
        people=found.get("people", "one"),
        position=found.get("position", ""),
        new_only=bool(found.get("new_only", False)),
        filters=tuple(_filter(**one) for one in found.get("filters", ())),
        decided=found.get("decided", {}),
    )


def _filter(owners: Sequence[int] = (), fields: Sequence[Sequence[Any]] = (), **plain: Any) -> Filter:
    pairs = tuple((number, beginning) for number, beginning in fields)
    return Filter(owners=tuple(owners), fields=pairs, **plain)


def select(
    audience: Audience, candidates: Sequence[Candidate], suppressed: Collection[str], had: Collection[int] = ()
) -> list[Chosen]:
    """Every client once or more, each with an address or a reason; no address is chosen twice. Clients that `had` the
    offer are left out where the audience says so.

    An address at two clients is a conflict until a person decides, for their terms may differ.
    """
    out = dict.fromkeys(had if audience.new_only else (), "had-it") | dict.fromkeys(audience.left_out, "left-out")
    found: list[Chosen] = []
    at: dict[str, set[int]] = {}
    for one in candidates:
        for reach in _wanted(audience, one.reaches) if one.client_id not in out else ():
            at.setdefault(reach.email, set()).add(one.client_id)
    seen: set[str] = set()
    for one in candidates:
        wanted = _wanted(audience, one.reaches)
        reason = out.get(one.client_id) or ("no-address" if not wanted else "no-account" if not one.account_id else "")
        if reason:
            first = wanted[0] if wanted else Reach("", None)
            found.append(Chosen(one.client_id, one.group_id, one.account_id, first.email, first.contact_id, reason))
        else:
            found += _of_client(audience, one, at, seen, suppressed)
    return found


def _of_client(
    audience: Audience, one: Candidate, at: Mapping[str, set[int]], seen: set[str], suppressed: Collection[str]
) -> Iterable[Chosen]:
    for reach in _wanted(audience, one.reaches):
        others = at[reach.email] - {one.client_id}
        reason = ""
        if reach.email in suppressed:
            reason = "suppressed"
        elif others and audience.decided.get(reach.email) not in (one.client_id, None):
            reason = "duplicate"
        elif others and reach.email not in audience.decided:
            reason = "conflict"
        elif reach.email in seen:
            reason = "duplicate"
        if not reason:
            seen.add(reach.email)
        yield Chosen(one.client_id, one.group_id, one.account_id, reach.email, reach.contact_id, reason)


def _wanted(audience: Audience, reaches: Sequence[Reach]) -> list[Reach]:
    unique = list({reach.email: reach for reach in reversed(reaches)}.values())[::-1]
    if audience.people == "all":
        return unique
    word = audience.position.casefold().strip()
    fitting = [reach for reach in unique if word and word in reach.position.casefold()]
    return (fitting or unique)[:1]
