"""What waits for clients to be known: the tray, and the fingerprints of unstored mail; for many names at once."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.crm.domains import is_within
from mailcrm.model import MailAddress, MessageAddress, Placement, PlacementTrace, Triage
from mailcrm.store import journal, triage
from mailcrm.store.journal import Change, Rows
from mailcrm.store.rows import parts


def naming(connection: Connection, emails: Collection[str], domains: Collection[str]) -> set[int]:
    """Stored messages that name one of these addresses, or an address at one of these domains or below it.

    What `links.naming` finds for one client: here the domains of stored mail are compared in memory, because a
    thousand patterns would read the whole table a thousand times.
    """
    found: set[int] = set()
    known = _mail_domains(connection, domains)
    for column, values in ((col(MailAddress.email), emails), (col(MailAddress.domain), known)):
        for part in parts(values):
            query = (
                select(col(MessageAddress.message_id))
                .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
                .where(column.in_(part))
                .distinct()
            )
            found.update(connection.execute(query).scalars())
    return found


def _mail_domains(connection: Connection, domains: Collection[str]) -> list[str]:
    if not domains:
        return []
    wanted = set(domains)
    known = connection.execute(select(col(MailAddress.domain)).distinct()).scalars()
    return [name for name in known if is_within(name, wanted)]


def settle(
    connection: Connection, emails: Collection[str], domains: Collection[str], by: tuple[datetime, int | None]
) -> list[Change]:
    """Take the people of these addresses and domains out of the tray; returns what changed."""
    people, houses = set(emails), set(domains)
    query: Any = select(col(Triage.id), col(Triage.counterpart)).where(col(Triage.state) == "open")
    found = [
        int(number)
        for number, email in connection.execute(query)
        if email in people or is_within(email.rpartition("@")[2], houses)
    ]
    if not found:
        return []
    before = journal.rows(connection, "triage", "id", found)
    for part in parts(found):
        triage.settle(connection, triage.among(part), "attached", *by)
    return journal.differences("triage", before, journal.rows(connection, "triage", "id", found))


def waiting(connection: Connection, fingerprints: Collection[int]) -> Rows:
    """The unstored copies that name one of these people, as they are before they are asked about again."""
    found: set[int] = set()
    for part in parts(fingerprints):
        traced = select(col(PlacementTrace.placement_id)).where(col(PlacementTrace.fingerprint).in_(part))
        here = (col(Placement.id).in_(traced), col(Placement.state) == "done", col(Placement.verdict) != "keep")
        found.update(int(i) for i in connection.execute(select(col(Placement.id)).where(*here)).scalars() if i)
    return journal.rows(connection, "placement", "id", found)
