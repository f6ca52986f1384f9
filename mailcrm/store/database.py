"""Database: one engine; `reading()` and `writing()` connections; refuses to work on another schema than its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from mailcrm.errors import OldSchema, StorageFailed, Unstorable
from mailcrm.store.folded import SQLITE_NAME, fold

MIGRATIONS = Path(__file__).parent / "migrations"
"""The folder of the migrations, for Alembic. It is imported only to migrate: 12 MB that a daemon need not carry."""
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    # FULL costs nothing at hundreds of rows a commit, and a committed edit then survives a power cut.
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 15000",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
)


class Database:
    """The database behind `url` (sqlite:///PATH or postgresql://…); opens nothing until the first connection."""

    def __init__(self, url: str) -> None:
        self.url = _with_driver(url)
        self.engine = _engine(self.url)

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite, False for PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection with one consistent view; raises StorageFailed when the database cannot be reached."""
        with _storage_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in one write transaction: committed at the end, rolled back by any error.

        Raises StorageFailed when the database is locked, lost or full, Unstorable when it refuses a value. Only
        `flow` may call it.
        """
        with _storage_errors(), self.engine.execution_options(mailcrm_writing=True).begin() as connection:
            yield connection

    def revision(self) -> str | None:
        """The revision of the schema in the database, or None where there is no schema yet."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
            return None if found is None else str(found)

    def require_current_schema(self) -> None:
        """Raise OldSchema, naming the command to run, unless the schema is the one this program was made for."""
        found, wanted = self.revision(), head_revision()
        if found != wanted:
            state = "has no tables yet" if found is None else f"is at revision {found}"
            raise OldSchema(f"The database {state}, this program needs {wanted}: run `mailcrm migrate` first.")

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def head_revision() -> str:
    """The newest revision that this program knows: the number that the last migration's file begins with."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _with_driver(url: str) -> str:
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        engine = create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 15}, pool_size=10)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:
    # Compiling a query of a page takes longer than running it.
    connection.execute("SET jit = off")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: _begin_sqlite chooses between a read and a write one.
    connection.isolation_level = None
    connection.create_function(SQLITE_NAME, 1, fold, deterministic=True)
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("mailcrm_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def _storage_errors() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise StorageFailed(f"The database does not answer as it should: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageFailed(f"The connection to the database was lost: {error.orig}") from error
        raise Unstorable(f"The database refuses a value: {error.orig}") from error
