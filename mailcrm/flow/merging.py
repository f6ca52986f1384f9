"""Two clients made one, and separated again: mail, documents, people, tasks, deals and all else follow, and come back.

A merge sends nothing and asks nobody: it only changes which client rows refer to.
"""

from typing import Any

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow import rematch
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import client_merges, clients, contacts, document_work, journal, links, references
from mailcrm.store.client_merges import MergeRow
from mailcrm.store.journal import Change

_FILLED = ("website", "tax_id", "postal_address", "owner_id")
_NEWEST = "#"
"""Marks what no undo needs but to know what is newer than the merge: the highest id of a link."""
_RANK = {"active": 2, "suggested": 1, "undone": 0}


def merge(office: Office, by: By, kept_id: int, gone_id: int) -> int:
    """Make two clients one: all of `gone` goes to `kept`, which fills its gaps from it; `gone` lies in the archive.

    Returns the id of the merge, for `unmerge`. Raises Refused, or NotFound.
    """
    if kept_id == gone_id:
        raise Refused("A client cannot be merged with itself.")
    with editing(office, by) as edit:
        kept, gone = flow_clients.known(edit, kept_id), flow_clients.known(edit, gone_id)
        if kept.archived_at or gone.archived_at:
            raise Refused("A client in the archive cannot be merged: take it back first.")
        both = [kept_id, gone_id]
        messages = references.messages_of(edit.connection, [gone_id])
        records = journal.rows(edit.connection, "client", "id", both)
        work = journal.rows(edit.connection, "document_work", "message_id", messages)
        changes: list[Change] = [[_NEWEST, "link", links.newest(edit.connection)]]
        changes += _better_links(edit, kept_id, gone_id)
        changes += client_merges.move(edit.connection, "client", gone_id, kept_id)
        changes += client_merges.soft_references(edit.connection, gone_id, kept_id)
        changes += _same_people(edit, kept_id)
        changes += _entries(edit, kept_id, messages)
        _fill(edit, kept, gone)
        document_work.enqueue(edit.connection, messages)
        after = journal.rows(edit.connection, "document_work", "message_id", messages)
        changes += journal.differences("document_work", work, after)
        changes += journal.differences("client", records, journal.rows(edit.connection, "client", "id", both))
        number = client_merges.add(
            edit.connection, {"kept_id": kept_id, "gone_id": gone_id, "actor_id": by.actor_id, "at": by.at}
        )
        journal.write(edit.connection, changes, {"merge_id": number})
        edit.note("merged", "client", kept_id, kept_id, gone.name)
        return number


def unmerge(office: Office, by: By, merge_id: int) -> int:
    """Separate two clients again, exactly; what has come to the kept one since stays there, but for mail that the
    rules give to the other. Returns the id of the client that is back. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        found = client_merges.merge(edit.connection, merge_id)
        if found is None:
            raise NotFound("There is no such merge.")
        flow_clients.known(edit, found.kept_id)
        flow_clients.known(edit, found.gone_id)
        if client_merges.merges(edit.connection, found.kept_id)[0].id != merge_id:
            raise Refused("Another client was merged into this one later: separate that one first.")
        since: set[int] = set()
        for page in journal.pages(edit.connection, {"merge_id": merge_id}):
            changes = journal.page(edit.connection, page)
            newest = next(change[2] for change in changes if change[0] == _NEWEST)
            since |= links.made_since(edit.connection, found.kept_id, newest)
            _take_back(edit, [change for change in changes if change[0] != _NEWEST])
            journal.drop(edit.connection, page)
        client_merges.end(edit.connection, merge_id, by.at)
        _sort_out(edit, found, since)
        edit.note("unmerged", "client", found.kept_id, found.kept_id, found.gone_name)
        return found.gone_id


def _take_back(edit: Edit, changes: list[Change]) -> None:
    for change in reversed(changes):
        later = journal.take_back(edit.connection, change)
        if change[1] == "document_work":
            document_work.enqueue(edit.connection, [key[0] for key in later])


def _sort_out(edit: Edit, found: MergeRow, messages: set[int]) -> None:
    """Mail that came while the two were one goes to whom the rules give it now."""
    if messages:
        links.drop_links(edit.connection, found.kept_id, messages)
        rematch.relink(edit, found.kept_id, messages)
        rematch.relink(edit, found.gone_id, messages)
    else:
        links.recount(edit.connection, found.kept_id)
        links.recount(edit.connection, found.gone_id)


def _better_links(edit: Edit, kept_id: int, gone_id: int) -> list[Change]:
    """Where both are linked to a message, the link that says more stays: active before suggested before undone."""
    shared = links.shared(edit.connection, kept_id, gone_id)
    before = journal.rows(edit.connection, "link", "id", [ours for ours, _ in shared])
    theirs = journal.rows(edit.connection, "link", "id", [other for _, other in shared])
    for ours, other in shared:
        mine, better = before[ours,], theirs[other,]
        if _RANK[better["state"]] > _RANK[mine["state"]]:
            same = ("rule", "evidence", "confidence", "role", "state", "actor_id", "changed_at")
            links.change(edit.connection, ours, {name: better[name] for name in same})
    after = journal.rows(edit.connection, "link", "id", [ours for ours, _ in shared])
    return journal.differences("link", before, after)


def _entries(edit: Edit, kept_id: int, messages: set[int]) -> list[Change]:
    """Every message that is linked actively now stands on the timeline."""
    before = journal.rows(edit.connection, "entry", "message_id", messages)
    links.add_entries(edit.connection, messages)
    links.recount(edit.connection, kept_id)
    after = journal.rows(edit.connection, "entry", "message_id", messages)
    return journal.differences("entry", before, after)


def _same_people(edit: Edit, kept_id: int) -> list[Change]:
    """Contacts of one name become one; an address that several share never makes people one."""
    found: list[Change] = []
    first: dict[str, int] = {}
    for person in sorted(contacts.contacts(edit.connection, kept_id), key=lambda one: one.id):
        key = clients.name_key(person.name)
        if key and key in first:
            found += _join(edit, first[key], person.id)
        elif key:
            first[key] = person.id
    return found


def _join(edit: Edit, stays: int, goes: int) -> list[Change]:
    before = journal.rows(edit.connection, "contact", "id", [stays, goes])
    changes = client_merges.move(edit.connection, "contact", goes, stays)
    changes += contacts.drop_double_phones(edit.connection, stays)
    ours, theirs = before[stays,], before[goes,]
    filled = {name: theirs[name] for name in ("position", "note") if theirs[name] and not ours[name]}
    if filled:
        contacts.change_contact(edit.connection, stays, filled)
    contacts.remove_contact(edit.connection, goes)
    after = journal.rows(edit.connection, "contact", "id", [stays, goes])
    return changes + journal.differences("contact", before, after)


def _fill(edit: Edit, kept: clients.ClientRow, gone: clients.ClientRow) -> None:
    values: dict[str, Any] = {n: getattr(gone, n) for n in _FILLED if getattr(gone, n) and not getattr(kept, n)}
    have = set(kept.note.splitlines())
    new = [line for line in gone.note.splitlines() if line and line not in have]
    if new:
        values["note"] = "\n".join([*filter(None, [kept.note]), *new])
    clients.change_client(edit.connection, kept.id, {**values, "updated_at": edit.by.at})
    clients.change_client(edit.connection, gone.id, {"archived_at": edit.by.at, "updated_at": edit.by.at})
    links.recount(edit.connection, gone.id)
