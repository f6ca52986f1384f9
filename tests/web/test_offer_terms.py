"""The terms of groups in their grid, what clients inherit of them, and from whom the preview says an offer comes."""

import re

from mailcrm.model import SendAccount
from mailcrm.store.rows import insert
from tests.web.company import Company


def test_groups_have_a_grid_and_their_members_inherit_it(company: Company) -> None:
    browser, offer, group = company.browser("anna"), company.offers["valves"], company.groups["hand"]
    page = browser.get(f"/offers/{offer}/terms/groups").text
    assert f'name="v{group}-discount"' in page
    assert "through which a mailing reaches it" in page
    done = browser.post(f"/offers/{offer}/terms/groups", data={f"v{group}-discount": "17,5"}, follow_redirects=True)
    assert "1 row is changed." in done.text
    assert 'value="17.5"' in done.text
    member = company.one(f"SELECT min(client_id) FROM group_client WHERE group_id = {group}")
    (name,) = [name for name, number in company.clients.items() if number == member]
    grid = browser.get(f"/offers/{offer}/terms", query_string={"q": name}).text
    cell = grid.partition(f'name="v{member}-discount"')[2].partition(">")[0]
    assert 'placeholder="17.5"' in cell or 'value=""' not in cell, "its own value beats that of the group"
    browser.post(f"/offers/{offer}/terms", data={f"v{member}-discount": ""})
    preview = browser.get(f"/offers/{offer}/preview?as={member}").text
    assert re.search(r"<b>17\.5.?%</b> <small>of the group</small>", preview)
    assert browser.post(f"/offers/{offer}/terms/groups", data={"v9999-discount": "1"}).status_code == 404


def test_the_preview_names_the_account_that_the_mailing_will_use(company: Company) -> None:
    """What Boris, a member of staff, sends leaves by his own account even where Anna owns the client."""
    offer, client = company.offers["valves"], company.clients["Nordwind Pumpen GmbH"]
    with company.db.writing() as connection:
        row = {"user_id": company.users["boris"], "address": "boris@example.com", "name": "Boris at Sales", "host": "x"}
        insert(connection, SendAccount, [{**row, "created_at": company.now}])
    names = {}
    for user in ("boris", "vera"):
        page = company.browser(user).get(f"/offers/{offer}/preview?as={client}").text
        names[user] = page.partition("<dt>From</dt><dd>")[2].partition("</dd>")[0].strip()
    assert names == {"boris": "Boris at Sales boris@example.com", "vera": "Anna Lindqvist anna@example.com"}
