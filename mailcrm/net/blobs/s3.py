"""Blobs in a bucket of an S3-compatible server, one object each.

    PREFIX/ab/abcd…    the bytes as they are, or compressed with zstandard under "Content-Encoding: zstd"

An object appears whole or not at all, so there are no half blobs; what a killed writer left of a large one is not
listed, and a lifecycle rule of the bucket removes it. The server checks the SHA-256 of what it is sent, and each read
is checked against the name. Small blobs are put only where there is none yet, so that equal ones cost no second object.
"""

import hashlib
import io
import os
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import obstore
import zstandard
from obstore.exceptions import AlreadyExistsError

from mailcrm.errors import NotFound, StorageFailed
from mailcrm.net.blobs.bucket import Connection, connected, failures, told
from mailcrm.net.blobs.packing import SAMPLE, middle, pays, pays_for
from mailcrm.net.blobs.place import FRESH, BlobPlace, Bucket, is_name, key
from mailcrm.net.blobs.stream import Checked, Chunks, Corrupt

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta

_CHUNK = 1 << 20
_LOOK_FIRST = 128 << 10
"""Bytes from which it is cheaper to ask whether a blob is there than to send it in vain."""
_IN_PARTS = 8 << 20
"""Bytes from which a blob is sent in several parts at a time, each of them tried again for itself."""
_IN_FLIGHT = 32 << 20
"""Bytes that may wait to be sent; who keeps more waits."""


