"""Sending processes for tests, forked from one that has everything imported: starting one costs milliseconds.

Not by `multiprocessing`: a process has one fork server of it, and the readers of the product have that one.
"""

import asyncio
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvloop

from mailcrm.flow.credentials import Credentials
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import SendTools
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.process import is_alive
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from tests.servers import wait_until

_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Child:
    """A process that sends until it is ended."""

    pid: int

    def kill(self) -> None:
        """End it at once, whatever it does, and return when it is gone. Raises ProcessLookupError where it is already:
        a worker ends by a kill alone."""
        os.kill(self.pid, signal.SIGKILL)
        wait_until(lambda: not _is_there(self.pid), f"process {self.pid} is gone")


class Nursery:
    """Use as a context manager: whoever was started and lives at its end is ended."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def start(self, url: str, folder: Path) -> Child:
        """A process that sends from this database and the blobs and keys in this folder."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([url, str(folder)]) + "\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=30)


def work(url: str, folder: Path) -> None:
    """As `mailcrm send` does it."""
    tools = SendTools(
        Database(url),
        open_blobs(BlobPlace(folder / "blobs")),
        Credentials(Keyring.load(folder / "key")),
        worker=f"send:{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
        is_alive=is_alive,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Sender(tools, tick=0.05).run())


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _fork(url: str, folder: Path) -> int:
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    try:
        work(url, folder)
    finally:
        os._exit(0)


def _serve() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who is killed is gone at once
    children = []
    for line in iter(sys.stdin.readline, ""):
        url, folder = json.loads(line)
        children.append(_fork(url, Path(folder)))
        print(children[-1], flush=True)
    for pid in children:
        if _is_there(pid):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    _serve()
