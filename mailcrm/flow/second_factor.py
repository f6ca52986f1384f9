"""The second factor: an authenticator app is enrolled, asked for after the password, and replaced by backup codes."""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.crm import one_time
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import sessions
from mailcrm.flow.edit import By
from mailcrm.flow.sessions import Origin, Pending, SignedIn
from mailcrm.net.secrets import Keyring
from mailcrm.store import audit, factors
from mailcrm.store import sessions as stored
from mailcrm.store.audit import Act
from mailcrm.store.database import Database

PATIENCE = timedelta(minutes=5)
"""So long after the password the code may be typed."""
BACKUP_CODES = 10
_SECRET_BYTES = 20
_CODE_BYTES = 10
"""80 bits: nobody guesses them, however quickly he may try."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Where the secrets lie, and what opens them."""

    database: Database
    keyring: Keyring


def begin(lock: Lock, user_id: int, now: datetime) -> bytes:
    """The secret for the user's app, made anew unless he is in the middle of it; it protects nothing yet.

    Raises Refused where an app is enrolled already.
    """
    with lock.database.writing() as connection:
        row = factors.totp(connection, user_id)
        if row and row.confirmed_at:
            raise Refused("An app is set up already: remove it first.")
        if row:
            return _opened(lock, user_id, row.secret)
        secret = secrets.token_bytes(_SECRET_BYTES)
        sealed = lock.keyring.seal(base64.b64encode(secret).decode(), _context(user_id))
        factors.put_totp(connection, user_id, sealed, now)
        return secret


def begun(lock: Lock, user_id: int) -> bytes | None:
    """The secret of a user who is in the middle of setting up his app."""
    with lock.database.reading() as connection:
        row = factors.totp(connection, user_id)
    return _opened(lock, user_id, row.secret) if row and row.confirmed_at is None else None


def confirm(lock: Lock, by: By, code: str) -> list[str]:
    """Take the first code of the user's app: from now on it is asked for. Returns his backup codes, shown this once.

    Raises Refused where the code does not fit.
    """
    user_id = _actor(by)
    with lock.database.writing() as connection:
        row = factors.totp(connection, user_id)
        if row is None or row.confirmed_at:
            raise Refused("An app is set up already: remove it first.")
        step = one_time.matching_step(_opened(lock, user_id, row.secret), code, by.at, row.last_step)
        if step is None:
            raise Refused("The code does not fit. Is the clock of the telephone right?")
        factors.advance(connection, user_id, step)
        factors.confirm(connection, user_id, by.at)
        _note(connection, by, "second factor on", user_id)
        return _new_codes(connection, lock, user_id)


def renew_codes(lock: Lock, by: By) -> list[str]:
    """New backup codes instead of all before; raises Refused without an app."""
    user_id = _actor(by)
    with lock.database.writing() as connection:
        row = factors.totp(connection, user_id)
        if row is None or row.confirmed_at is None:
            raise Refused("There is no app that the codes could stand in for.")
        _note(connection, by, "backup codes renewed", user_id)
        return _new_codes(connection, lock, user_id)


def remove(database: Database, by: By, user_id: int) -> None:
    """Ask a user for no app any more; raises NotFound where none is asked for."""
    with database.writing() as connection:
        if not factors.remove(connection, user_id):
            raise NotFound("There is no app to remove.")
        _note(connection, by, "second factor off", user_id)


def enter(lock: Lock, pending: Pending, code: str, origin: Origin, now: datetime) -> SignedIn:
    """Open the session of a user whose password was right. Raises TooManyAttempts, or Refused."""
    if not timedelta() <= now - pending.at <= PATIENCE:
        raise Refused("That took too long: sign in again.")
    attempt = sessions.attempt(lock.database, pending.login, origin, now)
    with lock.database.writing() as connection:
        how = _proved(connection, lock, pending.user_id, code, now)
        if how:
            for number in (attempt, pending.attempt):
                stored.attempt_succeeded(connection, number)
            return sessions.open_session(connection, pending.user_id, origin, now, f"{pending.method}+{how}")
    sessions.note_refused(lock.database, pending.login, origin, now)
    raise Refused("The code is not right, or it was used already.")


def _proved(connection: Connection, lock: Lock, user_id: int, code: str, now: datetime) -> str:
    row = factors.totp(connection, user_id)
    if row is None or row.confirmed_at is None:
        return ""
    step = one_time.matching_step(_opened(lock, user_id, row.secret), code, now, row.last_step)
    if step is not None and factors.advance(connection, user_id, step):
        return "app"
    used = factors.use_backup_code(connection, user_id, _hash(lock, user_id, code), now)
    return "backup-code" if used else ""


def _new_codes(connection: Connection, lock: Lock, user_id: int) -> list[str]:
    plain = [base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode() for _ in range(BACKUP_CODES)]
    codes = ["-".join(one[n : n + 4] for n in range(0, 16, 4)) for one in plain]
    factors.set_backup_codes(connection, user_id, [_hash(lock, user_id, one) for one in codes])
    return codes


def _hash(lock: Lock, user_id: int, code: str) -> str:
    clean = "".join(c for c in code.upper() if c.isalnum())[:64]
    return hmac.new(lock.keyring.derive("backup codes"), f"{user_id}:{clean}".encode(), "sha256").hexdigest()


def _opened(lock: Lock, user_id: int, sealed: bytes) -> bytes:
    return base64.b64decode(lock.keyring.open(sealed, _context(user_id)))


def _context(user_id: int) -> str:
    return f"user:{user_id}:totp"


def _actor(by: By) -> int:
    if by.actor_id is None:
        raise Refused("Only a user can set up an app of his own.")
    return by.actor_id


def _note(connection: Connection, by: By, act: str, user_id: int) -> None:
    audit.note(connection, Act(by.actor_id, act, "user", user_id, ip=by.ip), by.at)
