"""What people opened, written into the audit log: the one thing that a look at a page leaves behind."""

from collections.abc import Sequence
from datetime import datetime

from mailcrm.store import audit
from mailcrm.store.audit import Act
from mailcrm.store.database import Database


def note_reading(database: Database, acts: Sequence[Act], at: datetime) -> None:
    """Write down what one user opened, but for his own mail and what he opened within the last hour."""
    if acts:
        with database.writing() as connection:
            audit.note_reading(connection, acts, at)


def note(database: Database, act: Act, at: datetime) -> None:
    """Write down an act that changes nothing else, such as an export."""
    with database.writing() as connection:
        audit.note(connection, act, at)
