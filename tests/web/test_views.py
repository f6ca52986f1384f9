"""Saved views: a list kept under a name comes back as it was, for its maker or for everybody."""

import pytest
from flask.testing import FlaskClient

from tests.web.company import Company


def save(browser: FlaskClient, name: str, query: str, page: str = "clients.overview", **more: str) -> str:
    """Keep a list under a name; where the answer leads."""
    form = {"page": page, "name": name, "query": query, **more}
    answer = browser.post("/views", data=form, headers={"Accept": "text/html"})
    return str(answer.headers.get("Location", answer.status_code))


def menu(browser: FlaskClient, page: str = "/clients") -> str:
    """The menu of views of a list."""
    return browser.get(page).text.partition('class="menu views"')[2].partition("</details>")[0]


def test_a_view_keeps_filters_and_order_but_not_the_place(company: Company) -> None:
    browser = company.browser("anna")
    leads = save(browser, "Nordic", "q=nord&order=last_in&after=Nordwind~3")
    assert leads == "/clients?order=last_in&q=nord"
    assert 'href="/clients?order=last_in&amp;q=nord"' in menu(browser)
    assert '<summary class="button">Nordic' in menu(browser, leads)


@pytest.mark.parametrize(
    ("page", "address", "query"),
    [
        ("tasks.overview", "/tasks", "owner=all&span=overdue"),
        ("deals.overview", "/deals/list", "order=value&state=open"),
        ("offers.overview", "/offers", "q=valves&state=draft"),
        ("documents.overview", "/documents", "q=offer"),
    ],
)
def test_every_list_has_views_of_its_own(company: Company, page: str, address: str, query: str) -> None:
    browser = company.browser("anna")
    assert save(browser, "As I like it", f"{query}&after=1~1", page) == f"{address}?{query}"
    assert f'href="{address}?{query.replace("&", "&amp;")}"' in menu(browser, address)
    assert '<summary class="button">As I like it' in menu(browser, f"{address}?{query}")
    assert "As I like it" not in menu(browser)


def test_views_belong_to_their_list_and_their_maker_unless_shared(company: Company) -> None:
    app = company.app()
    anna, boris = company.browser("anna", app=app), company.browser("boris", app=app)
    save(anna, "Only mine", "mine=1")
    save(anna, "Ours", "order=newest", shared="on")
    assert "Only mine" not in menu(boris)
    assert "Ours" in menu(boris)
    assert "Ours" not in menu(anna, "/documents")
    number = company.one("SELECT id FROM saved_view WHERE name = 'Ours'")
    assert boris.post(f"/views/{number}/remove", headers={"Accept": "text/html"}).status_code == 404
    assert "Ours" in menu(boris)


def test_the_same_name_replaces_and_a_removed_view_comes_back(company: Company) -> None:
    browser = company.browser("anna")
    save(browser, "Mine", "mine=1")
    save(browser, "Mine", "mine=1&order=newest")
    assert company.one("SELECT count(*) FROM saved_view") == 1
    number = company.one("SELECT id FROM saved_view")
    browser.post(f"/views/{number}/remove")
    assert "Mine" not in menu(browser)
    browser.post(f"/views/{number}/restore")
    assert "order=newest" in menu(browser)


def test_what_is_no_list_or_no_name_is_refused(company: Company) -> None:
    browser = company.browser("anna")
    assert save(browser, "Bad", "", page="account.overview") == "400"
    assert save(browser, "   ", "") == "400"
    assert save(browser, "Long", "q=" + "x" * 3000) == "400"
    assert company.one("SELECT count(*) FROM saved_view") == 0
