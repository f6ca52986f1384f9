"""Archives in files: mbox, Maildir and .eml through the same flow, again and again; and exports of what came of it."""

import io
import json
import mailbox
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from mailcrm.crm.query import parse
from mailcrm.errors import LeaseLost, NotFound, Refused
from mailcrm.flow import clients, mailboxes
from mailcrm.flow.clients import NewClient
from mailcrm.flow.desk import Desk
from mailcrm.flow.edit import By
from mailcrm.flow.edit import Office as Edits
from mailcrm.flow.export import dumps, export, export_zip, file_name
from mailcrm.flow.load import Loaded, Target, load
from mailcrm.flow.mailboxes import NewMailbox
from mailcrm.flow.people import NewUser, add_user
from mailcrm.flow.readers import Readers
from mailcrm.flow.rounds import Firm
from mailcrm.net.archive import Archive
from mailcrm.net.blobs import Blobs
from mailcrm.store import leases
from mailcrm.store.database import Database
from mailcrm.store.results import search
from mailcrm.store.visibility import Viewer
from tests.mailroom import OWN, fingerprint, mail

FIRM = Firm(OWN, frozenset({"gmail.com"}))
JOE = "joe@acme.example"
DATE = "Mon, 02 Mar 2026 08:00:00 +0000"
MAIL = [
    mail(
        "joe@acme.example",
        "anna@example.com",
        "Offer",
        "From now on",
        Date=DATE,
        Message_ID="<1@x>",
        attachment="a.pdf",
    ),
    mail("anna@example.com", "joe@acme.example", "Re: Offer", Date=DATE, Message_ID="<2@x>", In_Reply_To="<1@x>"),
    mail("anna@example.com", "x@stranger.example", "Private", Date=DATE, Message_ID="<3@x>"),
    mail("boris@example.com", "anna@example.com", "Lunch", Date=DATE, Message_ID="<4@x>"),
]


@pytest.fixture
def desk(db: Database, tmp_path: Path, readers: Readers, now: datetime) -> Desk:
    return Desk(db, Blobs(tmp_path / "blobs"), readers, "loader", lambda: now)


@pytest.fixture
def target(db: Database, now: datetime) -> Target:
    add_user(db, NewUser("anna@example.com", "Anna"), now)
    number = mailboxes.add_mailbox(db, NewMailbox("anna@example.com", "", owner="anna@example.com", origin="load"), now)
    return Target(number, "archive", fingerprint)


def acme(db: Database, now: datetime) -> int:
    return clients.add_client(Edits(db, fingerprint, OWN), By(None, now), NewClient("Acme", domains=("acme.example",)))


