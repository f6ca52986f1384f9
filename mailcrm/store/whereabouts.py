"""Where a message is, and why it is not on a timeline: what the ledger says of one Message-ID."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from mailcrm.model import Folder, Mailbox, Message, Placement
from mailcrm.store.visibility import SUBJECT, Viewer, level


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One copy on a server with the verdict on it; `message_id` is the stored message, where there is one."""

    mailbox: str
    folder: str
    state: str
    verdict: str
    rule: str
    error: str
    next_try_at: datetime | None
    message_id: int | None


def of_message(
    connection: Connection, who: Viewer, message_ref: int, message_id: str, everywhere: bool
) -> tuple[list[Whereabouts], list[int]]:
    """The copies of a message by the fingerprint of its Message-ID, in the viewer's mailboxes and shared ones (or
    `everywhere`), and the stored messages of that Message-ID that the viewer may know of."""
    statement = (
        select(
            col(Mailbox.address),
            col(Folder.name),
            col(Placement.state),
            col(Placement.verdict),
            col(Placement.rule),
            col(Placement.error),
            col(Placement.next_try_at),
            col(Placement.message_id),
        )
        .join(Folder, col(Folder.id) == col(Placement.folder_id))
        .join(Mailbox, col(Mailbox.id) == col(Folder.mailbox_id))
        .where(col(Placement.message_ref) == message_ref)
        .order_by(col(Mailbox.address), col(Folder.name))
        .limit(100)
    )
    if not everywhere:
        statement = statement.where(or_(col(Mailbox.user_id).is_(None), col(Mailbox.user_id) == who.user_id))
    copies = [Whereabouts(*row) for row in connection.execute(statement)]
    stored = connection.execute(
        select(col(Message.id)).where(col(Message.message_id) == message_id, level(who) >= SUBJECT).limit(10)
    )
    return copies, [number or 0 for number in stored.scalars()]
