"""Every row of every table that is about clients and mail: to compare what was with what is."""

from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from mailcrm.store.database import Database

_ABOUT_ITSELF = {
    "client_import",
    "import_problem",
    "import_mapping",
    "journal",
    "client_merge",
    "audit",
    "chore",
    "user_session",
}
"""What an import or a merge tells of itself, and of who did it."""


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Table → its rows, in a fixed order."""
    with database.reading() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in SQLModel.metadata.sorted_tables
            if table.name not in _ABOUT_ITSELF
        }
