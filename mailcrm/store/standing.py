"""What `waiting` is made of and how its rows are written: letters of threads, reports of bounces, later letters."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update
from sqlmodel import col

from mailcrm.crm.filing import number_from
from mailcrm.crm.waiting import Letter, Standing
from mailcrm.mail.message import Kind
from mailcrm.model import (
    Entry,
    Link,
    MailAddress,
    Message,
    MessageAddress,
    MessageBody,
    ReportedBounce,
    UserAddress,
    Waiting,
    WaitingWork,
)
from mailcrm.store.rows import insert_missing, parts, table

_People = Mapping[int, Mapping[str, list[str]]]
Key = tuple[int, int]
"""A thread and a client."""
_NEWEST = 12
"""So many of the last human letters of a thread decide."""
_TEXT = 4000


def enqueue(connection: Connection, message_ids: Iterable[int]) -> None:
    """Note that the threads of these messages changed."""
    for part in parts(message_ids):
        threads = connection.execute(select(col(Message.thread_id)).where(col(Message.id).in_(part))).scalars()
        insert_missing(connection, WaitingWork, [{"thread_id": one} for one in set(threads)])


def enqueue_since(connection: Connection, since: datetime) -> None:
    """Note every thread with a message since then, and every one that has a row."""
    threads = select(col(Message.thread_id)).where(col(Message.id) >= number_from(since)).distinct()
    known = set(connection.execute(threads).scalars()) | set(
        connection.execute(select(col(Waiting.thread_id)).distinct()).scalars()
    )
    insert_missing(connection, WaitingWork, [{"thread_id": one} for one in known])


def enqueue_reported(connection: Connection, originals: Collection[str]) -> None:
    """Note the threads of messages that are now known to have come back."""
    for part in parts(originals):
        threads = connection.execute(select(col(Message.thread_id)).where(col(Message.message_id).in_(part))).scalars()
        insert_missing(connection, WaitingWork, [{"thread_id": one} for one in set(threads)])


def enqueue_people(connection: Connection, message_ids: Iterable[int]) -> None:
    """Note the threads in which somebody waits who took part in these messages: they may be what he waited for."""
    for part in parts(message_ids):
        query = (
            select(col(Waiting.thread_id))
            .join(MailAddress, col(MailAddress.email) == col(Waiting.email))
            .join(MessageAddress, col(MessageAddress.address_id) == col(MailAddress.id))
            .where(col(MessageAddress.message_id).in_(part), col(MessageAddress.message_id) > col(Waiting.message_id))
        )
        threads = set(connection.execute(query).scalars())
        insert_missing(connection, WaitingWork, [{"thread_id": one} for one in threads])


def add_reports(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep which reports say of which of our messages that nobody got it: {message_id, original}."""
    insert_missing(connection, ReportedBounce, rows)


def work(connection: Connection, limit: int) -> list[int]:
    """Threads that changed."""
    return list(connection.execute(select(col(WaitingWork.thread_id)).limit(limit)).scalars())


def settle(connection: Connection, threads: Collection[int]) -> None:
    """The rows of these threads are made."""
    connection.execute(delete(WaitingWork).where(col(WaitingWork.thread_id).in_(list(threads))))


def letters(connection: Connection, threads: Collection[int]) -> dict[Key, list[Letter]]:
    """The last human letters of these threads, oldest first, for each client on whose timeline they stand."""
    found: dict[Key, list[Any]] = defaultdict(list)
    query: Any = (
        select(
            col(Entry.thread_id),
            col(Entry.client_id),
            col(Entry.message_id),
            col(Entry.at),
            col(Entry.direction),
            col(Message.author_id),
            col(Message.attachment_count),
            col(Message.message_id).label("name"),
            col(Link.role),
        )
        .join(Message, col(Message.id) == col(Entry.message_id))
        .outerjoin(
            Link, and_(col(Link.message_id) == col(Entry.message_id), col(Link.client_id) == col(Entry.client_id))
        )
        .where(col(Entry.thread_id).in_(list(threads)), col(Entry.message_kind) == str(Kind.HUMAN))
        .order_by(col(Entry.message_id))
    )
    for row in connection.execute(query):
        found[row.thread_id, row.client_id].append(row)
    kept = {key: rows[-_NEWEST:] for key, rows in found.items()}
    ids = {row.message_id for rows in kept.values() for row in rows}
    people, texts = _people(connection, ids), _texts(connection, ids)
    back = _reported(connection, {row.name for rows in kept.values() for row in rows if row.direction == "out"})
    return {key: [_letter(row, people, texts, back) for row in rows] for key, rows in kept.items()}


def _letter(
    row: Any, people: Mapping[int, Mapping[str, list[str]]], texts: Mapping[int, str], back: set[str]
) -> Letter:
    of = people.get(row.message_id, {})
    return Letter(
        id=row.message_id,
        at=row.at,
        direction=row.direction,
        kind=str(Kind.HUMAN),
        writers=(*of.get("from", ()), *of.get("reply-to", ())),
        to=tuple(of.get("to", ())),
        others=(*of.get("cc", ()), *of.get("bcc", ())),
        author_id=row.author_id,
        text=texts.get(row.message_id, ""),
        has_files=row.attachment_count > 0,
        by_client=row.role not in ("to", "cc", "bcc"),
        bounced=row.name in back,
    )


