"""Accounts that mail leaves by, as rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlmodel import col

from mailcrm.model import Mailbox, SendAccount, User


@dataclass(frozen=True, slots=True)
class SendAccountRow:
    """One account, with how it fares. `secret` is sealed and not shown."""

    id: int
    user_id: int | None
    user_name: str | None
    address: str
    name: str
    host: str
    port: int
    tls: str
    ca_file: str | None
    login: str
    secret: bytes | None = field(repr=False)
    secret_source: str
    mailbox_id: int | None
    mailbox_address: str | None
    sent_copy: str
    state: str
    connections: int
    per_minute: int
    per_day: int
    domain_per_minute: int
    breaker_until: datetime | None
    breaker_step: int
    last_error: str
    last_error_at: datetime | None
    probe: str
    probed_at: datetime | None


_JOINED: Any = {"user_name": col(User.name), "mailbox_address": col(Mailbox.address)}
_COLUMNS: Any = [
    _JOINED[name] if name in _JOINED else getattr(SendAccount, name) for name in SendAccountRow.__dataclass_fields__
]


def _rows(connection: Connection, *conditions: Any) -> list[SendAccountRow]:
    query = (
        select(*_COLUMNS)
        .select_from(SendAccount)
        .outerjoin(User, col(User.id) == col(SendAccount.user_id))
        .outerjoin(Mailbox, col(Mailbox.id) == col(SendAccount.mailbox_id))
        .where(*conditions)
        .order_by(col(SendAccount.address))
    )
    return [SendAccountRow(*row) for row in connection.execute(query)]


def accounts(connection: Connection, user_id: int | None = None) -> list[SendAccountRow]:
    """All accounts by address, or those of one user."""
    return _rows(connection, *([] if user_id is None else [col(SendAccount.user_id) == user_id]))


def account(connection: Connection, account_id: int) -> SendAccountRow | None:
    """One account."""
    return next(iter(_rows(connection, col(SendAccount.id) == account_id)), None)


def account_by_address(connection: Connection, address: str) -> SendAccountRow | None:
    """The account of an address, normalised."""
    return next(iter(_rows(connection, col(SendAccount.address) == address)), None)


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """A new row; returns its id."""
    (number,) = connection.execute(insert(SendAccount).values(**values)).inserted_primary_key or (0,)
    return int(number)


def change(connection: Connection, account_id: int, values: Mapping[str, object]) -> None:
    """Set columns of one account."""
    connection.execute(update(SendAccount).where(col(SendAccount.id) == account_id).values(**values))


def rest(connection: Connection, account_id: int, until: datetime, now: datetime, why: str) -> bool:
    """Let an account rest after a failure of its server; False where another connection has said so already."""
    awake = or_(col(SendAccount.breaker_until).is_(None), col(SendAccount.breaker_until) <= now)
    step = {"breaker_until": until, "breaker_step": col(SendAccount.breaker_step) + 1}
    row = update(SendAccount).where(col(SendAccount.id) == account_id, awake)
    return connection.execute(row.values(**step, last_error=why, last_error_at=now)).rowcount == 1


def step(connection: Connection, account_id: int) -> int:
    """How many failures in a row there were."""
    row = select(col(SendAccount.breaker_step)).where(col(SendAccount.id) == account_id)
    return int(connection.execute(row).scalar_one_or_none() or 0)


def recover(connection: Connection, account_id: int) -> None:
    """The server takes mail again."""
    well = {"breaker_until": None, "breaker_step": 0, "last_error": "", "last_error_at": None}
    change(connection, account_id, well)


def need_credentials(connection: Connection, account_id: int, now: datetime, why: str) -> bool:
    """The sign-in was refused: nothing is tried again until there is another password. False where it was known."""
    row = update(SendAccount).where(col(SendAccount.id) == account_id, col(SendAccount.state) == "active")
    changed = row.values(state="needs-credentials", last_error=why, last_error_at=now)
    return connection.execute(changed).rowcount == 1


def with_probe(connection: Connection, probe: str) -> list[SendAccountRow]:
    """The accounts whose probe is in this very state."""
    return _rows(connection, col(SendAccount.probe) == probe)
