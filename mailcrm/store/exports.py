"""All clients that fit a filter, with all that a list can say of them, page by page: for exports."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from mailcrm.crm.exporting import Told
from mailcrm.crm.importing.drafts import ClientDraft
from mailcrm.store import client_records, clients, fields, people, tags
from mailcrm.store.clients import ClientFilter
from mailcrm.store.visibility import Viewer

_PAGE = 500


def told(connection: Connection) -> Told:
    """The names of owners and fields."""
    owners = {user.id: user.name for user in people.users(connection)}
    return Told(owners, [(row.id, row.label) for row in fields.fields(connection)], {})


def pages(
    connection: Connection, who: Viewer, wanted: ClientFilter, names: Told
) -> Iterator[tuple[list[ClientDraft], Told]]:
    """The clients that the viewer may see, in the order of the list, with the tags of each page."""
    after = None
    while page := clients.clients(connection, who, wanted, after, _PAGE):
        ids = [row.id for row in page]
        found = client_records.drafts(connection, ids)
        yield [found[number] for number in ids], replace(names, tags=tags.tags(connection, ids))
        after = clients.cursor(page[-1], wanted.order)
