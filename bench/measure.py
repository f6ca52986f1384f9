"""Measuring: the machine and the versions, CPU and memory of a process with its children, tables in Markdown."""

import os
import platform
import sqlite3
import statistics
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Self

import psutil


@dataclass
class Cost:
    """What a child process and its own children took: seconds, CPU seconds, and the largest resident sizes."""

    seconds: float = 0.0
    main_cpu: float = 0.0
    worker_cpu: float = 0.0
    main_mb: float = 0.0
    largest_worker_mb: float = 0.0
    sum_mb: float = 0.0
    """The largest sum of the proportional sizes (PSS): pages that processes share count once."""


@dataclass
class Watch:
    """Samples a process and its children every quarter of a second until it ends; use as a context manager."""

    pid: int
    cost: Cost = field(default_factory=Cost)

    def __enter__(self) -> Self:
        self._process = psutil.Process(self.pid)
        self._over = threading.Event()
        self._cpu: dict[int, float] = {}
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(0.25):
            # A process may end while it is looked at.
            with suppress(psutil.Error):
                self._look()

    def _look(self) -> None:
        cost = self.cost
        children = self._process.children(recursive=True)
        main, *workers = [one.memory_full_info() for one in (self._process, *children)]
        cost.main_cpu = sum(self._process.cpu_times()[:2])
        self._cpu.update({child.pid: sum(child.cpu_times()[:2]) for child in children})
        cost.worker_cpu = sum(self._cpu.values())
        cost.main_mb = max(cost.main_mb, main.rss / 2**20)
        cost.largest_worker_mb = max([cost.largest_worker_mb, *(w.rss / 2**20 for w in workers)])
        cost.sum_mb = max(cost.sum_mb, sum(one.pss for one in (main, *workers)) / 2**20)


def run(command: Sequence[str], environment: dict[str, str] | None = None) -> Cost:
    """Run a command to its end; raises CalledProcessError where it fails, with what it said."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
    )
    with Watch(process.pid) as watch:
        said = process.communicate()[0].decode(errors="replace")
    if process.returncode:
        print(said)
        raise subprocess.CalledProcessError(process.returncode, command, said)
    watch.cost.seconds = time.perf_counter() - began
    return watch.cost


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle of the values."""
    return statistics.median(values)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown; the first column is text, the others numbers."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(_shown, row)) + " |" for row in rows)])


def machine() -> str:
    """The machine and the versions, without any name of a host."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 2**30
    packages = [f"{name} {version(name)}" for name in ("sqlalchemy", "imapclient", "mail-parser", "flask")]
    programs = [_said("dovecot", "--version"), _said("mbsync", "--version"), _said("notmuch", "--version")]
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    load = f"load {os.getloadavg()[0]:.1f} at the end"
    return f"{os.cpu_count()} × {model}, {memory:.0f} GB, {platform.system()}; {load}  \n" + ", ".join(
        [python, *packages, *programs]
    )


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _said(program: str, option: str) -> str:
    try:
        said = subprocess.run([program, option], capture_output=True, text=True, check=False).stdout.split("\n")[0]
    except FileNotFoundError:
        return f"{program} missing"
    return said if said.startswith((program, "isync")) else f"{program} {said.split(' ')[0]}"
