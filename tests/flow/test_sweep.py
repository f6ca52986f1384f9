"""Orphans: found by what the rows say, removed after a grace, never one that somebody refers to."""

import os
import pickle
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from mailcrm.flow import clients, fsck, sweep, transfer
from mailcrm.flow.clients import NewClient
from mailcrm.net.blobs import BlobPlace, BlobStore, open_blobs
from mailcrm.store import kept
from mailcrm.store.database import Database
from tests.bucket import S3Server
from tests.mailroom import Mailroom, mail


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, s3: S3Server, tmp_path: Path) -> BlobStore:
    """An empty store of either kind."""
    return open_blobs(BlobPlace(tmp_path / "blobs") if request.param == "folder" else s3.place(tmp_path / "spool"))


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path, store: BlobStore) -> Mailroom:
    """A mailroom whose one message has its blobs in the store."""
    made = Mailroom(db, now, tmp_path / "mailroom")
    clients.add_client(made.office, made.by, NewClient("Acme", domains=("acme.example",)))
    made.deliver(mail("joe@acme.example", "anna@example.com", "One", attachment="a.pdf"))
    transfer.copy(open_blobs(BlobPlace(made.folder)), store)
    return made


def later(days: float = 0) -> datetime:
    """Now, and a moment and so many days."""
    return datetime.now(UTC) + timedelta(days=days, seconds=5)


def test_only_old_orphans_are_found_and_removed(room: Mailroom, store: BlobStore) -> None:
    referred = set(store.iterate())
    orphan = store.keep(b"nobody wants me")
    store.settle()
    assert sweep.orphans(room.db, store, later(-1)) == []
    heard: list[int] = []
    found = sweep.orphans(room.db, store, later(), heard.append)
    assert [(one.name, one.size) for one in found] == [(orphan, 15)]
    assert heard == [3]
    assert sweep.remove(room.db, store, [orphan], later(-1)) == []
    assert sweep.remove(room.db, store, [orphan, *referred], later()) == [orphan]
    assert set(store.iterate()) == referred
    assert fsck.examine(room.db, store, room.now).is_clean


def test_what_lies_in_quarantine_is_referred_to(room: Mailroom, store: BlobStore) -> None:
    kept = store.keep(b"not to be read by anybody")
    store.settle()
    with room.db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE placement SET raw_sha256 = '{kept}'")
    assert sweep.orphans(room.db, store, later()) == []
    assert sweep.remove(room.db, store, [kept], later()) == []


def test_fsck_tells_the_same_orphans(room: Mailroom, store: BlobStore) -> None:
    orphan = store.keep(b"nobody wants me")
    store.settle()
    assert fsck.examine(room.db, store, later()).orphans == []
    report = fsck.examine(room.db, store, later(sweep.GRACE.days))
    assert (report.orphans, report.checked) == ([orphan], 2)
    fsck.repair(room.db, store, report, later(sweep.GRACE.days))
    assert report.removed == 1


def test_every_column_that_names_a_blob_is_asked() -> None:
    """A new column must be added to store.kept, or a sweep would take what it names."""
    asked = {f"{column.class_.__tablename__}.{column.key}" for column in kept.NAMES} | {"placement.raw_sha256"}
    with_a_blob_row = {"document.sha256", "version.sha256"}
    columns = {f"{t.name}.{c.name}" for t in SQLModel.metadata.tables.values() for c in t.columns}
    no_blobs = ("header_sha256", "token_sha256")
    assert {
        name for name in columns if name.endswith(("sha256", ".sha")) and not name.endswith(no_blobs)
    } == asked | with_a_blob_row


SWEEPER = """
import pickle, sys
from datetime import UTC, datetime, timedelta
from mailcrm.flow import sweep
from mailcrm.net.blobs import open_blobs
from mailcrm.store.database import Database
database, blobs = Database(sys.argv[2]), open_blobs(pickle.loads(bytes.fromhex(sys.argv[1])))
before = datetime.now(UTC) + timedelta(seconds=5)
found = sweep.orphans(database, blobs, before)
print(len(found), flush=True)
sweep.remove(database, blobs, [one.name for one in found], before)
"""


def test_killed_at_any_moment_it_goes_on(room: Mailroom, store: BlobStore, database_url: str) -> None:
    referred = set(store.iterate())
    orphans = {store.keep(b"orphan %d" % number) for number in range(400)}
    store.settle()
    command = [sys.executable, "-c", SWEEPER, pickle.dumps(store.place).hex(), database_url]
    left = []
    for delay in (0.0, 0.02):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as sweeper:
            assert sweeper.stdout is not None
            left.append(int(sweeper.stdout.readline()))
            time.sleep(delay)
            os.kill(sweeper.pid, signal.SIGKILL)
        report = fsck.examine(room.db, store, room.now)
        assert (report.checked, report.is_clean) == (2, True)
    assert left[0] == len(orphans)
    subprocess.run([*command], check=True, stdout=subprocess.DEVNULL)
    assert set(store.iterate()) == referred
