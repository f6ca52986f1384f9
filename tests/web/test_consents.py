"""What a client agreed to have counted, on its form and on the form of a mailing."""

import re

from tests.web.company import Company


def test_a_consent_is_recorded_withdrawn_and_taken_back(company: Company) -> None:
    browser, client = company.browser("anna"), company.clients["Nordwind Pumpen GmbH"]
    form = f"/clients/{client}/edit"
    assert "counts nothing of this client unless it agreed" in browser.get(form).text
    given = {"kind": ["click"], "given_on": "2026-05-03", "how": "Contract of 3 May, §7"}
    done = browser.post(f"/clients/{client}/consents", data=given, follow_redirects=True).text
    assert "The consent is recorded." in done
    assert "Contract of 3 May, §7 · recorded by Anna Lindqvist" in done
    assert done.count('name="kind" value="click"') == 1, "only the button that withdraws it"
    gone = browser.post(f"/clients/{client}/consents/withdraw", data={"kind": "click"}, follow_redirects=True).text
    assert "withdrawn on" in gone
    (back,) = re.findall(r'action="(/clients/\d+/consents/back\?[^"]+)"', gone)
    again = browser.post(back.replace("&amp;", "&"), follow_redirects=True).text
    assert "The consent counts again." in again
    assert "withdrawn on" not in again
    assert browser.post(f"/clients/{client}/consents/back?kind=click&at=never").status_code == 404
    assert browser.post(f"/clients/{client}/consents", data={**given, "given_on": "soon"}).status_code in (
        302,
        400,
        409,
    )
    with company.db.reading() as connection:
        query = "SELECT count(*) FROM tracking_consent WHERE withdrawn_at IS NULL"
        assert connection.exec_driver_sql(query).scalar_one() == 1


def test_a_mailing_offers_the_choice_only_where_clients_reach_our_pages(company: Company) -> None:
    near = company.browser("anna")
    far = company.browser("anna", app=company.app(base_url="https://crm.example.com"))
    offer = company.offers["valves"]
    number = int(near.post(f"/offers/{offer}/mailings").headers["Location"].rpartition("/")[2])
    assert 'name="tracking"' not in near.get(f"/mailings/{number}").text
    assert "names no address of these pages" in near.get(f"/mailings/{number}").text
    assert 'name="tracking"' in far.get(f"/mailings/{number}").text
    plan = {"name": "Spring", "zone": "UTC", "tracking": "clicks"}
    assert far.post(f"/mailings/{number}/plan", data=plan).status_code == 302
    assert '<option value="clicks" selected>' in far.get(f"/mailings/{number}").text
