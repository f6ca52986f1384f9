"""Where blobs lie, and what every store of them can do."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

FRESH = 6 * 3600.0
"""Seconds: a blob that is kept again after so long counts as stored now, so that no sweep takes it from under a row."""
_NAME = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of an S3-compatible server, and where its keys are found. Holds no secret itself."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    """Empty for Amazon."""
    region: str = ""
    key_id_env: str = ""
    secret_env: str = ""
    credentials_file: Path | None = None
    """A file as Amazon's tools write it; with neither file nor variables the machine's own role is asked for."""


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """Where blobs lie: small and picklable, so that worker processes can open the same store."""

    folder: Path
    """Of the blobs; with a bucket, of files that are on their way to it."""
    bucket: Bucket | None = None

    @property
    def spool(self) -> Path:
        """The local folder for large files that are on their way into the store."""
        return self.folder / "tmp"

    def __str__(self) -> str:
        """As people write it."""
        if self.bucket is None:
            return str(self.folder)
        return "/".join(filter(None, (f"s3://{self.bucket.name}", self.bucket.prefix)))


class BlobStore(Protocol):
    """What every store of blobs can do. Raises StorageFailed where it cannot be used, NotFound for a blob that is not
    there. Safe for many threads and processes at once."""

    @property
    def place(self) -> BlobPlace:
        """From this another process opens the same store."""

    def keep(self, data: bytes | Path, sha: str = "") -> str:
        """Stores bytes (whose SHA-256 may be known), or the content of a file; returns the SHA-256 in hexadecimal."""

    def flush(self) -> None:
        """Waits until all that was given to this object lies under its name. Raises StorageFailed; then the next call
        tries it again."""

    def settle(self, kept_elsewhere: Iterable[str] = ()) -> None:
        """Flushes, then makes durable what this object kept, and what other processes kept under these names."""

    def read(self, sha: str) -> bytes:
        """The original bytes."""

    def open(self, sha: str) -> BinaryIO:
        """The original bytes as a stream."""

    def has(self, sha: str) -> bool:
        """Whether the blob is there."""

    def size(self, sha: str) -> int:
        """Bytes that the blob takes up in the store."""

    def written_at(self, sha: str) -> float:
        """When the blob was stored, in seconds since 1970."""

    def verify(self, sha: str) -> Literal["ok", "missing", "corrupt"]:
        """Reads the whole blob and compares it with its name."""

    def iterate(self) -> Iterator[str]:
        """The names of all blobs in order, each once."""

    def remove(self, sha: str) -> None:
        """Deletes the blob if it is there."""

    def expire(self, sha: str, older_than: float) -> bool:
        """Deletes the blob if it was stored before a time in seconds since 1970, and not kept again since; says whether
        it did."""

    def sweep(self, older_than: float) -> int:
        """Removes unfinished files of this machine that are older than a time in seconds since 1970; returns how
        many."""


def key(sha: str, separator: str = "/") -> str:
    """The place of a blob below the root: AB/ABCD…. Raises ValueError for what is not the name of a blob."""
    if not is_name(sha):
        raise ValueError("not the name of a blob")
    return f"{sha[:2]}{separator}{sha}"


def is_name(text: str) -> bool:
    """Whether it is a SHA-256 in hexadecimal."""
    return _NAME.fullmatch(text) is not None
