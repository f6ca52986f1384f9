"""Extractor: the door to reading strangers' files. Keeps warm workers and replaces those that do not answer."""

import hashlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, cast

from mailcrm.documents.values import Kind
from mailcrm.net.extract import wire
from mailcrm.net.extract.values import Extract, Member, PageWords, Unreadable, unread

MAX_FILE = 100 << 20
"""Bytes of a file that is read at all."""
_PATIENCE = 40.0
"""Seconds after which a worker that should have given up by itself is ended."""


class _Worker:
    """One worker process; not to be shared between threads."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-m", "mailcrm.net.extract.worker"]
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def ask(self, header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes] | None:
        """The answer to a request; None where the worker did not answer, and then it has ended."""
        watch = threading.Timer(_PATIENCE, self.end)
        watch.start()
        try:
            wire.send(cast(Any, self._stdin), header, data)
            return self._answer()
        except (BrokenPipeError, OSError, ValueError):
            self.end()
            return None
        finally:
            watch.cancel()

    def _answer(self) -> tuple[Mapping[str, Any], bytes] | None:
        """The next frame that is not the greeting of a fresh worker."""
        while (found := wire.receive(cast(Any, self._stdout))) is not None:
            if "ready" not in found[0]:
                return found
        self.end()
        return None

    def end(self) -> None:
        """Kill the process; the child that it may have has lost its parent and is ended by its own limits."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._stdin, self._stdout):
            try:
                stream.close()
            except OSError:
                continue


class Extractor:
    """A pool of workers, each started when first needed. Safe to share between threads; close it at the end."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(1, min(4, os.cpu_count() or 1))
        self.waiting = 0
        """Requests that have no worker yet: the backlog, for the health page."""
        self._lock = threading.Lock()
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.workers):
            self._free.put(None)

    def extract(self, data: bytes, kind: Kind) -> Extract:
        """What is in a file, or why it was not read. Blocks for a worker and then at most half a minute."""
        sha = hashlib.sha256(data).hexdigest()
        if len(data) > MAX_FILE:
            return unread(sha, kind, len(data), "large")
        answer, _ = self._ask({"what": "read", "kind": kind.value}, data)
        if "unread" in answer:
            return unread(sha, kind, len(data), str(answer["unread"]), bool(answer.get("refused", False)))
        return wire.extract_from_json(answer)

    def page_image(self, data: bytes, number: int, width: int) -> bytes:
        """A page of a PDF (from 0) as WebP, so many pixels wide. Raises Unreadable."""
        answer, image = self._ask({"what": "page", "number": number, "width": width}, data)
        _raise_unread(answer)
        return image

    def page_words(self, data: bytes) -> tuple[PageWords, ...]:
        """The words of every page of a PDF with their boxes. Raises Unreadable."""
        answer, _ = self._ask({"what": "words"}, data)
        _raise_unread(answer)
        return wire.words_from_json(answer)

    def members(self, data: bytes) -> tuple[Member, ...]:
        """The files in a zip or the content of a .p7m, one level deep. Raises Unreadable."""
        answer, content = self._ask({"what": "members"}, data)
        _raise_unread(answer)
        found, start = [], 0
        for name, size in answer["members"]:
            found.append(Member(name, content[start : start + size]))
            start += size
        return tuple(found)

    def close(self) -> None:
        """End all workers that are free; those at work end after their file."""
        for _ in range(self.workers):
            if (worker := self._free.get()) is not None:
                worker.end()
        for _ in range(self.workers):
            self._free.put(None)

    def _ask(self, header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
        with self._lock:
            self.waiting += 1
        worker = self._free.get()
        with self._lock:
            self.waiting -= 1
        answer = None
        try:
            worker = worker or _Worker()
            answer = worker.ask(header, data)
        finally:
            self._free.put(worker if answer is not None else None)
        return answer if answer is not None else ({"unread": "died"}, b"")


def _raise_unread(answer: Mapping[str, Any]) -> None:
    if "unread" in answer:
        raise Unreadable(str(answer["unread"]), bool(answer.get("refused", False)))
