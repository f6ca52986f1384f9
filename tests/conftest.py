"""Fixtures that every test may use: now, corpora, empty_url, database_url, db; and the rule on skipping."""

import os
import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from mailcrm.flow.readers import Readers
from mailcrm.store.database import Database
from tests.bucket import S3Server, s3_server
from tests.dovecot import Dovecot
from tests.office import Office
from tests.postgres import Cluster, cluster
from tests.templates import Templates

_DATABASE = os.environ.get("MAILCRM_TEST_DATABASE", "sqlite")
DATABASES = {"sqlite": ["sqlite"], "postgresql": ["postgresql"], "both": ["sqlite", "postgresql"]}[_DATABASE]
_CORPORA = Path(os.environ.get("MAILCRM_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
_NO_CORPORA = "the corpora of real mail are not on this machine"


@pytest.fixture
def now() -> datetime:
    """The time at which every test with a clock begins."""
    return datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real mail; a test that needs it is skipped where there is none."""
    if not _CORPORA.is_dir():
        pytest.skip(f"{_NO_CORPORA}: {_CORPORA} (set MAILCRM_CORPORA)")
    return _CORPORA


@pytest.fixture(scope="session")
def lineage_gold(corpora: Path) -> Path:
    """The labelled features of the files of several projects, which lie beside the corpora."""
    path = corpora.parent / "prototypes" / "lineage_gold.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{_NO_CORPORA}: {path} (set MAILCRM_CORPORA)")
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A private PostgreSQL that lives as long as the test run."""
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A private Dovecot without TLS that lives as long as the test run; each test uses a user name of its own."""
    with Dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A private S3 server that lives as long as the test run; each test uses a bucket of its own."""
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def readers() -> Iterator[Readers]:
    """Two worker processes that live as long as the test run: starting them takes a second."""
    pool = Readers(2)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Templates:
    """Databases that are made once and copied for each test."""
    return Templates(tmp_path_factory.mktemp("templates"), lambda: request.getfixturevalue("postgres"))


@pytest.fixture(params=DATABASES)
def database_kind(request: pytest.FixtureRequest) -> str:
    """sqlite or postgresql: MAILCRM_TEST_DATABASE says which, and `both` runs a test once on each."""
    return str(request.param)


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database without any table."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Cluster = request.getfixturevalue("postgres")
    name = server.fresh()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def database_url(database_kind: str, templates: Templates, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the newest schema and no row."""
    with templates.copy(database_kind, templates.newest(database_kind), tmp_path / "mailcrm.db") as url:
        yield url


@pytest.fixture
def undisturbed(database_kind: str, templates: Templates, tmp_path: Path) -> Iterator[Database]:
    """A second database like an empty `db`, to compare with."""
    with templates.copy(database_kind, templates.newest(database_kind), tmp_path / "undisturbed.db") as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def sqlite_url(templates: Templates, tmp_path: Path) -> Iterator[str]:
    """The address of an SQLite database with the newest schema, for tests that need both kinds at once."""
    with templates.copy("sqlite", templates.newest("sqlite"), tmp_path / "both.db") as url:
        yield url


@pytest.fixture
def postgresql_url(templates: Templates, tmp_path: Path) -> Iterator[str]:
    """The same in PostgreSQL."""
    with templates.copy("postgresql", templates.newest("postgresql"), tmp_path) as url:
        yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with the newest schema and no row, open."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def office(db: Database, dovecot: Dovecot, readers: Readers, tmp_path: Path) -> Office:
    """An invented company without clients and mailboxes, on a database of its own and the server of the run."""
    return Office(db, dovecot, tmp_path / "office", readers)


@pytest.fixture
def login() -> str:
    """The name of a mailbox on the server that nobody has used yet."""
    return f"u{uuid.uuid4().hex[:12]}"


Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed test, but where it needs the corpora and they are not there."""
    report = yield
    return _unless_skipped_in_ci(report, item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same rule for a whole module that skips itself."""
    report = yield
    return _unless_skipped_in_ci(report, collector.nodeid)


def _unless_skipped_in_ci(report: Report, name: str) -> Report:
    if os.environ.get("CI") == "true" and report.skipped and _NO_CORPORA not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{name} was skipped, and nothing may be skipped in CI: {report.longrepr}"
    return report
