"""Client, ClientDomain, Contact, ContactAddress, ContactPhone, Link, Entry, Triage, NeverRule."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, and_, column
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Client(SQLModel, table=True):
    """The company or private person whose record this is."""

    __tablename__ = "client"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    name_key: str = Field(index=True)
    """The name case-folded and with single spaces: for search and order."""
    kind: str = Field(default="company")
    """company or person."""
    owner_id: int | None = Field(
        default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    note: str = ""
    website: str = ""
    tax_id: str = Field(default="", index=True)
    postal_address: str = ""
    message_count: int = Field(default=0)
    last_in_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    last_out_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    next_follow_up_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    """When the next of its open tasks is due."""
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)


class ClientDomain(SQLModel, table=True):
    """A domain whose addresses belong to a client; a client may own many, and a domain many clients."""

    __tablename__ = "client_domain"

    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    domain: str = Field(primary_key=True, index=True)


class Contact(SQLModel, table=True):
    """A person at a client."""

    __tablename__ = "contact"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id, index=True)
    name: str = ""
    name_key: str = Field(default="", index=True)
    position: str = ""
    note: str = ""
    created_at: datetime = Field(sa_type=UtcTime)


class ContactAddress(SQLModel, table=True):
    """An e-mail address of a contact, or of the client itself where `contact_id` is empty (info@ and the like)."""

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("client_id", "email"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    contact_id: int | None = Field(default=None, foreign_key="contact.id", ondelete="CASCADE", sa_type=Id, index=True)
    email: str = Field(index=True)


class ContactPhone(SQLModel, table=True):
    """A telephone number of a contact, in E.164 where it could be read."""

    __tablename__ = "contact_phone"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    contact_id: int = Field(foreign_key="contact.id", ondelete="CASCADE", sa_type=Id, index=True)
    number: str = Field(index=True)
    raw: str
    """As a person wrote it."""


class Link(SQLModel, table=True):
    """Message ↔ client, with the rule that made it; an undone link stays, so that no rule makes it again."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("message_id", "client_id"), Index("ix_link_client_state", "client_id", "state"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    rule: str
    """explicit, thread, address, domain, forwarded, report, person (made by hand)."""
    evidence: str
    confidence: float
    role: str = ""
    """from, to, cc, reply-to, bcc or empty: how the client took part."""
    state: str = Field(default="active")
    """active, suggested or undone."""
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """The user who made or undid it; empty where a rule did."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Entry(SQLModel, table=True):
    """One row of a client's timeline. `id` grows in the order of arrival, `at` is when it happened."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_client_at", "client_id", "at", "id"),
        UniqueConstraint("message_id", "client_id"),
        # Nearly all entries are messages and have no place in this index.
        Index(
            "ix_entry_record",
            "kind",
            "record_id",
            "client_id",
            unique=True,
            sqlite_where=column("record_id").is_not(None),
            postgresql_where=column("record_id").is_not(None),
        ),
        # What reports count is read from these indexes alone.
        Index(
            "ix_entry_day",
            *("day", "direction", "actor_id", "client_id"),
            sqlite_where=column("day").is_not(None),
            postgresql_where=column("day").is_not(None),
        ),
        Index(
            "ix_entry_reply",
            *("reply_day", "reply_by", "wait", "reply_minutes", "client_id"),
            sqlite_where=column("reply_day").is_not(None),
            postgresql_where=column("reply_day").is_not(None),
        ),
        Index(
            "ix_entry_client_day",
            *("client_id", "day", "direction", "actor_id"),
            sqlite_where=column("day").is_not(None),
            postgresql_where=column("day").is_not(None),
        ),
        Index(
            "ix_entry_client_reply",
            *("client_id", "reply_day", "reply_by", "wait", "reply_minutes"),
            sqlite_where=column("reply_day").is_not(None),
            postgresql_where=column("reply_day").is_not(None),
        ),
        Index(
            "ix_entry_waiting",
            *("day", "client_id"),
            sqlite_where=and_(column("wait").is_not(None), column("reply_day").is_(None)),
            postgresql_where=and_(column("wait").is_not(None), column("reply_day").is_(None)),
        ),
        Index(
            "ix_entry_untallied",
            "id",
            sqlite_where=column("tallied").is_(None),
            postgresql_where=column("tallied").is_(None),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    kind: str
    """message, or the name of the table that `record_id` is a row of: note, call, meeting, task, deal, offer, …"""
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="CASCADE", sa_type=Id)
    thread_id: int | None = Field(default=None, foreign_key="thread.id", ondelete="SET NULL", sa_type=Id, index=True)
    direction: str = ""
    """in, out or internal."""
    message_kind: str = ""
    """The Kind of the message: human, auto-reply, bounce, …; empty for all that is no message."""
    record_id: int | None = Field(default=None, sa_type=Id)
    """The row that the entry stands for, where it is no message."""
    actor_id: int | None = Field(default=None, sa_type=Id)
    """The user who did it; of a message who wrote it, once it is tallied."""
    tallied: bool | None = None
    """Whether reports count it; empty until `flow.tally` has found out. The rest is what they count."""
    day: int | None = None
    """Of a message between people: its day in the company's zone, counted from 1970-01-01."""
    wait: int | None = None
    """1 where a client began to wait for us with this message, 2 for the first such of its thread."""
    reply_id: int | None = Field(default=None, sa_type=Id)
    """Our message that ended the wait; who wrote it, its day, and the minutes of working time until then follow."""
    reply_by: int | None = Field(default=None, sa_type=Id)
    reply_day: int | None = None
    reply_minutes: int | None = None


class Triage(SQLModel, table=True):
    """The metadata of one message that no rule could file, waiting for a person; its body is not stored."""

    __tablename__ = "triage"
    __table_args__ = (Index("ix_triage_state_at", "state", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    placement_id: int = Field(foreign_key="placement.id", ondelete="CASCADE", unique=True, sa_type=Id)
    mailbox_id: int = Field(foreign_key="mailbox.id", ondelete="CASCADE", sa_type=Id, index=True)
    at: datetime = Field(sa_type=UtcTime)
    direction: str
    counterpart: str = Field(index=True)
    """The address outside the company that the message came from or went to."""
    counterpart_name: str = ""
    subject: str = ""
    message_id: str = ""
    reason: str = ""
    """Why it is here: unknown person, new person at a known domain, ambiguous."""
    state: str = Field(default="open")
    """open, attached or never."""
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)


class NeverRule(SQLModel, table=True):
    """An address or a domain whose mail is never stored: for the company, or for one user's mailboxes."""

    __tablename__ = "never_rule"
    __table_args__ = (UniqueConstraint("user_id", "value"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id)
    """Empty for a rule of the whole company."""
    value: str
    """An address (has an @) or a domain."""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
