"""Readers: worker processes that parse messages; one that a message kills is replaced."""

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from threading import Lock, Thread
from types import ModuleType
from typing import Any, TypeVar

from mailcrm.errors import MailcrmError, StorageFailed

_T = TypeVar("_T")


class ReaderDied(StorageFailed):
    """A worker failed over a batch, or ended: too little memory, or a message that is too much for it."""


class Readers:
    """A pool of worker processes, started when first needed. Safe to share between threads."""

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or max(1, min(4, os.cpu_count() or 1))
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()

    def submit(self, work: Callable[..., _T], *arguments: Any) -> "Future[_T]":
        """Start `work` in a worker; `result` fetches what came of it."""
        with self._lock:
            for _ in range(2):
                if self._pool is None:
                    self._pool = self._start()
                try:
                    with _no_program():
                        return self._pool.submit(work, *arguments)
                except BrokenProcessPool:
                    self._drop()
        raise ReaderDied("The worker processes do not start.")

    def result(self, future: "Future[_T]") -> _T:
        """What the worker returned; raises what it raised on purpose, or ReaderDied where it failed or died."""
        error = future.exception()
        if error is None:
            return future.result()
        if isinstance(error, MailcrmError):
            raise error
        if isinstance(error, BrokenProcessPool):
            with self._lock:
                self._drop()
            raise ReaderDied("A worker process died while it read messages.") from error
        raise ReaderDied(f"A worker process failed while it read messages ({type(error).__name__}).") from error

    def close(self) -> None:
        """End the workers; what they were doing is lost and will be done again."""
        with self._lock:
            self._drop()

    def _start(self) -> ProcessPoolExecutor:
        # Not fork: the parent has threads and open connections that a child must not inherit.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["mailcrm.flow.intake"])
        return ProcessPoolExecutor(self.processes, mp_context=context, initializer=_begin)

    def _drop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


@contextmanager
def _no_program() -> Iterator[None]:
    # Else every worker that starts imports the program that was started here, with the database and all: 70 MB and
    # more than a second for nothing.
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


def _begin() -> None:
    # Ctrl-C goes to the whole group; only the parent decides when the work ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What was imported stays: collections need not look at it, and its pages stay shared with the other workers.
    gc.freeze()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A worker whose parent was killed would wait for its next task for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
