"""ApiToken, Webhook, Delivery: how other programs of the company read, write and are told."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class ApiToken(SQLModel, table=True):
    """What a program signs in with: it may do what its user may, as far as its scopes go."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    name: str
    token_sha256: str = Field(unique=True)
    """The token itself is shown once and known to nobody here."""
    scopes: str
    """Separated by blanks; see `flow.tokens.SCOPES`."""
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Webhook(SQLModel, table=True):
    """An address of the company that is told of events, as far as one user may see them."""

    __tablename__ = "webhook"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    """With whose eyes it sees."""
    url: str
    secret: bytes = Field(sa_type=LargeBinary)
    """The sealed key of its signatures."""
    events: str
    """Separated by blanks; see `flow.webhooks.EVENTS`."""
    state: str = Field(default="active")
    """active, paused, or failing (given up after days of failures)."""
    position: int = Field(default=0, sa_type=Id)
    """Entries up to this one have been looked at."""
    failures: int = 0
    last_error: str = ""
    last_success_at: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Delivery(SQLModel, table=True):
    """One event on its way to one webhook; tried again until it is taken or given up."""

    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_due", "state", "not_before"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    webhook_id: int = Field(foreign_key="webhook.id", ondelete="CASCADE", sa_type=Id, index=True)
    key: str = Field(unique=True)
    """The same event is told to a webhook once."""
    event: str
    payload: str
    """JSON, as it is signed and sent."""
    state: str = Field(default="waiting")
    """waiting, delivered or failed."""
    attempts: int = 0
    not_before: datetime = Field(sa_type=UtcTime)
    status: int = 0
    """The last HTTP status."""
    error: str = ""
    created_at: datetime = Field(sa_type=UtcTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcTime)
