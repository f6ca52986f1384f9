"""Everything on a client's timeline, oldest first, as far as a viewer may see it: for exports."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, literal, select
from sqlmodel import col

from mailcrm.model import Attachment, Entry, Message, MessageBody
from mailcrm.store.visibility import FULL, Viewer, level

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One message of a client's history; what the viewer may not see of it is empty."""

    id: int
    message_id: str
    thread_id: int
    at: datetime
    subject: str
    direction: str
    kind: str
    raw_sha256: str
    text: str
    reply_text: str | None
    in_reply_to: str
    reference_ids: str
    level: int


@dataclass(frozen=True, slots=True)
class File:
    """One attachment of a message."""

    message_id: int
    path: str
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    hidden: bool


_FILE: Any = tuple(getattr(Attachment, name) for name in File.__dataclass_fields__)


def history(connection: Connection, client_id: int, who: Viewer | None) -> Iterator[list[Told]]:
    """The messages of a client page by page; without a viewer, all of each (for the administrator of the machine)."""
    seen: Any = literal(FULL) if who is None else level(who)
    columns: Any = (
        *(
            seen.label("level") if name == "level" else getattr(MessageBody if "text" in name else Message, name)
            for name in Told.__dataclass_fields__
        ),
    )
    after = 0
    while True:
        query = (
            select(*columns)
            .select_from(Entry)
            .join(Message, col(Message.id) == col(Entry.message_id))
            .join(MessageBody, col(MessageBody.message_id) == col(Message.id))
            .where(col(Entry.client_id) == client_id, col(Message.id) > after)
            .order_by(col(Message.id))
            .limit(_PAGE)
        )
        page = [Told(*row) for row in connection.execute(query)]
        if not page:
            return
        yield page
        after = page[-1].id


def files(connection: Connection, message_ids: list[int]) -> dict[int, list[File]]:
    """The attachments of these messages, in their order."""
    query = select(*_FILE).where(col(Attachment.message_id).in_(message_ids))
    found: dict[int, list[File]] = {}
    for row in connection.execute(query.order_by(col(Attachment.message_id), col(Attachment.position))):
        found.setdefault(row[0], []).append(File(*row))
    return found
