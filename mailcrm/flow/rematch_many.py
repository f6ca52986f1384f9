"""The past of many clients at once: what `rematch.added` does for one, in a fixed number of queries for a batch."""

from collections.abc import Collection, Mapping
from typing import Any

from mailcrm.flow import rematch
from mailcrm.flow.edit import Edit
from mailcrm.store import journal, ledger, links, traces
from mailcrm.store.journal import Change

_TOUCHED = (("link", "message_id"), ("entry", "message_id"), ("document_work", "message_id"))


def added(edit: Edit, names: Mapping[int, Collection[str]]) -> list[Change]:
    """Find the past of clients by new addresses and domains of each; returns what changed, for the journal."""
    every = {name for new in names.values() for name in new}
    emails, domains = [n for n in every if "@" in n], [n for n in every if "@" not in n]
    changes = _link(edit, names, traces.naming(edit.connection, emails, domains))
    settled = traces.settle(edit.connection, emails, domains, (edit.by.at, edit.by.actor_id))
    fingerprints = [edit.office.fingerprint(f"{'a' if '@' in name else 'd'}:{name}") for name in every]
    waiting = traces.waiting(edit.connection, fingerprints)
    ledger.reopen(edit.connection, fingerprints)
    reopened = journal.rows(edit.connection, "placement", "id", [key[0] for key in waiting])
    return [*changes, *settled, *journal.differences("placement", waiting, reopened)]


def _link(edit: Edit, names: Mapping[int, Collection[str]], messages: set[int]) -> list[Change]:
    if not messages:
        return []
    touched = messages | links.siblings(edit.connection, messages)
    clients = list(names)
    before = [journal.rows(edit.connection, table, column, touched) for table, column in _TOUCHED]
    counted = journal.rows(edit.connection, "client", "id", clients)
    for client in rematch.link_many(edit, set(clients), messages):
        links.recount(edit.connection, client)
    after: list[Any] = [journal.rows(edit.connection, table, column, touched) for table, column in _TOUCHED]
    found: list[Change] = []
    for (table, _), old, new in zip(_TOUCHED, before, after, strict=True):
        found += journal.differences(table, old, new)
    return found + journal.differences("client", counted, journal.rows(edit.connection, "client", "id", clients))
