"""Mailboxes as rows, and what their health pages say: numbers from the ledger, never from a server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Folder, Mailbox, Message, MessageCopy, Placement, User
from mailcrm.store import privacy
from mailcrm.store.ledger import UNSETTLED


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """One mailbox, with how it fares; its password is not among this."""

    id: int
    address: str
    user_id: int | None
    user_name: str | None
    origin: str
    host: str
    port: int
    tls: str
    login: str
    secret_source: str
    has_password: bool
    visibility: str
    state: str
    since: datetime | None
    refusals: int
    next_try_at: datetime | None
    last_success_at: datetime | None
    last_error: str
    last_error_at: datetime | None
    round_started_at: datetime | None
    round_done: int
    round_bytes: int
    lease_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FolderHealth:
    """One folder: what the server counts, and what the ledger holds of it."""

    id: int
    name: str
    role: str
    wanted: bool
    server_count: int
    known: int
    """Placements that are on the server as far as the ledger knows."""
    waiting: int
    quarantined: int
    kept: int
    complete: bool
    """Whether everything down to the oldest message was discovered."""
    checked_at: datetime | None
    parked_until: datetime | None
    error: str

    @property
    def missing(self) -> int:
        """How many messages the server has that the ledger does not know: 0 when all is well."""
        return max(0, self.server_count - self.known)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the present round is: with the clock it gives rate and time left."""

    waiting: int
    waiting_bytes: int
    done: int
    done_bytes: int
    started_at: datetime | None

    def rate(self, now: datetime) -> float:
        """Messages a second since the round began."""
        seconds = (now - self.started_at).total_seconds() if self.started_at else 0.0
        return self.done / seconds if seconds > 0 else 0.0

    def seconds_left(self, now: datetime) -> float | None:
        """How long the rest will take at this rate; None where nobody can know."""
        rate = self.rate(now)
        return self.waiting / rate if rate > 0 else None


_COLUMNS: Any = (
    *(
        col(User.name) if name == "user_name" else getattr(Mailbox, name, col(Mailbox.secret).is_not(None))
        for name in MailboxRow.__dataclass_fields__
    ),
)


def mailboxes(connection: Connection, user_id: int | None = None) -> list[MailboxRow]:
    """All mailboxes, or those of one user, by address."""
    query = select(*_COLUMNS).join(User, col(User.id) == col(Mailbox.user_id), isouter=True)
    if user_id is not None:
        query = query.where(col(Mailbox.user_id) == user_id)
    return [MailboxRow(*row) for row in connection.execute(query.order_by(col(Mailbox.address)))]


def mailbox(connection: Connection, mailbox_id: int) -> MailboxRow | None:
    """The mailbox with this id."""
    query = select(*_COLUMNS).join(User, col(User.id) == col(Mailbox.user_id), isouter=True)
    row = connection.execute(query.where(col(Mailbox.id) == mailbox_id)).one_or_none()
    return MailboxRow(*row) if row else None


def mailbox_by_address(connection: Connection, address: str) -> MailboxRow | None:
    """The mailbox of this address."""
    number = connection.execute(select(col(Mailbox.id)).where(col(Mailbox.address) == address)).scalar_one_or_none()
    return mailbox(connection, number) if number is not None else None


def add_mailbox(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a mailbox from columns; returns its id."""
    return int(connection.execute(insert(Mailbox).values(values).returning(col(Mailbox.id))).scalar_one() or 0)


def change_mailbox(connection: Connection, mailbox_id: int, values: dict[str, Any]) -> None:
    """Set columns of a mailbox."""
    if values:
        connection.execute(update(Mailbox).where(col(Mailbox.id) == mailbox_id).values(values))


def narrow_messages(connection: Connection, mailbox_id: int) -> None:
    """Work out anew how much colleagues may see of the messages of a mailbox."""
    here = select(col(MessageCopy.message_id)).where(col(MessageCopy.mailbox_id) == mailbox_id)
    privacy.renew(connection, col(Message.id).in_(here))


def folder_health(connection: Connection, mailbox_id: int) -> list[FolderHealth]:
    """Every folder of a mailbox with its counts, in one query."""
    live = col(Placement.state) != "gone"

    def counted(condition: Any) -> Any:
        return func.count(case((condition, 1)))

    query: Any = (
        select(
            col(Folder.id),
            col(Folder.name),
            col(Folder.role),
            col(Folder.wanted),
            col(Folder.server_count),
            counted(live & (col(Placement.uidvalidity) == col(Folder.uidvalidity))),
            counted(col(Placement.state).in_(UNSETTLED)),
            counted(col(Placement.state) == "quarantine"),
            counted(live & (col(Placement.verdict) == "keep")),
            col(Folder.backfill) <= 1,
            col(Folder.checked_at),
            col(Folder.parked_until),
            col(Folder.error),
        )
        .join(Placement, col(Placement.folder_id) == col(Folder.id), isouter=True)
        .where(col(Folder.mailbox_id) == mailbox_id)
        .group_by(col(Folder.id))
        .order_by(col(Folder.name))
    )
    return [FolderHealth(*row) for row in connection.execute(query)]


def progress(connection: Connection, mailbox_id: int) -> Progress:
    """How far the present or last round of a mailbox is."""
    waiting, size = connection.execute(
        select(func.count(), func.coalesce(func.sum(col(Placement.size)), 0))
        .join(Folder, col(Folder.id) == col(Placement.folder_id))
        .where(col(Folder.mailbox_id) == mailbox_id, col(Placement.state).in_(UNSETTLED))
    ).one()
    done, done_bytes, started = connection.execute(
        select(col(Mailbox.round_done), col(Mailbox.round_bytes), col(Mailbox.round_started_at)).where(
            col(Mailbox.id) == mailbox_id
        )
    ).one()
    return Progress(int(waiting), int(size), done, done_bytes, started)
