"""The original bytes of a blob as a stream that is checked against the blob's name."""

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from mailcrm.errors import StorageFailed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Corrupt(StorageFailed):
    """A blob whose bytes are not those of its name."""


class Chunks(io.RawIOBase):
    """Chunks that arrive one by one, as a file; `told` puts the errors of their source into our words."""

    def __init__(self, chunks: Iterator[bytes], told: Callable[[], AbstractContextManager[None]]) -> None:
        self._chunks = chunks
        self._told = told
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fills the buffer as far as the chunk at hand goes; 0 at the end. Raises StorageFailed."""
        while not self._rest:
            with self._told():
                chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def readall(self) -> bytes:
        """All that is left, in one piece. Raises StorageFailed."""
        with self._told():
            rest = b"".join((self._rest, *self._chunks))
        self._rest = memoryview(b"")
        return rest


class Checked(io.RawIOBase):
    """The original bytes; at their end raises Corrupt where they are not those of the name."""

    def __init__(self, source: BinaryIO, sha: str, packed: bool) -> None:
        unpacked = zstandard.ZstdDecompressor().stream_reader(source, closefd=True) if packed else source
        self._source: BinaryIO = unpacked
        self._sha = sha
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """Fills the buffer as far as possible at once; 0 at the end. Raises Corrupt, StorageFailed."""
        target = memoryview(buffer).cast("B")
        data = self._next(len(target))
        if not data and len(target):
            self._check()
        target[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """All that is left, in one piece. Raises Corrupt, StorageFailed."""
        data = self._next(-1)
        self._check()
        return data

    def close(self) -> None:
        """Closes the source too."""
        super().close()
        self._source.close()

    def _next(self, size: int) -> bytes:
        try:
            data = self._source.read(size)
        except zstandard.ZstdError:
            raise self._corrupt() from None
        self._digest.update(data)
        return data

    def _check(self) -> None:
        if self._digest.hexdigest() != self._sha:
            raise self._corrupt()

    def _corrupt(self) -> Corrupt:
        return Corrupt(f"The blob {self._sha} is damaged: run mailcrm fsck.")
