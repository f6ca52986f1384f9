"""Signing in and out: attempts are counted before a password is looked at, tokens are kept as sha256 only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.errors import Refused
from mailcrm.flow import passwords
from mailcrm.store import audit, people, sessions
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from mailcrm.store.people import UserRow
from mailcrm.store.sessions import SessionRow

IDLE, LONGEST = timedelta(days=14), timedelta(days=90)
WINDOW = timedelta(minutes=15)
LOGIN_TRIES, IP_TRIES = 5, 20
"""Failures in WINDOW before waiting begins; an office behind one address has more people, so it has more tries."""
_FIRST_WAIT = timedelta(seconds=15)
_TOUCH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from."""

    ip: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: `token` is for the cookie and is known to nobody else."""

    token: str
    user: UserRow


class TooManyAttempts(Refused):
    """Too many failed sign-ins; carries `wait`, how long to stay away."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"Too many attempts: wait {max(1, round(wait.total_seconds()))} seconds and try again.")


def sign_in(database: Database, login: str, password: str, origin: Origin, now: datetime) -> SignedIn:
    """Check a password and open a session.

    Raises TooManyAttempts, or Refused in the same words and time for a wrong password and an unknown user.
    """
    login = login.strip().casefold()[:320]
    attempt = _attempt(database, login, origin, now)
    with database.reading() as connection:
        known = people.password_hash(connection, login)
    if not passwords.fits(password, known[1] if known else None) or known is None:
        note_refused(database, login, origin, now)
        raise Refused("The address or the password is not right.")
    with database.writing() as connection:
        sessions.attempt_succeeded(connection, attempt)
        if passwords.outdated(known[1]):
            people.change_user(connection, known[0], {"password_hash": passwords.hashed(password)})
        return open_session(connection, known[0], origin, now)


def note_refused(database: Database, login: str, origin: Origin, now: datetime) -> None:
    """Write a failed sign-in into the audit log."""
    with database.writing() as connection:
        audit.note(connection, Act(None, "sign-in refused", "session", detail=login, ip=origin.ip), now)


def open_session(connection: Connection, user_id: int, origin: Origin, now: datetime) -> SignedIn:
    """A session for a user who has proved who he is (by password here, by OIDC elsewhere); raises Refused."""
    found = people.user(connection, user_id)
    if found is None or not found.is_active:
        raise Refused("This user may not sign in any more.")
    token = secrets.token_urlsafe(32)
    row = SessionRow(0, user_id, now, now, now + IDLE, origin.ip[:64], origin.agent[:300])
    number = sessions.add_session(connection, _sha256(token), row)
    audit.note(connection, Act(user_id, "signed in", "session", number, ip=origin.ip), now)
    return SignedIn(token, found)


def current(database: Database, token: str, now: datetime) -> tuple[SessionRow, UserRow] | None:
    """The session and the user behind a cookie; None where it ended. Its end moves on, at most every five minutes."""
    with database.reading() as connection:
        found = sessions.session(connection, _sha256(token), now)
    if found and now - found[0].seen_at >= _TOUCH:
        with database.writing() as connection:
            sessions.touch(connection, found[0].id, now, min(now + IDLE, found[0].created_at + LONGEST))
    return found


def sign_out(database: Database, token: str, now: datetime) -> None:
    """End the session behind a cookie."""
    with database.writing() as connection:
        found = sessions.session(connection, _sha256(token), now)
        if found:
            sessions.revoke(connection, found[0].user_id, now, found[0].id)
            audit.note(connection, Act(found[0].user_id, "signed out", "session", found[0].id, ip=found[0].ip), now)


def revoke(database: Database, user_id: int, now: datetime, session_id: int | None = None) -> int:
    """End one session of a user, or all of them; returns how many."""
    with database.writing() as connection:
        return sessions.revoke(connection, user_id, now, session_id)


def _attempt(database: Database, login: str, origin: Origin, now: datetime) -> int:
    # Counting and noting in one write transaction: a hundred requests at once are a hundred attempts.
    with database.writing() as connection:
        since = now - WINDOW
        for tries, (count, last) in (
            (LOGIN_TRIES, sessions.login_failures(connection, login, since)),
            (IP_TRIES, sessions.ip_failures(connection, origin.ip, since)),
        ):
            wait = _wait(count - tries, last, now)
            if wait > timedelta():
                raise TooManyAttempts(wait)
        return sessions.add_attempt(connection, login, origin.ip, now)


def _wait(over: int, last: datetime | None, now: datetime) -> timedelta:
    if over < 0 or last is None:
        return timedelta()
    pause: timedelta = min(_FIRST_WAIT * (1 << min(over, 10)), WINDOW)
    return last + pause - now


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
