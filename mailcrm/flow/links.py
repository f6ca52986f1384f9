"""Links by hand: undo, redo, move, also-link, attach from the tray, never again; each says how to take it back."""

from collections.abc import Collection
from dataclasses import dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.addresses import valid_email
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.mail import address
from mailcrm.store import contacts, links, never, triage
from mailcrm.store.links import LinkRow, NewLink
from mailcrm.store.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes an act back: hand it to `take_back`."""

    links: tuple[tuple[int, str], ...] = ()
    """Links and the state each had before ("" where it did not exist)."""
    triage: tuple[int, ...] = ()
    client_id: int | None = None
    email: str = ""
    """An address that was given to the client."""
    never_id: int | None = None


def undo(office: Office, by: By, link_id: int) -> Undo:
    """Say that a message does not concern a client; no rule links it again. Raises NotFound."""
    return _set(office, by, link_id, "undone")


def redo(office: Office, by: By, link_id: int) -> Undo:
    """Make an undone or suggested link active; raises NotFound."""
    return _set(office, by, link_id, "active")


def also_link(office: Office, by: By, message_id: int, client_id: int) -> Undo:
    """Put a message on the timeline of one more client; raises NotFound."""
    with editing(office, by) as edit:
        return _link(edit, message_id, client_id)


def move(office: Office, by: By, link_id: int, client_id: int) -> Undo:
    """Take a message from one client to another; raises NotFound."""
    with editing(office, by) as edit:
        before = _known(edit, link_id)
        made = _link(edit, before.message_id, client_id)
        if before.client_id == client_id:
            return made
        return Undo(links=(*made.links, *_change(edit, before, "undone").links))


def attach(office: Office, by: By, who: Viewer, triage_id: int, client_id: int) -> Undo:
    """Give the counterpart of a row in the tray to a client: its address is added, its mail is fetched.

    Raises NotFound, or Refused where the address cannot belong to a client.
    """
    with editing(office, by) as edit:
        row = triage.row(edit.connection, triage_id, who)
        if row is None:
            raise NotFound("There is no such message in the tray.")
        flow_clients.known(edit, client_id)
        email = flow_clients.checked_email(edit, row.counterpart)
        rows = triage.open_ids(edit.connection, triage.of_people([email], []))
        new = contacts.address_contact(edit.connection, client_id, email) is None
        flow_clients.attach(edit, client_id, [email])
        triage.settle(edit.connection, triage.of_people([email], []), "attached", by.at, by.actor_id)
        return Undo(triage=tuple(rows), client_id=client_id, email=email if new else "")


def never_again(office: Office, by: By, value: str, for_user: int | None = None) -> Undo:
    """Never store mail of an address or a domain: for the company, or in one user's mailboxes.

    What is stored stays; rows in the tray are closed. Raises Refused for our own and where a rule exists.
    """
    name = valid_email(value) if "@" in value else address.ascii_domain(value.strip().casefold())
    if "." not in name or name.rpartition("@")[2] in office.own_domains:
        raise Refused(f'"{value.strip()}" cannot be on a never-list.')
    with editing(office, by) as edit:
        if never.find(edit.connection, name, for_user) is not None:
            raise Refused(f"{name} is on the never-list already.")
        number = never.add(edit.connection, name, for_user, by.at, by.actor_id)
        where = triage.of_people(*(([name], []) if "@" in name else ([], [name])))
        if for_user is not None:
            where = where & triage.in_mailboxes_of(for_user)
        rows = triage.settle(edit.connection, where, "never", by.at, by.actor_id)
        # A private rule is seen by its owner alone: the log says that there is one, not of whom.
        edit.note("added", "never-list", number, detail=name if for_user is None else "")
        return Undo(triage=tuple(rows), never_id=number)


def dismiss(office: Office, by: By, who: Viewer, triage_ids: Collection[int]) -> Undo:
    """Close rows of the tray without any rule; raises NotFound where the viewer may not see one of them."""
    with editing(office, by) as edit:
        if any(triage.row(edit.connection, number, who) is None for number in triage_ids):
            raise NotFound("There is no such message in the tray.")
        rows = triage.settle(edit.connection, triage.among(triage_ids), "never", by.at, by.actor_id)
        return Undo(triage=tuple(rows))


def take_back(office: Office, by: By, act: Undo) -> None:
    """Put everything back as it was before an act."""
    with editing(office, by) as edit:
        for link_id, state in act.links:
            found = links.link(edit.connection, link_id)
            if found and state:
                _change(edit, found, state)
            elif found:
                links.remove(edit.connection, found.id)
                _refresh(edit, found)
                edit.note("unlinked", "message", found.message_id, found.client_id)
        if act.never_id is not None:
            never.remove(edit.connection, act.never_id)
            edit.note("removed", "never-list", act.never_id)
        if act.client_id is not None and act.email:
            flow_clients.detach(edit, act.client_id, [act.email])
        triage.reopen(edit.connection, act.triage)


def _set(office: Office, by: By, link_id: int, state: str) -> Undo:
    with editing(office, by) as edit:
        return _change(edit, _known(edit, link_id), state)


def _known(edit: Edit, link_id: int) -> LinkRow:
    found = links.link(edit.connection, link_id)
    if found is None:
        raise NotFound("There is no such link.")
    flow_clients.known(edit, found.client_id)
    return found


def _change(edit: Edit, before: LinkRow, state: str) -> Undo:
    links.set_state(edit.connection, before.id, state, edit.by.at, edit.by.actor_id)
    _refresh(edit, before)
    edit.note("linked" if state == "active" else "unlinked", "message", before.message_id, before.client_id)
    return Undo(links=((before.id, before.state),))


def _refresh(edit: Edit, link: LinkRow) -> None:
    links.drop_entries(edit.connection, link.client_id, [link.message_id])
    links.add_entries(edit.connection, [link.message_id])
    links.recount(edit.connection, link.client_id)


def _link(edit: Edit, message_id: int, client_id: int) -> Undo:
    flow_clients.known(edit, client_id)
    existing = [one for one in links.links(edit.connection, [message_id]) if one.client_id == client_id]
    if existing:
        return _change(edit, existing[0], "active")
    if not links.is_message(edit.connection, message_id):
        raise NotFound("There is no such message.")
    new = NewLink(message_id, client_id, "person", "by hand", 1.0)
    links.add_links(edit.connection, [new], edit.by.at, edit.by.actor_id)
    made = next(one for one in links.links(edit.connection, [message_id]) if one.client_id == client_id)
    _refresh(edit, made)
    edit.note("linked", "message", message_id, client_id)
    return Undo(links=((made.id, ""),))
