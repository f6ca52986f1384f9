"""The list of clients as a file: all of it or what a filter leaves, guarded, and understood by an import."""

import csv
import io

from python_calamine import CalamineWorkbook

from mailcrm.crm.importing import text, vcard
from mailcrm.flow import clients, contacts, imports
from mailcrm.flow.clients import NewClient
from mailcrm.flow.contacts import NewContact
from mailcrm.flow.imports import Tools
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.extract.pool import Extractor
from mailcrm.store import imports as stored
from tests.tables import everything
from tests.web.company import Company


def test_what_is_exported_is_imported_as_nothing_new(company: Company) -> None:
    office = company.rooms["anna"].office
    odd = clients.add_client(
        office, company.by, NewClient("=HYPERLINK(1)", note="one\ntwo", addresses=("odd@odd.example",))
    )
    contacts.add_contact(
        office, company.by, odd, NewContact("Ann Odd", "chief", "note", ("ann@odd.example",), ("+49 40 1234567",))
    )
    before = everything(company.db)
    data = company.browser("anna").get("/clients/export.xlsx").data
    extractor = Extractor(1)
    tools = Tools(office, open_blobs(BlobPlace(company.folder / "blobs")), extractor, lambda: company.now)
    number = imports.upload(tools, company.by, "clients.xlsx", data)
    imports.run(tools, company.by, number)
    extractor.close()
    with company.db.reading() as connection:
        row = stored.one(connection, number)
    assert row is not None
    assert (row.state, row.added, row.changed, row.skipped) == ("done", 0, 0, 0)
    assert row.same == row.total > 8
    after = everything(company.db)
    assert {name: rows for name, rows in after.items() if rows != before[name]} == {}


def test_a_csv_is_guarded_against_formulas(company: Company) -> None:
    office = company.rooms["anna"].office
    clients.add_client(office, company.by, NewClient("=1+1", note="@SUM(1)"))
    browser = company.browser("anna")
    answer = browser.get("/clients/export.csv?q=1%2B1")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert (rows[1][0], rows[1][12]) == ("'=1+1", "'@SUM(1)")
    (_, line) = text.lines(answer.data.decode("utf-8-sig"))
    assert (line.cells[0], line.cells[12]) == ("=1+1", "@SUM(1)")
    assert b";" in company.browser("anna", "ru").get("/clients/export.csv?q=nord").data


def test_the_filter_of_the_list_narrows_its_export(company: Company) -> None:
    browser = company.browser("anna")
    data = browser.get("/clients/export.xlsx?f.industry=shipping").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["Company", "Atelier Fontaine"]
    assert dict(zip(rows[0], rows[1], strict=True))["Industry"] == "Shipping"
    cards = vcard.lines(browser.get("/clients/export.vcf?q=nord").data)
    told = [dict(zip(cards[0].cells, card.cells, strict=True)) for card in cards[1:]]
    assert [card["Full name"] for card in told] == ["Lars Berg", "Ida Holm"]
    assert told[0]["Organization"] == "Nordwind Pumpen GmbH"
    assert told[1]["E-mail"] == "ida.holm@nordwind.example ; ida@holm.example"
    assert browser.get("/clients/export.pdf").status_code == 404
    # What was taken away stands in the audit log.
    assert company.one("SELECT count(*) FROM audit WHERE act = 'exported' AND kind = 'client'") == 2
