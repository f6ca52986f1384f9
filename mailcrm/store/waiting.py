"""The board: who waits and whom we wait for, each list in one query, with what the viewer may see of the letters."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlmodel import col

from mailcrm.crm.targets import ANSWER_HOURS
from mailcrm.model import Client, ClientGroup, GroupClient, Mailing, Message, Offer, Recipient, User, Waiting
from mailcrm.store.rows import table
from mailcrm.store.visibility import FULL, STUB, SUBJECT, Viewer, level, sees_client


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose board it is: the viewer's own by default, a user's, a group's, or everybody's."""

    kind: str = "mine"
    """mine, all, group or user."""
    number: int = 0


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A thread in which somebody waits."""

    thread_id: int
    client_id: int
    client_name: str
    message_id: int
    since: datetime
    email: str
    name: str
    user_id: int | None
    user_name: str
    level: int
    subject: str
    preview: str
    attachment_count: int
    at: datetime
    """When the last letter was written."""
    hours: int
    """Working hours within which the client is to have his answer."""
    overdue: bool
    snoozed_until: datetime | None


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The longest waiting first, and how many there are in all."""

    rows: tuple[WaitingRow, ...]
    total: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a thread."""

    settled_id: int | None = None
    snoozed_id: int | None = None
    snoozed_until: datetime | None = None
    actor_id: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Which waiting is shown: since when at the earliest and at the latest; where a page begins; how long it is."""

    now: datetime
    earliest: datetime
    latest: datetime
    after: tuple[datetime, int, int] | None = None
    size: int = 25
    put_off: bool = False
    """Those that were put off, and no others."""
    cutoffs: Mapping[int, datetime] = field(default_factory=dict)
    """Since when waiting is overdue, by the working hours of the target."""


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer that expires soon and that not all have answered."""

    id: int
    number: str
    title: str
    valid_until: date
    clients: int
    """Who have not decided."""


def targets(connection: Connection, default: int) -> list[int]:
    """The different numbers of working hours that groups promise their clients, and the default."""
    hours = connection.execute(select(col(ClientGroup.answer_hours)).distinct()).scalars()
    return sorted({int(one) for one in hours if one} | {default})


def waiting(connection: Connection, who: Viewer, turn: str, whose: Whose, span: Span) -> WaitingList:
    """The threads in which it is somebody's turn, the longest waiting first."""
    hours, seen = _hours(ANSWER_HOURS), level(who)
    late = or_(*(and_(hours == number, col(Waiting.since) <= at) for number, at in span.cutoffs.items()), false())
    query = (
        select(
            col(Waiting.thread_id),
            col(Waiting.client_id),
            col(Client.name),
            col(Waiting.message_id),
            col(Waiting.since),
            col(Waiting.email),
            col(Waiting.name),
            col(Waiting.user_id),
            func.coalesce(col(User.name), ""),
            seen.label("level"),
            case((seen >= SUBJECT, col(Message.subject)), else_=""),
            case((seen >= FULL, col(Message.preview)), else_=""),
            case((seen >= FULL, col(Message.attachment_count)), else_=0),
            col(Message.at),
            hours.label("hours"),
            late.label("overdue"),
            col(Waiting.snoozed_until),
            func.count().over().label("total"),
            func.sum(case((late, 1), else_=0)).over().label("late"),
        )
        .join(Client, col(Client.id) == col(Waiting.client_id))
        .join(Message, col(Message.id) == col(Waiting.message_id))
        .outerjoin(User, col(User.id) == func.coalesce(col(Waiting.user_id), col(Client.owner_id)))
        .where(col(Waiting.turn) == turn, *_shown(span), _whose(who, whose), sees_client(who, col(Waiting.client_id)))
        .where(seen >= STUB, col(Client.archived_at).is_(None))
    )
    order = (col(Waiting.since), col(Waiting.thread_id), col(Waiting.client_id))
    rows = connection.execute(query.order_by(*order).limit(span.size)).all()
    total, overdue = (int(rows[0].total), int(rows[0].late or 0)) if rows else (0, 0)
    return WaitingList(tuple(WaitingRow(*row[:-2]) for row in rows), total, overdue)


def _hours(default: int) -> ColumnElement[Any]:
    """The strictest target of the client's groups."""
    strictest = (
        select(func.min(col(ClientGroup.answer_hours)))
        .join(GroupClient, col(GroupClient.group_id) == col(ClientGroup.id))
        .where(col(GroupClient.client_id) == col(Waiting.client_id), col(ClientGroup.answer_hours) > 0)
    )
    return func.coalesce(strictest.correlate(Waiting).scalar_subquery(), literal(default))


