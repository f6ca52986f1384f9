"""The list of clients as a file: xlsx, csv or vCard, of all clients or of those that a filter leaves."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from mailcrm.crm import exporting
from mailcrm.crm.exporting import Told
from mailcrm.crm.importing.drafts import ClientDraft
from mailcrm.store import exports
from mailcrm.store.clients import ClientFilter
from mailcrm.store.fields import FieldRow
from mailcrm.store.visibility import Viewer
from web import workbook

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "vcf": "text/vcard; charset=utf-8",
}
"""The formats and what they are called on the wire."""
Pages = Iterator[tuple[list[ClientDraft], Told]]


def made(connection: Connection, who: Viewer, wanted: ClientFilter, known: Sequence[FieldRow], form: str) -> bytes:
    """The bytes of the file in one of TYPES, csv with semicolons as "csv;". What others wrote is text there, never a
    formula."""
    pages = exports.pages(connection, who, wanted, known)
    if form == "vcf":
        return "".join(card for page, _ in pages for client in page for card in exporting.cards(client)).encode()
    head = exporting.head(Told({}, [(row.id, row.label) for row in known]))
    if form.startswith("csv"):
        # The mark at the beginning lets Excel read it as UTF-8.
        return b"\xef\xbb\xbf" + exporting.csv_text([head, *_lines(pages)], form[3:] or ",").encode()
    return workbook.sheet("mailcrm", head, _lines(pages))


def _lines(pages: Pages) -> Iterator[Sequence[str]]:
    for page, told in pages:
        for client in page:
            yield from exporting.rows(client, told)
