"""Serve the pages with granian: several processes, threads in each, streams included."""

import logging
from functools import partial

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from web import create_app
from web.site import Site

_THREADS = 16
"""Requests that one process answers at a time, besides its streams."""


def serve(site: Site, listen: str = "127.0.0.1", port: int = 8025, workers: int = 2) -> None:
    """Answer requests until the process is told to end; raises ConfigError or OldSchema before it listens."""
    create_app(site).extensions["mailcrm"].database.close()
    logging.getLogger("_granian").addFilter(_matters)
    server = Granian(
        "web",
        address=listen,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS + site.streams,
        respawn_failed_workers=True,
    )
    server.serve(target_loader=partial(_load, site), wrap_loader=False)


def _matters(record: logging.LogRecord) -> bool:
    """False for what granian thinks of more threads than twice the cores: a stream's thread waits nearly always."""
    return "Python threads" not in record.getMessage()


def _load(site: Site) -> Flask:
    return create_app(site)
