"""A real sync with blobs on S3: the same rows and blobs as with a folder, and nothing half after a kill."""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailcrm.flow import fsck
from mailcrm.flow.readers import Readers
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store.database import Database
from tests.bucket import S3Server
from tests.correspondence import CLIENTS, STAFF, correspondence
from tests.dovecot import Dovecot
from tests.office import Office, check_whole, differences, outcome

pytestmark = pytest.mark.server


def _furnish(office: Office, login: str) -> list[int]:
    for name, (domain, private) in CLIENTS.items():
        office.client(name, domain, private)
    return [office.mailbox(f"{login}{name}", name) for name in STAFF]


def _arrive(dovecot: Dovecot, login: str, count: int) -> None:
    for name in STAFF:
        for folder in ("INBOX", "Sent"):
            here = [raw for user, place, raw in correspondence(count) if (user, place) == (name, folder)]
            dovecot.drop(f"{login}{name}", here, folder)


def _sync(office: Office, boxes: list[int]) -> None:
    for box in boxes:
        office.sync(box)


@pytest.fixture
def place(s3: S3Server, tmp_path: Path) -> BlobPlace:
    """A new bucket."""
    return s3.place(tmp_path / "spool")


def test_the_same_rows_and_blobs_as_a_folder(
    db: Database,
    undisturbed: Database,
    dovecot: Dovecot,
    readers: Readers,
    tmp_path: Path,
    login: str,
    place: BlobPlace,
) -> None:
    _arrive(dovecot, login, 300)
    local = Office(db, dovecot, tmp_path / "local", readers)
    remote = Office(undisturbed, dovecot, tmp_path / "remote", readers, place=place)
    for one in (local, remote):
        _sync(one, _furnish(one, login))
        check_whole(one)
    assert differences(outcome(local), outcome(remote)) == {}
    names = list(local.blobs.iterate())
    assert len(names) > 150
    assert names == list(remote.blobs.iterate())
    assert all(local.blobs.read(name) == remote.blobs.read(name) for name in names)
    assert [local.blobs.size(name) for name in names] == [remote.blobs.size(name) for name in names]
    for sql in ("SELECT raw_sha256, size FROM message", "SELECT sha256, filename, size FROM attachment"):
        assert sorted(local.rows(sql)) == sorted(remote.rows(sql))
    assert not list((remote.folder / "blobs").glob("??/*"))


CHILD = """
import pickle, sys
from pathlib import Path
from types import SimpleNamespace
from mailcrm.flow.desk import Limits
from mailcrm.flow.intake import glance
from mailcrm.flow.readers import Readers
from mailcrm.store.database import Database
from tests.office import Office

if __name__ == "__main__":
    url, port, folder, place, *boxes = sys.argv[1:]
    place = pickle.loads(bytes.fromhex(place))
    office = Office(Database(url), SimpleNamespace(port=int(port)), Path(folder), Readers(2), place=place)
    office.readers.result(office.readers.submit(glance, []))
    office.limits = Limits(headers=40, bodies=20, task_messages=8, window=100, slice_seconds=0.2)
    print(flush=True)
    for box in boxes:
        office.sync(int(box))
"""


@pytest.mark.timeout(120)
def test_killed_while_it_puts_everything_is_whole(
    db: Database, database_url: str, dovecot: Dovecot, readers: Readers, tmp_path: Path, login: str, place: BlobPlace
) -> None:
    _arrive(dovecot, login, 300)
    office = Office(db, dovecot, tmp_path / "office", readers, place=place)
    boxes = _furnish(office, login)
    arguments = [database_url, str(dovecot.port), str(office.folder), pickle.dumps(place).hex(), *map(str, boxes)]
    chance, here = random.Random(8), Path(__file__).parents[2]
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", CHILD, *arguments], cwd=here, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0.05, 0.5))
            os.kill(child.pid, signal.SIGKILL)
        report = fsck.examine(db, open_blobs(place), office.clock)
        assert report.is_clean, report
    _sync(office, boxes)
    while office.waiting():
        _sync(office, boxes)
    check_whole(office)
    assert fsck.examine(db, office.blobs, office.clock).is_clean
    assert office.one("SELECT count(*) FROM message") > 100
    assert office.one("SELECT count(*) FROM placement WHERE state <> 'done'") == 0
