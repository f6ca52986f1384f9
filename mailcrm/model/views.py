"""SavedView: a list as somebody wants to see it again."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class SavedView(SQLModel, table=True):
    """A list with its filters, order and columns under a name; for its maker, or for everybody."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("ix_saved_view_page", "page", "user_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", sa_type=Id, index=True)
    page: str
    """The endpoint of the list."""
    name: str
    query: str
    """What stands behind the question mark."""
    shared: bool = False
    created_at: datetime = Field(sa_type=UtcTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcTime)
