"""A sending process for tests, forked from one that has everything imported: starting it costs milliseconds."""

import asyncio
import multiprocessing
import secrets
import socket
from multiprocessing.context import ForkServerProcess
from os import getpid
from pathlib import Path

import uvloop

from mailcrm.cli.send_tools import is_alive
from mailcrm.flow.credentials import Credentials
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import SendTools
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


def start(url: str, folder: Path) -> ForkServerProcess:
    """A process that sends from this database and the blobs and keys in this folder, until it is ended."""
    process = _CONTEXT.Process(target=work, args=(url, folder), daemon=True)
    process.start()
    return process


def work(url: str, folder: Path) -> None:
    """As `mailcrm send` does it."""
    tools = SendTools(
        Database(url),
        open_blobs(BlobPlace(folder / "blobs")),
        Credentials(Keyring.load(folder / "key")),
        worker=f"send:{socket.gethostname()}:{getpid()}:{secrets.token_hex(4)}",
        is_alive=is_alive,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(Sender(tools, tick=0.05).run())
