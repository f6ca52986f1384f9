"""SendAccount, Limiter, Notification: what mail leaves by, how fast it may, and mail of mailcrm itself."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class SendAccount(SQLModel, table=True):
    """How mail leaves in the name of one user: his address, the server, and what a probe found out about it."""

    __tablename__ = "send_account"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int | None = Field(
        default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    """Empty for an account of the company (reminders, fallback)."""
    address: str = Field(unique=True)
    name: str = ""
    """The display name in From."""
    host: str
    port: int = 587
    tls: str = Field(default="starttls")
    """implicit, starttls or plain (loopback only)."""
    ca_file: str | None = None
    login: str = ""
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The sealed password (AES-GCM)."""
    secret_source: str = ""
    """env:NAME, file:PATH, none (no sign-in), mailbox (as its mailbox signs in), or empty where `secret` holds it."""
    mailbox_id: int | None = Field(default=None, foreign_key="mailbox.id", ondelete="SET NULL", sa_type=Id)
    """Whose Sent folder gets the copies."""
    sent_copy: str = Field(default="append")
    """append, server (it saves them itself) or off."""
    state: str = Field(default="active")
    """active, paused (by a person) or needs-credentials."""
    connections: int = 2
    per_minute: int = 30
    per_day: int = 1000
    """Messages; 0 for no limit. Of a user's own account a fifth of the day is left to its owner."""
    domain_per_minute: int = 0
    """Messages to one domain; 0 for no limit of its own."""
    breaker_until: datetime | None = Field(default=None, sa_type=UtcTime)
    breaker_step: int = 0
    last_error: str = ""
    last_error_at: datetime | None = Field(default=None, sa_type=UtcTime)
    probe: str = ""
    """JSON of what the last probe found."""
    probed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Limiter(SQLModel, table=True):
    """One rate limit by GCRA: the theoretical arrival time, shared by all processes."""

    __tablename__ = "limiter"

    key: str = Field(primary_key=True)
    tat: datetime = Field(sa_type=UtcTime)


class Notification(SQLModel, table=True):
    """Mail of mailcrm itself, one for each key whatever restarts: a reminder, a report, a confirmation."""

    __tablename__ = "notification"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(unique=True)
    address: str
    subject: str
    text: str
    attachment_sha256: str = ""
    attachment_name: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    not_before: datetime = Field(sa_type=UtcTime)
    state: str = Field(default="queued", index=True)
    """queued, sending, sent or failed."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    attempts: int = 0
    message_id: str = ""
    error: str = ""
    sent_at: datetime | None = Field(default=None, sa_type=UtcTime)
