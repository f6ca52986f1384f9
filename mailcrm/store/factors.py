"""What users prove themselves with as rows: shared secrets of apps, backup codes, identities at a provider."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update
from sqlmodel import col

from mailcrm.model import BackupCode, UserIdentity, UserTotp
from mailcrm.store.rows import insert


@dataclass(frozen=True, slots=True)
class TotpRow:
    """The sealed secret of a user's app and the newest step that was used."""

    secret: bytes
    last_step: int
    confirmed_at: datetime | None


def totp(connection: Connection, user_id: int) -> TotpRow | None:
    """What is known of the user's app, confirmed or not."""
    columns = (col(UserTotp.secret), col(UserTotp.last_step), col(UserTotp.confirmed_at))
    row = connection.execute(select(*columns).where(col(UserTotp.user_id) == user_id)).one_or_none()
    return TotpRow(*row) if row else None


def put_totp(connection: Connection, user_id: int, secret: bytes, at: datetime) -> None:
    """Keep a new sealed secret, not yet confirmed, instead of one before."""
    remove(connection, user_id)
    insert(connection, UserTotp, [{"user_id": user_id, "secret": secret, "last_step": 0, "created_at": at}])


def confirm(connection: Connection, user_id: int, at: datetime) -> None:
    """From now on the app is asked for."""
    connection.execute(update(UserTotp).where(col(UserTotp.user_id) == user_id).values(confirmed_at=at))


def advance(connection: Connection, user_id: int, step: int) -> bool:
    """Use up the code of a step; False where it, or a later one, was used already, perhaps a moment ago."""
    query = update(UserTotp).where(col(UserTotp.user_id) == user_id, col(UserTotp.last_step) < step)
    return connection.execute(query.values(last_step=step)).rowcount == 1


def remove(connection: Connection, user_id: int) -> bool:
    """Ask for no app any more and forget the backup codes; returns whether there was one."""
    connection.execute(delete(BackupCode).where(col(BackupCode.user_id) == user_id))
    return connection.execute(delete(UserTotp).where(col(UserTotp.user_id) == user_id)).rowcount > 0


def set_backup_codes(connection: Connection, user_id: int, hashes: Collection[str]) -> None:
    """Keep new backup codes instead of those before."""
    connection.execute(delete(BackupCode).where(col(BackupCode.user_id) == user_id))
    insert(connection, BackupCode, [{"user_id": user_id, "code_hash": one} for one in hashes])


def use_backup_code(connection: Connection, user_id: int, code_hash: str, at: datetime) -> bool:
    """Use up a backup code; False where there is none such, or it was used."""
    query = update(BackupCode).where(
        col(BackupCode.code_hash) == code_hash, col(BackupCode.user_id) == user_id, col(BackupCode.used_at).is_(None)
    )
    return connection.execute(query.values(used_at=at)).rowcount == 1


def backup_codes_left(connection: Connection, user_id: int) -> int:
    """How many backup codes were not used yet."""
    unused = (col(BackupCode.user_id) == user_id, col(BackupCode.used_at).is_(None))
    return int(connection.execute(select(func.count()).where(*unused)).scalar_one())


def identity(connection: Connection, issuer: str, subject: str) -> int | None:
    """The user behind a subject of an issuer."""
    query = select(col(UserIdentity.user_id)).where(
        col(UserIdentity.issuer) == issuer, col(UserIdentity.subject) == subject
    )
    return connection.execute(query).scalar_one_or_none()


def has_identity(connection: Connection, issuer: str, user_id: int) -> bool:
    """Whether the user is known to the issuer under any subject."""
    query = select(col(UserIdentity.subject)).where(
        col(UserIdentity.issuer) == issuer, col(UserIdentity.user_id) == user_id
    )
    return connection.execute(query).first() is not None


def bind(connection: Connection, issuer: str, subject: str, user_id: int, at: datetime) -> None:
    """Remember who a subject is."""
    row = {"issuer": issuer, "subject": subject, "user_id": user_id, "created_at": at}
    insert(connection, UserIdentity, [row])


def unbind(connection: Connection, user_id: int) -> None:
    """Forget who the user is at any issuer."""
    connection.execute(delete(UserIdentity).where(col(UserIdentity.user_id) == user_id))
