"""User, UserAddress, UserSession, SignInAttempt, TrustedSender, Heartbeat: who signs in, and what runs."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class User(SQLModel, table=True):
    """A member of staff who signs in."""

    __tablename__ = "user_account"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    login: str = Field(unique=True)
    """The main address, case-folded; also the first of the user's addresses."""
    name: str
    password_hash: str | None = None
    role: str = Field(default="staff")
    """staff, manager or admin."""
    language: str = Field(default="en")
    theme: str = Field(default="auto")
    """auto, light or dark."""
    keys: bool = Field(default=True)
    """Whether single-key shortcuts are on (WCAG 2.1.4)."""
    is_active: bool = Field(default=True)
    created_at: datetime = Field(sa_type=UtcTime)


class UserAddress(SQLModel, table=True):
    """An address that a user writes from: it decides the direction of a message."""

    __tablename__ = "user_address"

    email: str = Field(primary_key=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)


class UserSession(SQLModel, table=True):
    """One signed-in browser; the cookie holds a random token, this row only its sha256."""

    __tablename__ = "user_session"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    token_sha256: str = Field(unique=True)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    created_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ip: str = ""
    agent: str = ""
    method: str = Field(default="password")
    """How the user proved who he is: password, mailbox or oidc, with +app or +backup-code for a second factor."""


class SignInAttempt(SQLModel, table=True):
    """One failed or successful sign-in, counted to slow down guessing."""

    __tablename__ = "sign_in_attempt"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    login: str = Field(index=True)
    ip: str = Field(index=True)
    at: datetime = Field(sa_type=UtcTime, index=True)
    succeeded: bool


class TrustedSender(SQLModel, table=True):
    """A sender whose remote images a user wants to see."""

    __tablename__ = "trusted_sender"

    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    email: str = Field(primary_key=True)


class Heartbeat(SQLModel, table=True):
    """One running process of mailcrm and when it last said so."""

    __tablename__ = "heartbeat"

    name: str = Field(primary_key=True)
    """sync:HOST:PID and the like."""
    started_at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime = Field(sa_type=UtcTime)
