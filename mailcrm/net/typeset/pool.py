"""Typesetter: the door to documents. Keeps warm workers and replaces those that do not answer or have done enough."""

import queue
from collections.abc import Mapping
from typing import Any

from mailcrm.errors import Refused
from mailcrm.net.workers import Worker

_PATIENCE = 20.0
"""Seconds for one document."""
_ENOUGH = 500
"""Documents after which a worker is replaced: what Typst remembers grows with each."""


class Typesetter:
    """A pool of workers, each started when first needed. Safe to share between threads; close it at the end."""

    def __init__(self, workers: int = 1) -> None:
        self.workers = workers
        self._free: queue.LifoQueue[tuple[Worker, int] | None] = queue.LifoQueue()
        for _ in range(workers):
            self._free.put(None)

    def pages(self, builtin: str, source: str, form: str, data: Mapping[str, Any]) -> list[bytes]:
        """A document as pdf (one file), or its pages as svg or png. `builtin` is the name of a template that comes
        with mailcrm; empty where `source` counts. Raises Refused with the words of Typst."""
        header = {"what": "pages", "builtin": builtin, "format": form, "data": data}
        answer, content = self._ask(header, b"" if builtin else source.encode("utf-8", "replace"))
        found, start = [], 0
        for size in answer["sizes"]:
            found.append(content[start : start + size])
            start += size
        return found

    def word(self, template: bytes, data: Mapping[str, Any], stamp: str) -> bytes:
        """The .docx `template` with its fields filled in. Raises Refused."""
        return self._ask({"what": "word", "data": data, "stamp": stamp}, template)[1]

    def close(self) -> None:
        """End all workers that are free."""
        for _ in range(self.workers):
            if (one := self._free.get()) is not None:
                one[0].end()
        for _ in range(self.workers):
            self._free.put(None)

    def _ask(self, header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
        worker, done = self._free.get() or (Worker("mailcrm.net.typeset.worker", _PATIENCE), 0)
        answer = None
        try:
            answer = worker.ask(header, data)
        finally:
            self._put_back(worker, done + 1, answer is not None)
        if answer is None:
            raise Refused("The document takes too long or too much memory to make.")
        if "wrong" in answer[0]:
            raise Refused(f"The document cannot be made: {answer[0]['wrong']}")
        return answer

    def _put_back(self, worker: Worker, done: int, alive: bool) -> None:
        if alive and done < _ENOUGH:
            self._free.put((worker, done))
            return
        worker.end()
        self._free.put(None)
