"""The process that reads files: `python -I -m mailcrm.net.extract.worker`, started and ended by `pool`.

It imports the readers once and then forks a child for every file, so that a file meets warm code and yet a process
that has never seen another file. The child has the limits; this process only passes bytes on and never looks at them.
"""

import os
import resource
import select
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any, BinaryIO

from mailcrm.documents.values import Kind
from mailcrm.net.extract import containers, pdf, reader, tables, wire
from mailcrm.net.extract.values import Unreadable
from mailcrm.net.sandbox import leave_the_network

MEMORY = 1 << 30
"""Bytes of address space beyond what the process has when it starts on a file."""
CPU_SECONDS = 20
WALL_SECONDS = 30.0


def main() -> None:
    """Read requests from standard input until it ends; answer each on standard output."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    leave_the_network()
    wire.send(answers, {"ready": os.getpid()})
    while (request := wire.receive(requests)) is not None:
        header, data = request
        wire.send(answers, *_in_a_child(header, data))


def _in_a_child(header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """What a fresh process makes of one file; the reason where it does not come to an end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(header, data, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer, reason = _collected(pipe)
    if reason:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not reason and status == 0:
        found = wire.split(answer)
        return found if found is not None else ({"unread": "died"}, b"")
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        reason = "time"
    return {"unread": reason or ("memory" if _out_of_memory(status) else "died")}, b""


def _child(header: Mapping[str, Any], data: bytes, writing: int) -> None:
    """Read one file and leave. Any error ends this process, and that is an answer, too."""
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(0, 1)
    os.dup2(0, 2)
    _limit()
    status = 1
    try:
        answer, payload = _carried_out(header, data)
        with os.fdopen(writing, "wb") as pipe:
            wire.send(pipe, answer, payload)
        status = 0
    except MemoryError:
        status = 12
    finally:
        os._exit(status)


def _carried_out(header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Do what was asked for: read, page (an image), words (of all pages), members (of a container) or tables."""
    what = header["what"]
    try:
        if what == "page":
            return {}, pdf.page_image(data, int(header["number"]), int(header["width"]))
        if what == "words":
            return wire.words_to_json(pdf.page_words(data)), b""
        if what == "members":
            found = containers.members(data)
            return {"members": [[m.name, len(m.data)] for m in found]}, b"".join(m.data for m in found)
        if what == "tables":
            return tables.to_json(*tables.read(data, str(header["encoding"]))), b""
    except Unreadable as error:
        return {"unread": error.reason, "refused": error.refused}, b""
    return wire.extract_to_json(reader.read(data, Kind(header["kind"]))), b""


def _limit() -> None:
    """No more than so much memory and time; no file written, no process started, no core left."""
    used = int(_pages_of_memory() * resource.getpagesize())
    for limit, value in (
        (resource.RLIMIT_AS, used + MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def _pages_of_memory() -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:
        return int(stream.read().split()[0])


def _collected(pipe: BinaryIO) -> tuple[bytes, str]:
    """What the child wrote, and why it has to be ended: it takes too long or writes too much."""
    end = time.monotonic() + WALL_SECONDS
    chunks: list[bytes] = []
    size = 0
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return b"", "time"
        chunk = os.read(pipe.fileno(), 1 << 20)
        if not chunk:
            return b"".join(chunks), ""
        size += len(chunk)
        if size > wire.MAX_ANSWER:
            return b"", "output"
        chunks.append(chunk)


def _out_of_memory(status: int) -> bool:
    """Python says so; C libraries abort, and some fall over the null that they were given."""
    if os.WIFEXITED(status):
        return os.WEXITSTATUS(status) == 12
    return os.WTERMSIG(status) in (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGTRAP, signal.SIGILL)


if __name__ == "__main__":
    main()
