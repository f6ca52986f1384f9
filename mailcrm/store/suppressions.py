"""Suppressions: addresses that must not be written to, as rows and as the condition that sending asks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    SQLColumnExpression,
    String,
    bindparam,
    delete,
    exists,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from mailcrm.model import Mailing, Recipient, Suppression, User
from mailcrm.store.rows import insert_missing, parts
from mailcrm.store.visibility import EVERYTHING, Viewer, sees_client

ALL = "all"
"""The scope that counts for every message; another counts where the mailing has it as its own."""
MARKETING = "marketing"
Hashed = Callable[[str], str]
"""The keyed hash of an address, as `flow.suppressions.hashed` makes it: what is left after an erasure."""


class _FromAt(FunctionElement[str]):
    """SQL: an address from its @ on, the way suppressions of a whole domain are written."""

    name = "from_at"
    type = String()
    inherit_cache = True


@compiles(_FromAt, "sqlite")
def _from_at_sqlite(element: _FromAt, compiler: SQLCompiler, **kw: Any) -> str:
    (address,) = element.clauses
    text = compiler.process(address, **kw)
    return f"substr({text}, instr({text}, '@'))"


@compiles(_FromAt, "postgresql")
def _from_at_postgresql(element: _FromAt, compiler: SQLCompiler, **kw: Any) -> str:
    (address,) = element.clauses
    text = compiler.process(address, **kw)
    return f"substr({text}, strpos({text}, '@'))"


def suppressed(
    address: SQLColumnExpression[Any], scope: SQLColumnExpression[Any], hashed: SQLColumnExpression[Any] | None = None
) -> ColumnElement[bool]:
    """SQL: whether the address, its domain or its keyed hash is suppressed for all mail or for this scope.

    For the mark before DATA: `~suppressed(col(Recipient.address), col(Mailing.scope), literal(hash))`.
    """
    names = [address, _FromAt(address)] + ([] if hashed is None else [hashed])
    return exists().where(col(Suppression.address).in_(names), col(Suppression.scope).in_([literal(ALL), scope]))


def suppressed_recipient(hashed: SQLColumnExpression[Any] | None = None) -> ColumnElement[bool]:
    """SQL: the same for the row of `recipient` at hand, by the scope of its own mailing."""
    scope = (
        select(col(Mailing.scope))
        .where(col(Mailing.id) == col(Recipient.mailing_id))
        .correlate(Recipient)
        .scalar_subquery()
    )
    return suppressed(col(Recipient.address), scope, hashed)


@dataclass(frozen=True, slots=True)
class NewSuppression:
    """An address (normalised), a domain with a leading @, or a hash, that must not be written to any more."""

    address: str
    reason: str
    """unsubscribed, bounced, complained, objection or by-hand."""
    scope: str = ALL
    detail: str = ""
    recipient_id: int | None = None
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One suppression, with the name of who entered it where a person did."""

    id: int
    address: str
    scope: str
    reason: str
    detail: str
    recipient_id: int | None
    actor_id: int | None
    at: datetime
    actor: str


_COLUMNS = (
    col(Suppression.id), col(Suppression.address), col(Suppression.scope), col(Suppression.reason),
    col(Suppression.detail), col(Suppression.recipient_id), col(Suppression.actor_id), col(Suppression.at),
)  # fmt: skip


def add(connection: Connection, new: Iterable[NewSuppression], at: datetime) -> None:
    """Enter suppressions; an address that is suppressed in a scope already keeps its first reason and date."""
    rows = [
        {"address": n.address, "scope": n.scope, "reason": n.reason, "detail": n.detail[:1000],
         "recipient_id": n.recipient_id, "actor_id": n.actor_id, "at": at}
        for n in new
    ]  # fmt: skip
    insert_missing(connection, Suppression, rows)


def restore(connection: Connection, row: SuppressionRow) -> None:
    """Enter a suppression again as it was."""
    values = {"address": row.address, "scope": row.scope, "reason": row.reason, "detail": row.detail,
              "recipient_id": row.recipient_id, "actor_id": row.actor_id, "at": row.at}  # fmt: skip
    insert_missing(connection, Suppression, [values])