def _shown(span: Span) -> list[ColumnElement[bool]]:
    unsettled = or_(col(Waiting.settled_id).is_(None), col(Waiting.settled_id) < col(Waiting.message_id))
    off = and_(col(Waiting.snoozed_id) == col(Waiting.message_id), col(Waiting.snoozed_until) > span.now)
    found = [unsettled, col(Waiting.since) >= span.earliest, col(Waiting.since) <= span.latest]
    found.append(off if span.put_off else ~func.coalesce(off, false()))
    if span.after is not None:
        since, thread, client = span.after
        same = and_(col(Waiting.thread_id) == thread, col(Waiting.client_id) > client)
        found.append(
            or_(
                col(Waiting.since) > since,
                and_(col(Waiting.since) == since, or_(col(Waiting.thread_id) > thread, same)),
            )
        )
    return found


def _whose(who: Viewer, whose: Whose) -> ColumnElement[bool]:
    responsible = func.coalesce(col(Waiting.user_id), col(Client.owner_id))
    if whose.kind == "mine":
        # What nobody is responsible for is everybody's: it must stand on some board that is looked at.
        return or_(responsible.in_(who.stands_for or (who.user_id,)), responsible.is_(None))
    if whose.kind == "user":
        return responsible == whose.number
    if whose.kind == "group":
        member = table(GroupClient).alias("member")
        return exists().where(member.c.client_id == col(Waiting.client_id), member.c.group_id == whose.number)
    return literal(1) == 1


def said(connection: Connection, who: Viewer, thread_id: int, client_id: int) -> tuple[Said, int] | None:
    """What was said of a thread, and its last letter; None where nobody waits in it, as far as the viewer sees."""
    query = select(
        col(Waiting.settled_id),
        col(Waiting.snoozed_id),
        col(Waiting.snoozed_until),
        col(Waiting.actor_id),
        col(Waiting.message_id),
    ).where(
        col(Waiting.thread_id) == thread_id,
        col(Waiting.client_id) == client_id,
        sees_client(who, col(Waiting.client_id)),
    )
    row = connection.execute(query).one_or_none()
    return (Said(*row[:4]), int(row[4])) if row else None


def say(connection: Connection, thread_id: int, client_id: int, what: Said) -> None:
    """Set what is said of a thread."""
    here = (col(Waiting.thread_id) == thread_id, col(Waiting.client_id) == client_id)
    connection.execute(update(Waiting).where(*here).values(asdict(what)))


def of_threads(connection: Connection, who: Viewer, thread_id: int) -> list[tuple[int, str, datetime]]:
    """For the page of a thread: the clients in it with whose turn it is and since when, where nobody said otherwise."""
    unsettled = or_(col(Waiting.settled_id).is_(None), col(Waiting.settled_id) < col(Waiting.message_id))
    query = select(col(Waiting.client_id), col(Waiting.turn), col(Waiting.since)).where(
        col(Waiting.thread_id) == thread_id, unsettled, sees_client(who, col(Waiting.client_id))
    )
    return [(int(client), str(turn), since) for client, turn, since in connection.execute(query)]


def expiring(connection: Connection, who: Viewer, today: date, until: date, limit: int = 6) -> list[OfferRow]:
    """Open offers that run out by then, with how many clients of those the viewer sees have not decided."""
    open_ = func.count(col(Recipient.id))
    columns: Any = (col(Offer.id), col(Offer.number), col(Offer.title), col(Offer.valid_until), open_)
    query = (
        select(*columns)
        .join(Mailing, col(Mailing.offer_id) == col(Offer.id))
        .join(Recipient, col(Recipient.mailing_id) == col(Mailing.id))
        .where(
            col(Offer.state) == "open",
            col(Offer.valid_until).between(today, until),
            col(Recipient.state) == "accepted",
            col(Recipient.decision) == "",
            col(Recipient.client_id).is_not(None),
            sees_client(who, col(Recipient.client_id)),
        )
        .group_by(col(Offer.id), col(Offer.number), col(Offer.title), col(Offer.valid_until))
        .order_by(col(Offer.valid_until), col(Offer.id))
        .limit(limit)
    )
    return [OfferRow(*row) for row in connection.execute(query)]


def choices(connection: Connection, who: Viewer) -> list[tuple[str, int, str]]:
    """Whose boards the viewer may choose: ("group" or "user", number, name), in one query."""
    every = who.role == "admin"
    mine = literal(1) == 1 if every else col(ClientGroup.id).in_(who.group_ids)
    group: Any = (literal("group"), col(ClientGroup.id), col(ClientGroup.name))
    wanted = col(User.is_active) if who.role in ("admin", "manager") else false()
    user: Any = (literal("user"), col(User.id), col(User.name))
    users = select(*user).where(wanted, col(User.id) != who.user_id)
    rows = connection.execute(union_all(select(*group).where(mine), users)).all()
    return sorted(((str(k), int(n), str(name)) for k, n, name in rows), key=lambda one: (one[0], one[2].casefold()))
