"""Clients: add, edit, archive; their addresses and domains, each of which brings its history with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.crm.domains import is_within
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import groups, rematch
from mailcrm.flow.addresses import valid_domain, valid_email
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import client_merges, clients, contacts, directory, handovers, links, ownership, people
from mailcrm.store.handovers import Subject
from mailcrm.store.ownership import Change

KINDS = ("company", "person")
_TEXTS = ("name", "note", "website", "tax_id", "postal_address")


@dataclass(frozen=True, slots=True)
class NewClient:
    """What is asked of a new client."""

    name: str
    kind: str = "company"
    owner_id: int | None = None
    domains: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    note: str = ""
    website: str = ""
    tax_id: str = ""
    postal_address: str = ""


def add_client(office: Office, by: By, new: NewClient) -> int:
    """Add a client and find its past; returns the id. Raises Refused where something is wrong."""
    texts = {name: str(getattr(new, name)).strip() for name in _TEXTS}
    owner = by.actor_id if new.owner_id is None and by.who.assigned else new.owner_id
    values = {**texts, "kind": new.kind, "owner_id": owner, "created_at": by.at, "updated_at": by.at}
    with editing(office, by) as edit:
        _check(edit.connection, values)
        client_id = clients.add_client(edit.connection, {**values, "message_count": 0})
        names = [_domain(office, d) for d in new.domains] + [checked_email(edit, a) for a in new.addresses]
        attach(edit, client_id, names)
        groups.refresh_client(edit, client_id)
        edit.note("added", "client", client_id, client_id, str(values["name"]))
        return client_id


def edit_client(office: Office, by: By, client_id: int, changes: Mapping[str, object]) -> None:
    """Change name, kind, owner_id, note, website, tax_id or postal_address; raises Refused, or NotFound."""
    unknown = set(changes) - {*_TEXTS, "kind", "owner_id"}
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a client.")
    values = {name: str(value).strip() if name in _TEXTS else value for name, value in changes.items()}
    with editing(office, by) as edit:
        before = known(edit, client_id)
        _check(edit.connection, values)
        owner = values.get("owner_id")
        if "owner_id" in values:
            change = Change(owner if isinstance(owner, int) else None, by.at, by.actor_id)
            ownership.give(edit.connection, handovers.which(Subject("client", client_id)), change)
        clients.change_client(edit.connection, client_id, {**values, "updated_at": by.at})
        groups.refresh_client(edit, client_id)
        changed = [name for name, value in values.items() if value != getattr(before, name)]
        if changed:
            edit.note("changed", "client", client_id, client_id, " ".join(changed))


def archive(office: Office, by: By, client_id: int) -> None:
    """Take a client out of lists and rules; its history stays. Raises NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        clients.change_client(edit.connection, client_id, {"archived_at": by.at, "updated_at": by.at})
        edit.note("archived", "client", client_id, client_id)


def restore(office: Office, by: By, client_id: int) -> None:
    """Take a client back from the archive and find what came meanwhile; raises NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        if any(one.gone_id == client_id for one in client_merges.merges(edit.connection, client_id)):
            raise Refused("This client was merged into another one: separate them instead.")
        clients.change_client(edit.connection, client_id, {"archived_at": None, "updated_at": by.at})
        emails, domains = links.known_as(edit.connection, client_id)
        rematch.added(edit, client_id, [*emails, *domains])
        edit.note("restored", "client", client_id, client_id)


def add_domain(office: Office, by: By, client_id: int, domain: str) -> int:
    """Give a client a domain and find its past; returns how many messages will be fetched. Raises Refused."""
    return _attach(office, by, client_id, [_domain(office, domain)])


def add_address(office: Office, by: By, client_id: int, email: str, contact_id: int | None = None) -> int:
    """Give a client, or one of its contacts, an address and find its past; returns how many messages will be
    fetched. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        owner = contacts.contact(edit.connection, contact_id) if contact_id is not None else None
        if contact_id is not None and (owner is None or owner.client_id != client_id):
            raise NotFound("The client has no such contact.")
        return attach(edit, client_id, [checked_email(edit, email)], contact_id)


