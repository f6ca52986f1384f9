"""UserTotp, BackupCode, UserIdentity: what a user proves himself with besides a password."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class UserTotp(SQLModel, table=True):
    """The secret that a user's authenticator app shares with us, sealed."""

    __tablename__ = "user_totp"

    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    secret: bytes = Field(sa_type=LargeBinary)
    last_step: int = Field(default=0, sa_type=BigInteger)
    """The newest step whose code was used: neither it nor an older one works again."""
    created_at: datetime = Field(sa_type=UtcTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the first code was typed; before that it protects nothing."""


class BackupCode(SQLModel, table=True):
    """A code for the day on which the telephone is lost; works once. Only its keyed hash is kept."""

    __tablename__ = "backup_code"

    code_hash: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)


class UserIdentity(SQLModel, table=True):
    """Who a user is at an identity provider (OpenID Connect): its issuer and his subject there."""

    __tablename__ = "user_identity"

    issuer: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
