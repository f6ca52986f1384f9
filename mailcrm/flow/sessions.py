"""Signing in and out: attempts are counted before a password is looked at, tokens are kept as sha256 only."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.errors import Refused
from mailcrm.flow import passwords
from mailcrm.flow.edit import By
from mailcrm.store import audit, factors, people, sessions
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


@dataclass(frozen=True, slots=True)
class Pending:
    """A user whose password was right and whose code is still to come: kept by his browser, signed."""

    user_id: int
    login: str
    method: str
    attempt: int
    at: datetime


class CodeNeeded(Refused):
    """The password is right, and the code of an app is wanted too; carries `pending`, for `second_factor.enter`."""

    def __init__(self, pending: Pending) -> None:
        self.pending = pending
        super().__init__("The code of the authenticator app is needed too.")


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
    return enter(database, login, origin, now, lambda: _by_password(database, login, password))


def enter(
    database: Database, login: str, origin: Origin, now: datetime, proof: Callable[[], tuple[int, str] | None]
) -> SignedIn:
    """Open a session for the user that `proof` names, together with the way he was found by.

    Raises TooManyAttempts, Refused, and CodeNeeded where an authenticator app has its say.
    """
    number = attempt(database, login, origin, now)
    found = proof()
    if found is None:
        note_refused(database, login, origin, now)
        raise Refused("The address or the password is not right.")
    user_id, method = found
    with database.writing() as connection:
        app = factors.totp(connection, user_id)
        if app and app.confirmed_at:
            # The attempt stays a failed one until the code is right.
            raise CodeNeeded(Pending(user_id, login, method, number, now))
        sessions.attempt_succeeded(connection, number)
        return open_session(connection, user_id, origin, now, method)


def confirm(database: Database, login: str, password: str, origin: Origin, now: datetime) -> None:
    """Make sure that the password is right, counting attempts, without any session; raises as `sign_in` does."""
    number = attempt(database, login, origin, now)
    if _by_password(database, login, password) is None:
        note_refused(database, login, origin, now)
        raise Refused("The address or the password is not right.")
    with database.writing() as connection:
        sessions.attempt_succeeded(connection, number)


def _by_password(database: Database, login: str, password: str) -> tuple[int, str] | None:
    with database.reading() as connection:
        known = people.password_hash(connection, login)
    if not passwords.fits(password, known[1] if known else None) or known is None:
        return None
    if passwords.outdated(known[1]):
        with database.writing() as connection:
            people.change_user(connection, known[0], {"password_hash": passwords.hashed(password)})
    return known[0], "password"


def note_refused(database: Database, login: str, origin: Origin, now: datetime) -> None:
    """Write a failed sign-in into the audit log."""
    with database.writing() as connection:
        audit.note(connection, Act(None, "sign-in refused", "session", detail=login, ip=origin.ip), now)


def open_session(
    connection: Connection, user_id: int, origin: Origin, now: datetime, method: str = "password"
) -> SignedIn:
    """A session for a user who has proved who he is; raises Refused."""
    found = people.user(connection, user_id)
    if found is None or not found.is_active:
        raise Refused("This user may not sign in any more.")
    token = secrets.token_urlsafe(32)
    row = SessionRow(0, user_id, now, now, now + IDLE, origin.ip[:64], origin.agent[:300], method)
    number = sessions.add_session(connection, _sha256(token), row)
    audit.note(connection, Act(user_id, "signed in", "session", number, detail=method, ip=origin.ip), now)
    return SignedIn(token, found)


def again(database: Database, user_id: int, origin: Origin, now: datetime, method: str) -> SignedIn:
    """A new session for a user who has just changed his password, in place of all that ended with the old one."""
    with database.writing() as connection:
        return open_session(connection, user_id, origin, now, method)


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


def end_all(database: Database, by: By, user_id: int) -> int:
    """End every session of somebody else; returns how many."""
    with database.writing() as connection:
        ended = sessions.revoke(connection, user_id, by.at)
        audit.note(connection, Act(by.actor_id, "sessions ended", "user", user_id, detail=str(ended), ip=by.ip), by.at)
        return ended


def attempt(database: Database, login: str, origin: Origin, now: datetime) -> int:
    """Note an attempt as failed until it is known to be right; returns its number. Raises TooManyAttempts."""
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
