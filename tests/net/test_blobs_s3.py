"""What only a bucket has: its keys, its errors in plain words, retries, large objects, puts that never overwrite."""

import hashlib
import json
import logging
import pickle
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import obstore
import pytest

from mailcrm.errors import ConfigError, NotFound, StorageFailed
from mailcrm.flow.intake import take_in
from mailcrm.flow.readers import Readers
from mailcrm.net.blobs import BlobPlace, BlobStore, Bucket, open_blobs
from mailcrm.net.blobs.bucket import connected
from mailcrm.net.blobs.place import key
from tests.bucket import S3Server, keys
from tests.servers import free_port

TEXT = b"Dear Sir or Madam, please find our offer below.\r\n" * 400
NOISE = random.Random(1).randbytes(23 << 20)


@pytest.fixture
def place(s3: S3Server, tmp_path: Path) -> BlobPlace:
    """A new bucket."""
    return s3.place(tmp_path / "spool")


def objects(place: BlobPlace) -> dict[str, dict[str, str]]:
    """Every object of the bucket below the prefix, with its attributes."""
    assert place.bucket is not None
    store = connected(place.bucket).store
    paths = [one["path"] for page in obstore.list(store) for one in page]
    return {path: dict(obstore.get(store, path).attributes) for path in paths}


def test_one_object_a_blob(place: BlobPlace) -> None:
    store = open_blobs(place)
    text, noise = store.keep(TEXT), store.keep(NOISE[:5000])
    store.settle()
    found = objects(place)
    assert sorted(found) == sorted([f"{text[:2]}/{text}", f"{noise[:2]}/{noise}"])
    assert [found[key(sha)].get("Content-Encoding") for sha in (text, noise)] == ["zstd", None]
    assert store.size(text) < len(TEXT) / 10
    assert str(place).startswith("s3://mail")
    assert str(place).endswith("/crm")


def test_foreign_objects_are_passed_over(place: BlobPlace) -> None:
    store = open_blobs(place)
    sha = store.keep(TEXT)
    store.settle()
    assert place.bucket is not None
    obstore.put(connected(place.bucket).store, "readme.txt", b"ours")
    assert list(store.iterate()) == [sha]


def test_more_than_a_page_of_blobs(place: BlobPlace) -> None:
    store = open_blobs(place)
    names = sorted(store.keep(f"number {number}".encode()) for number in range(1203))
    store.settle()
    assert list(store.iterate()) == names


@pytest.mark.parametrize("packed", [True, False], ids=["packed", "plain"])
@pytest.mark.parametrize("way", ["bytes", "file"])
def test_large_blobs_go_in_parts(place: BlobPlace, tmp_path: Path, packed: bool, way: str) -> None:
    data = NOISE.hex().encode()[: 20 << 20] if packed else NOISE
    (tmp_path / "large").write_bytes(data)
    store = open_blobs(place)
    sha = store.keep(data if way == "bytes" else tmp_path / "large")
    store.settle()
    assert sha == hashlib.sha256(data).hexdigest()
    assert store.verify(sha) == "ok"
    assert (store.size(sha) < len(data)) == packed
    with store.open(sha) as stream:
        assert stream.read(100) == data[:100]
        assert hashlib.file_digest(stream, "sha256").hexdigest() == hashlib.sha256(data[100:]).hexdigest()
    assert (tmp_path / "large").exists()
    assert list(place.spool.iterdir()) == []


def test_puts_overwrite_nothing(place: BlobPlace) -> None:
    """Whoever put other bytes there, they stay: a corrupt blob is removed before it is kept anew."""
    sha = hashlib.sha256(TEXT).hexdigest()
    assert place.bucket is not None
    obstore.put(connected(place.bucket).store, key(sha), b"other bytes")
    store = open_blobs(place)
    store.keep(TEXT)
    store.settle()
    assert store.verify(sha) == "corrupt"
    store.remove(sha)
    store.keep(TEXT)
    assert store.read(sha) == TEXT


def test_workers_open_the_same_store(place: BlobPlace, readers: Readers) -> None:
    intake = readers.result(readers.submit(take_in, [(1, TEXT)], place))[0]
    assert open_blobs(pickle.loads(pickle.dumps(place))).read(intake.raw_sha256) == TEXT


class Faulty:
    """A server that gives the answers of a list, then 200 with no body for ever."""

    def __init__(self, port: int) -> None:
        self.answers: list[tuple[int, bytes, int]] = []
        """Status, body, and how many bytes of it to claim."""
        self.asked: list[str] = []
        faulty = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                faulty.asked.append(self.command)
                status, body, claimed = faulty.answers.pop(0) if faulty.answers else (200, b"", 0)
                self.send_response(status)
                self.send_header("Content-Length", str(claimed))
                self.send_header("ETag", '"1"')
                self.send_header("Last-Modified", "Mon, 02 Mar 2026 08:00:00 GMT")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

            do_PUT = do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)

    def say(self, status: int, body: bytes = b"", times: int = 1, claimed: int | None = None) -> None:
        """Answer so the next times."""
        self.answers += [(status, body, len(body) if claimed is None else claimed)] * times


