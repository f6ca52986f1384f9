"""Every blob that a row refers to is there and whole, or it is said and mended."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.flow import clients, fsck
from mailcrm.flow.clients import NewClient
from mailcrm.net.blobs import Blobs
from mailcrm.store.database import Database
from tests.mailroom import Mailroom, mail


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    made = Mailroom(db, now, tmp_path / "blobs")
    clients.add_client(made.office, made.by, NewClient("Acme", domains=("acme.example",)))
    made.deliver(mail("joe@acme.example", "anna@example.com", "One", attachment="a.pdf"))
    return made


def names(room: Mailroom) -> tuple[str, str]:
    """The blobs of the raw message and of its attachment."""
    with room.db.reading() as connection:
        raw = connection.exec_driver_sql("SELECT raw_sha256 FROM message").scalar_one()
        return raw, connection.exec_driver_sql("SELECT sha256 FROM attachment").scalar_one()


def spoil(room: Mailroom, name: str) -> None:
    for path in room.folder.rglob(f"{name}*"):
        path.write_bytes(b"rubbish")


def checked(room: Mailroom, repair: bool = False) -> fsck.Report:
    blobs = Blobs(room.folder)
    report = fsck.examine(room.db, blobs, room.now)
    if repair:
        fsck.repair(room.db, blobs, report, room.now)
    return report


def test_all_is_well(room: Mailroom) -> None:
    report = checked(room)
    assert (report.checked, report.is_clean, report.orphans) == (2, True, [])


@pytest.mark.parametrize("how", ["missing", "corrupt"])
def test_an_attachment_is_made_again_from_its_message(room: Mailroom, how: str) -> None:
    _, name = names(room)
    if how == "missing":
        Blobs(room.folder).remove(name)
    else:
        spoil(room, name)
    report = checked(room, repair=True)
    assert getattr(report, how) == [name]
    assert (report.rewritten, report.waiting, report.lost) == (1, 0, [])
    assert checked(room).is_clean


@pytest.mark.parametrize("how", ["missing", "corrupt"])
def test_a_message_is_asked_for_again(room: Mailroom, how: str) -> None:
    raw, _ = names(room)
    if how == "missing":
        Blobs(room.folder).remove(raw)
    else:
        spoil(room, raw)
    report = checked(room, repair=True)
    assert getattr(report, how) == [raw]
    assert (report.waiting, report.lost) == (1, [])
    assert not Blobs(room.folder).has(raw), "the rubbish is gone, so that the message can be kept anew"
    with room.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT state FROM placement").scalar_one() == "wanted"


def test_what_nobody_has_is_lost(room: Mailroom) -> None:
    raw, attachment = names(room)
    for name in (raw, attachment):
        Blobs(room.folder).remove(name)
    with room.db.writing() as connection:
        connection.exec_driver_sql("UPDATE placement SET state = 'gone'")
    report = checked(room, repair=True)
    assert sorted(report.lost) == sorted([raw, attachment])
    assert report.waiting == 0


def test_orphans_are_removed_after_a_grace(room: Mailroom) -> None:
    blobs = Blobs(room.folder)
    old, young = blobs.keep(b"nobody wants me"), blobs.keep(b"somebody will")
    for name, age in ((old, timedelta(days=8)), (young, timedelta(days=6))):
        at = (room.now - age).timestamp()
        for path in room.folder.rglob(f"{name}*"):
            os.utime(path, (at, at))
    for name in names(room):
        for path in room.folder.rglob(f"{name}*"):
            os.utime(path, (0, 0))
    assert checked(room).orphans == [old]
    report = checked(room, repair=True)
    assert report.removed == 1
    assert not blobs.has(old)
    assert blobs.has(young)
    assert checked(room).is_clean
