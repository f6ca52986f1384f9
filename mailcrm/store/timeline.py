"""A client's timeline: the entries of one page, who took part, what was attached, in a fixed number of queries.

Nothing here reads more rows than a page needs: pages are found by keyset, and what is said of "lately" looks at
the newest entries only, so that a client with a million messages is no slower than one with a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal, or_, select
from sqlmodel import col

from mailcrm.mail.invitation import Invited
from mailcrm.model import Attachment, Entry, Invitation, MailAddress, Message, MessageAddress, UserAddress
from mailcrm.store.heard import MEETING, meeting
from mailcrm.store.rows import table
from mailcrm.store.visibility import FULL, SUBJECT, Viewer, level

LATELY = 300
"""How many of the newest entries the summaries beside a timeline look at."""
_THREAD_COUNT = 99
"""Threads are counted up to here."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a timeline is shown; everything by default."""

    direction: str = ""
    """in, out or internal."""
    kind: str = ""
    """The Kind of a message."""
    entry_kind: str = ""
    """message, note, task, …: the kind of an entry."""
    address_id: int = 0
    """Only messages in which this address takes part."""
    author_id: int = 0
    """Only messages that this user wrote."""
    since: datetime | None = None
    until: datetime | None = None
    often: bool = True
    """Whether the person writes often here: then the timeline is walked until a page is full, else his messages are
    looked up; both are quick where it is so."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """Where a page begins: below (`at`, `entry_id`); how many entries it has."""

    at: datetime | None = None
    entry_id: int = 0
    size: int = 50


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry with what the viewer may see of its message."""

    id: int
    at: datetime
    message_id: int
    """0 for all that is no message."""
    thread_id: int
    direction: str
    kind: str
    """The Kind of a message."""
    level: int
    subject: str
    preview: str
    attachment_count: int
    security: str
    thread_size: int
    entry_kind: str
    """message, or what `record_id` is a row of."""
    record_id: int
    actor_id: int | None
    meeting: Invited | None = None
    """What an invitation is about."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and where the older ones begin (None on the last page)."""

    entries: tuple[EntryRow, ...]
    older: Keyset | None


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody who wrote lately: how often and when last."""

    address_id: int
    email: str
    name: str
    user_id: int | None
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class RecentFile:
    """An attachment of one of the newest messages."""

    message_id: int
    position: int
    filename: str
    content_type: str
    size: int
    at: datetime
    direction: str


def entries(connection: Connection, who: Viewer, client_id: int, filters: Filters, keyset: Keyset) -> Page:
    """One page of a client's timeline, newest first."""
    # Where few messages are looked up, the sum keeps the planner from walking the whole timeline instead.
    looked_up = (filters.address_id or filters.author_id) and not filters.often
    here = (col(Entry.client_id) + 0 if looked_up else col(Entry.client_id)) == client_id
    statement = _entries(who, _thread_size(client_id)).where(here, *_conditions(filters))
    if keyset.at is not None:
        # The plain bound is what both databases look up in the index; the pair settles equal times.
        before = or_(col(Entry.at) < keyset.at, and_(col(Entry.at) == keyset.at, col(Entry.id) < keyset.entry_id))
        statement = statement.where(col(Entry.at) <= keyset.at, before)
    statement = statement.order_by(col(Entry.at).desc(), col(Entry.id).desc()).limit(keyset.size + 1)
    found = tuple(_row(row) for row in connection.execute(statement))
    shown = found[: keyset.size]
    more = len(found) > keyset.size
    return Page(shown, Keyset(shown[-1].at, shown[-1].id, keyset.size) if more else None)


def arrived(connection: Connection, who: Viewer, client_id: int, filters: Filters, ids: Sequence[int]) -> Page:
    """Those of the entries `ids` that belong to the client and pass the filters, newest first."""
    statement = (
        _entries(who, _thread_size(client_id))
        .where(col(Entry.client_id) == client_id, col(Entry.id).in_(ids), *_conditions(filters))
        .order_by(col(Entry.at).desc(), col(Entry.id).desc())
    )
    return Page(tuple(_row(row) for row in connection.execute(statement)), None)


def _entries(who: Viewer, thread_size: ColumnElement[Any]) -> Select[Any]:
    # What is no message has no copies in mailboxes: who sees the client sees it.
    seen = case((col(Message.id).is_(None), FULL), else_=level(who))
    query: Any = select(
        col(Entry.id),
        col(Entry.at),
        func.coalesce(col(Message.id), 0),
        func.coalesce(col(Message.thread_id), 0),
        col(Entry.direction),
        col(Entry.message_kind),
        seen.label("level"),
        case((seen >= SUBJECT, func.coalesce(col(Message.subject), "")), else_=""),
        case((seen >= FULL, func.coalesce(col(Message.preview), "")), else_=""),
        case((seen >= FULL, func.coalesce(col(Message.attachment_count), 0)), else_=0),
        func.coalesce(col(Message.security), ""),
        thread_size,
        col(Entry.kind),
        func.coalesce(col(Entry.record_id), 0),
        col(Entry.actor_id),
        *MEETING,
    )
    told = and_(col(Invitation.message_id) == col(Entry.message_id), seen >= FULL)
    query = query.outerjoin(Message, col(Message.id) == col(Entry.message_id)).outerjoin(Invitation, told)
    return cast(Select[Any], query)