def remove_domain(office: Office, by: By, client_id: int, domain: str) -> None:
    """Take a domain away, and the links that only it had made; raises NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        if not clients.remove_domain(edit.connection, client_id, domain.strip().casefold()):
            raise NotFound(f"The client has no domain {domain}.")
        rematch.removed(edit, client_id, [domain.strip().casefold()])
        groups.refresh_client(edit, client_id)
        edit.note("address removed", "client", client_id, client_id, domain.strip().casefold())


def remove_address(office: Office, by: By, client_id: int, email: str) -> None:
    """Take an address away, and the links that only it had made; raises Refused, or NotFound."""
    name = valid_email(email)
    with editing(office, by) as edit:
        known(edit, client_id)
        detach(edit, client_id, [name])


def known(edit: Edit, client_id: int) -> clients.ClientRow:
    """The client; raises NotFound where there is none that the user may see."""
    found = clients.client(edit.connection, edit.by.who, client_id)
    if found is None:
        raise NotFound("There is no such client.")
    return found


def attach(edit: Edit, client_id: int, names: Collection[str], contact_id: int | None = None) -> int:
    """Give a client checked names that it does not have yet and find its past, in the transaction at hand; raises
    Refused."""
    for name in names:
        if clients.held_out_of_sight(edit.connection, edit.by.who, name):
            raise Refused(f"{name} belongs to a client of a colleague: ask an admin to share that client with you.")
    new = [n for n in dict.fromkeys(names) if _attach_one(edit.connection, client_id, n, contact_id)]
    if not new:
        return 0
    edit.note("address added", "client", client_id, client_id, " ".join(new))
    groups.refresh_client(edit, client_id)
    return rematch.added(edit, client_id, new)


def detach(edit: Edit, client_id: int, emails: Collection[str]) -> None:
    """Take addresses away in the transaction at hand; raises NotFound."""
    for email in emails:
        if not contacts.remove_address(edit.connection, client_id, email):
            raise NotFound(f"The client has no address {email}.")
    if emails:
        rematch.removed(edit, client_id, emails)
        groups.refresh_client(edit, client_id)
        edit.note("address removed", "client", client_id, client_id, " ".join(emails))


def _attach(office: Office, by: By, client_id: int, names: Collection[str]) -> int:
    with editing(office, by) as edit:
        known(edit, client_id)
        return attach(edit, client_id, names)


def _attach_one(connection: Connection, client_id: int, name: str, contact_id: int | None) -> bool:
    if "@" not in name:
        if name in clients.domains(connection, client_id):
            return False
        clients.add_domain(connection, client_id, name)
        return True
    have = contacts.address_contact(connection, client_id, name)
    if have is None:
        contacts.add_address(connection, client_id, name, contact_id)
    elif contact_id is not None:
        contacts.move_address(connection, have[0], contact_id)
    return have is None


def _domain(office: Office, text: str) -> str:
    domain = valid_domain(text, office.free_mail)
    if is_within(domain, office.own_domains):
        raise Refused(f"{domain} is our own domain: mail within the company is never stored.")
    return domain


def checked_email(edit: Edit, text: str) -> str:
    """An address that may belong to a client; raises Refused for our own and for what is no address."""
    email = valid_email(text)
    # A colleague's address at a client would put all of his mail on the client's timeline.
    if is_within(email.rpartition("@")[2], edit.office.own_domains) or email in directory.staff(edit.connection):
        raise Refused(f"{email} is an address of our own: it cannot belong to a client.")
    return email


def _check(connection: Connection, values: Mapping[str, object]) -> None:
    if "name" in values and not values["name"]:
        raise Refused("A client needs a name.")
    if values.get("kind", "company") not in KINDS:
        raise Refused(f"The kind of a client must be one of {', '.join(KINDS)}, not {values['kind']}.")
    owner = values.get("owner_id")
    if owner is not None and (not isinstance(owner, int) or people.user(connection, owner) is None):
        raise Refused("There is no such user to own the client.")
