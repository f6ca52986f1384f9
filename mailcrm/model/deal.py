"""DealStage, Deal, DealMove, DealItem: sales in progress, where they stand and how they came there."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, Money, UtcTime


class DealStage(SQLModel, table=True):
    """One step of the company's own way to a sale."""

    __tablename__ = "deal_stage"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    position: int
    """From left to right on the board."""
    kind: str = Field(default="open")
    """open, won or lost."""
    probability: int
    """In per cent; of the deals here that do not say otherwise."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)


class Deal(SQLModel, table=True):
    """A sale in progress, or one that was won or lost."""

    __tablename__ = "deal"
    __table_args__ = (
        Index("ix_deal_client", "client_id", "id"),
        Index("ix_deal_stage", "stage_id", "moved_at", "id"),
        Index("ix_deal_owner", "owner_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    title: str
    title_key: str
    """The title case-folded and with single spaces: for search and order."""
    stage_id: int = Field(foreign_key="deal_stage.id", sa_type=Id)
    value: Decimal | None = Field(default=None, sa_type=Money)
    """Empty where nobody knows yet."""
    currency: str = "EUR"
    """ISO 4217."""
    expected_on: date | None = None
    """When it will be decided."""
    probability: int | None = None
    """In per cent; empty for that of its stage."""
    owner_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    lost_reason: str = ""
    note: str = ""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)
    moved_at: datetime = Field(sa_type=UtcTime)
    """Since when it has been in its stage."""
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)


class DealMove(SQLModel, table=True):
    """A deal came into a stage: who moved it and when. The last one says where the deal stands."""

    __tablename__ = "deal_move"
    __table_args__ = (Index("ix_deal_move_deal", "deal_id", "id"), Index("ix_deal_move_at", "at", "deal_id"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    deal_id: int = Field(foreign_key="deal.id", ondelete="CASCADE", sa_type=Id)
    from_stage_id: int | None = Field(default=None, foreign_key="deal_stage.id", sa_type=Id)
    """Empty for the stage that it began in."""
    to_stage_id: int = Field(foreign_key="deal_stage.id", sa_type=Id)
    actor_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    at: datetime = Field(sa_type=UtcTime)
    reason_before: str = ""
    """Why the deal had been lost, where it was: what taking the move back puts there again."""


class DealItem(SQLModel, table=True):
    """Something that belongs to a deal: a contact, a message (and so its thread), a document or an offer."""

    __tablename__ = "deal_item"
    __table_args__ = (Index("ix_deal_item_record", "kind", "record_id"),)

    deal_id: int = Field(foreign_key="deal.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    kind: str = Field(primary_key=True)
    """contact, message, document or offer: the table that `record_id` is a row of."""
    record_id: int = Field(primary_key=True, sa_type=Id)
    added_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    added_at: datetime = Field(sa_type=UtcTime)
