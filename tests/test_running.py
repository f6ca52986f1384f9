"""`mailcrm run` as a process: pages and sync start together and end together, however they end."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from mailcrm.cli import main

T = TypeVar("T")
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(question: Callable[[], T]) -> T:
    """The first answer that is true."""
    ends = time.monotonic() + PATIENCE
    while not (answer := question()):
        assert time.monotonic() < ends, "in vain"
        time.sleep(0.2)
    return answer


def health(port: int) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            found: dict[str, object] = json.loads(answer.read())
            return found if found.get("heartbeats") else {}
    except OSError:
        return {}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_sync_beside_the_pages_ends_with_them(tmp_path: Path, how: signal.Signals) -> None:
    port, path = free_port(), tmp_path / "config.toml"
    main(["--config", str(path), "init", "--domain", "example.com"], standalone_mode=False)
    path.write_text(path.read_text().replace("port = 8025", f"port = {port}\nworkers = 1"))
    command = [sys.executable, "-m", "mailcrm.cli", "--config", str(path), "run"]
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log)
    children: list[psutil.Process] = []
    try:
        assert until(lambda: health(port))["database"] == "ok"
        children = psutil.Process(running.pid).children(recursive=True)
        syncs = [child for child in children if "sync" in child.cmdline()]
        assert len(syncs) == 1
        running.send_signal(how)
        running.wait(PATIENCE)
        until(lambda: not syncs[0].is_running() or syncs[0].status() == psutil.STATUS_ZOMBIE)
    finally:
        running.kill()
        for child in children:
            if child.is_running():
                child.kill()
