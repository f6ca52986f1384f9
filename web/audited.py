"""What the signed-in user opens or takes away, gathered during a request and written down once it is answered.

A look at a page writes nothing but its line in the audit log, and nobody waits for that line.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from flask import Flask, Response, g, request

from mailcrm.errors import MailcrmError
from mailcrm.flow.reading import note_reading
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from web.access import me, now, tools

_log = logging.getLogger("mailcrm.audit")


def install(app: Flask) -> None:
    """Write down what was opened, after the answer has gone out."""
    app.after_request(_after)


def opened(kind: str, records: Iterable[int | None], client_id: int | None = None) -> None:
    """Note that the user opens these records; his own mail is left out, and what he opened a moment ago."""
    for record in records:
        _gather(Act(me().id, "opened", kind, record, client_id, ip=request.remote_addr or ""))


def taken(act: str, kind: str, record: int | None = None, detail: str = "") -> None:
    """Note that the user takes something away: "downloaded" or "exported"."""
    _gather(Act(me().id, act, kind, record, None, detail, request.remote_addr or ""))


def _gather(act: Act) -> None:
    g.setdefault("acts", []).append(act)


def _after(response: Response) -> Response:
    acts = g.pop("acts", None)
    if acts and response.status_code == 200:
        response.call_on_close(partial(_write, tools().database, acts, now()))
    return response


def _write(database: Database, acts: Sequence[Act], at: datetime) -> None:
    try:
        note_reading(database, acts, at)
    except MailcrmError as error:
        # The answer is out already: what cannot be written down is at least told to whoever reads the log.
        for act in acts:
            _log.error("not written down: user %s %s %s %s: %s", act.actor_id, act.act, act.kind, act.record_id, error)
