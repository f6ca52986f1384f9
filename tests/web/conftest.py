"""Fixtures of the web tests: company, a furnished one; address, where it is served to a real browser; chromium."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from mailcrm.store.database import Database
from tests.templates import Templates
from tests.web.company import Company
from tests.web.showroom import Exhibit, Showroom, copied

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def showroom(templates: Templates) -> Showroom:
    """The furnished company of this test process, to be copied."""
    return Showroom(templates)


@pytest.fixture
def exhibit(showroom: Showroom, database_kind: str) -> Exhibit:
    """The company that `company` is a copy of."""
    return showroom.exhibit(database_kind)


@pytest.fixture
def database_url(
    database_kind: str, templates: Templates, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The address of a database with the newest schema: that of the company where the test has one, else empty."""
    furnished = "company" in request.fixturenames
    template = request.getfixturevalue("exhibit").template if furnished else templates.newest(database_kind)
    with templates.copy(database_kind, template, tmp_path / "mailcrm.db") as url:
        yield url


@pytest.fixture
def company(exhibit: Exhibit, db: Database, tmp_path: Path) -> Company:
    """A company with mail, documents, offers and deals, on each database."""
    return copied(exhibit, db, tmp_path / "company")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, started once."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(company: Company) -> Iterator[str]:
    """Where the pages of the company are served, threads and streams included."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = make_server("127.0.0.1", port, company.app(stream_seconds=8.0), threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
