"""What is forgotten in time: lines of the tray that nobody wanted, ended sessions, sign-in attempts, the audit log, and
how acts on many clients are taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.store import audit, bulk, sessions, triage
from mailcrm.store.database import Database


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept that nobody asked to keep. Client history is not among them."""

    tray: timedelta = timedelta(days=180)
    sign_ins: timedelta = timedelta(days=90)
    audit: timedelta = timedelta(days=730)


def tidy(database: Database, retention: Retention, now: datetime) -> None:
    """Drop what is older than it may be; the verdict on the messages stays, so that they are not read again."""
    with database.writing() as connection:
        triage.drop_older(connection, now - retention.tray)
        sessions.drop_old(connection, now - retention.sign_ins)
        audit.drop_older(connection, now - retention.audit)
        bulk.drop_older(connection, now - bulk.UNDOABLE)
