"""Notes, calls and meetings as rows, and who was named in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Client, Mention, Note, User
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import Viewer, sees_client


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note, call or meeting with the name of who wrote it."""

    id: int
    client_id: int
    kind: str
    text: str
    at: datetime
    minutes: int | None
    place: str
    direction: str
    author_id: int | None
    author: str
    created_at: datetime
    changed_at: datetime | None
    pinned_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class MentionRow:
    """Somebody named the viewer in a note that he has not seen."""

    note_id: int
    client_id: int
    client_name: str
    author: str
    text: str
    at: datetime


_COLUMNS: Any = (
    col(Note.id),
    col(Note.client_id),
    col(Note.kind),
    col(Note.text),
    col(Note.at),
    col(Note.minutes),
    col(Note.place),
    col(Note.direction),
    col(Note.author_id),
    func.coalesce(col(User.name), ""),
    col(Note.created_at),
    col(Note.changed_at),
    col(Note.pinned_at),
    col(Note.deleted_at),
)


def _select(who: Viewer) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .outerjoin(User, col(User.id) == col(Note.author_id))
        .where(sees_client(who, col(Note.client_id)))
    )


def note(connection: Connection, who: Viewer, note_id: int) -> NoteRow | None:
    """The note with this number, deleted ones too; None where there is none for the viewer."""
    row = connection.execute(_select(who).where(col(Note.id) == note_id)).one_or_none()
    return NoteRow(*row) if row else None


def add(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a note; returns its number."""
    number: Any = col(Note.id)
    return int(connection.execute(insert(Note).values(values).returning(number)).scalar_one())


def change(connection: Connection, note_id: int, values: dict[str, Any]) -> None:
    """Set columns of a note."""
    connection.execute(update(Note).where(col(Note.id) == note_id).values(values))


def mention(connection: Connection, note_id: int, user_ids: Iterable[int], at: datetime) -> set[int]:
    """Let a note name exactly these users; returns those whom it had not named before."""
    wanted = set(user_ids)
    before = set(connection.execute(select(col(Mention.user_id)).where(col(Mention.note_id) == note_id)).scalars())
    gone = (col(Mention.note_id) == note_id, col(Mention.user_id).in_(before - wanted))
    connection.execute(delete(Mention).where(*gone))
    insert_missing(connection, Mention, [{"note_id": note_id, "user_id": u, "at": at} for u in wanted - before])
    return wanted - before


def mentions(connection: Connection, who: Viewer, limit: int = 8) -> list[MentionRow]:
    """The notes that name the viewer and that he has not seen, the newest first."""
    columns: Any = (
        col(Note.id),
        col(Note.client_id),
        col(Client.name),
        func.coalesce(col(User.name), ""),
        col(Note.text),
        col(Mention.at),
    )
    query = (
        select(*columns)
        .join(Note, col(Note.id) == col(Mention.note_id))
        .join(Client, col(Client.id) == col(Note.client_id))
        .outerjoin(User, col(User.id) == col(Note.author_id))
        .where(
            col(Mention.user_id) == who.user_id,
            col(Mention.seen_at).is_(None),
            col(Note.deleted_at).is_(None),
            sees_client(who, col(Note.client_id)),
        )
        .order_by(col(Mention.at).desc(), col(Note.id).desc())
        .limit(limit)
    )
    return [MentionRow(*row) for row in connection.execute(query)]


def seen(connection: Connection, user_id: int, note_id: int, at: datetime | None) -> int:
    """Note when a user saw what names him; returns how many rows there were (0 or 1)."""
    here = (col(Mention.user_id) == user_id, col(Mention.note_id) == note_id)
    return connection.execute(update(Mention).where(*here).values(seen_at=at)).rowcount
