"""The schema that the migrations make is the one of the models, and a migration that fails leaves no trace."""

from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, TextClause, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from mailcrm.errors import OldSchema, StorageFailed, Unstorable
from mailcrm.flow.departures import come_back
from mailcrm.flow.edit import By, Office
from mailcrm.flow.migrate import migrate
from mailcrm.store.database import MIGRATIONS, Database, head_revision

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


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


def test_what_passed_on_with_a_departure_becomes_a_handover(empty_url: str) -> None:
    database = Database(empty_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    departures = next(MIGRATIONS.glob("versions/*_departures_hand_over.py")).name[:4]
    command.upgrade(config, f"{int(departures) - 1:04}")
    at = "'2026-03-02 09:30:00.000000'"
    user = "INSERT INTO user_account (id, login, name, role, is_active, language, theme, keys, created_at) VALUES"
    with database.writing() as connection:
        for number, name in ((1, "anna"), (2, "boris")):
            connection.exec_driver_sql(
                f"{user} ({number}, '{name}', '{name}', 'staff', true, 'en', 'auto', true, {at})"
            )
        for number, (old, new) in enumerate(((1, 2), (1, 2), (1, 1)), 1):
            connection.exec_driver_sql(
                "INSERT INTO client (id, name, name_key, kind, owner_id, note, website, tax_id, postal_address,"
                f" message_count, created_at, updated_at) VALUES ({number}, 'C', 'c', 'company', 2, '', '', '', '',"
                f" 0, {at}, {at})"
            )
            connection.exec_driver_sql(
                f"INSERT INTO owner_change (client_id, at, old_id, new_id) VALUES ({number}, {at}, {old}, {new})"
            )
        connection.exec_driver_sql(
            "INSERT INTO client_group (id, name, name_key, kind, rule, manager_id, answer_hours, note, created_at)"
            f" VALUES (7, 'South', 'south', 'hand', '', 2, 0, '', {at})"
        )
        connection.exec_driver_sql(
            "INSERT INTO departure (user_id, successor_id, at, clients, groups, mailboxes) "
            f"VALUES (1, 2, {at}, '1 2', '7', ''), (2, NULL, {at}, '', '', '')".replace("groups", '"groups"')
        )
    migrate(database)
    office = Office(database, lambda name: 0, frozenset())
    with database.reading() as connection:
        handed = connection.exec_driver_sql("SELECT client_id, handover_id FROM owner_change ORDER BY client_id").all()
        assert [tuple(row) for row in handed] == [(1, 1), (2, 1), (3, None)]
    come_back(office, By(None, NOW + timedelta(days=1)), 1)
    with database.reading() as connection:
        owners = connection.exec_driver_sql("SELECT owner_id FROM client ORDER BY id").scalars().all()
        assert (list(owners), connection.exec_driver_sql("SELECT manager_id FROM client_group").scalar()) == (
            [1, 1, 2],
            1,
        )
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
