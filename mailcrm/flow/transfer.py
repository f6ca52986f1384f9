"""Every blob of one store copied into another: may be killed at any moment and run again, until nothing is missing."""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.net.blobs import BlobStore

_THREADS = 8
_AT_ONCE = 64
_IN_MEMORY = 1 << 20
"""Bytes of a blob; larger ones go through a file."""
_CHUNK = 1 << 20


@dataclass
class Copied:
    """What came of it."""

    present: int = 0
    """Blobs that the target had before."""
    copied: int = 0
    size: int = 0
    """Bytes of the copied ones, unpacked."""
    corrupt: list[str] = field(default_factory=list)
    """Blobs whose bytes are not those of their names: not copied."""

    @property
    def seen(self) -> int:
        """How many blobs of the source are settled."""
        return self.present + self.copied + len(self.corrupt)


def copy(source: BlobStore, target: BlobStore, tell: Callable[[Copied, int], None] | None = None) -> Copied:
    """Copies what the target does not have. Each blob is checked by its hash on the way and read back afterwards.

    `tell` hears of the progress: what is done, how many blobs there are. Raises StorageFailed; then run it again.
    """
    names = list(source.iterate())
    there = set(target.iterate())
    missing = [name for name in names if name not in there]
    done = Copied(present=len(names) - len(missing))
    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            for future in _bounded(pool, source, target, missing):
                _count(done, *future.result())
                if tell:
                    tell(done, len(names))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    target.settle()
    if tell:
        tell(done, len(names))
    return done


def _bounded(
    pool: ThreadPoolExecutor, source: BlobStore, target: BlobStore, names: list[str]
) -> Iterator[Future[tuple[str, int]]]:
    """Each copy as it ends; no more than a few are under way, so that memory is bounded."""
    running: set[Future[tuple[str, int]]] = set()
    for name in names:
        running.add(pool.submit(_copy, source, target, name))
        if len(running) >= _AT_ONCE:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            yield from ended
    yield from wait(running).done


def _count(done: Copied, name: str, size: int) -> None:
    if size < 0:
        done.corrupt.append(name)
    else:
        done.copied += 1
        done.size += size


def _copy(source: BlobStore, target: BlobStore, name: str) -> tuple[str, int]:
    """The name, and the bytes that were copied: -1 for a damaged blob, 0 also for one that was swept meanwhile."""
    try:
        size = _carry(source, target, name)
    except NotFound:
        return name, 0
    except StorageFailed:
        # A damaged blob is told; a store that does not answer ends the copy, to be run again.
        if source.verify(name) != "corrupt":
            raise
        return name, -1
    if target.verify(name) != "ok":
        target.remove(name)
        raise StorageFailed(f"The blob {name} came out damaged in {target.place}: run the copy again.")
    return name, size


def _carry(source: BlobStore, target: BlobStore, name: str) -> int:
    """Copies one blob; returns its bytes. Raises NotFound, StorageFailed."""
    with source.open(name) as stream:
        first = stream.read(_IN_MEMORY)
        second = stream.read(_CHUNK)
        if second:
            return _carry_file(chain((first, second), iter(lambda: stream.read(_CHUNK), b"")), target)
    target.keep(first, name)
    target.flush()
    return len(first)


def _carry_file(chunks: Iterable[bytes], target: BlobStore) -> int:
    size = 0
    descriptor, path = tempfile.mkstemp(dir=target.place.spool)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                size += file.write(chunk)
        target.keep(Path(path))
    finally:
        Path(path).unlink(missing_ok=True)
    return size
