"""Clients: the list, one of them, adding, changing, archiving."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mailcrm.flow import clients as flow
from mailcrm.flow.clients import NewClient
from mailcrm.store import cards, clients
from mailcrm.store.clients import ClientFilter, ClientRow, Cursor
from web.access import by, reading, reread, tools, who
from web.api.operations import Operation, operation
from web.api.values import Given, Id, Long, PageAsked, Short, Told, cursor, opened, time_of
from web.pages.clients import known

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")
]
Names = Annotated[tuple[Short, ...], Field(max_length=100)]


class ClientTold(Told):
    """The company or private person whose record this is."""

    id: int
    name: str
    kind: str
    owner_id: int | None
    owner_name: str | None
    note: str
    website: str
    tax_id: str
    postal_address: str
    message_count: int
    last_in_at: datetime | None
    last_out_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class ClientWhole(ClientTold):
    """A client with the domains and addresses that its mail is known by."""

    domains: list[str]
    addresses: list[str]
    """Of the client itself; those of its contacts are with them."""


class ClientPage(Told):
    """One page of clients."""

    items: list[ClientTold]
    next: str | None


class ClientsAsked(PageAsked):
    """Which clients, in which order."""

    q: Short = ""
    """Words of names, addresses, domains, tax numbers or contacts."""
    owner_id: Id | None = None
    archived: bool = False
    order: Literal["name", "last_in", "last_out", "newest"] = "name"


class ClientGiven(Given):
    """A client to be added."""

    name: Name
    kind: Literal["company", "person"] = "company"
    owner_id: Id | None = None
    domains: Names = ()
    addresses: Names = ()
    note: Long = ""
    website: Short = ""
    tax_id: Short = ""
    postal_address: Long = ""


class ClientChanged(Given):
    """Fields of a client to be changed; what is left out stays."""

    name: Name = ""
    kind: Literal["company", "person"] = "company"
    owner_id: Id | None = None
    note: Long = ""
    website: Short = ""
    tax_id: Short = ""
    postal_address: Long = ""


@operation(Operation("GET", "/clients", "clients:read", "List clients", ClientPage, query=ClientsAsked))
def list_clients(query: ClientsAsked) -> ClientPage:
    """One page of clients."""
    wanted = ClientFilter(query.q, query.owner_id, query.archived, query.order)
    rows = clients.clients(reading(), who(), wanted, _after(query), query.limit + 1)
    more = cursor(*clients.cursor(rows[query.limit - 1], query.order)) if len(rows) > query.limit else None
    return ClientPage(items=[ClientTold.model_validate(row) for row in rows[: query.limit]], next=more)


@operation(Operation("POST", "/clients", "clients:write", "Add a client", ClientWhole, body=ClientGiven, status=201))
def add_client(body: ClientGiven) -> ClientWhole:
    """The new client; its past mail is looked for at once."""
    client_id = flow.add_client(tools().office, by(), NewClient(**body.model_dump()))
    reread()
    return _whole(known(client_id))


@operation(Operation("GET", "/clients/{client_id}", "clients:read", "Read a client", ClientWhole))
def read_client(client_id: int) -> ClientWhole:
    """One client."""
    return _whole(known(client_id))


@operation(
    Operation("PATCH", "/clients/{client_id}", "clients:write", "Change a client", ClientWhole, body=ClientChanged)
)
def change_client(client_id: int, body: ClientChanged) -> ClientWhole:
    """The client as it is now."""
    known(client_id)
    flow.edit_client(tools().office, by(), client_id, body.model_dump(exclude_unset=True))
    reread()
    return _whole(known(client_id))


@operation(Operation("POST", "/clients/{client_id}/archive", "clients:write", "Archive a client", ClientWhole))
def archive_client(client_id: int) -> ClientWhole:
    """The client, out of lists and rules; its history stays."""
    known(client_id)
    flow.archive(tools().office, by(), client_id)
    reread()
    return _whole(known(client_id))


@operation(Operation("POST", "/clients/{client_id}/restore", "clients:write", "Restore a client", ClientWhole))
def restore_client(client_id: int) -> ClientWhole:
    """The client, back from the archive."""
    known(client_id)
    flow.restore(tools().office, by(), client_id)
    reread()
    return _whole(known(client_id))


def _whole(row: ClientRow) -> ClientWhole:
    card = cards.card(reading(), row.id)
    told = ClientTold.model_validate(row).model_dump()
    return ClientWhole(**told, domains=list(card.domains), addresses=list(card.addresses))


def _after(query: ClientsAsked) -> Cursor | None:
    if not query.after:
        return None
    value, number = opened(query.after, 2)
    return (time_of(value) if query.order in ("last_in", "last_out") else str(value)), number
