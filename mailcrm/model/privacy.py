"""ThreadPrivacy: what the owner of a copy decided on a thread."""

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
