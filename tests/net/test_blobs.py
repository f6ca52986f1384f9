"""The store of blobs: whole or absent, whoever writes, whenever it is killed."""

import contextlib
import hashlib
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.net.blobs import BlobPlace, Blobs, BlobStore, open_blobs, sync_order
from tests.bucket import S3Server, change

TEXT = b"Dear Sir or Madam, please find our offer below.\r\n" * 400
NOISE = random.Random(1).randbytes(20_000)


Place = Callable[[], BlobPlace]


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A new place with each call: a folder or a bucket."""
    if request.param == "folder":
        return lambda: BlobPlace(tmp_path_factory.mktemp("folder") / "blobs")
    server: S3Server = request.getfixturevalue("s3")
    return lambda: server.place(tmp_path_factory.mktemp("spool"))


@pytest.fixture
def store(place: Place) -> BlobStore:
    """An empty store of either kind."""
    return open_blobs(place())


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty store in a folder."""
    return Blobs(tmp_path / "blobs")


def files(root: Path) -> list[Path]:
    """Every file of the store."""
    return [path for path in root.rglob("*") if path.is_file()]


def test_keeps_bytes_under_their_hash(store: BlobStore) -> None:
    for data in (b"", b"x", TEXT, NOISE, b"\0" * 5_000_000):
        sha = store.keep(data)
        store.settle()
        assert sha == hashlib.sha256(data).hexdigest()
        assert store.has(sha)
        assert store.read(sha) == data
        with store.open(sha) as stream:
            assert stream.read(7) + stream.read() == data
        assert store.verify(sha) == "ok"
        assert time.time() - 60 < store.written_at(sha) < time.time() + 60


def test_lies_in_a_folder_by_its_first_two_letters(blobs: Blobs, tmp_path: Path) -> None:
    for data in (b"", TEXT):
        sha = blobs.keep(data)
        path = next((tmp_path / "blobs").rglob(sha + "*"))
        assert path.parent == tmp_path / "blobs" / sha[:2]
        assert blobs.size(sha) == path.stat().st_size


def test_compresses_where_it_pays(store: BlobStore) -> None:
    assert store.size(store.keep(TEXT)) < len(TEXT) / 10
    assert store.size(store.keep(NOISE)) == len(NOISE)
    assert store.size(store.keep(b"short")) == 5


@pytest.mark.parametrize("data", [TEXT, NOISE, b"", TEXT * 300, NOISE * 300], ids=len)
def test_a_file_is_kept_as_its_bytes(store: BlobStore, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(data)
    sha = store.keep(source)
    assert sha == hashlib.sha256(data).hexdigest()
    assert store.read(sha) == data
    size = store.size(sha)
    store.remove(sha)
    assert store.keep(data) == sha
    assert (store.size(sha) < len(data)) == (size < len(data))  # both ways choose alike
    assert store.keep(source) == sha
    assert list(store.iterate()) == [sha]
    assert not list(store.place.spool.iterdir())


@given(st.lists(st.binary(max_size=3000), max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_says_what_it_holds(place: Place, datas: list[bytes]) -> None:
    blobs = open_blobs(place())
    held = {blobs.keep(data): data for data in datas}
    blobs.settle()
    assert list(blobs.iterate()) == sorted(held)
    assert all(blobs.read(sha) == data for sha, data in held.items())


def test_tells_missing_and_corrupt_apart(store: BlobStore) -> None:
    packed, loose = store.keep(TEXT), store.keep(NOISE)
    changes: list[Callable[[bytes], bytes]] = [
        lambda data: data[:-5],
        lambda data: data[:100] + b"!" + data[101:],
        lambda data: b"",
    ]
    for sha in (packed, loose):
        for how in changes:
            change(store, sha, how)
            assert store.verify(sha) == "corrupt"
            with pytest.raises(StorageFailed, match="damaged: run mailcrm fsck"):
                store.read(sha)
            store.remove(sha)
            assert store.keep(TEXT if sha == packed else NOISE) == sha
            assert store.verify(sha) == "ok"
        store.remove(sha)
        store.remove(sha)
        assert store.verify(sha) == "missing"
        assert not store.has(sha)
        for ask in (store.read, store.open, store.size):
            with pytest.raises(NotFound, match="mailcrm fsck"):
                ask(sha)


def test_a_corrupt_blob_is_an_error_in_words(store: BlobStore) -> None:
    sha = store.keep(TEXT)
    change(store, sha, lambda _: b"not zstandard")
    with pytest.raises(StorageFailed, match="fsck"):
        store.read(sha)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_only_hashes_are_names(store: BlobStore, name: str) -> None:
    with pytest.raises(ValueError, match="name of a blob"):
        store.read(name)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed, match="blob folder"):
        Blobs(tmp_path / "file")
    blobs = Blobs(tmp_path / "blobs")
    (tmp_path / "blobs" / hashlib.sha256(b"x").hexdigest()[:2]).write_bytes(b"in the way")
    with pytest.raises(StorageFailed):
        blobs.keep(b"x")
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(StorageFailed):
        blobs.keep(tmp_path / "x")
    assert not list((tmp_path / "blobs" / "tmp").iterdir())


def test_many_writers_of_the_same(store: BlobStore) -> None:
    datas = [TEXT + bytes([number]) for number in range(40)]
    other = open_blobs(store.place)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: (store, other)[number % 2].keep(datas[number % 40]), range(400)))
        list(pool.map(lambda _: store.settle(), range(8)))
    assert len(list(store.iterate())) == 40
    assert all(store.verify(sha) == "ok" for sha in store.iterate())
    assert all(other.read(store.keep(data)) == data for data in datas)
    if store.place.bucket is None:
        assert len(files(store.place.folder)) == 40


