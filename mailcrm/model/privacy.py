"""ThreadPrivacy, Departure: what the owner of a copy decided on a thread, and who has left."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class ThreadPrivacy(SQLModel, table=True):
    """What colleagues see of a user's copies in a thread, instead of what his mailbox says; later copies follow."""

    __tablename__ = "thread_privacy"

    thread_id: int = Field(foreign_key="thread.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)
    visibility: int
    """0 stub, 1 subject, 2 full."""
    changed_at: datetime = Field(sa_type=UtcTime)


class Departure(SQLModel, table=True):
    """A user who left: what was done then, so that it can be undone exactly."""

    __tablename__ = "departure"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    successor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    handover_id: int | None = Field(default=None, foreign_key="handover.id", ondelete="SET NULL", sa_type=Id)
    """What passed on: his clients, and the groups whose manager he was."""
    mailboxes: str = ""
    """The mailboxes that were frozen, each as NUMBER:STATE-BEFORE, separated by blanks."""
    undone_at: datetime | None = Field(default=None, sa_type=UtcTime)
