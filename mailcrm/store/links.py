"""Links between messages and clients, and the timeline entries and counters that follow from them, as rows."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.crm.filing import ROBOTS
from mailcrm.crm.match import Found
from mailcrm.model import Client, ClientDomain, ContactAddress, Entry, Link, MailAddress, Message, MessageAddress
from mailcrm.store import document_work, standing, tallies
from mailcrm.store.rows import insert_missing, parts

_MOST_UNLINKED = 5000


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link, with the name of its client."""

    id: int
    message_id: int
    client_id: int
    client_name: str
    rule: str
    evidence: str
    confidence: float
    role: str
    state: str
    actor_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be made by a rule or by a person."""

    message_id: int
    client_id: int
    rule: str
    evidence: str
    confidence: float
    role: str = ""
    state: str = "active"


_COLUMNS: Any = (
    col(Link.id),
    col(Link.message_id),
    col(Link.client_id),
    col(Client.name),
    col(Link.rule),
    col(Link.evidence),
    col(Link.confidence),
    col(Link.role),
    col(Link.state),
    col(Link.actor_id),
    col(Link.created_at),
)


def links(connection: Connection, message_ids: Iterable[int]) -> list[LinkRow]:
    """Every link of these messages, undone ones too, by message and client."""
    found: list[LinkRow] = []
    for part in parts(message_ids):
        query = select(*_COLUMNS).join(Client, col(Client.id) == col(Link.client_id))
        query = query.where(col(Link.message_id).in_(part)).order_by(col(Link.message_id), col(Link.client_id))
        found.extend(LinkRow(*row) for row in connection.execute(query))
    return found


def link(connection: Connection, link_id: int) -> LinkRow | None:
    """The link with this id."""
    query = select(*_COLUMNS).join(Client, col(Client.id) == col(Link.client_id)).where(col(Link.id) == link_id)
    row = connection.execute(query).one_or_none()
    return LinkRow(*row) if row else None


def add_links(connection: Connection, new: Collection[NewLink], at: datetime, actor_id: int | None = None) -> None:
    """Make links; where one exists, a suggestion becomes active and all else stays (an undone one stays undone)."""
    made = {"actor_id": actor_id, "created_at": at, "changed_at": None}
    names = NewLink.__dataclass_fields__
    suggested = _suggested(connection, {one.message_id for one in new})
    insert_missing(connection, Link, [{**{n: getattr(one, n) for n in names}, **made} for one in new])
    for one in new:
        if one.state == "active" and (one.message_id, one.client_id) in suggested:
            connection.execute(
                update(Link)
                .where(col(Link.message_id) == one.message_id, col(Link.client_id) == one.client_id)
                .values(rule=one.rule, evidence=one.evidence, confidence=one.confidence, state="active", changed_at=at)
            )
    add_entries(connection, {one.message_id for one in new})


def add_found(connection: Connection, found: Collection[tuple[int, Found]], at: datetime) -> None:
    """Make the links that rules found for stored messages: (message, what was found); clients are counted anew."""
    new = [
        NewLink(message, f.client, f.rule, f.evidence, f.confidence, f.role, "suggested" if f.suggested else "active")
        for message, f in found
    ]
    add_links(connection, new, at)
    for client in {one.client_id for one in new if one.state == "active"}:
        recount(connection, client)


def unlinked_in_threads(connection: Connection, threads: Iterable[int]) -> set[int]:
    """Messages with references that lack a link to a client which another message of their thread has.

    Of endless threads (a robot that refers to one id for years) the newest are looked at.
    """
    found: set[int] = set()
    other = aliased(Message)
    for part in parts(threads):
        clients = (
            select(col(other.thread_id), col(Link.client_id))
            .join(Link, col(other.id) == col(Link.message_id))
            .where(col(other.thread_id).in_(part), col(Link.state) == "active")
            .distinct()
            .subquery()
        )
        own = select(col(Link.id)).where(
            col(Link.message_id) == col(Message.id),
            col(Link.client_id) == clients.c.client_id,
            col(Link.state) != "suggested",
        )
        query = (
            select(col(Message.id))
            .join(clients, clients.c.thread_id == col(Message.thread_id))
            .where(col(Message.reference_ids) != "", ~own.exists())
            .order_by(col(Message.id).desc())
            .limit(_MOST_UNLINKED)
        )
        found.update(i for i in connection.execute(query).scalars() if i is not None)
    return found


def _suggested(connection: Connection, message_ids: Iterable[int]) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for part in parts(message_ids):
        query = select(col(Link.message_id), col(Link.client_id)).where(col(Link.message_id).in_(part))
        found.update((row[0], row[1]) for row in connection.execute(query.where(col(Link.state) == "suggested")))
    return found


def set_state(connection: Connection, link_id: int, state: str, at: datetime, actor_id: int | None) -> None:
    """Undo a link or make it active again."""
    connection.execute(
        update(Link).where(col(Link.id) == link_id).values(state=state, changed_at=at, actor_id=actor_id)
    )


def remove(connection: Connection, link_id: int) -> None:
    """Delete a link as if it had never been."""
    connection.execute(delete(Link).where(col(Link.id) == link_id))


def is_message(connection: Connection, message_id: int) -> bool:
    """Whether a message is stored."""
    return connection.execute(select(col(Message.id)).where(col(Message.id) == message_id)).first() is not None


def drop_links(connection: Connection, client_id: int, message_ids: Collection[int]) -> None:
    """Delete the links of rules (never those of a person) between a client and messages, with their entries."""
    for part in parts(message_ids):
        here = and_(col(Link.client_id) == client_id, col(Link.message_id).in_(part), col(Link.actor_id).is_(None))
        connection.execute(delete(Link).where(here, col(Link.state) != "undone"))
    drop_entries(connection, client_id, message_ids)


def add_entries(connection: Connection, message_ids: Iterable[int]) -> None:
    """Put these messages on the timelines of the clients that they are actively linked to."""
    for part in parts(message_ids):
        query: Any = (
            select(
                col(Link.client_id),
                col(Message.at),
                col(Message.id).label("message_id"),
                col(Message.thread_id),
                col(Message.direction),
                col(Message.kind).label("message_kind"),
            )
            .join(Message, col(Message.id) == col(Link.message_id))
            .where(col(Message.id).in_(part), col(Link.state) == "active")
            .order_by(col(Message.id))
        )
        rows = [{**row, "kind": "message"} for row in connection.execute(query).mappings()]
        insert_missing(connection, Entry, rows)
        document_work.enqueue(connection, part)
        standing.enqueue(connection, part)


def drop_entries(connection: Connection, client_id: int, message_ids: Iterable[int]) -> None:
    """Take those of the messages off a client's timeline that are no longer actively linked to it."""
    for part in parts(message_ids):
        linked = select(col(Link.message_id)).where(
            col(Link.client_id) == client_id, col(Link.message_id).in_(part), col(Link.state) == "active"
        )
        gone = (col(Entry.message_id).in_(part), col(Entry.message_id).not_in(linked))
        connection.execute(delete(Entry).where(col(Entry.client_id) == client_id, *gone))
        tallies.again_with(connection, part)
        document_work.enqueue(connection, part)
        standing.enqueue(connection, part)


