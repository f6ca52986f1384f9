"""The timeline of a client, and one message; as much of each as the token's user sees on the pages."""

from datetime import datetime
from typing import Literal

from mailcrm.mail.message import Kind
from mailcrm.store import contents, timeline
from mailcrm.store.timeline import EntryRow, Filters, Keyset
from mailcrm.store.visibility import FULL
from web.access import reading, who
from web.api.operations import Operation, operation
from web.api.values import PageAsked, Time, Told, cursor, opened, time_of
from web.pages.clients import known as known_client
from web.pages.messages import known

LEVELS = ("stub", "subject", "full")


class EntryTold(Told):
    """One entry of a timeline: a message, or a note, a task, a deal and so on."""

    id: int
    at: datetime
    entry_kind: str
    """message, or the kind of thing that `record_id` names."""
    record_id: int
    message_id: int
    """0 for all that is no message."""
    thread_id: int
    direction: str
    kind: str
    level: Literal["stub", "subject", "full"]
    """How much is told: that it happened, its subject too, or everything."""
    subject: str
    preview: str
    attachment_count: int


class TimelinePage(Told):
    """One page of a timeline, newest first."""

    items: list[EntryTold]
    next: str | None


class TimelineAsked(PageAsked):
    """What of a timeline."""

    direction: Literal["", "in", "out", "internal"] = ""
    kind: Kind | Literal[""] = ""
    since: Time | None = None
    until: Time | None = None


class PersonTold(Told):
    """Somebody who took part in a message."""

    role: str
    email: str
    name: str


class FileTold(Told):
    """An attachment."""

    position: int
    filename: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    hidden: bool


class MessageTold(Told):
    """One message."""

    id: int
    thread_id: int
    at: datetime
    direction: str
    kind: str
    level: Literal["stub", "subject", "full"]
    subject: str
    message_id: str
    text: str
    reply_text: str
    """The new words, without quotes and signature."""
    people: list[PersonTold]
    attachments: list[FileTold]


@operation(
    Operation(
        "GET", "/clients/{client_id}/timeline", "timeline:read", "Read a timeline", TimelinePage, query=TimelineAsked
    )
)
def read_timeline(client_id: int, query: TimelineAsked) -> TimelinePage:
    """One page of a client's timeline."""
    known_client(client_id)
    filters = Filters(direction=query.direction, kind=str(query.kind), since=query.since, until=query.until)
    page = timeline.entries(reading(), who(), client_id, filters, _keyset(query))
    older = cursor(page.older.at, page.older.entry_id) if page.older else None
    return TimelinePage(items=[_entry(row) for row in page.entries], next=older)


@operation(Operation("GET", "/messages/{message_id}", "timeline:read", "Read a message", MessageTold))
def read_message(message_id: int) -> MessageTold:
    """One message with its text, people and attachments."""
    row = known(message_id)
    people = contents.participants(reading(), who(), [message_id]).get(message_id, [])
    files = contents.all_attachments(reading(), who(), message_id) if row.level >= FULL else []
    return MessageTold(
        id=row.id,
        thread_id=row.thread_id,
        at=row.at,
        direction=row.direction,
        kind=row.kind,
        level=_level(row.level),
        subject=row.subject,
        message_id=row.message_id,
        text=row.text,
        reply_text=row.text if row.reply_text is None else row.reply_text,
        people=[PersonTold.model_validate(one) for one in people],
        attachments=[FileTold.model_validate(one) for one in files],
    )


def _entry(row: EntryRow) -> EntryTold:
    fields = {name: getattr(row, name) for name in EntryTold.model_fields if name != "level"}
    return EntryTold(**fields, level=_level(row.level))


def _level(number: int) -> Literal["stub", "subject", "full"]:
    found: Literal["stub", "subject", "full"] = LEVELS[number]  # type: ignore[assignment]
    return found


def _keyset(query: TimelineAsked) -> Keyset:
    if not query.after:
        return Keyset(size=query.limit)
    at, entry_id = opened(query.after, 2)
    return Keyset(time_of(at), entry_id, query.limit)
