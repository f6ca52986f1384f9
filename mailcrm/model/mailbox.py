"""Mailbox, Folder, Placement, PlacementTrace: the ledger of what every server holds and what was decided on it."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Mailbox(SQLModel, table=True):
    """One IMAP account of a user, or a shared one."""

    __tablename__ = "mailbox"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    address: str = Field(unique=True)
    user_id: int | None = Field(
        default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    """The owner; empty for a shared mailbox."""
    origin: str = Field(default="cli")
    """config, cli, web, or load (an archive read from files)."""
    host: str = ""
    port: int = 993
    tls: str = Field(default="implicit")
    """implicit, starttls or plain (loopback only)."""
    ca_file: str | None = None
    login: str = ""
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The sealed password (AES-GCM)."""
    secret_source: str = ""
    """env:NAME, file:PATH, master, or empty where `secret` holds it."""
    visibility: str = Field(default="full")
    """What colleagues see of it: full, subject or stub."""
    state: str = Field(default="active")
    """active, paused, needs-credentials or frozen."""
    since: datetime | None = Field(default=None, sa_type=UtcTime)
    """Older mail is not read."""
    refusals: int = Field(default=0)
    """How often in a row the password was refused."""
    next_try_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str = ""
    last_error_at: datetime | None = Field(default=None, sa_type=UtcTime)
    round_started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the present or last round began; with the two counts below it gives rate and time left."""
    round_done: int = Field(default=0)
    round_bytes: int = Field(default=0, sa_type=BigInteger)
    lease_owner: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    created_at: datetime = Field(sa_type=UtcTime)


class Folder(SQLModel, table=True):
    """One named list of messages in a mailbox, and how far it has been discovered."""

    __tablename__ = "folder"
    __table_args__ = (UniqueConstraint("mailbox_id", "raw_name"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailbox_id: int = Field(foreign_key="mailbox.id", ondelete="CASCADE", sa_type=Id)
    raw_name: bytes = Field(sa_type=LargeBinary)
    name: str
    delimiter: str = ""
    role: str = Field(default="other")
    """inbox, sent, archive, junk, trash, drafts, all or other."""
    wanted: bool = Field(default=True)
    uidvalidity: int = Field(default=0, sa_type=BigInteger)
    highestmodseq: int | None = Field(default=None, sa_type=BigInteger)
    uid_next: int = Field(default=1, sa_type=BigInteger)
    """Every UID below has been discovered, but for the gap from `backfill` downwards on a first sync."""
    backfill: int = Field(default=1, sa_type=BigInteger)
    """Every UID from here up to `uid_next` has been discovered; 1 means nothing older is left."""
    generation: int = Field(default=0)
    resets: int = Field(default=0)
    """How often UIDVALIDITY changed lately; more than three parks the folder."""
    server_count: int = Field(default=0)
    failures: int = Field(default=0)
    parked_until: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = ""
    checked_at: datetime | None = Field(default=None, sa_type=UtcTime)
    reconciled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    missing_since: datetime | None = Field(default=None, sa_type=UtcTime)
    """When LIST first left it out; its mail stays."""


class Placement(SQLModel, table=True):
    """One server copy: (folder, uidvalidity, uid), with its state and the verdict on it."""

    __tablename__ = "placement"
    __table_args__ = (
        UniqueConstraint("folder_id", "uidvalidity", "uid"),
        Index("ix_placement_work", "folder_id", "state", "uid"),
        Index("ix_placement_message_ref", "message_ref"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    folder_id: int = Field(foreign_key="folder.id", ondelete="CASCADE", sa_type=Id)
    uidvalidity: int = Field(sa_type=BigInteger)
    uid: int = Field(sa_type=BigInteger)
    state: str = Field(default="todo")
    """todo (undecided), wanted (body to be fetched), done (settled, see `verdict`), quarantine, gone."""
    verdict: str = ""
    """keep, metadata, ignore, or empty while undecided."""
    rule: str = ""
    """The rule behind the verdict."""
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="SET NULL", sa_type=Id, index=True)
    flags: str = ""
    """The server's flags, sorted, separated by blanks."""
    size: int = Field(default=0, sa_type=BigInteger)
    internal_date: datetime | None = Field(default=None, sa_type=UtcTime)
    modseq: int | None = Field(default=None, sa_type=BigInteger)
    email_id: str | None = Field(default=None, index=True)
    """EMAILID (RFC 8474) or X-GM-MSGID."""
    header_sha256: str | None = Field(default=None, index=True)
    message_ref: int | None = Field(default=None, sa_type=BigInteger)
    """Keyed fingerprint of the Message-ID: answers "why is it not here" without keeping the id."""
    attempts: int = Field(default=0)
    next_try_at: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = ""
    raw_sha256: str | None = None
    """The raw bytes of a message in quarantine."""
    seen_at: datetime = Field(sa_type=UtcTime)
    gone_at: datetime | None = Field(default=None, sa_type=UtcTime)


class PlacementTrace(SQLModel, table=True):
    """Keyed fingerprints of the addresses and domains of unstored mail, so that a new client finds his past."""

    __tablename__ = "placement_trace"

    fingerprint: int = Field(primary_key=True, sa_type=BigInteger)
    placement_id: int = Field(foreign_key="placement.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)