def find(connection: Connection, suppression_id: int) -> SuppressionRow | None:
    """One suppression."""
    found = connection.execute(_query().where(col(Suppression.id) == suppression_id)).first()
    return None if found is None else SuppressionRow(*found)


def of_address(connection: Connection, address: str) -> list[SuppressionRow]:
    """The suppressions of exactly this address or domain, in any scope."""
    query = _query().where(col(Suppression.address) == address).order_by(col(Suppression.scope))
    return [SuppressionRow(*row) for row in connection.execute(query)]


def remove(connection: Connection, suppression_id: int) -> None:
    """Delete a suppression: the address may be written to again."""
    connection.execute(delete(Suppression).where(col(Suppression.id) == suppression_id))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which suppressions are asked for; empty fields ask for all. `before` is the last one of the page before."""

    words: str = ""
    reason: str = ""
    before: int | None = None


def listed(
    connection: Connection, who: Viewer = EVERYTHING, wanted: Wanted = Wanted(), limit: int = 50
) -> list[SuppressionRow]:
    """Suppressions, newest first. Where staff see only their clients, those of their clients and those they entered."""
    query = _query().order_by(col(Suppression.id).desc()).limit(limit)
    if who.assigned and not who.reads_all:
        theirs = exists().where(
            col(Recipient.id) == col(Suppression.recipient_id), sees_client(who, col(Recipient.client_id))
        )
        query = query.where(or_(theirs, col(Suppression.actor_id) == who.user_id))
    if wanted.words:
        query = query.where(col(Suppression.address).contains(wanted.words.casefold(), autoescape=True))
    if wanted.reason:
        query = query.where(col(Suppression.reason) == wanted.reason)
    if wanted.before is not None:
        query = query.where(col(Suppression.id) < wanted.before)
    return [SuppressionRow(*row) for row in connection.execute(query)]


def reasons(
    connection: Connection, addresses: Sequence[str], scope: str, hashed: Hashed | None = None
) -> dict[str, SuppressionRow]:
    """Address → what forbids to write to it in this scope, for those among `addresses` that are suppressed."""
    names: dict[str, list[str]] = {}
    for address in addresses:
        _, at, domain = address.rpartition("@")
        for name in (address, at + domain, *([hashed(address)] if hashed else [])):
            names.setdefault(name, []).append(address)
    found: dict[str, SuppressionRow] = {}
    for some in parts(names):
        query = _query().where(col(Suppression.address).in_(some), col(Suppression.scope).in_([ALL, scope]))
        for row in connection.execute(query.order_by(col(Suppression.id))):
            one = SuppressionRow(*row)
            found.update({address: one for address in names[one.address] if address not in found})
    return found


def erase(connection: Connection, address: str, hash_: str) -> None:
    """Forget an address but not that it must not be written to: its suppressions stay under the keyed hash."""
    kept = select(col(Suppression.scope)).where(col(Suppression.address) == hash_)
    connection.execute(delete(Suppression).where(col(Suppression.address) == address, col(Suppression.scope).in_(kept)))
    values = {"address": hash_, "detail": "", "recipient_id": None}
    connection.execute(update(Suppression).where(col(Suppression.address) == address).values(values))


def _query() -> Any:
    actor = select(col(User.name)).where(col(User.id) == col(Suppression.actor_id)).scalar_subquery()
    return select(*_COLUMNS, actor.label("actor"))


def present(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of the names (addresses, or hashes of erased ones) that stand here in any scope."""
    return set(connection.execute(_present(), {"names": names}).scalars())


@cache
def _present() -> Any:
    return select(col(Suppression.address)).where(col(Suppression.address).in_(bindparam("names", expanding=True)))


def lift_of_mailing(connection: Connection, mailing_id: int) -> None:
    """Take back what refusals in a mailing entered: so many missing addresses mean a server that is wrong."""
    recipients = select(col(Recipient.id)).where(col(Recipient.mailing_id) == mailing_id)
    entered = (col(Suppression.reason) == "bounced", col(Suppression.recipient_id).in_(recipients))
    connection.execute(delete(Suppression).where(*entered))
