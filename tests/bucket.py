"""Bucket: an S3 server process (moto) with a bucket for each test, and stores of blobs to be spoiled."""

import itertools
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import obstore

from mailcrm.net.blobs import BlobPlace, BlobStore, Bucket
from mailcrm.net.blobs.bucket import connected
from mailcrm.net.blobs.place import key
from tests.servers import free_port, running

KEYS = "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n"


@dataclass
class S3Server:
    """The server; whatever keys are shown to it are good."""

    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def place(self, folder: Path, prefix: str = "crm") -> BlobPlace:
        """A new, empty bucket with a local folder for files on their way."""
        name = f"mail{next(self._numbers)}"
        url = f"http://127.0.0.1:{self.port}"
        with urllib.request.urlopen(urllib.request.Request(f"{url}/{name}", method="PUT")) as answer:
            assert answer.status == 200
        return BlobPlace(folder, Bucket(name, prefix, url, "us-east-1", credentials_file=keys(folder)))


def keys(folder: Path) -> Path:
    """A file of keys, for its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys"
    path.write_text(KEYS)
    path.chmod(0o600)
    return path


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A server at a free port, ended with the block."""
    port = free_port()
    with running([sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port):
        yield S3Server(port)


def change(blobs: BlobStore, sha: str, how: Callable[[bytes], bytes]) -> None:
    """Alters what is stored under a name, as a broken disk or a foreign hand would."""
    blobs.flush()
    if blobs.place.bucket is None:
        path = next(blobs.place.folder.rglob(f"{sha}*"))
        path.write_bytes(how(path.read_bytes()))
        return
    store = connected(blobs.place.bucket).store
    found = obstore.get(store, key(sha))
    attributes = {k: v for k, v in found.attributes.items() if k == "Content-Encoding"}
    obstore.put(store, key(sha), how(bytes(found.bytes())), attributes=attributes)
