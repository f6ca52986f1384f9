"""Blobs in a local folder, one file each.

    root/ab/abcd…     the bytes as they are
    root/ab/abcd….z   the same, compressed with zstandard
    root/ab/.….part   a file being written
    root/tmp/         files being written whose name is not known yet

A blob is named by the SHA-256 of its original bytes, written beside its place and renamed only when complete. There
are no more folders than that: making one costs ext4 twenty times as much as making a file. `settle` makes all that was
kept durable: call it before any row refers to a blob. Whoever is killed between leaves at most a file that `sweep`
removes or a blob that nobody refers to.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Literal

import zstandard

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.net.blobs.packing import SAMPLE, middle, pays, pays_for
from mailcrm.net.blobs.place import FRESH, BlobPlace, key
from mailcrm.net.blobs.stream import Checked, Corrupt

_CHUNK = 1 << 20
_PACKED = ".z"
_PART = ".part"


class Blobs:
    """The store in a local folder. Safe for many threads and processes at once."""

    def __init__(self, root: Path) -> None:
        """Creates the folder where it is missing. Raises StorageFailed if that cannot be done."""
        self._root = root
        self._tmp = root / "tmp"
        self._lock = Lock()
        self._compressor = zstandard.ZstdCompressor(3)
        self._unsettled: set[Path] = set()
        with _storage(root):
            self._tmp.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def place(self) -> BlobPlace:
        """From this another process opens the same store."""
        return BlobPlace(self._root)

    def keep(self, data: bytes | Path, sha: str = "") -> str:
        """Stores bytes, or the content of a file without reading it into memory; returns the SHA-256 of the original
        bytes in hexadecimal. `sha` is that of the bytes where the caller has just computed it. Keeping the same again
        costs a look. Raises StorageFailed; the blob is durable only after `settle`."""
        with _storage(self._root):
            if isinstance(data, Path):
                return self._keep_file(data)
            sha = sha or hashlib.sha256(data).hexdigest()
            if (found := self._find_again(sha)) is None:
                packed = pays_for(data)
                found = self._write(sha, self._compressed(data) if packed else data, packed)
            self._remember(found)
            return sha

    def flush(self) -> None:
        """Nothing: what `keep` returned from lies under its name."""

    def settle(self, kept_elsewhere: Iterable[str] = ()) -> None:
        """Makes everything kept since the last call durable. On Linux one syncfs covers whatever any process kept;
        elsewhere the names of what other processes kept must be given. Raises StorageFailed; then nothing counts as
        settled and the next call does it again."""
        with self._lock:
            paths, self._unsettled = self._unsettled, set()
        try:
            with _storage(self._root):
                others = {path for sha in kept_elsewhere if (path := self._find(sha))}
                _make_durable(self._root, paths | others)
        except StorageFailed:
            with self._lock:
                self._unsettled |= paths
            raise

    def read(self, sha: str) -> bytes:
        """The original bytes. Raises NotFound, or StorageFailed where they cannot be read."""
        with self.open(sha) as stream, _storage(self._root):
            return stream.read()

    def open(self, sha: str) -> BinaryIO:
        """The original bytes as a stream, decompressed on the way. Raises NotFound, and StorageFailed at the end where
        they are damaged."""
        path = self._located(sha)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise self._missing(sha) from None
        return io.BufferedReader(Checked(file, sha, path.suffix == _PACKED), _CHUNK)

    def has(self, sha: str) -> bool:
        """Whether the blob is there."""
        return self._find(sha) is not None

    def size(self, sha: str) -> int:
        """Bytes that the blob takes up on the disk. Raises NotFound."""
        return self._located(sha).stat().st_size

    def written_at(self, sha: str) -> float:
        """When the blob was stored, in seconds since 1970. Raises NotFound."""
        return self._located(sha).stat().st_mtime

    def verify(self, sha: str) -> Literal["ok", "missing", "corrupt"]:
        """Reads the whole blob and compares it with its name."""
        try:
            with self.open(sha) as stream:
                while stream.read(_CHUNK):
                    pass
        except NotFound:
            return "missing"
        except (Corrupt, OSError):
            return "corrupt"
        return "ok"

    def iterate(self) -> Iterator[str]:
        """The names of all blobs in order, each once."""
        for folder in sorted(self._root.glob("??")):
            yield from sorted({path.name.removesuffix(_PACKED) for path in folder.iterdir() if path.suffix != _PART})

    def remove(self, sha: str) -> None:
        """Deletes the blob if it is there: also a corrupt one before it is kept anew. Raises StorageFailed."""
        with _storage(self._root):
            for path in self._paths(sha):
                path.unlink(missing_ok=True)

    def expire(self, sha: str, older_than: float) -> bool:
        """Deletes the blob if it was stored before a time in seconds since 1970, and not kept again since; says whether
        it did. Raises StorageFailed."""
        with _storage(self._root), self._alone():
            found = [path for path in self._paths(sha) if path.exists()]
            if not found or max(path.stat().st_mtime for path in found) >= older_than:
                return False
            for path in found:
                path.unlink()
            return True

    def sweep(self, older_than: float) -> int:
        """Removes files that a killed writer left half written and that are older than a time in seconds since 1970;
        returns how many."""
        unfinished = (*self._tmp.iterdir(), *self._root.glob(f"??/.*{_PART}"))
        stale = [path for path in unfinished if path.stat().st_mtime < older_than]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def _paths(self, sha: str) -> tuple[Path, Path]:
        path = self._root / key(sha)
        return path, path.with_name(f"{sha}{_PACKED}")

    def _compressed(self, data: bytes) -> bytes:
        # A compressor costs a quarter of what compressing a message costs, and must not be used by two threads at once.
        with self._lock:
            return self._compressor.compress(data)

    def _find(self, sha: str) -> Path | None:
        return next((path for path in self._paths(sha) if path.exists()), None)

    def _find_again(self, sha: str) -> Path | None:
        """The file of a blob that is kept once more: an old one gets a new date, lest it be swept before a row refers
        to it."""
        path = self._find(sha)
        try:
            if path is not None and path.stat().st_mtime < time.time() - FRESH:
                with self._alone():
                    os.utime(path)
        except FileNotFoundError:
            return None
        return path

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else, in any process, is in such a block at the same time."""
        descriptor = os.open(self._root, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _located(self, sha: str) -> Path:
        if (path := self._find(sha)) is None:
            raise self._missing(sha)
        return path

    def _missing(self, sha: str) -> NotFound:
        return NotFound(f"The blob {sha} is not in {self._root}: run mailcrm fsck.")

    def _remember(self, path: Path) -> None:
        with self._lock:
            self._unsettled.add(path)

    def _write(self, sha: str, data: bytes, packed: bool) -> Path:
        path = self._paths(sha)[packed]
        descriptor, name = self._begin(path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.rename(name, path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return path

    def _begin(self, folder: Path) -> tuple[int, str]:
        """A new file in the folder of a blob; makes the folder where it is missing."""
        try:
            return tempfile.mkstemp(_PART, ".", folder)
        except FileNotFoundError:
            folder.mkdir(exist_ok=True, mode=0o700)
            return tempfile.mkstemp(_PART, ".", folder)

    def _place(self, temporary: Path, sha: str, packed: bool) -> Path:
        """Renames a complete file of `tmp` to its name."""
        path = self._paths(sha)[packed]
        path.parent.mkdir(exist_ok=True, mode=0o700)
        temporary.rename(path)
        return path

    def _keep_file(self, source: Path) -> str:
        """Copies, hashes and compresses in one pass."""
        size = source.stat().st_size
        with source.open("rb") as file:
            first = file.read(SAMPLE)
            file.seek(middle(size))
            packed = pays(first, file.read(SAMPLE), size)
            file.seek(0)
            digest = hashlib.sha256()
            descriptor, name = tempfile.mkstemp(dir=self._tmp)
            try:
                with os.fdopen(descriptor, "wb") as out:
                    writer = zstandard.ZstdCompressor(3).stream_writer(out, closefd=False) if packed else out
                    while chunk := file.read(_CHUNK):
                        digest.update(chunk)
                        writer.write(chunk)
                    if packed:
                        writer.flush(zstandard.FLUSH_FRAME)  # type: ignore[call-arg]
                sha = digest.hexdigest()
                found = self._find_again(sha) or self._place(Path(name), sha, packed)
            finally:
                Path(name).unlink(missing_ok=True)
        self._remember(found)
        return sha


def _make_durable(root: Path, paths: set[Path]) -> None:
    """One syncfs of the file system where there is one (Linux), else one fsync each, files before folders."""
    if _SYNCFS is not None:
        descriptor = os.open(root, os.O_RDONLY)
        try:
            if _SYNCFS(descriptor) != 0:
                raise OSError(ctypes.get_errno(), "syncfs failed")
        finally:
            os.close(descriptor)
        return
    for path in sync_order(root, paths):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_order(root: Path, files: set[Path]) -> list[Path]:
    """What fsync must see where there is no syncfs: files, then the folders that name them, then theirs."""
    return [*sorted(files), *sorted({file.parent for file in files}), root] if files else []


_SYNCFS = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None) if os.name == "posix" else None


@contextlib.contextmanager
def _storage(root: Path) -> Iterator[None]:
    """Failures of the disk as errors that the loops wait out."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"The blob folder {root} cannot be used: {error.strerror or error}.") from error
