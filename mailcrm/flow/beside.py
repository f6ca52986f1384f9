"""The documents step in a thread of its own, beside the rounds: it takes what waits and sleeps where nothing does."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from mailcrm.flow.desk import Desk
from mailcrm.flow.documents import Step, drain, work
from mailcrm.net.extract.pool import Extractor

log = logging.getLogger("mailcrm.documents")

IDLE = 1.0
"""Seconds between two looks into an empty queue: so late at most a new attachment is a document."""
AFTER_ERROR = 30.0


class Beside:
    """Works from `start` to `stop`. Its extractor's processes are started when first needed."""

    def __init__(self, desk: Desk, idle: float = IDLE) -> None:
        self._stopping = threading.Event()
        self._extractor = Extractor()
        self._step = Step(desk, self._extractor)
        self._idle = idle
        self._thread = threading.Thread(target=self._run, name="documents", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """End after the portion at hand and wait for it."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._extractor.close()

    def _run(self) -> None:
        # In an executor, so that an error of any kind ends a portion and not the thread.
        with ThreadPoolExecutor(1, thread_name_prefix="documents") as executor:
            while not (self._stopping.is_set() or self._step.desk.stopping()):
                portion = executor.submit(work, self._step)
                if (error := portion.exception()) is not None:
                    log.error("documents step failed", exc_info=error)
                    self._stopping.wait(AFTER_ERROR)
                elif not portion.result():
                    self._stopping.wait(self._idle)


def drain_once(desk: Desk) -> int:
    """Do everything that waits, and end; returns how many messages. Raises StorageFailed."""
    extractor = Extractor()
    try:
        return drain(Step(desk, extractor))
    finally:
        extractor.close()
