"""The dossier of a client: what stands on it, for whom, and that it prints."""

import re

import pytest
from playwright.sync_api import Browser

from mailcrm.flow import groups, tasks
from mailcrm.flow.tasks import NewTask
from mailcrm.store import sendings
from mailcrm.store.visibility import EVERYTHING
from tests.web.company import ANNA, LARS, Company, letter
from tests.web.places import numbers
from tests.web.test_browser import opened
from tests.web.test_pages import MOST_QUERIES, Counter


def dossier(company: Company, name: str, query: str = "", client: int = 0) -> str:
    client = client or numbers(company)["client_id"]
    return company.browser(name).get(f"/clients/{client}/dossier{query}").text


def test_it_holds_all_that_is_known_of_a_client(company: Company) -> None:
    client, office = company.clients["Brightwater Utilities"], company.rooms["anna"].office
    groups.put(office, company.by, company.groups["hand"], [client])
    tasks.add_task(office, company.by, NewTask("Send the drawings", company.users["anna"], client, is_promise=True))
    page = dossier(company, "anna", client=client)
    heads = re.findall(r"<h2>(.*?)</h2>", page)
    assert heads[:5] == [
        "Client",
        "Contacts",
        "Open tasks and promises",
        "Deals",
        "Documents sent, and what was answered",
    ]
    for words in ("Brightwater Utilities", "brightwater.example", "Key accounts", "Send the drawings", "Promise"):
        assert words in page, words
    deal = company.one(f"SELECT min(id) FROM deal WHERE client_id = {client} AND archived_at IS NULL")
    assert f"/deals/{deal}" in page
    with company.db.reading() as connection:
        sent = sendings.to_client(connection, EVERYTHING, client)
    assert sent
    listed = page.partition("Documents sent")[2]
    for document, version in {(row.document_id, row.number) for row in sent}:
        assert re.search(rf'/documents/{document}#v\d+">[^<]*</a></td><td>v{version}</td>', listed)
    answer = company.one(
        f"SELECT min(answer.message_id) FROM answer JOIN link ON link.message_id = answer.message_id"
        f" WHERE client_id = {client} AND version_id IN ({', '.join(str(row.version_id) for row in sent)})"
    )
    assert page.partition("Documents sent")[2].partition('<ol class="timeline">')[0].count(f"/messages/{answer}")


def test_everybody_reads_as_much_as_he_may_see(company: Company) -> None:
    private = letter("Klara Moser <klara@example.com>", LARS, "Between us alone", "Nobody else reads this.")
    company.deliver("klara", private)
    assert "Between us alone" in dossier(company, "klara")
    anna = dossier(company, "anna")
    assert "Between us alone" not in anna
    assert "Nobody else" not in anna
    boris = company.browser("boris")
    documents = boris.get(f"/clients/{numbers(company)['client_id']}/documents").text
    shown = set(re.findall(r"/documents/(\d+)", dossier(company, "boris")))
    assert shown <= set(re.findall(r"/documents/(\d+)", documents))
    assert company.browser("anna").get("/clients/99999/dossier").status_code == 404


def test_the_time_and_the_number_of_entries_are_chosen(company: Company) -> None:
    for number in range(60):
        company.deliver("anna", letter(LARS, ANNA, f"Delivery number {number}", "A sentence that is long. " * 8))
    assert dossier(company, "anna").count("data-row") == 50
    assert dossier(company, "anna", "?entries=100").count("data-row") > 60
    assert dossier(company, "anna", "?entries=7&period=never").count("data-row") == 50
    with company.db.writing() as connection:
        connection.exec_driver_sql("UPDATE entry SET at = '2020-01-01 00:00:00.000000'")
    assert "Nothing in this time." in dossier(company, "anna", "?period=week")
    app, client = company.app(), company.clients["Brightwater Utilities"]
    browser, counter = company.browser("anna", app=app), Counter(company.db)
    for place in (numbers(company)["client_id"], client):
        browser.get(f"/clients/{place}/dossier")
        counter.count = 0
        answer = browser.get(f"/clients/{place}/dossier")
        assert counter.count <= MOST_QUERIES
        assert len(answer.data) < 25 * 1024


@pytest.mark.browser
def test_the_pages_of_a_client_lead_there_and_it_prints(company: Company, address: str, chromium: Browser) -> None:
    with opened(chromium, company, address) as page:
        page.goto(f"{address}/clients/{numbers(company)['client_id']}")
        page.get_by_role("link", name="Deals", exact=True).last.click()
        page.get_by_role("link", name="Dossier").click()
        page.wait_for_url("**/dossier")
        page.emulate_media(media="print")
        assert page.get_by_role("heading", name="Nordwind Pumpen GmbH").is_visible()
        assert not page.get_by_role("button", name="Show").is_visible()
        assert page.pdf(format="A4").startswith(b"%PDF-")
