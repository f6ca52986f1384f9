"""Stage: a company for one whole story: Dovecot, an SMTP server, pages in Chromium, the sending process, the sync."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from mailcrm.config import Server
from mailcrm.flow import chores, people
from mailcrm.flow.beside import drain_once
from mailcrm.flow.chores import ChoreTools
from mailcrm.flow.people import NewUser
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import CompanyAccount, SendTools
from mailcrm.net.blobs import BlobPlace
from mailcrm.net.smtp.values import SmtpServer
from tests.dovecot import Dovecot
from tests.fake_smtp import EXTENSIONS, FakeSmtp, Taken
from tests.office import Office
from tests.servers import free_port
from web import create_app
from web.site import Site

PASSWORD = "correct horse battery"
PATIENCE = 40.0
"""Seconds after which what is waited for will not come."""


class Post(list[Taken]):
    """What the SMTP server took; mail to our own people lands in their mailboxes at once."""

    def __init__(self, server: Dovecot, logins: dict[str, str]) -> None:
        super().__init__()
        self._server, self._logins = server, logins

    def append(self, taken: Taken) -> None:
        """Take a message, and deliver it where it is for one of us."""
        super().append(taken)
        if login := self._logins.get(taken.recipient):
            self._server.drop(login, [taken.data])

    def to_clients(self) -> dict[str, Taken]:
        """By address, what our people sent to others; nobody got two."""
        found = [one for one in self if one.sender in self._logins and one.recipient not in self._logins]
        assert len({one.recipient for one in found}) == len(found)
        return {one.recipient: one for one in found}


@dataclass
class Stage:
    """The company at work: everything happens in pages, or by the processes that `mailcrm run` starts."""

    office: Office
    chromium: Browser
    logins: dict[str, str] = field(default_factory=dict)
    """Address → the name of its mailbox on the server."""
    pages: dict[str, Page] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator["Stage"]:
        """With servers, pages and the sending process up."""
        self.office.clock = datetime.now(UTC)
        self.post = Post(self.office.server, self.logins)
        with FakeSmtp(extensions=(*EXTENSIONS, "AUTH PLAIN LOGIN"), taken=self.post) as self.smtp:
            self.address = f"http://127.0.0.1:{free_port()}"
            port = int(self.address.rpartition(":")[2])
            server = make_server("127.0.0.1", port, create_app(self._site()), threaded=True)
            server.daemon_threads = True  # type: ignore[attr-defined]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                with self._sending():
                    yield self
            finally:
                for page in self.pages.values():
                    page.context.close()
                server.shutdown()

    def hire(self, name: str, role: str) -> int:
        """A user NAME@example.com, with a mailbox on the server that nothing reads yet."""
        login = f"{name.casefold()}{uuid.uuid4().hex[:8]}"
        self.logins[f"{name.casefold()}@example.com"] = login
        # Dovecot makes a mailbox at the first look.
        self.office.server.doveadm("mailbox", "list", "-u", login)
        new = NewUser(f"{name.casefold()}@example.com", name, PASSWORD, role)
        return people.add_user(self.office.db, new, self.office.clock)

    def page(self, name: str) -> Page:
        """The browser of a user, who signs in the first time."""
        if name not in self.pages:
            context = self.chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
            page = self.pages[name] = context.new_page()
            page.set_default_timeout(15_000)
            page.goto(f"{self.address}/sign-in")
            page.get_by_label("E-mail address").fill(f"{name.casefold()}@example.com")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "sign-in" not in url)
        return self.pages[name]

    def open(self, name: str, place: str) -> Page:
        """A page in the browser of a user."""
        page = self.page(name)
        page.goto(f"{self.address}{place}")
        return page

    def read(self) -> None:
        """One round over every mailbox, the documents step, and what is done by the clock."""
        for (mailbox,) in self.office.rows("SELECT id FROM mailbox ORDER BY id"):
            self.office.clock = datetime.now(UTC)
            self.office.sync(mailbox)
        drain_once(self.office.desk())
        tools = ChoreTools(self.office.edits, self.office.blobs, self.office.keyring, self.address)
        wanted = tuple(one for one in chores.CHORES if one.name not in ("tidy", "duplicates", "webhooks"))
        with self.office.db.writing() as connection:
            connection.exec_driver_sql("DELETE FROM chore")
        assert chores.run_due(tools, "story", lambda: datetime.now(UTC), wanted) == [one.name for one in wanted]

    def deliver(self, to: str, raw: bytes) -> None:
        """A message from outside, into the mailbox of one of us."""
        self.office.server.drop(self.logins[to], [raw])

    def sent_folder(self, address: str) -> list[bytes]:
        """The messages in somebody's Sent folder on the server."""
        maildir = self.office.server.folder / "mail" / self.logins[address] / "Maildir" / ".Sent"
        return [path.read_bytes() for path in sorted([*maildir.glob("cur/*"), *maildir.glob("new/*")])]

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait until something has come true."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, f"it never came true: {what}"
            time.sleep(0.05)

    def _site(self) -> Site:
        server = Server("main", "127.0.0.1", self.office.server.port, "plain",
                        smtp_host="127.0.0.1", smtp_port=self.smtp.port, smtp_tls="plain")  # fmt: skip
        blobs, key = BlobPlace(self.office.folder / "blobs"), self.office.folder / "key"
        return Site(self.office.db.url, blobs, key, ("example.com",), servers=(server,), secure_cookies=False,
                    base_url=self.address)  # fmt: skip

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """What `mailcrm send` runs, in a thread of its own."""
        company = CompanyAccount(SmtpServer("127.0.0.1", self.smtp.port, "plain"), "crm@example.com")
        tools = SendTools(self.office.db, self.office.blobs, self.office.credentials, "send:story:1", company)
        sender = Sender(replace(tools, base_url=self.address), tick=0.1)
        loop = asyncio.new_event_loop()
        ended: list[BaseException | None] = []

        def work() -> None:
            asyncio.set_event_loop(loop)
            task = loop.create_task(sender.run())
            loop.run_until_complete(asyncio.wait([task]))
            ended.append(task.exception())

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(sender.stop)
            thread.join(30)
            loop.close()
        assert ended == [None]
