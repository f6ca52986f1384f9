"""Entries of timelines that are no messages: notes, calls, tasks, deals, offers. Links look after those of messages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, update
from sqlmodel import col

from mailcrm.model import Entry
from mailcrm.store.rows import insert_missing


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A row of a timeline that is to be made: what happened (`kind`, the name of a table), and its row there."""

    client_id: int
    at: datetime
    kind: str
    record_id: int
    actor_id: int | None
    direction: str = ""


def add(connection: Connection, new: NewEntry) -> None:
    """Put a record on a client's timeline; nothing happens where it stands there."""
    row = {name: getattr(new, name) for name in NewEntry.__dataclass_fields__}
    insert_missing(connection, Entry, [{**row, "message_kind": ""}])


def remove(connection: Connection, kind: str, record_id: int) -> None:
    """Take a record off every timeline."""
    connection.execute(delete(Entry).where(col(Entry.kind) == kind, col(Entry.record_id) == record_id))


def move(connection: Connection, kind: str, record_id: int, at: datetime) -> None:
    """Say that it happened at another time."""
    here = (col(Entry.kind) == kind, col(Entry.record_id) == record_id)
    connection.execute(update(Entry).where(*here).values(at=at))
