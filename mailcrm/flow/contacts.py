"""Contacts: people at a client, with addresses and phones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow.addresses import phone
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import contacts

_TEXTS = ("name", "position", "note")


@dataclass(frozen=True, slots=True)
class NewContact:
    """What is asked of a new contact: a name or an address at least."""

    name: str = ""
    position: str = ""
    note: str = ""
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


def add_contact(office: Office, by: By, client_id: int, new: NewContact) -> int:
    """Add a contact and find the past of its addresses; returns the id. Raises Refused, or NotFound."""
    values = {name: str(getattr(new, name)).strip() for name in _TEXTS}
    if not values["name"] and not new.addresses:
        raise Refused("A contact needs a name or an address.")
    with editing(office, by) as edit:
        flow_clients.known(edit, client_id)
        row = {**values, "client_id": client_id, "created_at": by.at}
        contact_id = contacts.add_contact(edit.connection, row)
        emails = [flow_clients.checked_email(edit, email) for email in new.addresses]
        flow_clients.attach(edit, client_id, emails, contact_id)
        contacts.set_phones(edit.connection, contact_id, _phones(office, new.phones))
        edit.note("added", "contact", contact_id, client_id, values["name"])
        return contact_id


def edit_contact(office: Office, by: By, contact_id: int, changes: Mapping[str, object]) -> None:
    """Change name, position or note, or replace all `addresses` or all `phones` (texts each); raises Refused, or
    NotFound."""
    unknown = set(changes) - {*_TEXTS, "addresses", "phones"}
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a contact.")
    with editing(office, by) as edit:
        before = _known(edit, contact_id)
        values = {name: str(changes[name]).strip() for name in _TEXTS if name in changes}
        if values:
            contacts.change_contact(edit.connection, contact_id, values)
        if "phones" in changes:
            contacts.set_phones(edit.connection, contact_id, _phones(office, _texts(changes["phones"])))
        if "addresses" in changes:
            wanted = [flow_clients.checked_email(edit, email) for email in _texts(changes["addresses"])]
            flow_clients.detach(edit, before.client_id, [e for e in before.addresses if e not in wanted])
            flow_clients.attach(edit, before.client_id, wanted, contact_id)
        edit.note("changed", "contact", contact_id, before.client_id, " ".join(changes))


def remove_contact(office: Office, by: By, contact_id: int) -> None:
    """Delete a contact; its addresses, and so its history, stay with the client. Raises NotFound."""
    with editing(office, by) as edit:
        before = _known(edit, contact_id)
        for email in before.addresses:
            found = contacts.address_contact(edit.connection, before.client_id, email)
            if found:
                contacts.move_address(edit.connection, found[0], None)
        contacts.remove_contact(edit.connection, contact_id)
        edit.note("removed", "contact", contact_id, before.client_id, before.name)


def _known(edit: Edit, contact_id: int) -> contacts.ContactRow:
    found = contacts.contact(edit.connection, contact_id)
    if found is None:
        raise NotFound("There is no such contact.")
    flow_clients.known(edit, found.client_id)
    return found


def _texts(value: object) -> list[str]:
    return [str(text) for text in value if str(text).strip()] if isinstance(value, Iterable) else []


def _phones(office: Office, texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(phone(text, office.phone_region), text.strip()) for text in texts if text.strip()]
