"""Mailroom: a company with one mailbox, whose mail is decided on and recorded by the very code of the product."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection

from mailcrm.crm.explicit import Wishes
from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.crm.match import Company
from mailcrm.flow import people
from mailcrm.flow.box import Box, Copy
from mailcrm.flow.edit import By, Office
from mailcrm.flow.intake import take_in
from mailcrm.flow.people import NewUser
from mailcrm.flow.record import Recorded, record
from mailcrm.mailing.replies import named_in
from mailcrm.mailing.token import TokenKeys
from mailcrm.model import Mailbox, Placement
from mailcrm.net.blobs import BlobPlace
from mailcrm.store import directory, ledger
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from mailcrm.store.visibility import Viewer

OWN = frozenset({"example.com"})


def fingerprint(text: str) -> int:
    """Like that of net.secrets, with a key that everybody knows."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8, key=b"test").digest(), "big") >> 1


def mail(sender: str, to: str, subject: str = "Hello", text: str = "Good day.", **headers: str) -> bytes:
    """The bytes of a message; `headers` are named with _ for -, and Attachment is a file name."""
    message = EmailMessage()
    attachment = headers.pop("attachment", "")
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    if attachment:
        message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=attachment)
    return message.as_bytes()


@dataclass
class Mailroom:
    """One user with one mailbox; `deliver` puts a message through decision and recording."""

    db: Database
    now: datetime
    folder: Path
    """For blobs."""
    owner: str = "anna@example.com"
    visibility: int = 2
    store_all: bool = False
    uid: int = 0
    user_id: int = 0
    mailbox_id: int = 0
    folder_id: int = 0
    keys: TokenKeys | None = None
    """Of what was offered, for tests of what comes back."""

    def __post_init__(self) -> None:
        self.user_id = people.add_user(self.db, NewUser(self.owner, self.owner.partition("@")[0].title()), self.now)
        with self.db.writing() as connection:
            shown = ("stub", "subject", "full")[self.visibility]
            row = {"address": self.owner, "user_id": self.user_id, "visibility": shown, "created_at": self.now}
            insert(connection, Mailbox, [row])
            self.mailbox_id = connection.exec_driver_sql("SELECT max(id) FROM mailbox").scalar_one()
            ledger.add_folder(connection, self.mailbox_id, {"raw_name": b"INBOX", "name": "INBOX", "uidvalidity": 1})
            self.folder_id = ledger.folders(connection, self.mailbox_id)[0].id

    @property
    def office(self) -> Office:
        """What edits need."""
        return Office(self.db, fingerprint, OWN)

    @property
    def by(self) -> By:
        """The owner of the mailbox, now."""
        return By(self.user_id, self.now)

    @property
    def viewer(self) -> Viewer:
        """The owner of the mailbox as a reader."""
        return Viewer(self.user_id, "staff", (self.mailbox_id,))

    def deliver(self, raw: bytes) -> Recorded:
        """Decide on one message and record what is kept of it; each is a minute younger than the one before."""
        self.uid += 1
        at = self.now + timedelta(minutes=self.uid)
        if b"\nDate:" not in raw:
            raw = b"Date: " + at.strftime("%a, %d %b %Y %H:%M:%S +0000").encode() + b"\n" + raw
        if b"\nMessage-ID:" not in raw:
            raw = f"Message-ID: <{self.mailbox_id}.{self.uid}@test>\n".encode() + raw
        with self.db.writing() as connection:
            values = {"folder_id": self.folder_id, "uidvalidity": 1, "uid": self.uid, "seen_at": at}
            ledger.add_placements(connection, [{**values, "internal_date": at}])
            placement = self.placements(connection)[-1]
            copy = Copy(placement, "INBOX", frozenset(), at)
            intake = take_in([(placement, raw)], BlobPlace(self.folder))[0]
            return record(connection, self._box(connection), [(copy, intake)], at)

    def placements(self, connection: Connection) -> list[int]:
        """The ids of all placements of this mailbox, in the order of arrival."""
        rows = connection.exec_driver_sql(
            f"SELECT id FROM {Placement.__tablename__} WHERE folder_id = {self.folder_id} ORDER BY id"
        )
        return list(rows.scalars())

    def _box(self, connection: Connection) -> Box:
        company = Company(
            domains=OWN,
            staff=directory.staff(connection),
            free_mail=FREE_MAIL,
            never=directory.never(connection, self.user_id),
            store_all=self.store_all,
        )
        keys = self.keys
        wishes = Wishes(ours=(lambda headers, about: named_in(headers, about, keys)) if keys else None)
        return Box(self.mailbox_id, self.user_id, self.visibility, company, wishes, fingerprint, keys)

    def note_ignored(self, rule: str) -> None:
        """One more copy on the server that a rule kept out."""
        self.uid += 1
        with self.db.writing() as connection:
            values = {"folder_id": self.folder_id, "uidvalidity": 1, "uid": self.uid, "seen_at": self.now}
            ledger.add_placements(connection, [{**values, "state": "done", "verdict": "ignore", "rule": rule}])
