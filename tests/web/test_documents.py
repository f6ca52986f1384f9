"""Documents on pages: versions, recipients, answers, comparisons, previews, who has what; and what is hidden."""

import io
import re
import zipfile

import pytest

from mailcrm.documents.explain import SENTENCES
from mailcrm.net.extract.values import REASONS
from tests.web.company import Company
from web import terms, workbook


def page(company: Company, address: str, name: str = "anna", language: str = "en") -> str:
    """A page as a user sees it."""
    answer = company.browser(name, language).get(address)
    assert answer.status_code == 200, address
    return answer.text


def test_a_document_tells_its_versions_who_got_them_and_who_answered(company: Company) -> None:
    shown = page(company, f"/documents/{company.documents['offer']}")
    assert re.findall(r'<b class="v[^"]*">v(\d)</b>', shown) == ["4", "3", "3", "2", "1"]
    assert "answers v2 although v3 was sent" in shown
    assert "92 % of the text is the same" in shown
    assert "against:" in shown
    assert "Anna Lindqvist to tess@brightwater.example" in shown.replace("Tess Marlow", "tess@brightwater.example")
    assert shown.count('<tr><th scope="row">') == 3


def test_the_strip_draws_ours_theirs_recipients_and_answers(company: Company) -> None:
    drawn = re.search(r"<svg class=\"strip\".*?</svg>", page(company, f"/documents/{company.documents['offer']}"), re.S)
    assert drawn
    nodes = re.findall(r'<circle class="node([^"]*)"', drawn[0])
    assert [" theirs" in one for one in nodes] == [False, False, False, False, True]
    assert drawn[0].count('class="dot"') == 8
    assert drawn[0].count('class="reply stale"') == 1
    assert drawn[0].count('class="edge') == 4


def test_rows_of_the_timeline_and_messages_name_versions(company: Company) -> None:
    client, offer = company.clients["Brightwater Utilities"], company.documents["offer"]
    shown = page(company, f"/clients/{client}")
    assert f'href="/documents/{offer}#v' in shown
    assert "v2 of Offer Brightwater" in shown
    assert "2 changes since v1" in shown
    message = company.one(f"SELECT min(message_id) FROM occurrence WHERE blob_id = {offer}")
    shown = page(company, f"/messages/{message}")
    assert "v1 of Offer Brightwater" in shown
    assert "Offer Brightwater.docx</a>" in shown


def test_the_first_comparison_is_what_went_out_last_against_now(company: Company) -> None:
    shown = page(company, f"/documents/{company.documents['offer']}/compare")
    assert "<b>v3 → v4</b>" in shown
    assert "<del>" in shown
    assert "<ins>" in shown
    assert "1 new comment (Tess Marlow)" in shown


def test_words_and_sums_and_cells_are_compared(company: Company) -> None:
    offer, sheet = company.documents["offer"], company.documents["sheet"]
    second = company.one(f"SELECT id FROM version WHERE document_id = {offer} AND number = 2")
    shown = page(company, f"/documents/{offer}/compare?old={offer}&new={second}")
    assert "<del>120 000</del><ins>114 500</ins>" in shown
    assert "120 000 EUR → 114 500 EUR" in shown
    assert re.search(r"\d+ paragraphs are the same", shown)
    shown = page(company, f"/documents/{sheet}/compare")
    assert "<del>84</del>" in shown
    assert "<ins>86</ins>" in shown
    assert "new row" in shown


def test_a_file_that_cannot_be_read_says_why_and_can_be_saved(company: Company) -> None:
    strange = company.documents["hostile"]
    assert "files of this kind are not read" in page(company, f"/documents/{strange}/versions/{strange}")
    saved = company.browser("anna").get(f"/documents/{strange}/versions/{strange}/file")
    assert saved.data.startswith(b"PK")
    assert saved.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "\r" not in saved.headers["Content-Disposition"]
    assert saved.mimetype == "application/octet-stream"


def test_names_from_outside_stay_text(company: Company) -> None:
    strange = company.documents["hostile"]
    for address in (f"/documents/{strange}", "/documents", "/documents?q=cmd"):
        assert "<svg/onload" not in page(company, address), address


