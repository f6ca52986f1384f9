"""ClientGroup, GroupClient, GroupDeputy, Absence, Handover, OwnerChange, BulkEdit: who looks after which clients."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class ClientGroup(SQLModel, table=True):
    """Clients picked by hand or by a rule, with the manager who answers for them."""

    __tablename__ = "client_group"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    name_key: str = Field(unique=True)
    """The name case-folded and with single spaces."""
    kind: str = Field(default="hand")
    """hand or rule."""
    rule: str = ""
    """JSON of a condition tree of `crm.group_rules`; empty for a group by hand."""
    manager_id: int | None = Field(
        default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    answer_hours: int = 0
    """Working hours within which a client is to be answered; 0 where nothing is promised."""
    note: str = ""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    refreshed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """When the members of a rule were looked up last."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """No longer in use: it opens no client to anybody, and lists leave it out."""


class GroupClient(SQLModel, table=True):
    """A member of a group: chosen by a person, or found by the rule when it was looked up last."""

    __tablename__ = "group_client"
    __table_args__ = (Index("ix_group_client_client", "client_id", "group_id"),)

    group_id: int = Field(foreign_key="client_group.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    added_at: datetime = Field(sa_type=UtcTime)


class GroupDeputy(SQLModel, table=True):
    """A user who looks after a group beside its manager."""

    __tablename__ = "group_deputy"

    group_id: int = Field(foreign_key="client_group.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)


class Absence(SQLModel, table=True):
    """A user who is away, and who looks after his clients meanwhile."""

    __tablename__ = "absence"
    __table_args__ = (Index("ix_absence_cover", "cover_id", "ends_at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    cover_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id)
    starts_at: datetime = Field(sa_type=UtcTime)
    ends_at: datetime = Field(sa_type=UtcTime)
    """The first moment at which he is back."""
    note: str = ""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """He is not away after all."""


class Handover(SQLModel, table=True):
    """Clients that pass from their owners to another user, at once or at a date."""

    __tablename__ = "handover"
    __table_args__ = (Index("ix_handover_due", "state", "due_at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    kind: str
    """client, group (all its clients) or user (all that he owns): which of the next three says what; or clients, those
    that were chosen from the list."""
    client_id: int | None = Field(default=None, foreign_key="client.id", ondelete="CASCADE", sa_type=Id, index=True)
    group_id: int | None = Field(
        default=None, foreign_key="client_group.id", ondelete="CASCADE", sa_type=Id, index=True
    )
    from_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    to_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    manages: bool = False
    """The new owner also becomes the manager of the group, or of the groups that the old one managed."""
    due_at: datetime = Field(sa_type=UtcTime)
    state: str = Field(default="planned")
    """planned, done, undone or cancelled."""
    note: str = ""
    moved: int = 0
    """How many clients changed their owner."""
    groups_before: str = ""
    """JSON: [group, manager before] of each group whose manager changed."""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)


class OwnerChange(SQLModel, table=True):
    """A client got another owner. Whoever owned it at a time is the old owner of the first change after that time."""

    __tablename__ = "owner_change"
    __table_args__ = (Index("ix_owner_change_client", "client_id", "at", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    old_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    new_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    handover_id: int | None = Field(
        default=None, foreign_key="handover.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)


class BulkEdit(SQLModel, table=True):
    """An act on many clients of the list, with what it changed: for as long as it may be taken back."""

    __tablename__ = "bulk_edit"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    kind: str
    """tag, untag, put, take or archive."""
    tag: str = ""
    group_id: int | None = Field(default=None, foreign_key="client_group.id", ondelete="CASCADE", sa_type=Id)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    changed: str
    """JSON: [client, what was before] of each client that was not so already."""
    undone_at: datetime | None = Field(default=None, sa_type=UtcTime)
