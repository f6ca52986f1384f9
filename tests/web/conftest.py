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
from tests.web.bargains import bargain
from tests.web.company import Company, furnished
from tests.web.duties import assign
from tests.web.figures import count
from tests.web.offers_sent import send_offers
from tests.web.papers import lay
from tests.web.selling import sell

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def company(db: Database, tmp_path: Path) -> Company:
    """A company with mail, documents, offers and deals, on each database."""
    found = furnished(db, tmp_path / "company")
    lay(found)
    send_offers(found)
    sell(found)
    assign(found)
    bargain(found)
    count(found)
    return found


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
