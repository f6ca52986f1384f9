"""Contacts: the people at a client."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from mailcrm.errors import NotFound
from mailcrm.flow import contacts as flow
from mailcrm.flow.contacts import NewContact
from mailcrm.store import contacts
from mailcrm.store.contacts import ContactRow
from web.access import by, reading, reread, tools
from web.api.operations import Operation, operation
from web.api.values import Given, Long, Short, Told
from web.pages.clients import known as known_client

Names = Annotated[tuple[Short, ...], Field(max_length=50)]


class PhoneTold(Told):
    """A telephone number: E.164 where it could be read, and as somebody wrote it."""

    number: str
    raw: str


class ContactTold(Told):
    """A person at a client."""

    id: int
    client_id: int
    name: str
    position: str
    note: str
    created_at: datetime
    addresses: list[str]
    phones: list[PhoneTold]


class ContactList(Told):
    """All contacts of a client."""

    items: list[ContactTold]


class ContactGiven(Given):
    """A contact to be added: a name or an address at least."""

    name: Short = ""
    position: Short = ""
    note: Long = ""
    addresses: Names = ()
    phones: Names = ()


class ContactChanged(Given):
    """Fields of a contact to be changed; lists are replaced whole, what is left out stays."""

    name: Short = ""
    position: Short = ""
    note: Long = ""
    addresses: Names = ()
    phones: Names = ()


class Done(Told):
    """It is done."""

    done: bool = True


@operation(Operation("GET", "/clients/{client_id}/contacts", "clients:read", "List contacts", ContactList))
def list_contacts(client_id: int) -> ContactList:
    """The contacts of a client, by name."""
    known_client(client_id)
    return ContactList(items=[ContactTold.model_validate(row) for row in contacts.contacts(reading(), client_id)])


@operation(
    Operation(
        "POST", "/clients/{client_id}/contacts", "clients:write", "Add a contact", ContactTold, None, ContactGiven, 201
    )
)
def add_contact(client_id: int, body: ContactGiven) -> ContactTold:
    """The new contact; the past mail of its addresses is looked for at once."""
    known_client(client_id)
    contact_id = flow.add_contact(tools().office, by(), client_id, NewContact(**body.model_dump()))
    reread()
    return ContactTold.model_validate(_known(contact_id))


@operation(Operation("GET", "/contacts/{contact_id}", "clients:read", "Read a contact", ContactTold))
def read_contact(contact_id: int) -> ContactTold:
    """One contact."""
    return ContactTold.model_validate(_known(contact_id))


@operation(
    Operation("PATCH", "/contacts/{contact_id}", "clients:write", "Change a contact", ContactTold, body=ContactChanged)
)
def change_contact(contact_id: int, body: ContactChanged) -> ContactTold:
    """The contact as it is now."""
    _known(contact_id)
    flow.edit_contact(tools().office, by(), contact_id, body.model_dump(exclude_unset=True))
    reread()
    return ContactTold.model_validate(_known(contact_id))


@operation(Operation("DELETE", "/contacts/{contact_id}", "clients:write", "Delete a contact", Done))
def delete_contact(contact_id: int) -> Done:
    """The contact is gone; its addresses, and so its history, stay with the client."""
    _known(contact_id)
    flow.remove_contact(tools().office, by(), contact_id)
    return Done()


def _known(contact_id: int) -> ContactRow:
    row = contacts.contact(reading(), contact_id)
    if row is None:
        raise NotFound("There is no such contact.")
    known_client(row.client_id)
    return row
