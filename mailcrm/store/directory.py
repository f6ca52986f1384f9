"""What crm.match needs to know of the client base, for the messages at hand and no more."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select
from sqlmodel import col

from mailcrm.crm.match import Directory
from mailcrm.model import (
    Client,
    ClientDomain,
    ContactAddress,
    Link,
    MailAddress,
    Message,
    MessageAddress,
    NeverRule,
    ThreadReference,
    Triage,
    UserAddress,
)
from mailcrm.store.rows import parts


def staff(connection: Connection) -> dict[str, int]:
    """Every address of every user → the user."""
    rows = connection.execute(select(col(UserAddress.email), col(UserAddress.user_id)))
    return {str(email): int(user) for email, user in rows}


def never(connection: Connection, user_id: int | None) -> frozenset[str]:
    """Addresses and domains never to be stored: the company's, and those of the owner of the mailbox."""
    mine: ColumnElement[bool] = col(NeverRule.user_id).is_(None)
    if user_id is not None:
        mine = or_(mine, col(NeverRule.user_id) == user_id)
    return frozenset(connection.execute(select(col(NeverRule.value)).where(mine)).scalars())


def folder_names(connection: Connection) -> dict[str, int]:
    """Case-folded client name → client, for folders called CRM/NAME."""
    rows = connection.execute(select(col(Client.name_key), col(Client.id)).where(col(Client.archived_at).is_(None)))
    return {name: int(client) for name, client in rows if client is not None}


def directory(
    connection: Connection, emails: Collection[str], domains: Collection[str], references: Collection[str]
) -> Directory:
    """The clients behind these addresses and domains, and the threads that these ids belong to."""
    return Directory(
        addresses=_clients_by(connection, ContactAddress.email, ContactAddress.client_id, emails),
        domains=_clients_by(connection, ClientDomain.domain, ClientDomain.client_id, domains),
        threads=_threads(connection, references),
        written_to=_written_to(connection, emails),
    )


def _clients_by(connection: Connection, key: Any, client: Any, values: Iterable[str]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for part in parts(values):
        rows = connection.execute(
            select(key, client)
            .join(Client, col(Client.id) == client)
            .where(key.in_(part), col(Client.archived_at).is_(None))
        )
        for value, client_id in rows:
            found[value].add(client_id)
    return {value: frozenset(clients) for value, clients in found.items()}


def _threads(connection: Connection, references: Iterable[str]) -> dict[str, Mapping[int, frozenset[str]]]:
    thread_of: dict[str, int] = {}
    for part in parts(references):
        rows = connection.execute(
            select(col(ThreadReference.reference), col(ThreadReference.thread_id)).where(
                col(ThreadReference.reference).in_(part)
            )
        )
        thread_of.update({str(reference): int(thread) for reference, thread in rows})
    people = _people(connection, set(thread_of.values()))
    return {reference: people[thread] for reference, thread in thread_of.items() if thread in people}


def _people(connection: Connection, threads: Iterable[int]) -> dict[int, Mapping[int, frozenset[str]]]:
    found: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for part in parts(threads):
        rows = connection.execute(
            select(col(Message.thread_id), col(Link.client_id), col(MailAddress.email))
            .join(Link, col(Link.message_id) == col(Message.id))
            .join(MessageAddress, col(MessageAddress.message_id) == col(Message.id))
            .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
            .where(col(Message.thread_id).in_(part), col(Link.state) == "active")
            .distinct()
        )
        for thread, client, email in rows:
            found[thread][client].add(email)
    return {t: {c: frozenset(emails) for c, emails in clients.items()} for t, clients in found.items()}


def _written_to(connection: Connection, emails: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for part in parts(emails):
        rows = connection.execute(
            select(col(Triage.counterpart)).where(col(Triage.counterpart).in_(part), col(Triage.direction) == "out")
        )
        found.update(rows.scalars())
    return frozenset(found)
