"""All clients that fit a filter, with all that a list can say of them, page by page: for exports."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from mailcrm.crm.exporting import Told
from mailcrm.crm.importing.drafts import ClientDraft
from mailcrm.store import client_records, clients
from mailcrm.store.clients import ClientFilter
from mailcrm.store.fields import FieldRow
from mailcrm.store.visibility import Viewer

_PAGE = 500


def pages(
    connection: Connection, who: Viewer, wanted: ClientFilter, known: Sequence[FieldRow]
) -> Iterator[tuple[list[ClientDraft], Told]]:
    """The clients that the viewer may see, in the order of the list, with the names of their owners and of fields."""
    columns, after = [(row.id, row.label) for row in known], None
    while True:
        page = clients.clients(connection, who, wanted, after, _PAGE)
        ids = [row.id for row in page]
        found = client_records.drafts(connection, ids)
        owners = {row.owner_id: row.owner_name or "" for row in page if row.owner_id is not None}
        yield [found[number] for number in ids], Told(owners, columns)
        if len(page) < _PAGE:
            return
        after = clients.cursor(page[-1], wanted.order)
