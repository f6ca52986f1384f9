"""A client's page: card, timeline, files and people; older entries, new ones, and the stream that tells of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext

from mailcrm.flow.rounds import client_address
from mailcrm.mail.message import Kind
from mailcrm.store import arrivals, cards, contents, timeline, versions
from mailcrm.store.contents import AttachmentRow, Participant
from mailcrm.store.timeline import Correspondent, EntryRow, Filters, Keyset, Page
from mailcrm.store.told import Told as Record
from mailcrm.store.versions import Carried
from web.access import now, reading, tools, who
from web.arrivals import BEAT_SECONDS, Arrivals
from web.audited import opened
from web.chrome import state
from web.kinds import KINDS, Records, records
from web.pages.audit import may_audit
from web.pages.clients import known

pages = Blueprint("timeline", __name__)
SIZE = 50
DIRECTIONS = ("in", "out")
PERIODS = {"week": 7, "month": 31, "quarter": 92, "year": 366}
_OFTEN = 10
"""Of the newest messages: who wrote so many of them writes often."""
_OVERLAP = 200
"""Numbers that a page which asks from time to time gets again: they may have been committed late."""


@dataclass(frozen=True, slots=True)
class Told:
    """Entries with all that their rows say."""

    entries: tuple[EntryRow, ...]
    people: dict[int, list[Participant]]
    files: dict[int, list[AttachmentRow]]
    versions: dict[int, list[Carried]]
    records: dict[str, Records]
    """Of entries that are no messages: by kind, then by number."""
    pinned: list[Record]
    """The notes that stand above the timeline."""


@pages.get("/clients/<int:client_id>")
def client(client_id: int) -> str:
    """The whole page, or for htmx the older entries alone."""
    # Before the entries: what comes while they are read is then new.
    filters, keyset, newest = _filters(), _keyset(), state().newest
    writers = timeline.correspondents(reading(), who(), client_id)
    filters = replace(filters, often=any(_is(filters, one) and one.count >= _OFTEN for one in writers))
    page = timeline.entries(reading(), who(), client_id, filters, keyset)
    told = _told(client_id, page)
    if request.headers.get("HX-Request") == "true" and keyset.at is not None:
        return render_template("clients/older.html", client_id=client_id, told=told, older=_written(page), args=_args())
    shown = known(client_id)
    opened("client", [client_id], client_id)
    return render_template(
        "clients/client.html",
        client=shown,
        may_audit=may_audit(shown),
        client_id=client_id,
        card=cards.card(reading(), client_id),
        copies_to=[client_address(d, client_id, tools().office.fingerprint) for d in tools().site.dropboxes],
        told=told,
        older=_written(page),
        first=keyset.at is None,
        newest=newest,
        files=timeline.recent_files(reading(), who(), client_id),
        writers=writers,
        filters=filters,
        args=_args(),
        kinds=list(Kind),
        periods=PERIODS,
        person=_person(filters, writers, told),
    )


@pages.get("/clients/<int:client_id>/new")
def arrived(client_id: int) -> str:
    """The rows of the entries `id`, or of those after the number `after`: for pages that are open already."""
    known(client_id)
    ids = [int(value) for value in request.args.getlist("id") if value.isascii() and value.isdigit()][:50]
    if not ids:
        ids = arrivals.of_client(reading(), client_id, _number("after") - _OVERLAP)
    page = timeline.arrived(reading(), who(), client_id, _filters(), ids)
    return render_template("clients/arrived.html", told=_told(client_id, page))


@pages.get("/clients/<int:client_id>/stream")
def stream(client_id: int) -> Response:
    """Server-sent events: the numbers of entries that come to the client, until the stream has lasted its time."""
    known(client_id)
    news: Arrivals = current_app.extensions["mailcrm_arrivals"]
    site, database = tools().site, tools().database
    after = _number("after")

    def events() -> Iterator[str]:
        with news.listening(site.streams) as welcome:
            if not welcome:
                yield "event: busy\ndata:\n\n"
                return
            turn = news.turn()
            with database.reading() as connection:
                missed = arrivals.of_client(connection, client_id, after)
            yield "retry: 1500\n\n" + _event(missed)
            ends = now() + timedelta(seconds=site.stream_seconds)
            while (left := (ends - now()).total_seconds()) > 0:
                turn, found = news.wait(client_id, turn, min(BEAT_SECONDS, left))
                yield _event(found) or ": still here\n\n"

    response = Response(stream_with_context(events()), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _event(ids: list[int]) -> str:
    if not ids:
        return ""
    return f"id: {ids[-1]}\nevent: arrived\ndata: {' '.join(map(str, ids))}\n\n"


def _told(client_id: int, page: Page) -> Told:
    messages = [entry.message_id for entry in page.entries if entry.level and entry.message_id]
    attached = [entry.message_id for entry in page.entries if entry.attachment_count]
    return Told(
        page.entries,
        contents.participants(reading(), who(), messages) if messages else {},
        contents.attachments(reading(), who(), attached) if attached else {},
        versions.carried(reading(), who(), attached),
        *records(reading(), who(), client_id, page.entries),
    )


def _filters() -> Filters:
    args = request.args
    direction, kind = args.get("direction", ""), args.get("kind", "")
    filters = Filters(
        direction=direction if direction in (*DIRECTIONS, "internal") else "",
        kind=kind if kind in list(Kind) else "",
        entry_kind=kind if kind in KINDS else "",
        address_id=_number("person"),
        author_id=_number("by"),
        since=_day("since"),
        until=_day("until", days=1),
    )
    days = PERIODS.get(args.get("period", ""))
    return replace(filters, since=now() - timedelta(days=days)) if days else filters


def _args() -> dict[str, str]:
    names = ("direction", "kind", "person", "by", "period", "since", "until")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _is(filters: Filters, one: Correspondent) -> bool:
    return one.address_id == filters.address_id or bool(one.user_id and one.user_id == filters.author_id)


def _person(filters: Filters, writers: list[Correspondent], told: Told) -> str:
    """Who the filter is on: a name that stands on the page anyway, so that nothing more is asked or told."""
    if not (filters.address_id or filters.author_id):
        return ""
    named = [one.name or one.email for one in writers if _is(filters, one)]
    shown = [one for people in told.people.values() for one in people]
    if filters.address_id:
        named += [one.name or one.email for one in shown if one.address_id == filters.address_id]
    else:
        named += [one.name or one.email for one in shown if one.role == "from"]
    return named[0] if named else gettext("one person")


def _keyset() -> Keyset:
    at, _, number = request.args.get("before", "").rpartition("~")
    try:
        return Keyset(datetime.fromisoformat(at).astimezone(UTC), int(number), SIZE)
    except (ValueError, OverflowError):
        return Keyset(size=SIZE)


def _written(page: Page) -> str:
    older = page.older
    return f"{older.at.isoformat()}~{older.entry_id}" if older and older.at else ""


def _number(name: str) -> int:
    value = request.args.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def _day(name: str, days: int = 0) -> datetime | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
        return datetime.combine(found, time(), UTC) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None