@contextmanager
def _serving(faulty: Faulty) -> Iterator[None]:
    thread = threading.Thread(target=faulty.server.serve_forever, args=(0.05,))
    thread.start()
    yield
    faulty.server.shutdown()
    thread.join()
    faulty.server.server_close()


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[tuple[Faulty, BlobStore]]:
    """A faulty server and a store on it."""
    port = free_port()
    made = Faulty(port)
    bucket = Bucket("mail", "", f"http://127.0.0.1:{port}", "us-east-1", credentials_file=keys(tmp_path))
    with _serving(made):
        yield made, open_blobs(BlobPlace(tmp_path / "spool", bucket))


def _error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>Some words.</Message></Error>".encode()


def test_a_server_that_stumbles_is_asked_again(faulty: tuple[Faulty, BlobStore]) -> None:
    server, store = faulty
    server.say(503, _error("SlowDown"), times=2)
    store.keep(TEXT)
    store.settle()
    assert server.asked == ["PUT", "PUT", "PUT"]


def test_what_failed_is_sent_again(faulty: tuple[Faulty, BlobStore]) -> None:
    server, store = faulty
    server.say(403, _error("AccessDenied"))
    store.keep(TEXT)
    with pytest.raises(StorageFailed):
        store.settle()
    store.settle()
    assert server.asked == ["PUT", "PUT"]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (403, "AccessDenied", "does not let us use the bucket mail: check the keys"),
        (403, "SignatureDoesNotMatch", "check the keys"),
        (401, "", "check the keys"),
        (404, "NoSuchBucket", "There is no bucket mail on http://127.0.0.1"),
        (400, "QuotaExceeded", "the server says QuotaExceeded"),
    ],
)
def test_errors_are_one_line_without_secrets(
    faulty: tuple[Faulty, BlobStore], caplog: pytest.LogCaptureFixture, status: int, code: str, words: str
) -> None:
    server, store = faulty
    caplog.set_level(logging.DEBUG)
    server.say(status, _error(code))
    store.keep(TEXT)
    with pytest.raises(StorageFailed, match=words) as caught:
        store.settle()
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 250
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for secret in ("wJalrXUtnFEMI", "AKIDEXAMPLE"):
        assert secret not in said + caplog.text + repr(store.place) + repr(pickle.dumps(store.place))


def test_a_server_that_is_down(tmp_path: Path, s3: S3Server) -> None:
    place = s3.place(tmp_path)
    assert place.bucket is not None
    down = replace(place, bucket=replace(place.bucket, endpoint=f"http://127.0.0.1:{free_port()}"))
    store = open_blobs(down)
    asks: list[Callable[[], object]] = [
        lambda: store.has("a" * 64),
        lambda: list(store.iterate()),
        lambda: store.verify("a" * 64),
    ]
    began = time.monotonic()
    for ask in asks:
        with pytest.raises(StorageFailed, match="cannot be used: "):
            ask()
    assert time.monotonic() - began < 90


def test_an_answer_that_breaks_off_is_not_a_damaged_blob(faulty: tuple[Faulty, BlobStore]) -> None:
    server, store = faulty
    sha = hashlib.sha256(NOISE[:5000]).hexdigest()
    server.say(200, NOISE[:3000], times=20, claimed=5000)
    with pytest.raises(StorageFailed) as caught:
        store.verify(sha)
    assert "damaged" not in str(caught.value)


def test_missing_objects_are_not_found(faulty: tuple[Faulty, BlobStore]) -> None:
    server, store = faulty
    server.say(404, _error("NoSuchKey"))
    with pytest.raises(NotFound, match="is not in s3://mail: run mailcrm fsck"):
        store.read("a" * 64)


def test_keys_from_the_environment(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = s3.place(tmp_path)
    assert place.bucket is not None
    named = replace(place.bucket, credentials_file=None, key_id_env="THE_ID", secret_env="THE_SECRET")
    with pytest.raises(ConfigError, match="environment variable THE_ID is not set"):
        open_blobs(BlobPlace(tmp_path, named))
    monkeypatch.setenv("THE_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("THE_SECRET", "wJalrXUtnFEMI")
    store = open_blobs(BlobPlace(tmp_path, named))
    assert store.read(store.keep(TEXT)) == TEXT


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("[default]\naws_access_key_id = a\n", 0o600, "is not a file of keys"),
        ("{}", 0o600, "is not a file of keys"),
        ("[default]\naws_access_key_id = a\naws_secret_access_key = b\n", 0o644, "chmod 600"),
        (None, 0, "cannot be read"),
    ],
)
def test_a_bad_file_of_keys(tmp_path: Path, text: str | None, mode: int, words: str) -> None:
    path = tmp_path / "keys"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(ConfigError, match=words):
        open_blobs(BlobPlace(tmp_path, Bucket("mail", credentials_file=path)))


def test_the_key_signs_and_is_never_sent(tmp_path: Path) -> None:
    """The file of keys is really used: its id stands in the signature, its secret nowhere."""
    port, seen = free_port(), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            seen.append(json.dumps(dict(self.headers)))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    bucket = Bucket("mail", "", f"http://127.0.0.1:{port}", "eu-central-1", credentials_file=keys(tmp_path))
    assert not open_blobs(BlobPlace(tmp_path, bucket)).has("a" * 64)
    server.shutdown()
    server.server_close()
    assert "Credential=AKIDEXAMPLE/" in seen[0]
    assert "eu-central-1" in seen[0]
    assert "wJalrXUtnFEMI" not in seen[0]
