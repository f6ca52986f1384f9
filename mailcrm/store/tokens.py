"""Tokens of the API as rows: those of a user, the one that a program shows, and the writes of `flow.tokens`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlmodel import col

from mailcrm.model import ApiToken


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token, without what it is."""

    id: int
    user_id: int
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


_COLUMNS: Any = (
    col(ApiToken.id),
    col(ApiToken.user_id),
    col(ApiToken.name),
    col(ApiToken.scopes),
    col(ApiToken.created_at),
    col(ApiToken.expires_at),
    col(ApiToken.used_at),
)


def token(connection: Connection, sha256: str, now: datetime) -> TokenRow | None:
    """The token with this hash, unless it was revoked or has expired."""
    query = select(*_COLUMNS).where(col(ApiToken.token_sha256) == sha256, *_alive(now))
    row = connection.execute(query).one_or_none()
    return _row(row) if row else None


def tokens(connection: Connection, user_id: int, now: datetime) -> list[TokenRow]:
    """The tokens of a user that work, the newest first."""
    query = select(*_COLUMNS).where(col(ApiToken.user_id) == user_id, *_alive(now))
    return [_row(row) for row in connection.execute(query.order_by(col(ApiToken.id).desc()))]


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a token from columns; returns the id."""
    identity: Any = col(ApiToken.id)
    return int(connection.execute(insert(ApiToken).values(values).returning(identity)).scalar_one())


def touch(connection: Connection, token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(update(ApiToken).where(col(ApiToken.id) == token_id).values(used_at=now))


def revoke(connection: Connection, user_id: int, token_id: int, now: datetime) -> int:
    """End a token of a user; returns how many that were (0 or 1)."""
    here = (col(ApiToken.id) == token_id, col(ApiToken.user_id) == user_id, col(ApiToken.revoked_at).is_(None))
    return connection.execute(update(ApiToken).where(*here).values(revoked_at=now)).rowcount


def _alive(now: datetime) -> tuple[Any, ...]:
    return (
        col(ApiToken.revoked_at).is_(None),
        or_(col(ApiToken.expires_at).is_(None), col(ApiToken.expires_at) > now),
    )


def _row(row: Any) -> TokenRow:
    return TokenRow(row[0], row[1], row[2], tuple(row[3].split()), *row[4:])
