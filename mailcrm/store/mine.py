"""What mailcrm has from somebody's mailboxes: counts, and lists of messages by client, thread or correspondent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select
from sqlmodel import col

from mailcrm.model import (
    Client,
    Folder,
    Link,
    MailAddress,
    Mailbox,
    Message,
    MessageAddress,
    MessageCopy,
    Placement,
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages of somebody's mailboxes are meant; empty fields mean all."""

    client_id: int | None = None
    thread_id: int | None = None
    correspondent: str = ""
    """An address, or a domain."""


@dataclass(frozen=True, slots=True)
class MineRow:
    """One message of which somebody has a copy; `shared` where a mailbox of somebody else has one too."""

    id: int
    thread_id: int
    at: datetime
    subject: str
    direction: str
    raw_sha256: str
    size: int
    shared: bool
    bcc: bool
    """His copy shows blind copies."""


def mailbox_ids(connection: Connection, user_id: int) -> list[int]:
    """The mailboxes of a user."""
    query = select(col(Mailbox.id)).where(col(Mailbox.user_id) == user_id).order_by(col(Mailbox.id))
    return [int(number) for number in connection.execute(query).scalars() if number is not None]


def verdicts(connection: Connection, mailboxes: Sequence[int]) -> list[tuple[str, str, int]]:
    """(verdict, rule, how many copies on the server), the most first."""
    count = func.count()
    query = (
        select(col(Placement.verdict), col(Placement.rule), count)
        .join(Folder, col(Folder.id) == col(Placement.folder_id))
        .where(col(Folder.mailbox_id).in_(mailboxes))
        .group_by(col(Placement.verdict), col(Placement.rule))
        .order_by(count.desc(), col(Placement.verdict), col(Placement.rule))
    )
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def clients(connection: Connection, mailboxes: Sequence[int], limit: int = 100) -> list[tuple[int, str, int]]:
    """(client, name, how many messages), the most first."""
    count = func.count(col(Link.message_id).distinct())
    query: Any = (
        select(col(Client.id), col(Client.name), count)
        .select_from(MessageCopy)
        .join(Link, col(Link.message_id) == col(MessageCopy.message_id))
        .join(Client, col(Client.id) == col(Link.client_id))
        .where(col(MessageCopy.mailbox_id).in_(mailboxes), col(Link.state) == "active")
        .group_by(col(Client.id), col(Client.name))
        .order_by(count.desc(), col(Client.id))
        .limit(limit)
    )
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def count(connection: Connection, mailboxes: Sequence[int], wanted: Selection) -> int:
    """How many messages are meant."""
    query = select(func.count(col(MessageCopy.message_id).distinct()))
    return int(connection.execute(_meant(query, mailboxes, wanted)).scalar_one())


def rows(
    connection: Connection, mailboxes: Sequence[int], wanted: Selection, before: int | None, size: int
) -> list[MineRow]:
    """One page of the messages that are meant, newest first, below the number `before`."""
    numbers = _meant(select(col(MessageCopy.message_id)), mailboxes, wanted).distinct()
    if before is not None:
        numbers = numbers.where(col(MessageCopy.message_id) < before)
    numbers = numbers.order_by(col(MessageCopy.message_id).desc()).limit(size)
    found = list(connection.execute(numbers).scalars())
    elsewhere = exists().where(
        col(MessageCopy.message_id) == col(Message.id), col(MessageCopy.mailbox_id).not_in(mailboxes)
    )
    blind = exists().where(
        col(MessageAddress.message_id) == col(Message.id),
        col(MessageAddress.role) == "bcc",
        col(MessageAddress.mailbox_id).in_(mailboxes),
    )
    query: Any = select(
        col(Message.id),
        col(Message.thread_id),
        col(Message.at),
        col(Message.subject),
        col(Message.direction),
        col(Message.raw_sha256),
        col(Message.size),
        elsewhere,
        blind,
    ).where(col(Message.id).in_(found))
    return [
        MineRow(*(*row[:7], bool(row[7]), bool(row[8])))
        for row in connection.execute(query.order_by(col(Message.id).desc()))
    ]


def pages(
    connection: Connection, mailboxes: Sequence[int], wanted: Selection, size: int = 200
) -> Iterator[list[MineRow]]:
    """All of the messages that are meant, page by page, newest first."""
    before: int | None = None
    while page := rows(connection, mailboxes, wanted, before, size):
        yield page
        before = page[-1].id


def of_people(connection: Connection, emails: Sequence[str]) -> list[int]:
    """Every stored message in which one of these addresses takes part."""
    query = (
        select(col(MessageAddress.message_id))
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(MailAddress.email).in_(emails))
        .distinct()
    )
    return sorted(connection.execute(query).scalars())


def stored_with(connection: Connection, mailboxes: Sequence[int], values: Sequence[str]) -> dict[str, int]:
    """Address or domain → how many messages with it are stored from these mailboxes."""
    found: dict[str, int] = {}
    for column in (col(MailAddress.email), col(MailAddress.domain)):
        number = func.count(col(MessageAddress.message_id).distinct())
        query = (
            select(column, number)
            .join(MessageAddress, col(MessageAddress.address_id) == col(MailAddress.id))
            .join(MessageCopy, col(MessageCopy.message_id) == col(MessageAddress.message_id))
            .where(column.in_(values), col(MessageCopy.mailbox_id).in_(mailboxes))
            .group_by(column)
        )
        found.update({str(name): int(n) for name, n in connection.execute(query)})
    return found


def _meant(query: Any, mailboxes: Sequence[int], wanted: Selection) -> Any:
    query = query.where(col(MessageCopy.mailbox_id).in_(mailboxes))
    if wanted.client_id is not None:
        linked = (col(Link.message_id) == col(MessageCopy.message_id), col(Link.client_id) == wanted.client_id)
        query = query.where(exists().where(*linked, col(Link.state) == "active"))
    if wanted.thread_id is not None:
        here = (col(Message.id) == col(MessageCopy.message_id), col(Message.thread_id) == wanted.thread_id)
        query = query.where(exists().where(*here))
    if wanted.correspondent:
        name = wanted.correspondent
        person = (
            col(MessageAddress.message_id) == col(MessageCopy.message_id),
            col(MailAddress.id) == col(MessageAddress.address_id),
            or_(col(MailAddress.email) == name, col(MailAddress.domain) == name),
        )
        query = query.where(exists().where(*person))
    return query
