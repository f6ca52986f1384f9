"""Extractor: the door to reading strangers' files. Keeps warm workers and replaces those that do not answer."""

import hashlib
import os
import queue
import threading
from collections.abc import Mapping
from typing import Any

from mailcrm.crm.importing.values import Table
from mailcrm.documents.values import Kind
from mailcrm.net.extract import tables, wire
from mailcrm.net.extract.values import Extract, Member, PageWords, Unreadable, unread
from mailcrm.net.workers import Worker

MAX_FILE = 100 << 20
"""Bytes of a file that is read at all."""
_PATIENCE = 40.0
"""Seconds after which a worker that should have given up by itself is ended."""


class Extractor:
    """A pool of workers, each started when first needed. Safe to share between threads; close it at the end."""

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or max(1, min(4, os.cpu_count() or 1))
        self.waiting = 0
        """Requests that have no worker yet: the backlog, for the health page."""
        self._lock = threading.Lock()
        self._free: queue.LifoQueue[Worker | None] = queue.LifoQueue()
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

    def tables(self, data: bytes, encoding: str = "") -> tuple[str, str, list[Table]]:
        """Kind (workbook, text, vcard or ldif), encoding and sheets of a list of clients. Raises Unreadable."""
        answer, _ = self._ask({"what": "tables", "encoding": encoding}, data)
        _raise_unread(answer)
        return tables.from_json(answer)

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
            worker = worker or Worker("mailcrm.net.extract.worker", _PATIENCE)
            answer = worker.ask(header, data)
        finally:
            self._free.put(worker if answer is not None else None)
        return answer if answer is not None else ({"unread": "died"}, b"")


def _raise_unread(answer: Mapping[str, Any]) -> None:
    if "unread" in answer:
        raise Unreadable(str(answer["unread"]), bool(answer.get("refused", False)))
