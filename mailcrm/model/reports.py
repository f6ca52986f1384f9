"""ReportMail: who gets a report by e-mail."""

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class ReportMail(SQLModel, table=True):
    """A user gets the report of each week or each month by e-mail when it is over."""

    __tablename__ = "report_mail"

    user_id: int = Field(foreign_key="user_account.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    every: str
    """week or month."""
    told_until: date
    """The last day of the last period that he was told of, or that was over when he asked."""
    created_at: datetime = Field(sa_type=UtcTime)
