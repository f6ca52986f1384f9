"""Chore, Task, TaskChange, Note, Mention: what people have to do, did and noted, and what is done by the clock."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Chore(SQLModel, table=True):
    """One piece of work that comes again: when it is due, who is at it, how it went."""

    __tablename__ = "chore"

    name: str = Field(primary_key=True)
    due_at: datetime = Field(sa_type=UtcTime)
    lease_owner: str = ""
    lease_until: datetime | None = Field(default=None, sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When it last ended well."""
    error: str = ""
    """What went wrong the last time; empty where all is well."""


class Task(SQLModel, table=True):
    """Something that a user owes, perhaps to a client and by a date; a promise of a message is one that is linked."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_owner", "owner_id", "state", "due_at"),
        Index("ix_task_state", "state", "due_at"),
        Index("ix_task_client", "client_id", "state", "due_at"),
        Index("ix_task_remind", "state", "remind_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    title: str
    note: str = ""
    client_id: int | None = Field(default=None, foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    owner_id: int = Field(foreign_key="user_account.id", sa_type=Id)
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    message_id: int | None = Field(default=None, foreign_key="message.id", ondelete="SET NULL", sa_type=Id, index=True)
    """The message that it was made from."""
    is_promise: bool = False
    due_on: date | None = None
    due_time: str = ""
    """HH:MM, or empty for the whole day."""
    zone: str = "UTC"
    """The zone that the day and the time are meant in."""
    due_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """The moment from which it is overdue."""
    reminder: str = ""
    """at, hour, day or empty."""
    remind_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the reminder is to go out; empty once it did."""
    reminded_at: datetime | None = Field(default=None, sa_type=UtcTime)
    repeat: str = ""
    """As crm.repeat writes it."""
    repeats_id: int | None = Field(default=None, foreign_key="task.id", ondelete="SET NULL", sa_type=Id, index=True)
    """The task whose end made this one."""
    closes_on_reply: bool = False
    state: str = Field(default="open")
    """open, done or dropped (deleted, but for the way back)."""
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)
    done_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Empty where a reply closed it."""
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime = Field(sa_type=UtcTime)


class TaskChange(SQLModel, table=True):
    """One change of a task: its history."""

    __tablename__ = "task_change"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    task_id: int = Field(foreign_key="task.id", ondelete="CASCADE", sa_type=Id, index=True)
    at: datetime = Field(sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    what: str
    """made, done, open, dropped, reminded, or the column that changed."""
    before: str = ""
    after: str = ""


class Note(SQLModel, table=True):
    """A note, a call or a meeting on the timeline of a client, written by a user."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_client", "client_id", "pinned_at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    kind: str
    """note, call or meeting."""
    text: str
    at: datetime = Field(sa_type=UtcTime)
    """When it was, or will be."""
    minutes: int | None = None
    """How long a call or meeting took."""
    place: str = ""
    direction: str = ""
    """Of a call: in or out."""
    author_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    changed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    pinned_at: datetime | None = Field(default=None, sa_type=UtcTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Mention(SQLModel, table=True):
    """A user whom a note names with @: it stands on his board until he has seen it."""

    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_user", "user_id", "seen_at"),)

    note_id: int = Field(foreign_key="note.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcTime)
