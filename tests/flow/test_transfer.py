"""Copying a store into another: complete, checked, and of no harm whenever it is killed."""

import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from mailcrm.errors import StorageFailed
from mailcrm.flow import clients, fsck
from mailcrm.flow.clients import NewClient
from mailcrm.flow.transfer import Copied, copy
from mailcrm.net.blobs import BlobPlace, BlobStore, open_blobs
from mailcrm.store.database import Database
from tests.bucket import S3Server, change
from tests.mailroom import Mailroom, mail

Pair = tuple[BlobStore, BlobStore]


@pytest.fixture(params=["folder to s3", "s3 to folder"])
def pair(request: pytest.FixtureRequest, s3: S3Server, tmp_path: Path) -> Pair:
    """Two empty stores: from, to."""
    made = open_blobs(BlobPlace(tmp_path / "blobs")), open_blobs(s3.place(tmp_path / "spool"))
    return made if request.param == "folder to s3" else made[::-1]


def fill(store: BlobStore, count: int) -> dict[str, bytes]:
    """Small and large blobs, some that compress and some that do not."""
    chance = random.Random(3)
    datas = [b"text %d " % number * chance.choice((1, 300, 90_000)) for number in range(count)]
    datas += [chance.randbytes(chance.choice((10, 9000, 1_200_000))) for _ in range(count // 4)]
    filled = {store.keep(data): data for data in datas}
    store.settle()
    return filled


def test_copies_what_is_missing(pair: Pair) -> None:
    source, target = pair
    filled = fill(source, 40)
    heard: list[tuple[int, int]] = []
    done = copy(source, target, lambda d, total: heard.append((d.seen, total)))
    assert (done.copied, done.present, done.corrupt) == (len(filled), 0, [])
    assert done.size == sum(map(len, filled.values()))
    assert heard[-1] == (len(filled), len(filled))
    assert list(target.iterate()) == sorted(filled)
    assert all(target.read(name) == data for name, data in filled.items())
    assert all(source.size(name) == target.size(name) for name in filled)
    fresh = source.keep(b"arrived meanwhile")
    source.settle()
    again = copy(source, target)
    assert (again.copied, again.present) == (1, len(filled))
    assert target.read(fresh) == b"arrived meanwhile"
    assert list(target.place.spool.iterdir()) == []


def test_damaged_blobs_are_told_and_not_copied(pair: Pair) -> None:
    source, target = pair
    filled = fill(source, 12)
    names = sorted(filled)
    hows: list[Callable[[bytes], bytes]] = [lambda _: b"rubbish", lambda data: data[:-4], lambda data: data + b"!"]
    for name, how in zip(names, hows, strict=False):
        change(source, name, how)
    done = copy(source, target)
    assert sorted(done.corrupt) == names[:3]
    assert list(target.iterate()) == names[3:]
    assert copy(source, target).seen == len(filled)


def test_a_target_that_cannot_be_used_ends_it(pair: Pair, tmp_path: Path) -> None:
    source = pair[0]
    fill(source, 5)
    (tmp_path / "other").mkdir()
    target = open_blobs(BlobPlace(tmp_path / "other"))
    for name in source.iterate():
        (tmp_path / "other" / name[:2]).write_bytes(b"in the way")
    with pytest.raises((StorageFailed, NotADirectoryError)):
        copy(source, target)


def test_no_blobs_are_soon_copied(pair: Pair) -> None:
    assert copy(*pair) == Copied()


COPIER = """
import pickle, sys
from mailcrm.flow.transfer import copy
from mailcrm.net.blobs import open_blobs
source, target = pickle.loads(bytes.fromhex(sys.argv[1]))
source, target = open_blobs(source), open_blobs(target)
print(flush=True)
copy(source, target)
"""


def test_killed_at_any_moment_it_goes_on(pair: Pair, db: Database, now: datetime, tmp_path: Path) -> None:
    source, target = pair
    room = Mailroom(db, now, tmp_path / "mailroom")
    clients.add_client(room.office, room.by, NewClient("Acme", domains=("acme.example",)))
    for number in range(20):
        room.deliver(mail("joe@acme.example", "anna@example.com", str(number), "Text " * 9000, attachment="a.pdf"))
    copy(open_blobs(BlobPlace(tmp_path / "mailroom")), source)
    filled = fill(source, 160)
    command = [sys.executable, "-c", COPIER, pickle.dumps((source.place, target.place)).hex()]
    chance, killed = random.Random(5), 0
    for _ in range(8):
        with subprocess.Popen(command, stdout=subprocess.PIPE) as copier:
            assert copier.stdout is not None
            copier.stdout.readline()
            time.sleep(chance.uniform(0, 0.25))
            os.kill(copier.pid, signal.SIGKILL)
            killed += copier.wait() == -signal.SIGKILL
        assert all(target.verify(name) == "ok" for name in target.iterate())
    assert killed >= 4
    copy(source, target)
    assert set(target.iterate()) >= set(filled)
    report = fsck.examine(db, target, now)
    assert (report.checked, report.is_clean) == (21, True)
    target.sweep(time.time() + 1)
    assert list(target.place.spool.iterdir()) == []
