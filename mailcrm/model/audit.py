"""AuditEntry: who did or opened what, when and from where."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class AuditEntry(SQLModel, table=True):
    """One act. It refers to rows by number alone, so that it outlives them."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor", "actor_id", "id"),
        Index("ix_audit_client", "client_id", "id"),
        Index("ix_audit_record", "kind", "record_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: datetime = Field(sa_type=UtcTime, index=True)
    actor_id: int | None = Field(default=None, sa_type=Id)
    """The user; empty for the command line, for rules and for strangers."""
    act: str
    """What was done: opened, changed, exported, …"""
    kind: str
    """What it was done to: the name of its table in words, such as client or message."""
    record_id: int | None = Field(default=None, sa_type=Id)
    client_id: int | None = Field(default=None, sa_type=Id)
    """The client it concerns."""
    detail: str = ""
    """Names, addresses and codes; never subjects, texts or secrets."""
    ip: str = ""
