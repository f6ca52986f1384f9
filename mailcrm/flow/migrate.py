"""Bring the schema of a database to the newest revision."""

from mailcrm.store.database import MIGRATIONS, Database


def migrate(database: Database) -> str | None:
    """Apply every migration that is missing, in order; returns the revision reached.

    All of them run in one transaction: a migration that fails leaves no trace.
    """
    # Alembic is of no use to whoever does not migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    command.upgrade(config, "head")
    return database.revision()
