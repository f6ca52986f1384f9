"""What belongs to messages on a page: the people in them and their attachments, in one query for all of them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from mailcrm.model import Attachment, MailAddress, Message, MessageAddress
from mailcrm.store.visibility import FULL, SUBJECT, Viewer, level


@dataclass(frozen=True, slots=True)
class Participant:
    """One address in one message; `role` is from, sender, reply-to, to, cc or bcc."""

    role: str
    address_id: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One attachment; `path` is its place in the message, `sha256` that of its bytes."""

    message_id: int
    position: int
    path: str
    sha256: str
    filename: str
    content_type: str
    size: int
    content_id: str
    inline: bool
    hidden: bool


_ATTACHMENT = [col(getattr(Attachment, name)) for name in AttachmentRow.__dataclass_fields__]


def participants(connection: Connection, who: Viewer, messages: Iterable[int]) -> dict[int, list[Participant]]:
    """The people of each message in the order of its headers; a Bcc only from the viewer's own mailboxes."""
    statement = (
        select(
            col(MessageAddress.message_id),
            col(MessageAddress.role),
            col(MailAddress.id),
            col(MailAddress.email),
            col(MessageAddress.name),
        )
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .join(Message, col(Message.id) == col(MessageAddress.message_id))
        .where(
            col(MessageAddress.message_id).in_(list(messages)),
            level(who) >= SUBJECT,
            or_(col(MessageAddress.role) != "bcc", col(MessageAddress.mailbox_id).in_(who.mailbox_ids)),
        )
        .order_by(col(MessageAddress.message_id), col(MessageAddress.position))
    )
    found: dict[int, list[Participant]] = defaultdict(list)
    for message_id, role, address_id, email, name in connection.execute(statement):
        found[message_id].append(Participant(role, address_id or 0, email, name))
    return found


def attachments(connection: Connection, who: Viewer, messages: Iterable[int]) -> dict[int, list[AttachmentRow]]:
    """The attachments of each message that are worth showing: neither inline nor hidden."""
    statement = (
        select(*_ATTACHMENT)
        .join(Message, col(Message.id) == col(Attachment.message_id))
        .where(
            col(Attachment.message_id).in_(list(messages)),
            col(Attachment.inline).is_(False),
            col(Attachment.hidden).is_(False),
            level(who) >= FULL,
        )
        .order_by(col(Attachment.message_id), col(Attachment.position))
    )
    found: dict[int, list[AttachmentRow]] = defaultdict(list)
    for row in connection.execute(statement):
        found[row[0]].append(AttachmentRow(*row))
    return found


def all_attachments(connection: Connection, who: Viewer, message_id: int) -> list[AttachmentRow]:
    """Every attachment of one message, inline and hidden ones too."""
    statement = (
        select(*_ATTACHMENT)
        .join(Message, col(Message.id) == col(Attachment.message_id))
        .where(col(Attachment.message_id) == message_id, level(who) >= FULL)
        .order_by(col(Attachment.position))
    )
    return [AttachmentRow(*row) for row in connection.execute(statement)]


def attachment(connection: Connection, who: Viewer, message_id: int, position: int) -> tuple[AttachmentRow, str] | None:
    """One attachment and the sha256 of the message it came in; None where there is none that he may see."""
    row = connection.execute(
        select(*_ATTACHMENT, col(Message.raw_sha256))
        .join(Message, col(Message.id) == col(Attachment.message_id))
        .where(
            col(Attachment.message_id) == message_id,
            col(Attachment.position) == position,
            level(who) >= FULL,
        )
    ).one_or_none()
    return (AttachmentRow(*row[:-1]), str(row[-1])) if row else None
