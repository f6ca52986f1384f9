"""A view of the list of clients as an audience: what the list shows is who gets the mailing."""

from mailcrm.mailing import audience
from mailcrm.mailing.audience import Filter
from mailcrm.store import clients, freezing, mailings
from mailcrm.store.clients import ClientFilter
from mailcrm.store.visibility import EVERYTHING
from tests.web.company import Company


def test_a_view_is_chosen_kept_as_it_was_and_given_up(company: Company) -> None:
    browser = company.browser("vera")
    number = int(browser.post(f"/offers/{company.offers['valves']}/mailings").headers["Location"].rpartition("/")[2])
    empty = browser.get(f"/mailings/{number}").text
    assert "keep it as a view" in empty
    browser.post("/views", data={"page": "clients.overview", "name": "Northern", "query": "q=nord&order=last_in"})
    browser.post("/views", data={"page": "clients.overview", "name": "Gone", "query": "archived=1"})
    form = browser.get(f"/mailings/{number}").text
    view = company.one("SELECT id FROM saved_view WHERE name = 'Northern'")
    assert f'name="view" value="{view}"' in form
    assert "Gone" not in form, "nobody writes to archived clients"
    browser.post(f"/mailings/{number}/audience", data={"view": [str(view)]})
    assert company.one("SELECT count(*) FROM recipient WHERE state = 'new'") == 0
    browser.post("/views", data={"page": "clients.overview", "name": "Northern", "query": "q=harbour"})
    with company.db.reading() as connection:
        row = mailings.mailing(connection, number)
        assert row is not None
        wanted = audience.from_json(row.audience)
        assert wanted.filters == (Filter("Northern", "nord"),), "as it was when it was chosen"
        found = freezing.named(connection, EVERYTHING, wanted)
        shown = [one.id for one in clients.clients(connection, EVERYTHING, ClientFilter("nord"))]
    assert sorted(found) == sorted(shown)
    assert company.clients["Nordwind Pumpen GmbH"] in found
    assert set(found.values()) == {None}
    kept = browser.get(f"/mailings/{number}").text
    assert 'name="filter" value="Northern" checked' in kept
    assert 'name="view"' not in kept, "it is there already"
    browser.post(f"/mailings/{number}/audience", data={"filter": ["Northern"], "people": "all"})
    assert 'name="filter" value="Northern" checked' in browser.get(f"/mailings/{number}").text
    browser.post(f"/mailings/{number}/audience", data={})
    assert 'name="filter"' not in browser.get(f"/mailings/{number}").text