def recount(connection: Connection, client_id: int) -> None:
    """Set message_count, last_in_at and last_out_at of a client from its timeline; robots' mail moves no date."""
    human = col(Entry.message_kind).not_in([str(kind) for kind in ROBOTS])

    def last(way: str) -> ColumnElement[Any]:
        return func.max(case((and_(col(Entry.direction) == way, human), col(Entry.at))))

    query = select(func.count(), last("in"), last("out")).where(
        col(Entry.client_id) == client_id, col(Entry.kind) == "message"
    )
    number, last_in, last_out = connection.execute(query).one()
    connection.execute(
        update(Client)
        .where(col(Client.id) == client_id)
        .values(message_count=number, last_in_at=last_in, last_out_at=last_out)
    )


def made_by(connection: Connection, client_id: int, emails: Collection[str], domains: Collection[str]) -> set[int]:
    """Messages linked to a client by a rule because of these addresses or domains, or by the thread of such."""
    by = [and_(col(Link.rule) == "address", col(Link.evidence).in_(list(emails)))]
    by += [and_(col(Link.rule) == "domain", col(Link.evidence).like(f"% at {name}")) for name in domains]
    ours = (col(Link.client_id) == client_id, col(Link.actor_id).is_(None), col(Link.state) != "undone")
    direct = select(col(Link.message_id)).where(*ours, or_(*by))
    threads = select(col(Message.thread_id)).where(col(Message.id).in_(direct))
    query = (
        select(col(Link.message_id))
        .join(Message, col(Message.id) == col(Link.message_id))
        .where(*ours, or_(*by, and_(col(Link.rule) == "thread", col(Message.thread_id).in_(threads))))
    )
    return set(connection.execute(query).scalars())


def naming(connection: Connection, emails: Collection[str], domains: Collection[str]) -> set[int]:
    """Stored messages that name one of these addresses, or an address at one of these domains or below it."""
    where: list[ColumnElement[bool]] = [col(MailAddress.email).in_(list(emails))]
    for name in domains:
        where += [col(MailAddress.domain) == name, col(MailAddress.domain).like(f"%.{name}")]
    query = (
        select(col(MessageAddress.message_id))
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(or_(*where))
    )
    return set(connection.execute(query).scalars())


def siblings(connection: Connection, message_ids: Collection[int]) -> set[int]:
    """The other messages in the threads of these."""
    found: set[int] = set()
    for part in parts(message_ids):
        threads = select(col(Message.thread_id)).where(col(Message.id).in_(part))
        found.update(
            i
            for i in connection.execute(select(col(Message.id)).where(col(Message.thread_id).in_(threads))).scalars()
            if i is not None
        )
    return found - set(message_ids)


def known_as(connection: Connection, client_id: int) -> tuple[list[str], list[str]]:
    """Every address and every domain by which the rules know a client."""
    emails = select(col(ContactAddress.email)).where(col(ContactAddress.client_id) == client_id)
    domains = select(col(ClientDomain.domain)).where(col(ClientDomain.client_id) == client_id)
    return list(connection.execute(emails).scalars()), list(connection.execute(domains).scalars())


def shared(connection: Connection, first: int, second: int) -> list[tuple[int, int]]:
    """The links of two clients to the same message: (link of the first, link of the second)."""
    other = aliased(Link)
    query = (
        select(col(Link.id), col(other.id))
        .join(other, col(other.message_id) == col(Link.message_id))
        .where(col(Link.client_id) == first, col(other.client_id) == second)
    )
    return [(int(row[0] or 0), int(row[1] or 0)) for row in connection.execute(query)]


def change(connection: Connection, link_id: int, values: dict[str, Any]) -> None:
    """Set columns of a link."""
    connection.execute(update(Link).where(col(Link.id) == link_id).values(values))


def newest(connection: Connection) -> int:
    """The highest id of a link."""
    return int(connection.execute(select(func.max(col(Link.id)))).scalar_one() or 0)


def made_since(connection: Connection, client_id: int, link_id: int) -> set[int]:
    """The messages that rules have linked to a client after the link with this id was made."""
    here = (col(Link.client_id) == client_id, col(Link.id) > link_id, col(Link.actor_id).is_(None))
    return set(connection.execute(select(col(Link.message_id)).where(*here)).scalars())
