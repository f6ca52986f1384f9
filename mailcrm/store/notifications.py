"""Mail of mailcrm itself as rows: each key once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from mailcrm.model import Notification


def add(connection: Connection, values: Mapping[str, object], at: datetime) -> bool:
    """A new row in the queue; False where its key is there already."""
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    fresh = {"created_at": at, "not_before": at, "state": "queued", "attempts": 0, "message_id": "", "error": ""}
    added = insert(Notification).values({**values, **fresh}).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(added).rowcount == 1