class S3Blobs:
    """The store in a bucket. `keep` returns at once and sends in the background; `flush` waits for that."""

    def __init__(self, place: BlobPlace) -> None:
        """Opens no connection yet. Raises ConfigError where the keys cannot be had, StorageFailed where there is no
        room for files on their way."""
        self._bucket: Bucket = cast(Bucket, place.bucket)
        self._place = place
        self._connection: Connection = connected(self._bucket)
        self._lock = threading.Lock()
        self._sending: dict[str, tuple[bytes, Future[None]]] = {}
        with told(self._bucket):
            place.spool.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def place(self) -> BlobPlace:
        """From this another process opens the same store."""
        return self._place

    def keep(self, data: bytes | Path, sha: str = "") -> str:
        """Sends bytes in the background, or a file before it returns; returns the SHA-256 of the original bytes.
        Raises StorageFailed, for bytes only in `flush` or `settle`."""
        if isinstance(data, Path):
            return self._keep_file(data)
        sha = sha or hashlib.sha256(data).hexdigest()
        key(sha)
        with self._lock:
            before = self._sending.get(sha)
            if before is None or before[1].done():
                self._sending[sha] = data, self._connection.pool.submit(self._send, sha, data)
            waiting = sum(len(one) for one, _ in self._sending.values())
        if waiting > _IN_FLIGHT:
            self.flush()
        return sha

    def flush(self) -> None:
        """Waits until the bucket has all that was kept. Raises StorageFailed; then the next call sends again."""
        failed: StorageFailed | None = None
        with self._lock:
            sending = dict(self._sending)
        for sha, (data, future) in sending.items():
            try:
                future.result()
            except StorageFailed as error:
                # This caller gives up; whoever asks next has it sent once more, and waits for that.
                failed = error
                again = data, self._connection.pool.submit(self._send, sha, data)
                with self._lock:
                    if self._sending.get(sha) == (data, future):
                        self._sending[sha] = again
            else:
                with self._lock:
                    if self._sending.get(sha) == (data, future):
                        del self._sending[sha]
        if failed is not None:
            raise failed

    def settle(self, kept_elsewhere: Iterable[str] = ()) -> None:
        """The same as `flush`: what the server said yes to is durable, whoever sent it."""
        del kept_elsewhere
        self.flush()

    def read(self, sha: str) -> bytes:
        """The original bytes. Raises NotFound, or StorageFailed where they cannot be read or are damaged."""
        with self.open(sha) as stream:
            return stream.read()

    def open(self, sha: str) -> BinaryIO:
        """The original bytes as a stream, decompressed on the way. Raises NotFound, StorageFailed where they cannot be
        had, and StorageFailed at the end where they are damaged."""
        found = self._found(sha)
        chunks = Chunks(map(bytes, found.stream(min_chunk_size=_CHUNK)), lambda: told(self._bucket))
        packed = found.attributes.get("Content-Encoding") == "zstd"
        return io.BufferedReader(Checked(cast(BinaryIO, chunks), sha, packed), _CHUNK)

    def has(self, sha: str) -> bool:
        """Whether the blob is there. Raises StorageFailed."""
        return self._look(sha) is not None

    def size(self, sha: str) -> int:
        """Bytes that the blob takes up in the bucket. Raises NotFound."""
        return int(self._located(sha)["size"])

    def written_at(self, sha: str) -> float:
        """When the blob was stored, in seconds since 1970, by the server's clock. Raises NotFound."""
        return self._located(sha)["last_modified"].timestamp()

    def verify(self, sha: str) -> Literal["ok", "missing", "corrupt"]:
        """Reads the whole blob and compares it with its name. Raises StorageFailed where it cannot be read."""
        try:
            with self.open(sha) as stream:
                while stream.read(_CHUNK):
                    pass
        except NotFound:
            return "missing"
        except Corrupt:
            return "corrupt"
        return "ok"

    def iterate(self) -> Iterator[str]:
        """The names of all blobs in order, each once; other objects in the bucket are passed over."""
        pages = iter(obstore.list(self._connection.store))
        while True:
            with told(self._bucket):
                page = next(pages, None)
            if page is None:
                return
            names = (str(one["path"]).rpartition("/")[2] for one in page)
            yield from (name for name in names if is_name(name))

    def remove(self, sha: str) -> None:
        """Deletes the blob if it is there. Raises StorageFailed."""
        self._arrived(sha)
        with told(self._bucket):
            try:
                obstore.delete(self._connection.store, key(sha))
            except FileNotFoundError:
                return

    def expire(self, sha: str, older_than: float) -> bool:
        """Deletes the blob if it was stored before a time in seconds since 1970, and not kept again since; says whether
        it did. S3 cannot do both in one step: whoever keeps the blob between them must keep it once more."""
        found = self._look(sha)
        if found is None or found["last_modified"].timestamp() >= older_than:
            return False
        self.remove(sha)
        return True

    def sweep(self, older_than: float) -> int:
        """Removes files on their way to the bucket that a killed process left on this machine."""
        stale = [path for path in self._place.spool.iterdir() if path.stat().st_mtime < older_than]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def _found(self, sha: str) -> "GetResult":
        self._arrived(sha)
        with told(self._bucket):
            try:
                return obstore.get(self._connection.store, key(sha))
            except FileNotFoundError:
                raise self._missing(sha) from None

    def _look(self, sha: str) -> "ObjectMeta | None":
        self._arrived(sha)
        return self._head(sha)

    def _head(self, sha: str) -> "ObjectMeta | None":
        with told(self._bucket):
            try:
                return obstore.head(self._connection.store, key(sha))
            except FileNotFoundError:
                return None

    def _located(self, sha: str) -> "ObjectMeta":
        found = self._look(sha)
        if found is None:
            raise self._missing(sha)
        return found

    def _missing(self, sha: str) -> NotFound:
        return NotFound(f"The blob {sha} is not in {self._place}: run mailcrm fsck.")

    def _arrived(self, sha: str) -> None:
        """Waits for a blob that this object is just sending."""
        with self._lock:
            sending = self._sending.get(sha)
        if sending is not None:
            sending[1].exception()

    def _is_fresh(self, sha: str) -> bool:
        found = self._head(sha)
        return found is not None and found["last_modified"].timestamp() > time.time() - FRESH

    def _send(self, sha: str, data: bytes) -> None:
        packed = pays_for(data)
        body = zstandard.ZstdCompressor(3).compress(data) if packed else data
        if len(body) < _LOOK_FIRST:
            try:
                self._put(sha, body, packed, new=True)
                return
            except AlreadyExistsError:
                pass
        if not self._is_fresh(sha):
            self._put(sha, body, packed, new=False)

    def _put(self, sha: str, body: bytes | Path, packed: bool, new: bool) -> None:
        """Puts one object; with `new` raises AlreadyExistsError where there is one."""
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        with failures(self._bucket):
            obstore.put(
                self._connection.store,
                key(sha),
                body,
                mode="create" if new else "overwrite",
                attributes={"Content-Encoding": "zstd"} if packed else None,
                use_multipart=size >= _IN_PARTS,
            )

    def _keep_file(self, source: Path) -> str:
        """Hashes and compresses in one pass, then sends."""
        with told(self._bucket):
            size = source.stat().st_size
            with source.open("rb") as file:
                first = file.read(SAMPLE)
                file.seek(middle(size))
                packed = pays(first, file.read(SAMPLE), size)
                file.seek(0)
                sha, body = self._pack(file) if packed else (hashlib.file_digest(file, "sha256").hexdigest(), source)
        try:
            if not self._is_fresh(sha):
                self._put(sha, body, packed, new=False)
        finally:
            if packed:
                body.unlink(missing_ok=True)
        return sha

    def _pack(self, file: BinaryIO) -> tuple[str, Path]:
        digest = hashlib.sha256()
        descriptor, name = tempfile.mkstemp(dir=self._place.spool)
        with os.fdopen(descriptor, "wb") as out, zstandard.ZstdCompressor(3).stream_writer(out) as writer:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                writer.write(chunk)
        return digest.hexdigest(), Path(name)
