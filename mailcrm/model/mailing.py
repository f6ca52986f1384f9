"""Mailing, Variant, Recipient, Attempt, Event, Suppression, MessageAlias: who gets what, and what came of it."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, column
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime

_WAITING = column("state").in_(["queued", "deferred"])
_COPYING = column("sent_copy") == "pending"


class Mailing(SQLModel, table=True):
    """One offer to many clients."""

    __tablename__ = "mailing"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    offer_id: int = Field(foreign_key="offer.id", sa_type=Id, index=True)
    name: str
    state: str = Field(default="draft", index=True)
    """draft, scheduled, preparing, running, paused, finishing, done or cancelled."""
    pause_reason: str = ""
    audience: str = ""
    """JSON: groups, clients, left out; see `mailing.audience`."""
    fallback_account_id: int | None = Field(
        default=None, foreign_key="send_account.id", ondelete="SET NULL", sa_type=Id
    )
    """Sends for clients whose owner has no account; empty: they are skipped."""
    policy: str = Field(default="offer")
    """offer (an uncertain sending is never repeated) or notice (it is repeated with the same bytes)."""
    scope: str = Field(default="all")
    """The scope of suppressions that counts besides "all": marketing, or the name of a group."""
    send_at_local: str = ""
    """Local time, ISO 8601 without zone; empty: at once after approval."""
    zone: str = "UTC"
    """IANA name."""
    window: str = ""
    """JSON: days of the week and hours in which mail may leave; empty: any time. See `mailing.pace.window_of`."""
    ramp: str = ""
    """JSON: sizes of the first waves and minutes between them; see `mailing.pace.ramp_of`."""
    wave: int = 0
    """The last wave that may leave; `wave_at` is when the next one may."""
    wave_at: datetime | None = Field(default=None, sa_type=UtcTime)
    alarm_after: int = Field(default=0, sa_type=Id)
    """The attempt up to which answers count for no alarm any more: it was raised for them."""
    tracking: str = Field(default="none")
    """What is counted of those who agreed to it: none, clicks, or opens (and clicks); see `mailing.tracking`."""
    follow_up_days: int = 0
    """Days of silence after which a follow-up is proposed; 0 for never."""
    seed: int = Field(default=0, sa_type=BigInteger)
    """Of the drawing of lots among variants."""
    prepared_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When all recipients were frozen; empty while they are not."""
    prepared_sha: str = ""
    """Hash over the frozen recipients."""
    prepared_from: str = ""
    """Hash over what they were made from: tells whether something was changed since."""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    approver_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Who is asked to approve."""
    approved_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    approved_at: datetime | None = Field(default=None, sa_type=UtcTime)
    approved_sha: str = ""
    """Hash over the frozen recipients: what exactly was approved."""
    created_at: datetime = Field(sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Variant(SQLModel, table=True):
    """One of several ways to offer, drawn by lot inside group and size: what of the terms it changes."""

    __tablename__ = "variant"
    __table_args__ = (UniqueConstraint("mailing_id", "name"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id)
    name: str
    data: str
    """JSON of the values of terms that it sets."""
    baseline: bool = False
    share: float = 1.0
    """Its weight among the variants."""


class Recipient(SQLModel, table=True):
    """One contact in one mailing, frozen: what he gets, from whom, and how far it has come."""

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("mailing_id", "address"),
        Index(
            "ix_recipient_queue",
            "account_id",
            "mailing_id",
            "wave",
            "not_before",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index("ix_recipient_copy", "account_id", "accepted_at", sqlite_where=_COPYING, postgresql_where=_COPYING),
        Index("ix_recipient_state", "mailing_id", "state", "id"),
        Index("ix_recipient_client", "client_id", "id"),
        Index("ix_recipient_lease", "lease_until"),
        Index("ix_recipient_address", "address", "id"),
        Index("ix_recipient_document", "document_sha256"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id)
    client_id: int | None = Field(default=None, foreign_key="client.id", ondelete="SET NULL", sa_type=Id)
    contact_id: int | None = Field(default=None, foreign_key="contact.id", ondelete="SET NULL", sa_type=Id)
    address: str
    """Normalised: as `mail.address` compares it."""
    name: str = ""
    account_id: int | None = Field(default=None, foreign_key="send_account.id", ondelete="SET NULL", sa_type=Id)
    group_id: int | None = Field(default=None, sa_type=Id)
    """The group through which the client came in: for terms and for statistics."""
    variant_id: int | None = Field(default=None, foreign_key="variant.id", ondelete="SET NULL", sa_type=Id, index=True)
    assign_prob: float = 1.0
    """The chance that this variant had in the drawing."""
    terms: str = ""
    """JSON: the values of the terms as frozen."""
    total: int | None = Field(default=None, sa_type=BigInteger)
    """What the offer comes to for this client, and its margin below: ten-thousandths of the currency."""
    margin: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(default="new")
    """new, rendered, queued, claimed, sending, accepted, deferred, failed, uncertain, skipped, render_error or
    cancelled."""
    reason: str = ""
    """Why skipped, failed or uncertain: a key of `mailing.outcome`, or the server's own words."""
    warnings: str = ""
    """Keys of `mailing.preflight`, separated by blanks: what a person should know before it leaves."""
    priority: int = 1
    """0 goes first: tests and single offers."""
    wave: int = 0
    """Of the ramp-up."""
    not_before: datetime = Field(sa_type=UtcTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    worker: str = ""
    attempts: int = 0
    first_failed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    token: str = Field(default="", index=True)
    """The public token of the offer page; see `mailing.token`."""
    message_id: str | None = Field(default=None, unique=True)
    thread_refs: str = ""
    """Ids of the message it continues, separated by blanks."""
    raw_sha256: str = ""
    """The blob with the frozen bytes, without Date."""
    raw_size: int = 0
    document_sha256: str = ""
    """The document made for this client: a version by its content."""
    document_name: str = ""
    tracked: str = ""
    """What of this message is counted, by the consent of the client: click, open, both or nothing."""
    dated_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """The Date that was prepended at the first DATA, then never changed."""
    accepted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the server took the message."""
    sent_copy: str = Field(default="off")
    """pending, done, server, failed or off."""
    sent_copy_error: str = ""
    decided_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the client accepted or declined, as is `decision`."""
    decision: str = ""
    """accepted, declined or empty."""


class Attempt(SQLModel, table=True):
    """One try to hand a message to the server, with the server's own words. Only ever added to."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_recipient", "recipient_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE", sa_type=Id)
    number: int
    started_at: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    phase: str
    """connect, mail, rcpt, data or dot: how far it came."""
    code: int = 0
    enhanced: str = ""
    text: str = ""
    server: str = ""


class Event(SQLModel, table=True):
    """Something that happened after a message was handed over. Only ever added to."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_recipient", "recipient_id", "at"), Index("ix_event_kind", "kind", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE", sa_type=Id)
    kind: str
    """reply, auto-reply, bounce (hard), soft-bounce, delayed, delivered, complaint, receipt, unsubscribe, view,
    click, open, accept, decline or note."""
    at: datetime = Field(sa_type=UtcTime)
    source: str
    """mail, web, smtp or staff."""
    method: str = ""
    """How it was tied to the recipient: message-id, alias, token, address, …"""
    confidence: float = 1.0
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="SET NULL", sa_type=Id, index=True)
    """The stored message that says so."""
    machine_score: int = 0
    """Of clicks, views and opens: 3 and more is a machine, 0 and less probably a human."""
    detail: str = ""
    """JSON: reason, words of the server, network (truncated), family of the browser, hash of the document, …"""
    source_key: str = Field(unique=True)
    """The same happening told twice is one row."""


class Suppression(SQLModel, table=True):
    """An address that must not be written to. After erasure only its keyed hash is left."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address", "scope"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    address: str
    """Normalised, a domain with a leading @, or "hash:…"."""
    scope: str = Field(default="all")
    """all, marketing, or the name of a group."""
    reason: str
    """unsubscribed, bounced, complained, objection or by-hand."""
    detail: str = ""
    recipient_id: int | None = Field(default=None, foreign_key="recipient.id", ondelete="SET NULL", sa_type=Id)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)


class MessageAlias(SQLModel, table=True):
    """Another Message-ID under which one of our sent messages is known, as a server rewrote it."""

    __tablename__ = "message_alias"

    alias: str = Field(primary_key=True)
    recipient_id: int = Field(foreign_key="recipient.id", ondelete="CASCADE", sa_type=Id, index=True)
