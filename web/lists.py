"""Uploaded lists of clients, for pages: read in the sandbox, kept in memory for a while, and worked on in threads."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from threading import Thread

from flask import Flask, current_app, request

from mailcrm.flow import imports
from mailcrm.flow.edit import By
from mailcrm.flow.imports import List
from mailcrm.net import sheets
from mailcrm.net.extract.pool import Extractor
from mailcrm.store.imports import ImportRow
from web.access import Tools, by

_PATIENCE = 1.5
"""Seconds that a page waits for the work to end; short lists are through by then."""
_FORM = 1 << 20


class Lists:
    """Reads each list once. Safe to share between threads; the cache is small, for lists are large."""

    def __init__(self, with_: Tools) -> None:
        self.tools = imports.Tools(with_.office, with_.blobs, Extractor(1), lambda: datetime.now(UTC))
        self._read = lru_cache(maxsize=3)(self._opened)

    def opened(self, row: ImportRow) -> List:
        """The list of an import; raises Refused, or NotFound where its file is gone."""
        return self._read(row.sha256, imports.settings_of(row.settings).encoding)

    def _opened(self, sha256: str, encoding: str) -> List:
        return imports.opened(self.tools, sha256, encoding)


def install(app: Flask, with_: Tools) -> None:
    """Let uploads of lists be as large as they may; to be called before anything reads forms."""
    app.extensions["mailcrm_lists"] = Lists(with_)

    @app.before_request
    def allow() -> None:
        if request.endpoint == "imports.add":
            request.max_content_length = sheets.LARGEST + _FORM


def lists() -> Lists:
    """The lists of the application that answers."""
    found: Lists = current_app.extensions["mailcrm_lists"]
    return found


def work(act: Callable[[imports.Tools, By, int], None], import_id: int) -> None:
    """Begin to work on an import; comes back when it is done, or after a moment while the work goes on."""
    worker = Thread(target=act, args=(lists().tools, by(), import_id), daemon=True)
    worker.start()
    worker.join(_PATIENCE)
