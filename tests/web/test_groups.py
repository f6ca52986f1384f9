"""Groups, handovers and absences in the browser: the form of a rule with and without scripts, and who may do what."""

import re

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.crm.group_rules import Condition, Every, Node, Not, Some
from mailcrm.flow import people
from mailcrm.flow.people import NewUser
from tests.web.company import Company
from web import group_form
from web.group_form import Draft, Row, Set

RULE = {
    "name": "Hamburg",
    "mode": "all",
    "s0.mode": "any",
    "s0.0.what": "place",
    "s0.0.how": "contains",
    "s0.0.value": "HAMBURG",
    "s0.1.what": "name",
    "s0.1.how": "not-contains",
    "s0.1.value": "a",
}
LEAVES = st.builds(Condition, st.just("name"), st.sampled_from(["contains", "is", "begins"]), st.just("x"))
SIGNED = st.one_of(LEAVES, LEAVES.filter(lambda one: one.how != "begins").map(Not))
SETS = st.one_of(
    *(st.lists(SIGNED, min_size=1, max_size=4).map(tuple).map(branch) for branch in (Every, Some)),
    st.lists(SIGNED, min_size=1, max_size=4).map(lambda parts: Not(Some(tuple(parts)))),
)
RULES = st.one_of(SETS, *(st.lists(SETS, min_size=2, max_size=3).map(tuple).map(branch) for branch in (Every, Some)))


@given(RULES)
def test_a_rule_comes_out_of_its_form_as_it_went_in(node: Node) -> None:
    draft = group_form.draft_of(node)
    assert draft is not None
    form = {"mode": draft.mode}
    for at, one in enumerate(draft.sets):
        form[f"s{at}.mode"] = one.mode
        for number, row in enumerate(one.rows):
            form |= {f"s{at}.{number}.{part}": getattr(row, part) for part in ("what", "how", "value")}
    assert group_form.read(form) == draft
    assert draft.node() == node


def test_a_rule_that_is_deeper_than_the_form_is_not_squeezed_into_it() -> None:
    leaf = Condition("name", "is", "x")
    assert group_form.draft_of(Every((Some((Every((leaf, leaf)), leaf)), leaf))) is None
    assert group_form.draft_of(Not(Every((leaf,)))) is None


def test_buttons_change_the_form_and_wrong_ones_nothing() -> None:
    one = Draft("all", (Set("any", (Row("name", "is", "x"),)),))
    assert one.after("add:0", {"0": "tag"}).sets[0].rows[1] == Row("tag", "", "")
    assert one.after("drop:0.0", {}).sets[0].rows == ()
    assert len(one.after("set", {}).sets) == 2
    for act in ("", "add:7", "drop:0.9", "unset:0", "add:x", "nonsense", "drop:"):
        assert one.after(act, {}) == one, act


def _count(page: str) -> int:
    found = re.search(r"<b>(\d+) clients? fit", page)
    return int(found[1]) if found else -1


def test_a_group_by_rule_is_made_and_changed_without_scripts(company: Company) -> None:
    browser = company.browser("vera")
    begun = {"name": "North", "mode": "all", "s0.mode": "all", "s0.new": "place", "act": "add:0"}
    page = browser.post("/groups/new", data=begun)
    assert 'name="s0.0.what" value="place"' in page.text
    assert 'value="North"' in page.text
    page = browser.post("/groups/new", data={**RULE, "act": "look"})
    assert _count(page.text) >= 1
    made = browser.post(
        "/groups/new", data={**RULE, "act": "", "answer_hours": "8", "deputies": company.users["boris"]}
    )
    assert "Nordwind Pumpen GmbH" in browser.get(made.location).text
    assert "Atelier" not in browser.get(made.location).text
    number = made.location.rpartition("/")[2]
    shown = browser.get(f"/groups/{number}/edit").text
    assert 'value="HAMBURG"' in shown
    assert re.search(rf'value="{company.users["boris"]}" checked', shown)
    browser.post(f"/groups/{number}/edit", data={**RULE, "s0.0.value": "Leeds", "s0.1.value": "n", "act": ""})
    assert "Nordwind" not in browser.get(f"/groups/{number}").text


def test_what_is_wrong_with_a_group_is_said_and_the_form_keeps_what_was_typed(company: Company) -> None:
    browser = company.browser("vera", "ru")
    page = browser.post("/groups/new", data={**RULE, "name": "key ACCOUNTS", "note": "as before", "act": ""}).text
    assert "уже есть" in page
    assert "as before" in page
    assert 'value="HAMBURG"' in page
    assert browser.post("/groups/new", data={**RULE, "s0.0.value": "", "act": ""}).status_code == 200
    assert company.one("SELECT count(*) FROM client_group") == 2


