"""The list of clients as a file: xlsx, csv or vCard, of all clients or of those that a filter leaves."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from mailcrm.crm import exporting
from mailcrm.crm.exporting import Told
from mailcrm.crm.importing.drafts import ClientDraft
from mailcrm.store import exports
from mailcrm.store.clients import ClientFilter
from mailcrm.store.visibility import Viewer
from web import workbook

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "vcf": "text/vcard; charset=utf-8",
}
"""The formats and what they are called on the wire."""


def made(connection: Connection, who: Viewer, wanted: ClientFilter, form: str, separator: str = ",") -> bytes:
    """The bytes of the file in one of TYPES. What others wrote is text there, never a formula."""
    names = exports.told(connection)
    if form == "vcf":
        every = _clients(connection, who, wanted, names)
        return "".join(card for client, told in every for card in exporting.cards(client, told)).encode()
    lines = _lines(connection, who, wanted, names)
    if form == "csv":
        # The mark at the beginning lets Excel read it as UTF-8.
        return b"\xef\xbb\xbf" + exporting.csv_text([exporting.head(names), *lines], separator).encode()
    return workbook.sheet("mailcrm", exporting.head(names), lines)


def _clients(
    connection: Connection, who: Viewer, wanted: ClientFilter, names: Told
) -> Iterator[tuple[ClientDraft, Told]]:
    for page, told in exports.pages(connection, who, wanted, names):
        yield from ((client, told) for client in page)


def _lines(connection: Connection, who: Viewer, wanted: ClientFilter, names: Told) -> Iterator[Sequence[str]]:
    for client, told in _clients(connection, who, wanted, names):
        yield from exporting.rows(client, told)
