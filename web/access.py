"""What a request works with: the site, one reading connection, who asks, and who may ask for what."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, request
from flask_login import UserMixin, current_user
from sqlalchemy import Connection
from werkzeug.routing import IntegerConverter, Map

from mailcrm.flow.edit import Actor, By, Office
from mailcrm.flow.sessions import Origin
from mailcrm.net.blobs import BlobStore
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.people import UserRow
from mailcrm.store.sessions import SessionRow
from mailcrm.store.visibility import Policy, Viewer, viewer
from web.site import Site

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the application opened once, for all requests."""

    site: Site
    database: Database
    blobs: BlobStore
    keyring: Keyring
    office: Office


class RowNumber(IntegerConverter):
    """The number of a row in an address; what no database can hold leads nowhere (404)."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=2**63 - 1)


class Person(UserMixin):  # type: ignore[misc]
    """The signed-in user as flask-login wants him: his row and the session he came with (none behind a token)."""

    def __init__(self, session: SessionRow | None, user: UserRow) -> None:
        self.session = session
        self.row = user
        self.id = user.id


def tools() -> Tools:
    """The tools of the application that answers."""
    found: Tools = current_app.extensions["mailcrm"]
    return found


def now() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(UTC)


def reading() -> Connection:
    """The reading connection of this request, opened at the first call and closed at the end."""
    if "connection" not in g:
        g.reading = tools().database.reading()
        g.connection = g.reading.__enter__()
    found: Connection = g.connection
    return found


def reread() -> None:
    """Let what was just written be seen: the next read of this request begins a new view."""
    close()


def close(_error: BaseException | None = None) -> None:
    """Give the connection of this request back."""
    reading_, _ = g.pop("reading", None), g.pop("connection", None)
    if reading_ is not None:
        reading_.__exit__(None, None, None)


def me() -> UserRow:
    """The signed-in user."""
    row: UserRow = current_user.row
    return row


def who() -> Viewer:
    """How the signed-in user sees messages."""
    if "viewer" not in g:
        site = tools().site
        g.viewer = viewer(reading(), me().id, me().role, now(), Policy(site.admin_reads_bodies, site.clients))
    found: Viewer = g.viewer
    return found


def by() -> By:
    """The signed-in user as the one who does something now."""
    return By(me().id, now(), request.remote_addr or "", who())


def actor() -> Actor:
    """The signed-in user as the one who does something, for what is told the time apart."""
    return Actor(me().id, request.remote_addr or "")


def origin() -> Origin:
    """Where this request comes from."""
    return Origin(request.remote_addr or "", request.user_agent.string)


def admin_only(view: Callable[P, R]) -> Callable[P, R]:
    """A page for admins; others are told that it is not for them (403)."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if me().role != "admin":
            abort(403)
        return view(*args, **kwargs)

    return checked


def number(text: str) -> int:
    """The number that a text is, as far as a database holds it; 0 for anything else."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return found if found < 1 << 63 else 0


def short_hash(data: bytes) -> str:
    """Six characters that change with the data: for addresses that may be cached for ever."""
    return hashlib.sha256(data).hexdigest()[:6]