def _people(connection: Connection, message_ids: Iterable[int]) -> dict[int, dict[str, list[str]]]:
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for part in parts(message_ids):
        query = (
            select(col(MessageAddress.message_id), col(MessageAddress.role), col(MailAddress.email))
            .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
            .where(col(MessageAddress.message_id).in_(part))
            .order_by(col(MessageAddress.message_id), col(MessageAddress.position))
        )
        for message, role, email in connection.execute(query):
            found[message][role].append(email)
    return found


def _texts(connection: Connection, message_ids: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    words = func.substr(func.coalesce(col(MessageBody.reply_text), col(MessageBody.text)), 1, _TEXT)
    for part in parts(message_ids):
        query = select(col(MessageBody.message_id), words).where(col(MessageBody.message_id).in_(part))
        found.update((int(message), str(text)) for message, text in connection.execute(query))
    return found


def _reported(connection: Connection, names: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in parts(name for name in names if name):
        query = select(col(ReportedBounce.original)).where(col(ReportedBounce.original).in_(part))
        found.update(connection.execute(query).scalars())
    return found


def met_elsewhere(connection: Connection, rows: Mapping[Key, Standing]) -> set[Key]:
    """Those for whom a letter begun anew in another thread came later: ours to who waits, or theirs to us."""
    emails = {one.people[0] for one in rows.values() if one.people}
    if not emails:
        return set()
    oldest = min(number_from(one.since) for one in rows.values())
    newest: dict[tuple[int, str, str], int] = {}
    for part in parts(emails):
        newest.update(_begun_anew(connection, part, oldest))
    return {key for key, one in rows.items() if _later(newest, key[1], one)}


def _begun_anew(connection: Connection, emails: list[str], oldest: int) -> dict[tuple[int, str, str], int]:
    query = (
        select(col(Entry.client_id), col(MailAddress.email), col(Entry.direction), func.max(col(Message.id)))
        .select_from(MailAddress)
        .join(MessageAddress, col(MessageAddress.address_id) == col(MailAddress.id))
        .join(Message, col(Message.id) == col(MessageAddress.message_id))
        .join(Entry, col(Entry.message_id) == col(Message.id))
        .where(
            col(MailAddress.email).in_(emails),
            col(MessageAddress.message_id) > oldest,
            col(MessageAddress.role).in_(("from", "to")),
            col(Message.reference_ids) == "",
            col(Message.kind) == str(Kind.HUMAN),
        )
        .group_by(col(Entry.client_id), col(MailAddress.email), col(Entry.direction))
    )
    return {(client, email, way): int(number or 0) for client, email, way, number in connection.execute(query)}


def _later(newest: Mapping[tuple[int, str, str], int], client: int, one: Standing) -> bool:
    way = "out" if one.turn == "us" else "in"
    return any(newest.get((client, email, way), 0) > one.letter_id for email in one.people)


def users(connection: Connection, emails: Iterable[str]) -> dict[str, int]:
    """Whose addresses these are."""
    found: dict[str, int] = {}
    for part in parts(emails):
        query = select(col(UserAddress.email), col(UserAddress.user_id)).where(col(UserAddress.email).in_(part))
        found.update((str(email), int(user)) for email, user in connection.execute(query))
    return found


def names(connection: Connection, emails: Iterable[str]) -> dict[str, str]:
    """The display names of addresses."""
    found: dict[str, str] = {}
    for part in parts(emails):
        query = select(col(MailAddress.email), col(MailAddress.name)).where(col(MailAddress.email).in_(part))
        found.update((str(email), str(name)) for email, name in connection.execute(query))
    return found


def write(connection: Connection, threads: Collection[int], rows: Mapping[Key, dict[str, Any]]) -> None:
    """Make the rows of these threads those given; what a person said of a thread stays at its row."""
    known = set(_keys(connection, threads))
    for thread, client in known - set(rows):
        here = (col(Waiting.thread_id) == thread, col(Waiting.client_id) == client)
        connection.execute(delete(Waiting).where(*here))
    new = [{"thread_id": t, "client_id": c, **row} for (t, c), row in rows.items() if (t, c) not in known]
    if new:
        connection.execute(insert(table(Waiting)), new)
    for (thread, client), row in rows.items():
        if (thread, client) in known:
            here = (col(Waiting.thread_id) == thread, col(Waiting.client_id) == client)
            connection.execute(update(Waiting).where(*here).values(row))


def _keys(connection: Connection, threads: Collection[int]) -> list[Key]:
    query = select(col(Waiting.thread_id), col(Waiting.client_id)).where(col(Waiting.thread_id).in_(list(threads)))
    return [(int(thread), int(client)) for thread, client in connection.execute(query)]
