"""The audit log as rows: who did or opened what; only ever added to, and dropped by age alone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, tuple_
from sqlmodel import col

from mailcrm.model import AuditEntry, Client, Link, Mailbox, MessageCopy, User
from mailcrm.store.rows import insert, parts

AGAIN = timedelta(hours=1)
"""Who opens the same thing again within this time is noted once."""


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did: `actor_id` is None for the command line, rules and strangers; `kind` names the table of the
    record. `detail` holds names, addresses and codes, never subjects, texts or secrets."""

    actor_id: int | None
    act: str
    kind: str
    record_id: int | None = None
    client_id: int | None = None
    detail: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts are asked for; empty fields ask for all."""

    actor_id: int | None = None
    act: str = ""
    kind: str = ""
    record_id: int | None = None
    client_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act with the names of who did it and of the client, where there are such."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    act: str
    kind: str
    record_id: int | None
    client_id: int | None
    client: str
    detail: str
    ip: str


def note(connection: Connection, act: Act, at: datetime) -> None:
    """Write down one act, in the transaction of the act itself."""
    note_all(connection, [act], at)


def note_all(connection: Connection, acts: Iterable[Act], at: datetime) -> None:
    """Write down several acts in one statement."""
    rows = [
        {
            "at": at,
            "actor_id": one.actor_id,
            "act": one.act,
            "kind": one.kind,
            "record_id": one.record_id,
            "client_id": one.client_id,
            "detail": one.detail[:500],
            "ip": one.ip[:64],
        }
        for one in acts
    ]
    insert(connection, AuditEntry, rows)


def note_reading(connection: Connection, acts: Sequence[Act], at: datetime) -> None:
    """Write down what one user opened.

    Left out are messages of which he has a copy himself, and what he opened within the last hour. A message is noted
    once for each client that it stands with.
    """
    new = _not_just_noted(connection, list(dict.fromkeys(acts)), at - AGAIN)
    messages = [one.record_id for one in new if one.kind == "message" and one.record_id is not None]
    own = _own(connection, messages, new[0].actor_id) if messages else set()
    clients = _clients(connection, set(messages) - own)
    told: list[Act] = []
    for one in new:
        if one.kind != "message" or one.record_id is None:
            told.append(one)
        elif one.record_id not in own:
            told += [replace(one, client_id=number) for number in clients.get(one.record_id, [])] or [one]
    note_all(connection, told, at)


def rows(connection: Connection, wanted: AuditFilter, before: int | None, size: int) -> list[AuditRow]:
    """One page, newest first, below the number `before`."""
    query = _listed().where(*_conditions(wanted)).order_by(col(AuditEntry.id).desc()).limit(size)
    if before is not None:
        query = query.where(col(AuditEntry.id) < before)
    return [AuditRow(*row) for row in connection.execute(query)]


def _listed() -> Any:
    return (
        select(
            col(AuditEntry.id),
            col(AuditEntry.at),
            col(AuditEntry.actor_id),
            func.coalesce(col(User.name), ""),
            col(AuditEntry.act),
            col(AuditEntry.kind),
            col(AuditEntry.record_id),
            col(AuditEntry.client_id),
            func.coalesce(col(Client.name), ""),
            col(AuditEntry.detail),
            col(AuditEntry.ip),
        )
        .join(User, col(User.id) == col(AuditEntry.actor_id), isouter=True)
        .join(Client, col(Client.id) == col(AuditEntry.client_id), isouter=True)
    )


def looks_at(connection: Connection, mailboxes: Sequence[int], user_id: int, size: int) -> list[AuditRow]:
    """The newest looks of others at messages of which these mailboxes have a copy."""
    mine = exists().where(
        col(MessageCopy.message_id) == col(AuditEntry.record_id), col(MessageCopy.mailbox_id).in_(mailboxes)
    )
    others = (col(AuditEntry.kind) == "message", col(AuditEntry.actor_id) != user_id)
    seen = col(AuditEntry.act).in_(("opened", "downloaded"))
    query = _listed().where(*others, seen, mine).order_by(col(AuditEntry.id).desc()).limit(size)
    return [AuditRow(*row) for row in connection.execute(query)]


def drop_older(connection: Connection, before: datetime) -> None:
    """Forget what was done before this time."""
    connection.execute(delete(AuditEntry).where(col(AuditEntry.at) < before))


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    exact = {
        AuditEntry.actor_id: wanted.actor_id,
        AuditEntry.act: wanted.act or None,
        AuditEntry.kind: wanted.kind or None,
        AuditEntry.record_id: wanted.record_id,
        AuditEntry.client_id: wanted.client_id,
    }
    found = [col(column) == value for column, value in exact.items() if value is not None]
    if wanted.since is not None:
        found.append(col(AuditEntry.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(AuditEntry.at) < wanted.until)
    return found


def _not_just_noted(connection: Connection, acts: Sequence[Act], since: datetime) -> list[Act]:
    columns = (col(AuditEntry.kind), col(AuditEntry.record_id))
    keys = [(one.kind, one.record_id) for one in acts if one.record_id is not None]
    noted: set[tuple[object, ...]] = set()
    for part in parts(keys, 200):
        query = select(col(AuditEntry.actor_id), col(AuditEntry.act), *columns).where(
            tuple_(*columns).in_(part), col(AuditEntry.at) >= since
        )
        noted.update(tuple(row) for row in connection.execute(query))
    return [one for one in acts if (one.actor_id, one.act, one.kind, one.record_id) not in noted]


def _own(connection: Connection, messages: Collection[int], user_id: int | None) -> set[int]:
    """Those of the messages of which a mailbox of the user has a copy."""
    query = (
        select(col(MessageCopy.message_id))
        .join(Mailbox, col(Mailbox.id) == col(MessageCopy.mailbox_id))
        .where(col(MessageCopy.message_id).in_(messages), col(Mailbox.user_id) == user_id)
    )
    return set(connection.execute(query).scalars())


def _clients(connection: Connection, messages: Collection[int]) -> dict[int, list[int]]:
    query = select(col(Link.message_id), col(Link.client_id)).where(
        col(Link.message_id).in_(messages), col(Link.state) == "active"
    )
    found: dict[int, list[int]] = {}
    if messages:
        for message_id, client_id in connection.execute(query):
            found.setdefault(message_id, []).append(client_id)
    return found