def _row(values: Any) -> EntryRow:
    own = len(values) - len(MEETING)
    return EntryRow(*(*values[:own], meeting(values[own:])))


def _thread_size(client_id: int) -> ColumnElement[Any]:
    """How many messages of the entry's thread stand on this timeline, at most _THREAD_COUNT."""
    other = table(Entry).alias("other")
    some = (
        select(literal(1).label("one"))
        .where(other.c.thread_id == col(Message.thread_id), other.c.client_id == client_id)
        .limit(_THREAD_COUNT)
        .correlate(Message)
        .subquery()
    )
    return select(func.count()).select_from(some).correlate(Message).scalar_subquery()


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.direction:
        found.append(col(Entry.direction) == filters.direction)
    if filters.kind:
        found.append(col(Entry.message_kind) == filters.kind)
    if filters.entry_kind:
        found.append(col(Entry.kind) == filters.entry_kind)
    if filters.since is not None:
        found.append(col(Entry.at) >= filters.since)
    if filters.until is not None:
        found.append(col(Entry.at) < filters.until)
    return found + _person(filters)


def _person(filters: Filters) -> list[ColumnElement[bool]]:
    messages = select(col(MessageAddress.message_id))
    if filters.author_id and filters.often:
        return [col(Message.author_id) == filters.author_id]
    if filters.author_id:
        own = (
            select(col(MailAddress.id))
            .join(UserAddress, col(UserAddress.email) == col(MailAddress.email))
            .where(col(UserAddress.user_id) == filters.author_id)
        )
        wrote = messages.where(col(MessageAddress.address_id).in_(own), col(MessageAddress.role) == "from")
        return [col(Entry.message_id).in_(wrote)]
    if not filters.address_id:
        return []
    part = messages.where(col(MessageAddress.address_id) == filters.address_id, col(MessageAddress.role) != "bcc")
    if filters.often:
        return [part.where(col(MessageAddress.message_id) == col(Entry.message_id)).exists()]
    return [col(Entry.message_id).in_(part)]


def correspondents(connection: Connection, who: Viewer, client_id: int, limit: int = 8) -> list[Correspondent]:
    """Who wrote the newest LATELY messages of a client, the most recent first."""
    newest = _newest(client_id)
    statement = (
        select(
            col(MailAddress.id),
            col(MailAddress.email),
            func.max(col(MailAddress.name)),
            func.max(col(Message.author_id)),
            func.count(),
            func.max(newest.c.at).label("last"),
        )
        .select_from(newest)
        .join(Message, col(Message.id) == newest.c.message_id)
        .join(MessageAddress, col(MessageAddress.message_id) == col(Message.id))
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(MessageAddress.role) == "from", level(who) >= SUBJECT)
        .group_by(col(MailAddress.id), col(MailAddress.email))
        .order_by(func.max(newest.c.at).desc())
        .limit(limit)
    )
    return [Correspondent(*row) for row in connection.execute(statement)]


def recent_files(connection: Connection, who: Viewer, client_id: int, limit: int = 8) -> list[RecentFile]:
    """The attachments of the newest LATELY messages of a client, newest first."""
    newest = _newest(client_id)
    statement = (
        select(
            col(Attachment.message_id),
            col(Attachment.position),
            col(Attachment.filename),
            col(Attachment.content_type),
            col(Attachment.size),
            newest.c.at,
            col(Message.direction),
        )
        .select_from(newest)
        .join(Message, col(Message.id) == newest.c.message_id)
        .join(Attachment, col(Attachment.message_id) == col(Message.id))
        .where(col(Attachment.inline).is_(False), col(Attachment.hidden).is_(False), level(who) >= FULL)
        .order_by(newest.c.at.desc(), col(Attachment.position))
        .limit(limit)
    )
    return [RecentFile(*row) for row in connection.execute(statement)]


def _newest(client_id: int) -> Any:
    return (
        select(col(Entry.message_id), col(Entry.at))
        .where(col(Entry.client_id) == client_id, col(Entry.kind) == "message")
        .order_by(col(Entry.at).desc(), col(Entry.id).desc())
        .limit(LATELY)
        .subquery("newest")
    )
