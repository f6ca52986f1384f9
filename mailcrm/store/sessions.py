"""Signed-in browsers and sign-in attempts as rows; a session is found by the sha256 of its token only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update
from sqlmodel import col

from mailcrm.model import SignInAttempt, User, UserSession
from mailcrm.store import people
from mailcrm.store.people import UserRow


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser."""

    id: int
    user_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ip: str
    agent: str
    method: str = "password"


_SESSION_ID: Any = col(UserSession.id)
_ATTEMPT_ID: Any = col(SignInAttempt.id)
_COLUMNS: Any = (
    col(UserSession.id),
    col(UserSession.user_id),
    col(UserSession.created_at),
    col(UserSession.seen_at),
    col(UserSession.expires_at),
    col(UserSession.ip),
    col(UserSession.agent),
    col(UserSession.method),
)


def session(connection: Connection, token_sha256: str, now: datetime) -> tuple[SessionRow, UserRow] | None:
    """The live session with this token and its user; None when expired, revoked, or the user was deactivated."""
    alive = and_(col(UserSession.revoked_at).is_(None), col(UserSession.expires_at) > now)
    # One query for both: every page begins with it.
    query = select(*_COLUMNS, *people.COLUMNS).join(User, col(User.id) == col(UserSession.user_id))
    row = connection.execute(query.where(col(UserSession.token_sha256) == token_sha256, alive)).one_or_none()
    found = UserRow(*row[len(_COLUMNS) :]) if row else None
    return (SessionRow(*row[: len(_COLUMNS)]), found) if row and found and found.is_active else None


def sessions(connection: Connection, user_id: int, now: datetime) -> list[SessionRow]:
    """The live sessions of a user, last seen first."""
    query = (
        select(*_COLUMNS)
        .where(
            col(UserSession.user_id) == user_id,
            col(UserSession.revoked_at).is_(None),
            col(UserSession.expires_at) > now,
        )
        .order_by(col(UserSession.seen_at).desc(), col(UserSession.id).desc())
    )
    return [SessionRow(*row) for row in connection.execute(query)]


def add_session(connection: Connection, token_sha256: str, row: SessionRow) -> int:
    """Keep a new session (the id of `row` is not used); returns its id."""
    values = {
        "token_sha256": token_sha256,
        "user_id": row.user_id,
        "created_at": row.created_at,
        "seen_at": row.seen_at,
        "expires_at": row.expires_at,
        "ip": row.ip,
        "agent": row.agent,
        "method": row.method,
    }
    return int(connection.execute(insert(UserSession).values(values).returning(_SESSION_ID)).scalar_one())


def touch(connection: Connection, session_id: int, seen_at: datetime, expires_at: datetime) -> None:
    """Move the end of a session on."""
    connection.execute(
        update(UserSession).where(col(UserSession.id) == session_id).values(seen_at=seen_at, expires_at=expires_at)
    )


def revoke(connection: Connection, user_id: int, now: datetime, session_id: int | None = None) -> int:
    """End one session of a user, or all of them; returns how many were alive."""
    query = update(UserSession).where(col(UserSession.user_id) == user_id, col(UserSession.revoked_at).is_(None))
    if session_id is not None:
        query = query.where(col(UserSession.id) == session_id)
    return connection.execute(query.values(revoked_at=now)).rowcount


def drop_old(connection: Connection, before: datetime) -> None:
    """Forget sessions that ended, and attempts that were made, before this time."""
    connection.execute(delete(UserSession).where(col(UserSession.expires_at) < before))
    connection.execute(delete(SignInAttempt).where(col(SignInAttempt.at) < before))


def login_failures(connection: Connection, login: str, since: datetime) -> tuple[int, datetime | None]:
    """How often `login` failed since then and since its last success, and when last."""
    success = (
        select(func.max(col(SignInAttempt.id)))
        .where(col(SignInAttempt.login) == login, col(SignInAttempt.succeeded))
        .scalar_subquery()
    )
    query = select(func.count(), func.max(col(SignInAttempt.at))).where(
        col(SignInAttempt.login) == login,
        col(SignInAttempt.at) >= since,
        col(SignInAttempt.succeeded).is_(False),
        col(SignInAttempt.id) > func.coalesce(success, 0),
    )
    count, last = connection.execute(query).one()
    return int(count), last


def ip_failures(connection: Connection, ip: str, since: datetime) -> tuple[int, datetime | None]:
    """How often this address failed since then, whoever it tried to be, and when last."""
    query = select(func.count(), func.max(col(SignInAttempt.at))).where(
        col(SignInAttempt.ip) == ip, col(SignInAttempt.at) >= since, col(SignInAttempt.succeeded).is_(False)
    )
    count, last = connection.execute(query).one()
    return int(count), last


def add_attempt(connection: Connection, login: str, ip: str, at: datetime) -> int:
    """Note an attempt as failed, before the password is looked at; returns its id."""
    row = {"login": login, "ip": ip, "at": at, "succeeded": False}
    return int(connection.execute(insert(SignInAttempt).values(row).returning(_ATTEMPT_ID)).scalar_one())


def attempt_succeeded(connection: Connection, attempt_id: int) -> None:
    """Turn a noted attempt into a success."""
    connection.execute(update(SignInAttempt).where(col(SignInAttempt.id) == attempt_id).values(succeeded=True))


def attempts(connection: Connection, limit: int = 100) -> list[tuple[str, str, datetime, bool, bool]]:
    """The latest attempts, newest first: login, ip, time, success, whether such a user exists."""
    query = (
        select(
            col(SignInAttempt.login),
            col(SignInAttempt.ip),
            col(SignInAttempt.at),
            col(SignInAttempt.succeeded),
            col(User.id).is_not(None),
        )
        .join(User, col(User.login) == col(SignInAttempt.login), isouter=True)
        .order_by(col(SignInAttempt.id).desc())
        .limit(limit)
    )
    return [(r[0], r[1], r[2], bool(r[3]), bool(r[4])) for r in connection.execute(query)]
