"""Which blobs the rows refer to, and how a message whose bytes were lost is asked for again."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select, update
from sqlmodel import col

from mailcrm.model import (
    Attachment,
    Blob,
    ClientImport,
    DocumentRule,
    Message,
    Notification,
    OfferFile,
    Placement,
    Recipient,
    Template,
)
from mailcrm.store.rows import parts

NAMES = (
    col(Message.raw_sha256),
    col(Attachment.sha256),
    col(Blob.sha256),
    col(DocumentRule.sha),
    col(OfferFile.sha256),
    col(Template.sha256),
    col(Recipient.raw_sha256),
    col(Recipient.document_sha256),
    col(Notification.attachment_sha256),
    col(ClientImport.sha256),
)
"""Every column that names a blob; those of quarantined mail are asked for by `quarantined_names`."""


def raw_names(connection: Connection) -> set[str]:
    """The blobs of raw messages, in quarantine too."""
    return set(connection.execute(select(col(Message.raw_sha256))).scalars()) | quarantined_names(connection)


def quarantined_names(connection: Connection) -> set[str]:
    """The blobs of messages that could not be recorded."""
    query = select(col(Placement.raw_sha256)).where(col(Placement.raw_sha256).is_not(None))
    return {name for name in connection.execute(query).scalars() if name}


def referred(connection: Connection, names: Collection[str]) -> set[str]:
    """Those of the blobs that a stored message, an attachment, a document (its row of `blob`), what a person said
    about one, an offer or a mailing refers to."""
    found: set[str] = set()
    for part in parts(names):
        for column in NAMES:
            found.update(connection.execute(select(column).where(column.in_(part)).distinct()).scalars())
    return found


def attachment_names(connection: Connection) -> set[str]:
    """The blobs of attachments."""
    return set(connection.execute(select(col(Attachment.sha256)).distinct()).scalars())


def raws_with(connection: Connection, attachments: Collection[str]) -> dict[str, list[str]]:
    """Blob of an attachment → blobs of the raw messages that have it."""
    found: dict[str, list[str]] = {}
    for part in parts(attachments):
        query = select(col(Attachment.sha256), col(Message.raw_sha256)).join(
            Message, col(Message.id) == col(Attachment.message_id)
        )
        for name, raw in connection.execute(query.where(col(Attachment.sha256).in_(part))):
            found.setdefault(name, []).append(raw)
    return found


def ask_again(connection: Connection, raws: Collection[str]) -> tuple[int, list[str]]:
    """Let the sync fetch the messages with these raw blobs anew.

    Returns how many placements wait for it, and the blobs of messages that are on no server any more.
    """
    waiting, lost = 0, []
    for name, message_id in _messages(connection, raws):
        live = (col(Placement.message_id) == message_id, col(Placement.state) == "done")
        changed = connection.execute(update(Placement).where(*live).values(state="wanted", attempts=0, error=""))
        waiting += changed.rowcount
        if not changed.rowcount:
            lost.append(name)
    return waiting, lost


def _messages(connection: Connection, raws: Collection[str]) -> Iterator[tuple[str, int]]:
    for part in parts(raws):
        query = select(col(Message.raw_sha256), col(Message.id)).where(col(Message.raw_sha256).in_(part))
        yield from ((name, int(number or 0)) for name, number in connection.execute(query).all())
