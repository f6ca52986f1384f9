"""Bring the schema of a database to the newest revision."""

from alembic import command

from mailcrm.store.database import Database, alembic_config


def migrate(database: Database) -> str | None:
    """Apply every migration that is missing, in order; returns the revision reached.

    All of them run in one transaction: a migration that fails leaves no trace.
    """
    command.upgrade(alembic_config(database), "head")
    return database.revision()
