"""Worker: a process of our own interpreter that does one thing at a time, asked over its standard input."""

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any, cast

from mailcrm.net.extract import wire

Answer = tuple[Mapping[str, Any], bytes]


class Worker:
    """One worker process; not to be shared between threads. It gets no environment and no files."""

    def __init__(self, module: str, patience: float) -> None:
        """Starts `python -m module`; one that does not answer within so many seconds is ended."""
        self._patience = patience
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-I", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
        self._stdin, self._stdout = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def ask(self, header: Mapping[str, Any], data: bytes) -> Answer | None:
        """The answer to a request; None where the worker did not answer, and then it has ended."""
        watch = threading.Timer(self._patience, self.end)
        watch.start()
        try:
            wire.send(cast(Any, self._stdin), header, data)
            return self._answer()
        except (BrokenPipeError, OSError, ValueError):
            self.end()
            return None
        finally:
            watch.cancel()

    def _answer(self) -> Answer | None:
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
