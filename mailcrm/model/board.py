"""Waiting, WaitingWork, ReportedBounce, Invitation, SpokenPromise: what the board knows of letters."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class Waiting(SQLModel, table=True):
    """A thread with a client in which somebody owes a letter; without a row nobody does. Made from the messages."""

    __tablename__ = "waiting"
    __table_args__ = (
        Index("ix_waiting_turn", "turn", "since"),
        Index("ix_waiting_user", "user_id", "turn", "since"),
        Index("ix_waiting_people", "email"),
    )

    thread_id: int = Field(foreign_key="thread.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)
    turn: str
    """us (the client waits for our answer) or them."""
    since: datetime = Field(sa_type=UtcTime)
    """When the first unanswered letter was written."""
    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", sa_type=Id)
    """The last of them."""
    email: str
    """Who waits, or whom we wait for."""
    name: str = ""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Who of us is to answer, or wrote last; empty where only the owner of the client can say."""
    settled_id: int | None = Field(default=None, sa_type=Id)
    """The message up to which a person said that nobody waits."""
    snoozed_id: int | None = Field(default=None, sa_type=Id)
    """The message that was put off; a later one is seen at once."""
    snoozed_until: datetime | None = Field(default=None, sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Who settled it or put it off."""


class WaitingWork(SQLModel, table=True):
    """A thread that changed since its `waiting` rows were made."""

    __tablename__ = "waiting_work"

    thread_id: int = Field(primary_key=True, sa_type=Id)


class ReportedBounce(SQLModel, table=True):
    """A delivery report that says for good that a message of ours reached nobody."""

    __tablename__ = "reported_bounce"

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    """The report."""
    original: str = Field(index=True)
    """The key of the Message-ID that it is about."""


class Invitation(SQLModel, table=True):
    """The meeting that an invitation by mail (RFC 5545, RFC 6047) is about."""

    __tablename__ = "invitation"

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    uid: str = Field(index=True)
    method: str
    """REQUEST, CANCEL, REPLY, …"""
    title: str
    place: str
    starts_at: datetime = Field(sa_type=UtcTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcTime)
    all_day: bool
    repeats: bool
    answer: str = ""
    """Of a REPLY: ACCEPTED, DECLINED, TENTATIVE."""


class SpokenPromise(SQLModel, table=True):
    """A promise with a date that was read in a letter: an offer to make a task of it, never a task by itself."""

    __tablename__ = "spoken_promise"
    __table_args__ = (Index("ix_spoken_promise_state", "state", "due_on"),)

    message_id: int = Field(foreign_key="message.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    by_us: bool
    """We promised; otherwise the client did."""
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    """Who of us promised, or got the promise."""
    due_on: date
    sentence: str
    words: str
    """The words that name the day."""
    state: str = Field(default="open")
    """open, taken (a task was made) or dismissed."""
