"""TrackedLink, Hit, TrackingConsent, FollowUp, SharesDecision: what is counted on the way, and what follows from it."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class TrackedLink(SQLModel, table=True):
    """One address that a mailing links to: the only place from which a click can be sent on."""

    __tablename__ = "tracked_link"
    __table_args__ = (UniqueConstraint("mailing_id", "position"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id)
    position: int
    url: str
    trap: bool = False
    """No human sees it: whoever follows it is a machine."""


class Hit(SQLModel, table=True):
    """One request for a link, a picture or an offer, kept for 90 days so that it can be scored again."""

    __tablename__ = "hit"
    __table_args__ = (Index("ix_hit_mailing", "mailing_id", "id"), Index("ix_hit_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE", sa_type=Id, index=True)
    kind: str
    """click, open, view or trap."""
    link_id: int = Field(default=0, sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    network: str = ""
    """The IP address truncated: /24 or /48."""
    family: str = ""
    """Of the browser; never the whole user agent."""
    method: str = "GET"
    has_language: bool = True
    score: int = 0
    rules: str = ""


class TrackingConsent(SQLModel, table=True):
    """What a client agreed to: that single clicks, or opens, are recorded."""

    __tablename__ = "tracking_consent"

    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    kind: str = Field(primary_key=True)
    """click or open."""
    text: str
    """What was agreed to, in the words that were shown."""
    source: str
    """staff; nobody can agree for a client by a page that is open to whoever has its address."""
    how: str = ""
    """How it was given: in a contract, by telephone to whom, …"""
    given_on: date | None = None
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Who recorded it, and when below."""
    at: datetime = Field(sa_type=UtcTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """From then on nothing is counted; that it had been given stays on record."""


class FollowUp(SQLModel, table=True):
    """A proposal to write again to a client who was silent, for the owner to send, to edit or to leave."""

    __tablename__ = "follow_up"
    __table_args__ = (Index("ix_follow_up_owner", "owner_id", "state", "id"), Index("ix_follow_up_due", "state", "due"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE", sa_type=Id, unique=True)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id, index=True)
    client_id: int | None = Field(default=None, foreign_key="client.id", ondelete="CASCADE", sa_type=Id, index=True)
    owner_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    state: str = "proposed"
    """proposed, sent, dropped (not this one) or stopped (the client answered)."""
    due: date
    """Not before this day: after the silence, and after an absence."""
    subject: str
    text: str
    reason: str = ""
    """Why it waits or stopped."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)


class SharesDecision(SQLModel, table=True):
    """A decision about terms that a person took, with the numbers that were seen then."""

    __tablename__ = "shares_decision"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id, index=True)
    at: datetime = Field(sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    detail: str
    """JSON: the arms with their numbers, the seed, the shares that were chosen."""