def as_mbox(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    box = mailbox.mbox(folder / "mail.mbox")
    for raw in MAIL:
        box.add(raw)
    box.close()
    return folder / "mail.mbox"


def as_maildir(folder: Path) -> Path:
    box = mailbox.Maildir(folder / "maildir")
    for raw in MAIL:
        box.add(raw)
    return folder / "maildir"


def as_tree(folder: Path) -> Path:
    for number, raw in enumerate(MAIL):
        path = folder / "tree" / f"{number % 2}" / f"{number}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    (folder / "tree" / "notes.txt").write_text("no message")
    return folder / "tree"


@pytest.mark.parametrize("made", [as_mbox, as_maildir, as_tree])
def test_every_kind_of_archive_gives_the_same(made: object, tmp_path: Path) -> None:
    archive = Archive(made(tmp_path))  # type: ignore[operator]
    assert len(archive) == 4
    assert sorted(raw.strip() for raw in archive) == sorted(raw.strip() for raw in MAIL)


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nothing at"):
        Archive(tmp_path / "nowhere")
    with pytest.raises(Refused, match=r"no \.eml file in it"):
        Archive(tmp_path)
    (tmp_path / "letter.doc").write_bytes(b"\xd0\xcf")
    with pytest.raises(Refused, match="neither an mbox"):
        Archive(tmp_path / "letter.doc")


def test_an_archive_is_loaded_once(db: Database, desk: Desk, target: Target, now: datetime, tmp_path: Path) -> None:
    acme(db, now)
    told: list[int] = []
    done = load(desk, FIRM, target, Archive(as_mbox(tmp_path)), lambda d: told.append(d.seen))
    assert done == Loaded(stored=2, dropped=2)
    assert told == [4]
    assert load(desk, FIRM, target, Archive(as_mbox(tmp_path / "again")), lambda _: None) == Loaded(known=4)
    with db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM message").scalar_one() == 2
        assert connection.exec_driver_sql("SELECT count(*) FROM placement").scalar_one() == 4
        found = search(connection, Viewer(1, "staff", (target.mailbox_id,)), parse("offer "), None)
    assert sorted(result.direction for result in found) == ["in", "out"]
    kept = {desk.blobs.read(name) for name in desk.blobs.iterate()}
    assert not any(b"Private" in blob or b"Lunch" in blob for blob in kept), "what is not stored leaves no bytes"


def test_a_load_that_was_interrupted_goes_on(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    acme(db, now)
    assert load(desk, FIRM, target, MAIL[:1]) == Loaded(stored=1)
    assert load(replace(desk, stopping=lambda: True), FIRM, target, MAIL) == Loaded(stored=1, dropped=2, known=1)
    assert load(desk, FIRM, target, MAIL) == Loaded(known=4)


def test_what_a_new_client_reopened_is_loaded(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    assert load(desk, FIRM, target, MAIL) == Loaded(dropped=4)
    acme(db, now)
    assert load(desk, FIRM, target, MAIL) == Loaded(stored=2, known=2)


def test_two_loads_at_once_are_refused(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    with db.writing() as connection:
        leases.claim(connection, target.mailbox_id, "somebody else", now, now.replace(hour=23))
    with pytest.raises(LeaseLost):
        load(desk, FIRM, target, MAIL)


def test_an_export_tells_everything(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    client_id = acme(db, now)
    load(desk, FIRM, target, MAIL)
    told = json.loads(dumps(export(db, client_id)))
    assert (told["format"], told["client"]["name"], told["client"]["domains"]) == (1, "Acme", ["acme.example"])
    offer, answer = sorted(told["messages"], key=lambda m: m["message_id"])
    assert (offer["subject"], offer["text"].strip(), offer["direction"]) == ("Offer", "From now on", "in")
    assert offer["people"]["from"] == [{"name": "", "email": "joe@acme.example"}]
    assert (offer["attachments"][0]["filename"], offer["attachments"][0]["size"]) == ("a.pdf", 8)
    assert (offer["link"]["rule"], offer["link"]["evidence"]) == ("domain", "joe@acme.example at acme.example")
    assert (answer["in_reply_to"], answer["thread"]) == (["1@x"], offer["thread"])
    with pytest.raises(NotFound):
        export(db, 4711)


def test_an_export_for_a_user_tells_what_he_may_see(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    client_id = acme(db, now)
    load(desk, FIRM, target, MAIL)
    stranger = Viewer(4711, "staff", ())
    for visibility, keys in (("subject", {"subject", "people"}), ("stub", {"at", "direction"})):
        mailboxes.edit_mailbox(db, target.mailbox_id, {"visibility": visibility}, By(None, now))
        told = export(db, client_id, stranger)
        assert len(told["messages"]) == 2
        for message in told["messages"]:
            assert keys <= set(message)
            assert not {"text", "reply_text", "attachments", "raw_sha256"} & set(message)
            assert visibility == "subject" or not message["people"]
    assert "Offer" not in dumps(export(db, client_id, stranger))
    assert "From now on" in dumps(export(db, client_id, Viewer(1, "staff", (target.mailbox_id,))))


def test_a_zip_holds_the_messages_too(db: Database, desk: Desk, target: Target, now: datetime) -> None:
    client_id = acme(db, now)
    load(desk, FIRM, target, MAIL)
    file = io.BytesIO()
    assert export_zip(db, desk.blobs, client_id, None, file) == []
    with zipfile.ZipFile(file) as archive:
        told = json.loads(archive.read("client.json"))
        offer = next(m for m in told["messages"] if m["subject"] == "Offer")
        assert archive.read(offer["file"]) == MAIL[0]
        assert archive.read(offer["attachments"][0]["file"]) == b"%PDF-1.4"
        assert len(archive.namelist()) == 4
    lost = offer["attachments"][0]["sha256"]
    desk.blobs.remove(lost)
    assert export_zip(db, desk.blobs, client_id, None, io.BytesIO()) == [lost]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("a:b?.pdf", "a_b_.pdf"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("Ромашка", "Ромашка"),
    ],
)
def test_names_of_files_are_safe(name: str, safe: str) -> None:
    assert file_name(name) == safe
