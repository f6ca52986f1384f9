"""The schema that the migrations make is the one of the models, and a migration that fails leaves no trace."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, TextClause, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from mailcrm.errors import OldSchema, StorageFailed, Unstorable
from mailcrm.flow.migrate import migrate
from mailcrm.store.database import Database, head_revision


def test_migrations_make_the_schema_of_the_models(db: Database) -> None:
    with db.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [change for change in compare_metadata(context, SQLModel.metadata) if not _is_index(change)]
    assert differences == []


def _is_index(change: object) -> bool:
    """The search index has no model: it is not the same thing on both databases."""
    return isinstance(change, tuple) and "message_search" in str(change[1])


def test_migrating_an_empty_database_reaches_the_newest_revision(empty_url: str) -> None:
    database = Database(empty_url)
    with pytest.raises(OldSchema, match="run `mailcrm migrate` first"):
        database.require_current_schema()
    assert migrate(database) == head_revision()
    database.require_current_schema()
    assert migrate(database) == head_revision()
    database.close()


def test_a_migration_that_fails_leaves_no_trace(empty_url: str) -> None:
    database = Database(empty_url)
    with database.writing() as connection:
        # The last table of the first migration is already there, so the migration fails half way.
        connection.execute(text(f"CREATE TABLE {_last_table()} (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(database)
    with database.reading() as connection:
        assert _tables(connection) == {_last_table()}
    database.close()


def _last_table() -> str:
    return SQLModel.metadata.sorted_tables[-1].name


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_what_is_written_in_a_failed_transaction_is_gone(db: Database) -> None:
    insert = text("INSERT INTO mail_address (email, domain, name) VALUES ('a@b.example', 'b.example', '')")
    with pytest.raises((StorageFailed, Unstorable, DBAPIError)), db.writing() as connection:
        _both(connection, insert, text("SELECT no_such_column FROM mail_address"))
    with db.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM mail_address")).scalar_one() == 0


def _both(connection: Connection, *statements: TextClause) -> None:
    for statement in statements:
        connection.execute(statement)
