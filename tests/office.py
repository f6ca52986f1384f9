"""Office: an invented company with users, clients and mailboxes on a real IMAP server, read by the code of the product.

Everybody works at example.com; the clock stands still unless a test moves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.flow import clients, people
from mailcrm.flow.clients import NewClient
from mailcrm.flow.credentials import Credentials, secret_context
from mailcrm.flow.desk import Desk, Limits
from mailcrm.flow.edit import By
from mailcrm.flow.edit import Office as Edits
from mailcrm.flow.people import NewUser
from mailcrm.flow.readers import Readers
from mailcrm.flow.receive import Round
from mailcrm.flow.rounds import Firm, run_round
from mailcrm.mailing.token import TokenKeys
from mailcrm.model import Mailbox
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.imap.session import Session
from mailcrm.net.secrets import Keyring
from mailcrm.store import rounds
from mailcrm.store.database import Database
from mailcrm.store.rounds import Account
from mailcrm.store.rows import insert
from tests.dovecot import Dovecot

DROPBOX = "crm@example.com"
FIRM = Firm(frozenset({"example.com"}), FREE_MAIL, dropboxes=frozenset({DROPBOX}))
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
READING = {"CAPABILITY", "ID", "ENABLE", "AUTHENTICATE", "LIST", "STATUS", "EXAMINE", "UID FETCH", "UID SEARCH", "NOOP"}
"""The commands that change nothing on a server."""


def mail(sender: str, to: str, subject: str = "Valves", text: str = "Good day.", **headers: str) -> bytes:
    """The bytes of a message; `headers` are named with _ for -. Attachment is the name of a file that goes along."""
    message = EmailMessage()
    attachment = headers.pop("Attachment", "")
    message["From"] = sender
    if to:
        message["To"] = to
    message["Subject"] = subject
    for name, value in {"Date": "Mon, 02 Mar 2026 08:00:00 +0000", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if attachment:
        message.add_attachment(b"%PDF-1.4 " + text.encode(), maintype="application", subtype="pdf", filename=attachment)
    return message.as_bytes()


@dataclass
class Office:
    """The company. `sync` runs one round over a mailbox, as the daemon would."""

    db: Database
    server: Dovecot
    folder: Path
    """For blobs and keys."""
    readers: Readers
    clock: datetime = START
    firm: Firm = FIRM
    limits: Limits = field(default_factory=Limits)
    owner: str = "office"
    commands: list[str] = field(default_factory=list)
    """Every command that the last round sent."""
    received: int = 0
    """Bytes that the last round received."""
    place: BlobPlace | None = None
    """Of the blobs, where that is not the folder."""
    _number: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keyring = Keyring.load(self.folder / "key", create=True)
        self.blobs = open_blobs(self.place or BlobPlace(self.folder / "blobs"))
        self.edits = Edits(self.db, self.keyring.fingerprint, self.firm.domains)
        self.user_ids: dict[str, int] = {}

    def user(self, name: str) -> int:
        """A member of staff, NAME@example.com; the same one whenever asked."""
        if name not in self.user_ids:
            self.user_ids[name] = people.add_user(self.db, NewUser(f"{name}@example.com", name.title()), self.clock)
        return self.user_ids[name]

    def client(self, name: str, *names: str) -> int:
        """A client with addresses (they have an @) and domains."""
        found = [n for n in names if "@" in n], [n for n in names if "@" not in n]
        new = NewClient(name, addresses=tuple(found[0]), domains=tuple(found[1]))
        return clients.add_client(self.edits, self.by, new)

    @property
    def by(self) -> By:
        """Nobody in particular, now."""
        return By(None, self.clock)

    def mailbox(self, login: str, user: str = "anna", visibility: str = "full", secret: str = "pass") -> int:
        """A mailbox of a user on the server; `login` must be new to the server for a mailbox without mail."""
        user_id = self.user(user)
        with self.db.writing() as connection:
            place = {"host": "127.0.0.1", "port": self.server.port, "tls": "plain", "login": login}
            row = {"address": f"{login}@example.com", "user_id": user_id, "created_at": self.clock}
            insert(connection, Mailbox, [{**row, **place, "visibility": visibility}])
            number = int(connection.exec_driver_sql("SELECT max(id) FROM mailbox").scalar_one())
            sealed = self.keyring.seal(secret, secret_context(number))
            connection.execute(Mailbox.metadata.tables["mailbox"].update().values(secret=sealed).where(_is(number)))
        return number

    def desk(self, **changes: Any) -> Desk:
        """The tools of a round."""
        desk = Desk(self.db, self.blobs, self.readers, self.owner, lambda: self.clock)
        return replace(desk, limits=self.limits, **changes)

    def account(self, mailbox: int) -> Account:
        """The mailbox as the daemon sees it."""
        with self.db.reading() as connection:
            found = rounds.account(connection, mailbox)
        assert found is not None
        return found

    @property
    def credentials(self) -> Credentials:
        """What opens the mailboxes."""
        return Credentials(self.keyring)

    def sync(self, mailbox: int, desk: Desk | None = None) -> Round | None:
        """One round over a mailbox; None where another process holds it. The clock goes on by a minute before."""
        self.clock += timedelta(minutes=1)
        account, opened = self.account(mailbox), list[Session]()

        def session() -> Session:
            opened.append(Session.open(self.credentials.server(account), self.credentials.login(account)))
            return opened[0]

        try:
            firm = replace(self.firm, keys=TokenKeys.derived(self.keyring.derive))
            return run_round(desk or self.desk(), firm, account, self.keyring.fingerprint, session)
        finally:
            self.commands = [command for one in opened for command in one.commands]
            self.received = sum(one.received for one in opened)
            for one in opened:
                one.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with self.db.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def one(self, query: str) -> Any:
        """The only value of a query."""
        return self.rows(query)[0][0]

    def subjects(self, client: int | None = None) -> list[str]:
        """Subjects of all stored messages, or of those on the timeline of a client, sorted."""
        query = "SELECT subject FROM message ORDER BY subject"
        if client is not None:
            query = (
                f"SELECT subject FROM message JOIN entry ON entry.message_id = message.id WHERE client_id = {client}"
            )
        return sorted(row[0] for row in self.rows(query))

    def verdicts(self) -> list[tuple[str, str, str]]:
        """State, verdict and rule of every placement, in the order of discovery."""
        return [(r[0], r[1], r[2]) for r in self.rows("SELECT state, verdict, rule FROM placement ORDER BY id")]

    def waiting(self) -> set[int]:
        """Mailboxes that the daemon would give a round at once."""
        with self.db.reading() as connection:
            return rounds.with_work(connection, self.clock)

    def dump(self) -> bytes:
        """Every byte of the database: its files, or every row of every table of PostgreSQL as text."""
        if self.db.is_sqlite:
            path = Path(str(self.db.engine.url.database))
            return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        tables = [name for (name,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        return "\n".join(str(row) for name in tables for row in self.rows(f"SELECT t.*::text FROM {name} t")).encode()

    def mail(self, sender: str, to: str, subject: str = "Valves", text: str = "Good day.", **headers: str) -> bytes:
        """A message with a Message-ID of its own and a time that moves on by a minute with each."""
        self._number += 1
        at = START - timedelta(days=2) + timedelta(minutes=self._number)
        given = {"Message_ID": f"<{self._number}@made.test>", "Date": at.strftime("%a, %d %b %Y %H:%M:%S +0000")}
        return mail(sender, to, subject, text, **{**given, **headers})


def check_whole(office: Office) -> None:
    """What must hold at every moment between two transactions, whatever happened before."""
    assert (
        office.rows(
            "SELECT placement.id FROM placement JOIN folder ON folder.id = folder_id WHERE placement.uidvalidity ="
            " folder.uidvalidity AND uid >= uid_next"
        )
        == []
    ), "a placement beyond the cursor"
    assert office.rows("SELECT id FROM placement WHERE state = 'done' AND (verdict = '' OR rule = '')") == []
    assert (
        office.rows("SELECT id FROM placement WHERE state = 'done' AND verdict = 'keep' AND message_id IS NULL") == []
    )
    assert (
        office.rows(
            "SELECT client.id, message_count, count(entry.id) FROM client LEFT JOIN entry ON client_id = client.id"
            " AND entry.kind = 'message' GROUP BY client.id, message_count HAVING message_count <> count(entry.id)"
        )
        == []
    ), "a client's count differs from its timeline"
    links = "SELECT client_id, message_id FROM link WHERE state = 'active' ORDER BY 1, 2"
    entries = "SELECT client_id, message_id FROM entry WHERE kind = 'message' ORDER BY 1, 2"
    assert office.rows(links) == office.rows(entries)
    for table in ("message_body", "message_copy"):
        query = f"SELECT id FROM message WHERE id NOT IN (SELECT message_id FROM {table})"
        assert office.rows(query) == [], f"a message without {table}"
    for (sha,) in office.rows("SELECT raw_sha256 FROM message UNION SELECT sha256 FROM attachment"):
        assert office.blobs.verify(sha) == "ok", f"blob {sha}"


def outcome(office: Office) -> dict[str, Any]:
    """What a sync made of the mail, without numbers that depend on the order of work: to compare two syncs."""
    digest = dict(office.rows("SELECT id, digest || ' ' || message_id FROM message"))
    threads: dict[int, set[str]] = {}
    for number, thread in office.rows("SELECT id, thread_id FROM message"):
        threads.setdefault(thread, set()).add(digest[number])
    links = office.rows("SELECT message_id, name, rule, state FROM link JOIN client ON client.id = client_id")
    placements = office.rows(
        "SELECT folder.mailbox_id, folder.name, uid, state, verdict, rule FROM placement JOIN folder"
        " ON folder.id = folder_id"
    )
    return {
        "messages": sorted(digest.values()),
        "threads": frozenset(frozenset(one) for one in threads.values()),
        "links": sorted((digest[m], name, rule) for m, name, rule, state in links if state == "active"),
        "placements": sorted(placements),
        "tray": sorted(office.rows("SELECT mailbox_id, counterpart, subject, reason FROM triage WHERE state = 'open'")),
    }


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, list[Any]]:
    """What only one of two outcomes has, by part and shortened: for the message of a failed test."""
    return {name: sorted(map(str, _only(one[name], other[name])))[:6] for name in one if one[name] != other[name]}


def _only(one: Iterable[Any], other: Iterable[Any]) -> set[Any]:
    return set(one) ^ set(other)


def _is(number: int) -> Any:
    return Mailbox.metadata.tables["mailbox"].c.id == number
