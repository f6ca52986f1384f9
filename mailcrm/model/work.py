"""Chore: the work that mailcrm does by the clock, once however many daemons run."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from mailcrm.model.columns import UtcTime


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
