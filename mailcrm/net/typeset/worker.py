"""The process that sets documents: `python -I -m mailcrm.net.typeset.worker`, started and ended by `pool`.

It stays warm: fonts and templates are read once. Whoever takes too long or too much is ended from outside.
"""

import os
import resource
import sys
from collections.abc import Mapping
from typing import Any

from mailcrm.net.extract import wire
from mailcrm.net.sandbox import leave_the_network
from mailcrm.net.typeset import pages, word

MEMORY = 2 << 30
"""Bytes of address space beyond what the process has when it starts."""


def main() -> None:
    """Read requests from standard input until it ends; answer each on standard output."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the answers.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    leave_the_network()
    _limit()
    wire.send(answers, {"ready": os.getpid()})
    while (request := wire.receive(requests)) is not None:
        header, data = request
        wire.send(answers, *_carried_out(header, data))


def _carried_out(header: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Do what was asked for: pages (of a Typst source) or word (of a .docx)."""
    try:
        if header["what"] == "word":
            return {}, word.filled(data, header["data"], header["stamp"])
        found = pages.compiled(header["builtin"], data, header["format"], header["data"])
        return {"sizes": [len(page) for page in found]}, b"".join(found)
    except MemoryError:
        sys.exit(12)
    except (pages.BadSource, word.BadFile) as error:
        return {"wrong": str(error)[:500]}, b""


def _limit() -> None:
    """No more than so much memory; no file written, no core left."""
    with open("/proc/self/statm", encoding="ascii") as stream:
        used = int(stream.read().split()[0]) * resource.getpagesize()
    for limit, value in (
        (resource.RLIMIT_AS, used + MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main()