def test_the_count_follows_what_is_typed_and_leaves_out_what_is_unfinished(company: Company) -> None:
    browser = company.browser("anna")
    people.edit_user(company.db, company.users["anna"], {"role": "manager"}, company.now)
    assert _count(browser.post("/groups/preview", data=RULE).text) >= 1
    unfinished = {**RULE, "s0.0.value": "", "s0.1.value": " "}
    assert "Add a condition" in browser.post("/groups/preview", data=unfinished).text
    assert _count(browser.post("/groups/preview", data={**RULE, "s0.0.value": "'; DROP TABLE client"}).text) >= 0
    for wrong in ({"mode": "x"}, {"mode": "all", "s0.mode": "?", "s0.0.what": "salary", "s0.0.how": "is"}, {}):
        assert browser.post("/groups/preview", data=wrong).status_code == 200


def test_a_client_is_put_in_and_taken_out_with_a_way_back(company: Company) -> None:
    browser, group = company.browser("klara"), company.groups["hand"]
    client = company.clients["Harbour & Sons Ltd"]
    inside = f"SELECT count(*) FROM group_client WHERE group_id = {group} AND client_id = {client}"
    browser.post(f"/groups/{group}/clients", data={"client": "harbour & sons ltd"})
    assert company.one(inside) == 1
    page = browser.get(f"/clients/{client}/owner").text
    assert "Key accounts" in page
    browser.post(f"/groups/{group}/clients/{client}/remove", data={"back": f"/clients/{client}/owner"})
    assert company.one(inside) == 0
    undo = re.search(r'action="(/groups/\d+/clients/\d+/put)"', browser.get(f"/clients/{client}/owner").text)
    assert undo
    browser.post(undo[1])
    assert company.one(inside) == 1
    company.users["oleg"] = people.add_user(company.db, NewUser("oleg@example.com", "Oleg"), company.now)
    assert company.browser("oleg").post(f"/groups/{group}/clients/{client}/remove").status_code == 400
    assert company.one(inside) == 1


@pytest.mark.parametrize(("name", "status"), [("klara", 404), ("boris", 404), ("anna", 200), ("vera", 200)])
def test_the_form_of_a_group_is_for_who_may_change_it(company: Company, name: str, status: int) -> None:
    browser, group = company.browser(name), company.groups["rule"]
    assert browser.get(f"/groups/{group}/edit").status_code == status
    assert browser.get(f"/handovers/new?kind=group&id={group}").status_code == status
    assert browser.get("/groups/new").status_code == (200 if name == "vera" else 404)
    assert browser.get(f"/groups/{group}").status_code == 200


def test_a_group_is_archived_and_taken_back(company: Company) -> None:
    browser, group = company.browser("vera"), company.groups["rule"]
    browser.post(f"/groups/{group}/archive")
    page = browser.get("/groups").text
    assert "Ports" not in page
    undo = re.search(r'action="(/groups/\d+/restore)"', page)
    assert undo
    browser.post(undo[1])
    assert "Ports" in browser.get("/groups").text


def test_all_clients_of_a_user_pass_and_come_back_from_the_notice(company: Company) -> None:
    browser, anna, boris = company.browser("vera"), company.users["anna"], company.users["boris"]
    owned = f"SELECT count(*) FROM client WHERE owner_id = {anna}"
    before = company.one(owned)
    assert f"<b>{before} clients</b>" in browser.get(f"/handovers/new?kind=user&id={anna}").text
    browser.post("/handovers/new", data={"kind": "user", "id": anna, "to_id": boris, "manages": "on"})
    assert company.one(owned) == 0
    undo = re.search(r'action="(/handovers/\d+/undo)"', browser.get("/handovers").text)
    assert undo
    browser.post(undo[1])
    assert company.one(owned) == before
    history = browser.get(f"/clients/{company.clients['Nordwind Pumpen GmbH']}/owner").text
    assert "Owners so far" in history
    assert "Борис Кравцов" in history


def test_mine_shows_the_clients_of_a_colleague_whom_one_covers_for(company: Company) -> None:
    assert "Nordwind" not in company.browser("klara").get("/clients?mine=1").text
    anna = company.browser("anna")
    days = {"first": f"{company.now:%Y-%m-%d}", "last": f"{company.now:%Y-%m-%d}"}
    anna.post("/absences", data={**days, "cover_id": company.users["klara"], "user_id": company.users["boris"]})
    assert company.one("SELECT count(*) FROM absence") == 1
    anna.post("/absences", data={**days, "cover_id": company.users["klara"]})
    assert "Nordwind" in company.browser("klara").get("/clients?mine=1").text
    undo = re.search(r'action="(/absences/\d+/cancel)"', anna.get("/absences").text)
    assert undo
    anna.post(undo[1])
    assert "Nordwind" not in company.browser("klara").get("/clients?mine=1").text


def test_where_clients_are_assigned_a_manager_counts_only_his_own(company: Company) -> None:
    app = company.app(clients="assigned")
    new = NewUser("max@example.com", "Max", role="manager")
    company.users["max"] = people.add_user(company.db, new, company.now)
    browser: FlaskClient = company.browser("max", app=app)
    assert 'name="mode"' not in browser.get("/groups/new?kind=rule").text
    assert _count(browser.post("/groups/preview", data=RULE).text) == -1
    assert browser.post("/groups/new", data={**RULE, "act": ""}).status_code == 302
    assert company.one("SELECT count(*) FROM client_group WHERE kind = 'rule'") == 1