WRITER = """
import pickle, random, sys
from mailcrm.net.blobs import open_blobs
blobs, numbers = open_blobs(pickle.loads(bytes.fromhex(sys.argv[1]))), random.Random(int(sys.argv[2]))
while True:
    kept = [blobs.keep(numbers.choice([b"some text " * 5000, b""]) + numbers.randbytes(40_000)) for _ in range(5)]
    blobs.settle()
    print("\\n".join(kept), flush=True)
"""


def test_killed_at_any_moment_nothing_is_half(store: BlobStore) -> None:
    place = pickle.dumps(store.place).hex()
    chance = random.Random(7)
    settled: list[str] = []
    for turn in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, place, str(turn)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        settled.append(writer.stdout.readline().decode().strip())
        time.sleep(chance.uniform(0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().decode().split("\n")
        settled += [line for line in rest[:-1] if line]
        writer.wait()
        writer.stdout.close()
    assert all(store.verify(sha) == "ok" for sha in store.iterate())
    assert all(store.has(sha) for sha in settled)
    assert store.sweep(0.0) == 0
    store.sweep(time.time() + 1)
    if store.place.bucket is None:
        assert len(files(store.place.folder)) == len(list(store.iterate()))
    assert all(store.has(sha) for sha in settled)


def test_only_what_is_old_expires(store: BlobStore) -> None:
    sha = store.keep(TEXT)
    assert not store.expire(sha, store.written_at(sha) - 1)
    assert store.has(sha)
    assert store.expire(sha, store.written_at(sha) + 1)
    assert not store.has(sha)
    assert not store.expire(sha, time.time() + 10)


@pytest.mark.parametrize("data", [TEXT, NOISE * 20], ids=["small", "large"])
def test_what_is_kept_again_does_not_expire(
    store: BlobStore, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a sweep could take it from under the row that is about to refer to it."""
    monkeypatch.setattr("mailcrm.net.blobs.folder.FRESH", 0.1)
    monkeypatch.setattr("mailcrm.net.blobs.s3.FRESH", 0.1)
    (tmp_path / "file").write_bytes(data)
    for source in (data, tmp_path / "file"):
        sha = store.keep(source)
        first = store.written_at(sha)
        time.sleep(1.2)  # the clock of S3 counts seconds
        store.keep(source)
        store.settle()
        assert store.written_at(sha) > first
        assert not store.expire(sha, first + 0.05)
        assert store.verify(sha) == "ok"


SWEEPER = """
import pickle, sys, time
from mailcrm.net.blobs import open_blobs
blobs = open_blobs(pickle.loads(bytes.fromhex(sys.argv[1])))
print(flush=True)
while True:
    blobs.expire(sys.argv[2], time.time() - 1000)
"""


def test_a_sweep_never_takes_what_is_being_kept_again(blobs: Blobs) -> None:
    """The blob is old whenever it is kept, so that every look of the sweeper is a race."""
    sha = blobs.keep(NOISE)
    command = [sys.executable, "-c", SWEEPER, pickle.dumps(blobs.place).hex(), sha]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sweeper:
        assert sweeper.stdout is not None
        sweeper.stdout.readline()
        taken, until = 0, time.monotonic() + 3
        while time.monotonic() < until:
            with contextlib.suppress(FileNotFoundError):
                os.utime(blobs.place.folder / sha[:2] / sha, (0, 0))
            taken += not blobs.has(sha)
            blobs.keep(NOISE)
            assert blobs.has(sha)
        sweeper.kill()
    assert taken


def test_settling_again_after_a_failure(blobs: Blobs, tmp_path: Path) -> None:
    sha = blobs.keep(NOISE)
    root, away = tmp_path / "blobs", tmp_path / "away"
    root.rename(away)
    with pytest.raises(StorageFailed):
        blobs.settle()
    away.rename(root)
    blobs.settle([sha, "0" * 64])
    assert blobs.verify(sha) == "ok"


def test_durable_without_syncfs(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On systems without syncfs every file and every folder that names one is synced, files first."""
    root = tmp_path / "blobs"
    file = root / "ab" / "abc"
    assert sync_order(root, {file}) == [file, file.parent, root]
    assert sync_order(root, set()) == []
    monkeypatch.setattr("mailcrm.net.blobs.folder._SYNCFS", None)
    sha = blobs.keep(NOISE)
    blobs.settle()
    blobs.keep(TEXT)
    next(root.rglob(sha)).unlink()
    blobs.settle()  # what was settled before is not asked for again
    assert blobs.keep(NOISE) == sha
    next(root.rglob(sha)).unlink()
    with pytest.raises(StorageFailed):
        blobs.settle()