def test_pages_of_a_pdf_are_pictures_that_can_do_nothing(company: Company) -> None:
    offer, pdf = company.documents["offer"], company.documents["pdf"]
    base = f"/documents/{offer}/versions/{pdf}"
    assert f'src="{base}/pages/1"' in page(company, base)
    assert "Payment is due" in page(company, base + "?as=text")
    browser = company.browser("anna")
    image = browser.get(base + "/pages/1")
    assert image.data.startswith(b"RIFF")
    assert image.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for wrong in ("/pages/0", "/pages/2", "/pages/99999999"):
        assert browser.get(base + wrong).status_code == 404, wrong
    assert browser.get(f"/documents/{offer}/versions/{offer}/pages/1").status_code == 404


def test_who_has_it_in_which_version_and_who_answered(company: Company) -> None:
    shown = page(company, "/documents?q=offer+bright")
    row = re.search(r"<tr><td>Tess Marlow.*?</tr>", shown, re.S)
    assert row
    assert "Brightwater Utilities" in row[0]
    assert "<b>v3</b>" in row[0]
    assert ">to v2</a>" in row[0]
    assert "not yet" in re.search(r"<tr><td>Greg Hale.*?</tr>", shown, re.S)[0]  # type: ignore[index]


def test_the_export_holds_the_list_as_text(company: Company) -> None:
    answer = company.browser("anna").get("/documents/export.xlsx?q=offer")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        strings = book.read("xl/sharedStrings.xml").decode()
        cells = book.read("xl/worksheets/sheet1.xml").decode()
    for word in ("Tess Marlow", "Offer Brightwater", "Brightwater Utilities", "to v2"):
        assert word in strings, word
    assert "<f>" not in cells


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", '=cmd|" /C calc"!A0', "http://evil.example", "\t=1"])
def test_a_name_from_outside_is_no_formula_in_a_workbook(company: Company, name: str) -> None:
    app = company.app()
    with app.test_request_context():
        data = workbook.sheet("A", ["B"], [[name]])
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        cells = book.read("xl/worksheets/sheet1.xml").decode()
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in book.namelist()
    assert "<f>" not in cells
    assert 't="s"' in cells.partition('<row r="2"')[2]


def test_a_private_document_is_not_there_for_others(company: Company) -> None:
    secret = company.documents["secret"]
    places = ["", "/compare", f"/versions/{secret}", f"/versions/{secret}/file", f"/versions/{secret}/pages/1"]
    for name in ("anna", "vera"):
        browser = company.browser(name)
        for place in places:
            assert browser.get(f"/documents/{secret}{place}").status_code == 404, place
        for address in (
            "/documents",
            "/documents?q=secret",
            f"/clients/{company.clients['Kowalski Instalacje']}/documents",
        ):
            shown = browser.get(address).text
            assert "Secret plan" not in shown, address
            assert "jan@kowalski.example" not in shown, address
    assert "Secret plan" in page(company, f"/documents/{secret}", "boris")


def test_a_version_is_asked_for_under_its_own_document(company: Company) -> None:
    offer, secret, browser = company.documents["offer"], company.documents["secret"], company.browser("anna")
    for place in ("", "/file", "/pages/1"):
        assert browser.get(f"/documents/{offer}/versions/{secret}{place}").status_code == 404, place
    shown = browser.get(f"/documents/{offer}/compare?old={secret}").text
    assert "partners" not in shown


def test_a_blind_copy_is_no_recipient_for_others(company: Company) -> None:
    offer = company.documents["offer"]
    for address in (f"/documents/{offer}", "/documents?q=offer"):
        assert "hidden@fontaine.example" in page(company, address)
        assert "hidden@fontaine.example" not in page(company, address, "boris"), address
    exported = company.browser("boris").get("/documents/export.xlsx?q=offer").data
    with zipfile.ZipFile(io.BytesIO(exported)) as book:
        assert "hidden@" not in book.read("xl/sharedStrings.xml").decode()


def test_a_client_without_documents_is_told_how_they_come(company: Company) -> None:
    client = company.clients["Jansen Techniek B.V."]
    assert "No documents with this client yet" in page(company, f"/clients/{client}/documents")


def test_wrong_parameters_are_taken_for_none(company: Company) -> None:
    offer, browser = company.documents["offer"], company.browser("anna")
    for address in (
        "/documents?before=x~y",
        f"/documents/{offer}?people=abc",
        f"/documents/{offer}/compare?old=x&new=99999999999999999999",
        f"/documents/{offer}/versions/{company.documents['pdf']}?page=999",
    ):
        assert browser.get(address).status_code == 200, address


def test_every_reason_and_sentence_has_its_words() -> None:
    assert set(terms.EVIDENCE) == set(SENTENCES.values())
    assert set(REASONS) <= set(terms.UNREADABLE)
