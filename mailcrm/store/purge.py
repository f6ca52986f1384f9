"""Taking messages out of the database for good; the ledger remembers that they are not to be fetched again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select, true, update
from sqlmodel import col

from mailcrm.model import (
    Answer,
    Blob,
    Document,
    DocumentWork,
    Folder,
    Link,
    MailAddress,
    Message,
    MessageAddress,
    MessageCopy,
    Occurrence,
    Placement,
    Sending,
    Thread,
    Version,
)
from mailcrm.store import links, privacy, search
from mailcrm.store.ledger import TAKEN_OUT
from mailcrm.store.rows import parts

PURGED, ERASED = TAKEN_OUT


@dataclass(frozen=True, slots=True)
class Purged:
    """Messages that are gone, and messages of which others still have copies."""

    gone: int
    kept: int


def oldest_placed(connection: Connection, messages: Collection[int]) -> int | None:
    """The oldest of the messages that documents take into account."""
    found = []
    for part in parts(messages):
        query = select(func.min(col(DocumentWork.message_id))).where(
            col(DocumentWork.message_id).in_(part), col(DocumentWork.state).in_(("placed", "again", "redo"))
        )
        found.append(connection.execute(query).scalar_one())
    return min((int(one) for one in found if one is not None), default=None)


def take_copies(connection: Connection, messages: Sequence[int], mailboxes: Sequence[int] | None, rule: str) -> Purged:
    """Take the copies of these mailboxes (None: of all) away, and messages that nobody has a copy of any more.

    Documents must not take the messages into account any more: see `oldest_placed`.
    """
    gone = kept = 0
    for part in parts(messages, 200):
        _settle(connection, part, mailboxes, rule)
        mine = true() if mailboxes is None else col(MessageCopy.mailbox_id).in_(mailboxes)
        connection.execute(delete(MessageCopy).where(col(MessageCopy.message_id).in_(part), mine))
        left = set(
            connection.execute(
                select(col(MessageCopy.message_id)).where(col(MessageCopy.message_id).in_(part)).distinct()
            ).scalars()
        )
        _forget_bcc(connection, left, mailboxes)
        privacy.renew(connection, col(Message.id).in_(left))
        lost = [one for one in part if one not in left]
        _drop(connection, lost)
        gone, kept = gone + len(lost), kept + len(left)
    return Purged(gone, kept)


def drop_left_over(connection: Connection) -> None:
    """Drop threads, addresses and contents that no message has any more; the sweep takes the bytes away."""
    connection.execute(delete(Thread).where(~exists().where(col(Message.thread_id) == col(Thread.id))))
    unused: Any = and_(
        ~exists().where(col(MessageAddress.address_id) == col(MailAddress.id)),
        ~exists().where(col(Sending.address_id) == col(MailAddress.id)),
    )
    connection.execute(delete(MailAddress).where(unused))
    used = (
        exists().where(col(Occurrence.blob_id) == col(Blob.id)),
        exists().where(col(Version.id) == col(Blob.id)),
        exists().where(col(Document.id) == col(Blob.id)),
        exists().where(col(Sending.blob_id) == col(Blob.id)),
        exists().where(col(Answer.version_id) == col(Blob.id)),
    )
    connection.execute(delete(Blob).where(*(~one for one in used)))


def _settle(connection: Connection, messages: Collection[int], mailboxes: Sequence[int] | None, rule: str) -> None:
    where: list[ColumnElement[bool]] = [col(Placement.message_id).in_(messages)]
    if mailboxes is not None:
        folders = select(col(Folder.id)).where(col(Folder.mailbox_id).in_(mailboxes))
        where.append(col(Placement.folder_id).in_(folders))
    values = {"state": "done", "verdict": "ignore", "rule": rule, "message_id": None, "raw_sha256": None, "error": ""}
    connection.execute(update(Placement).where(*where, col(Placement.state) != "gone").values(**values))
    # What is gone from the server stays gone, and remembers why it must not come back at another place.
    gone = {**values, "state": "gone"}
    connection.execute(update(Placement).where(*where, col(Placement.state) == "gone").values(**gone))


def _forget_bcc(connection: Connection, messages: Collection[int], mailboxes: Sequence[int] | None) -> None:
    if mailboxes is not None:
        connection.execute(
            delete(MessageAddress).where(
                col(MessageAddress.message_id).in_(messages), col(MessageAddress.mailbox_id).in_(mailboxes)
            )
        )


def _drop(connection: Connection, messages: Sequence[int]) -> None:
    if not messages:
        return
    search.unindex(connection, search.stored_words(connection, messages))
    linked = select(col(Link.client_id)).where(col(Link.message_id).in_(messages)).distinct()
    clients = list(connection.execute(linked).scalars())
    connection.execute(delete(Message).where(col(Message.id).in_(messages)))
    for client in clients:
        links.recount(connection, client)
