"""Users as rows: read by id or login, listed with their addresses, written by `flow.people`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, update
from sqlmodel import col

from mailcrm.model import TrustedSender, User, UserAddress, UserTotp


@dataclass(frozen=True, slots=True)
class UserRow:
    """One member of staff; `has_password` instead of its hash."""

    id: int
    login: str
    name: str
    role: str
    language: str
    theme: str
    keys: bool
    is_active: bool
    has_password: bool
    created_at: datetime
    has_app: bool = False
    """An authenticator app is asked for at sign-in."""


_ID: Any = col(User.id)
_HASH: Any = col(User.password_hash)
COLUMNS: Any = (
    col(User.id),
    col(User.login),
    col(User.name),
    col(User.role),
    col(User.language),
    col(User.theme),
    col(User.keys),
    col(User.is_active),
    col(User.password_hash).is_not(None),
    col(User.created_at),
    exists().where(col(UserTotp.user_id) == col(User.id), col(UserTotp.confirmed_at).is_not(None)),
)
"""Of a user, in the order of UserRow."""


def user(connection: Connection, user_id: int) -> UserRow | None:
    """The user with this id."""
    row = connection.execute(select(*COLUMNS).where(col(User.id) == user_id)).one_or_none()
    return UserRow(*row) if row else None


def user_by_login(connection: Connection, login: str) -> UserRow | None:
    """The user who signs in as `login` (case does not matter)."""
    row = connection.execute(select(*COLUMNS).where(col(User.login) == login.strip().casefold())).one_or_none()
    return UserRow(*row) if row else None


def users(connection: Connection, active_only: bool = False) -> list[UserRow]:
    """All users, by name."""
    query = select(*COLUMNS).order_by(func.lower(col(User.name)), col(User.id))
    if active_only:
        query = query.where(col(User.is_active))
    return [UserRow(*row) for row in connection.execute(query)]


def password_hash(connection: Connection, login: str) -> tuple[int, str] | None:
    """The id and the argon2 hash of an active user who has a password."""
    row = connection.execute(
        select(_ID, _HASH).where(
            col(User.login) == login.strip().casefold(), col(User.is_active), col(User.password_hash).is_not(None)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def add_user(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a user from columns; returns the id. Raises IntegrityError where the login exists."""
    return int(connection.execute(insert(User).values(values).returning(_ID)).scalar_one())


def change_user(connection: Connection, user_id: int, values: dict[str, Any]) -> None:
    """Set columns of a user."""
    if values:
        connection.execute(update(User).where(col(User.id) == user_id).values(values))


def addresses(connection: Connection, user_id: int) -> list[str]:
    """The addresses a user writes from, the login first."""
    login = col(User.login)
    query = (
        select(col(UserAddress.email))
        .join(User, col(User.id) == col(UserAddress.user_id))
        .where(col(UserAddress.user_id) == user_id)
        .order_by(col(UserAddress.email) != login, col(UserAddress.email))
    )
    return list(connection.execute(query).scalars())


def address_owner(connection: Connection, email: str) -> int | None:
    """The user who writes from `email`, where there is one."""
    query = select(col(UserAddress.user_id)).where(col(UserAddress.email) == email)
    return connection.execute(query).scalar_one_or_none()


def add_addresses(connection: Connection, user_id: int, emails: Iterable[str]) -> None:
    """Give a user more addresses to write from. Raises IntegrityError where one belongs to somebody."""
    rows = [{"email": email, "user_id": user_id} for email in emails]
    if rows:
        connection.execute(insert(UserAddress), rows)


def remove_addresses(connection: Connection, user_id: int, emails: Iterable[str]) -> None:
    """Take addresses away from a user."""
    connection.execute(
        delete(UserAddress).where(col(UserAddress.user_id) == user_id, col(UserAddress.email).in_(list(emails)))
    )


def trusts(connection: Connection, user_id: int, email: str) -> bool:
    """Whether the user wants to see remote images of this sender."""
    query = select(col(TrustedSender.email)).where(
        col(TrustedSender.user_id) == user_id, col(TrustedSender.email) == email
    )
    return connection.execute(query).first() is not None


def set_trust(connection: Connection, user_id: int, email: str, trusted: bool) -> None:
    """Trust a sender's remote images, or no longer."""
    connection.execute(
        delete(TrustedSender).where(col(TrustedSender.user_id) == user_id, col(TrustedSender.email) == email)
    )
    if trusted:
        connection.execute(insert(TrustedSender).values(user_id=user_id, email=email))
