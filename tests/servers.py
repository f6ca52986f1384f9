"""Servers that the tests talk to: a free port, a process that is up, Postfix's smtp-sink."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def program(name: str, package: str) -> str:
    """The path of a program; fails with the Debian package that has it."""
    found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin") or shutil.which(name)
    assert found, f"{name} is missing: apt-get install {package}"
    return found


def wait_until(is_true: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Return as soon as the question is answered with yes; fail with `what` after the given seconds."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}"
        time.sleep(0.02)


def listens(port: int) -> bool:
    """True where a server of this machine accepts connections at the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that listens at the port; ended with the block."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port) or process.poll() is not None, f"{command[0]} listens")
        assert process.poll() is None, f"{command[0]} ended at once with {process.returncode}"
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Sink:
    """An SMTP server that accepts everything and keeps each message as a file."""

    port: int
    folder: Path

    def messages(self) -> list[bytes]:
        """What was accepted, envelope lines first, in the order of arrival."""
        paths = sorted(self.folder.iterdir(), key=lambda path: (path.stat().st_mtime_ns, path.name))
        return [path.read_bytes() for path in paths]


@contextmanager
def smtp_sink(folder: Path) -> Iterator[Sink]:
    """Postfix's smtp-sink at a free port, one file a message below the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # As root it insists on being told which account to be, and pytest's folders are for their owner alone.
    account = ["-u", "root"] if os.geteuid() == 0 else []
    command = [program("smtp-sink", "postfix"), *account, "-d", f"{folder}/%s.", f"127.0.0.1:{port}", "100"]
    with running(command, port):
        yield Sink(port, folder)
