"""The rules run again: when a client gets or loses an address or a domain, its history appears or disappears."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from mailcrm.crm import match
from mailcrm.crm.domains import lineage
from mailcrm.crm.explicit import Explicit
from mailcrm.flow.edit import Edit
from mailcrm.mail.message import ParsedHeaders
from mailcrm.mail.thread import referred_ids
from mailcrm.store import directory, ledger, links, participants, triage
from mailcrm.store.links import NewLink

_BATCH = 500


def added(edit: Edit, client_id: int, names: Collection[str]) -> int:
    """Find the past of a client by new `names` (addresses have an @, the others are domains).

    Stored messages are linked, unstored ones wait to be fetched, the tray is cleared of them. Returns how many
    placements wait now.
    """
    emails, domains = _split(names)
    relink(edit, client_id, links.naming(edit.connection, emails, domains))
    triage.settle(edit.connection, triage.of_people(emails, domains), "attached", edit.by.at, edit.by.actor_id)
    fingerprints = [edit.office.fingerprint(f"a:{email}") for email in emails] + [
        edit.office.fingerprint(f"d:{d}") for d in domains
    ]
    return ledger.reopen(edit.connection, fingerprints)


def removed(edit: Edit, client_id: int, names: Collection[str]) -> None:
    """Take away the links that only these names had made; call it after the names are gone from the client."""
    emails, domains = _split(names)
    messages = links.made_by(edit.connection, client_id, emails, domains)
    links.drop_links(edit.connection, client_id, messages)
    relink(edit, client_id, messages)


def relink(edit: Edit, client_id: int, messages: Collection[int]) -> None:
    """Run the rules over stored messages and link those that concern the client; threads follow their messages."""
    link_many(edit, {client_id}, messages)
    links.recount(edit.connection, client_id)


def link_many(edit: Edit, clients: Collection[int], messages: Collection[int]) -> set[int]:
    """Run the rules over stored messages and link those that concern one of the clients; returns the clients that were
    linked."""
    company = match.Company(
        domains=edit.office.own_domains,
        staff=directory.staff(edit.connection),
        free_mail=edit.office.free_mail,
        never=edit.office.never | directory.never(edit.connection, None),
    )
    direct = _found(edit.connection, company, clients, messages, threads=False)
    links.add_links(edit.connection, direct, edit.by.at)
    linked = {one.message_id for one in direct}
    rest = (links.siblings(edit.connection, linked) | set(messages)) - linked
    followed = _found(edit.connection, company, clients, rest, threads=True)
    links.add_links(edit.connection, followed, edit.by.at)
    return {one.client_id for one in (*direct, *followed)}


def _found(
    connection: Connection, company: match.Company, clients: Collection[int], messages: Iterable[int], threads: bool
) -> list[NewLink]:
    ids = sorted(messages)
    found: list[NewLink] = []
    for start in range(0, len(ids), _BATCH):
        headers = participants.headers(connection, ids[start : start + _BATCH])
        known = _directory(connection, headers.values(), threads)
        for message_id, one in headers.items():
            decision = match.decide(one, company, known, Explicit())
            found += [_link(message_id, f) for f in decision.found if f.client in clients]
    return found


def _link(message_id: int, found: match.Found) -> NewLink:
    state = "suggested" if found.suggested else "active"
    return NewLink(message_id, found.client, found.rule, found.evidence, found.confidence, found.role, state)


def _directory(connection: Connection, headers: Collection[ParsedHeaders], threads: bool) -> match.Directory:
    emails = {a.email for one in headers for a in one.participants}
    domains = {name for email in emails for name in lineage(email.rpartition("@")[2])}
    references = {key for one in headers for key in referred_ids(one)} if threads else set()
    return directory.directory(connection, emails, domains, references)


def _split(names: Collection[str]) -> tuple[list[str], list[str]]:
    return [n for n in names if "@" in n], [n for n in names if "@" not in n]
