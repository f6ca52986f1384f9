"""“Send to new members”: a draft is begun from the page of a finished mailing, and taken back by its notice."""

import re

from mailcrm.mailing.audience import Audience, to_json
from mailcrm.store import freezing
from mailcrm.store.visibility import EVERYTHING
from tests.web.company import Company


def test_new_members_are_counted_a_draft_is_begun_and_taken_back(company: Company) -> None:
    browser, group = company.browser("vera"), company.groups["hand"]
    number = company.one("SELECT min(id) FROM mailing WHERE state = 'done'")
    wanted = Audience(groups=(group,))
    with company.db.writing() as connection:
        members = sorted(freezing.named(connection, EVERYTHING, wanted))
        connection.exec_driver_sql(f"UPDATE mailing SET audience = '{to_json(wanted)}' WHERE id = {number}")
        connection.exec_driver_sql(f"UPDATE recipient SET client_id = NULL WHERE client_id = {members[0]}")
    page = browser.get(f"/mailings/{number}").text
    assert "Send to 1 new member of the group" in page
    begun = browser.post(f"/mailings/{number}/new-members", follow_redirects=True).text
    assert "A draft for the new members is begun." in begun
    assert 'name="new_only" checked' in begun
    assert "new members</h1>" in begun
    (undo,) = re.findall(r'action="(/mailings/\d+/discard)"', begun)
    count = company.one("SELECT count(*) FROM mailing")
    assert "The draft is gone." in browser.post(undo, follow_redirects=True).text
    assert company.one("SELECT count(*) FROM mailing") == count - 1
    assert browser.post(undo).status_code == 404
