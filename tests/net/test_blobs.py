"""The store of blobs: whole or absent, whoever writes, whenever it is killed."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.net.blobs import Blobs, BlobStore, sync_order

TEXT = b"Dear Sir or Madam, please find our offer below.\r\n" * 400
NOISE = random.Random(1).randbytes(20_000)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """An empty store."""
    return Blobs(tmp_path / "blobs")


def files(root: Path) -> list[Path]:
    """Every file of the store."""
    return [path for path in root.rglob("*") if path.is_file()]


def test_keeps_bytes_under_their_hash(blobs: Blobs, tmp_path: Path) -> None:
    store: BlobStore = blobs
    for data in (b"", b"x", TEXT, NOISE, b"\0" * 5_000_000):
        sha = store.keep(data)
        store.settle()
        assert sha == hashlib.sha256(data).hexdigest()
        assert store.has(sha)
        assert store.read(sha) == data
        with store.open(sha) as stream:
            assert stream.read(7) + stream.read() == data
        assert store.verify(sha) == "ok"
        path = next((tmp_path / "blobs").rglob(sha + "*"))
        assert path.parent == tmp_path / "blobs" / sha[:2]
        assert store.size(sha) == path.stat().st_size


def test_compresses_where_it_pays(blobs: Blobs) -> None:
    assert blobs.size(blobs.keep(TEXT)) < len(TEXT) / 10
    assert blobs.size(blobs.keep(NOISE)) == len(NOISE)
    assert blobs.size(blobs.keep(b"short")) == 5


@pytest.mark.parametrize("data", [TEXT, NOISE, b"", TEXT * 300, NOISE * 300], ids=len)
def test_a_file_is_kept_as_its_bytes(blobs: Blobs, tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "source"
    source.write_bytes(data)
    sha = blobs.keep(source)
    assert sha == hashlib.sha256(data).hexdigest()
    assert blobs.read(sha) == data
    size = blobs.size(sha)
    blobs.remove(sha)
    assert blobs.keep(data) == sha
    assert (blobs.size(sha) < len(data)) == (size < len(data))  # both ways choose alike
    assert blobs.keep(source) == sha
    assert list(blobs.iterate()) == [sha]
    assert not list((tmp_path / "blobs" / "tmp").iterdir())


@given(st.lists(st.binary(max_size=3000), max_size=8))
@settings(max_examples=30, deadline=None)
def test_says_what_it_holds(tmp_path_factory: pytest.TempPathFactory, datas: list[bytes]) -> None:
    blobs = Blobs(tmp_path_factory.mktemp("blobs"))
    held = {blobs.keep(data): data for data in datas}
    blobs.settle()
    assert list(blobs.iterate()) == sorted(held)
    assert all(blobs.read(sha) == data for sha, data in held.items())


def test_tells_missing_and_corrupt_apart(blobs: Blobs, tmp_path: Path) -> None:
    packed, loose = blobs.keep(TEXT), blobs.keep(NOISE)
    changes: list[Callable[[bytes], bytes]] = [
        lambda data: data[:-5],
        lambda data: data[:100] + b"!" + data[101:],
        lambda data: b"",
    ]
    for sha in (packed, loose):
        path = next((tmp_path / "blobs").rglob(sha + "*"))
        whole = path.read_bytes()
        for change in changes:
            path.write_bytes(change(whole))
            assert blobs.verify(sha) == "corrupt"
        blobs.remove(sha)
        blobs.remove(sha)
        assert blobs.verify(sha) == "missing"
        assert not blobs.has(sha)
        for ask in (blobs.read, blobs.open, blobs.size):
            with pytest.raises(NotFound, match="mailcrm fsck"):
                ask(sha)


def test_a_corrupt_blob_is_an_error_in_words(blobs: Blobs, tmp_path: Path) -> None:
    sha = blobs.keep(TEXT)
    next((tmp_path / "blobs").rglob(sha + "*")).write_bytes(b"not zstandard")
    with pytest.raises(StorageFailed, match="fsck"):
        blobs.read(sha)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_only_hashes_are_names(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="name of a blob"):
        blobs.read(name)


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


def test_many_writers_of_the_same(blobs: Blobs, tmp_path: Path) -> None:
    datas = [TEXT + bytes([number]) for number in range(40)]
    other = Blobs(tmp_path / "blobs")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: (blobs, other)[number % 2].keep(datas[number % 40]), range(400)))
        list(pool.map(lambda _: blobs.settle(), range(8)))
    assert len(list(blobs.iterate())) == 40
    assert all(blobs.verify(sha) == "ok" for sha in blobs.iterate())
    assert len(files(tmp_path / "blobs")) == 40


WRITER = """
import random, sys
from pathlib import Path
from mailcrm.net.blobs import Blobs
blobs, numbers = Blobs(Path(sys.argv[1])), random.Random(int(sys.argv[2]))
while True:
    kept = [blobs.keep(numbers.choice([b"some text " * 5000, b""]) + numbers.randbytes(40_000)) for _ in range(5)]
    blobs.settle()
    print("\\n".join(kept), flush=True)
"""


def test_killed_at_any_moment_nothing_is_half(tmp_path: Path) -> None:
    root = tmp_path / "blobs"
    chance = random.Random(7)
    settled: list[str] = []
    for turn in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(root), str(turn)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        settled.append(writer.stdout.readline().decode().strip())
        time.sleep(chance.uniform(0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().decode().split("\n")
        settled += [line for line in rest[:-1] if line]
        writer.wait()
        writer.stdout.close()
    blobs = Blobs(root)
    assert all(blobs.verify(sha) == "ok" for sha in blobs.iterate())
    assert all(blobs.has(sha) for sha in settled)
    assert blobs.sweep(0.0) == 0
    blobs.sweep(time.time() + 1)
    assert len(files(root)) == len(list(blobs.iterate()))
    assert all(blobs.has(sha) for sha in settled)


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
