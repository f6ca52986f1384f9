"""Reports: every number equals the rows behind it, for everybody who asks; nothing is told that may not be known."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from flask_babel import force_locale

from mailcrm.crm.due import Due
from mailcrm.crm.report_wording import LABELS
from mailcrm.crm.reports import Period
from mailcrm.flow import groups, tasks
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.tasks import NewTask
from mailcrm.store import report_figures, report_parts, report_rows
from mailcrm.store.report_figures import MEASURES
from mailcrm.store.report_parts import KEYS
from mailcrm.store.report_rows import ReportRow, RowPage
from mailcrm.store.report_scope import Scope
from mailcrm.store.visibility import EVERYTHING, Policy, Viewer, viewer
from tests.web.company import Company
from web import report_words as words


def grouped(company: Company) -> None:
    """A group of one client, with boris as its manager."""
    boris, nordwind = company.users["boris"], company.clients["Nordwind Pumpen GmbH"]
    office = company.rooms["anna"].office
    number = groups.add_group(office, company.by, GroupForm("North", "", boris))
    groups.put(office, company.by, number, [nordwind])


def scopes(company: Company) -> list[Scope]:
    today = company.now.date()
    year = Scope(Period(today - timedelta(days=400), today), company.now, quiet_days=30)
    anna, nordwind = company.users["anna"], company.clients["Nordwind Pumpen GmbH"]
    narrow: tuple[dict[str, int], ...] = (
        {},
        {"owner_id": anna},
        {"manager_id": company.users["boris"]},
        {"group_id": company.groups["hand"]},
        {"client_id": nordwind},
        {"actor_id": anna},
        {"actor_id": company.users["boris"], "client_id": nordwind},
    )
    week = replace(year, period=Period(today - timedelta(days=9), today - timedelta(days=2)))
    return [*(replace(year, **changes) for changes in narrow), week]


def viewers(company: Company) -> list[Viewer]:
    with company.db.reading() as connection:
        found = [
            viewer(connection, company.users[name], role, company.now, Policy(clients=policy))
            for name, role, policy in (
                ("anna", "staff", "all"),
                ("anna", "staff", "assigned"),
                ("boris", "manager", "assigned"),
                ("klara", "staff", "all"),
                ("klara", "staff", "assigned"),
            )
        ]
    return [EVERYTHING, *found]


def all_rows(company: Company, who: Viewer, scope: Scope, key: str, size: int = 60) -> list[ReportRow]:
    found: list[ReportRow] = []
    with company.db.reading() as connection:
        after = None
        while True:
            rows, after = report_rows.page(connection, who, scope, MEASURES[key], RowPage(after, size))
            found += rows
            if after is None:
                return found


def test_every_number_equals_the_rows_behind_it(company: Company) -> None:
    grouped(company)
    above_nothing: set[str] = set()
    for who, scope in product(viewers(company), scopes(company)):
        with company.db.reading() as connection:
            counts = report_figures.counts(connection, who, scope, MEASURES.values())
            traffic = report_figures.traffic(connection, who, scope)
            mail = report_figures.mail(traffic, report_figures.waits(connection, who, scope))
        assert {key: counts[key] for key in mail} == mail
        for key, count in counts.items():
            rows = all_rows(company, who, scope, key)
            assert len(rows) == count, (key, who, scope)
            assert len({(one.at, one.id, one.sub, one.client_id) for one in rows}) == count, key
            above_nothing |= {key} if count else set()
    assert above_nothing >= {"in", "out", "answered", "first-answers", "documents-sent", "offers-sent", "deals-won"}
    assert above_nothing >= {"deals-lost", "deals-new", "deals-moved", "new-clients", "deal-documents"}
    assert above_nothing >= {"tasks-done", "tasks-late", "tasks-overdue"}


def test_tasks_are_counted_for_their_owners_and_told_to_who_may_see_them(company: Company) -> None:
    anna, boris, client = company.users["anna"], company.users["boris"], company.clients["Harbour & Sons Ltd"]
    office, by = company.rooms["anna"].office, company.by
    yesterday = Due(company.now.date() - timedelta(days=2))
    own = tasks.add_task(office, by, NewTask("Of my own", anna, None, yesterday))
    given = tasks.add_task(office, by, NewTask("For Boris", boris, client, yesterday))
    private = tasks.add_task(office, replace(by, actor_id=boris), NewTask("Boris alone", boris, None, yesterday))
    scope = scopes(company)[0]
    numbers = {key: {one.id for one in all_rows(company, EVERYTHING, scope, key)} for key in MEASURES}
    assert {own, given, private} <= numbers["tasks-overdue"]
    for who in viewers(company):
        seen = {one.record_id for one in all_rows(company, who, scope, "tasks-overdue")}
        assert (own in seen) == (who.reads_all or anna in who.stands_for), who
        assert (private in seen) == (who.reads_all or boris in who.stands_for), who
    theirs = all_rows(company, EVERYTHING, replace(scope, actor_id=boris), "tasks-overdue")
    assert {one.person for one in theirs} == {"Борис Кравцов"}
    tasks.finish(office, by, given)
    assert given in {one.id for one in all_rows(company, EVERYTHING, scope, "tasks-late")}
    assert given not in {one.id for one in all_rows(company, EVERYTHING, scope, "tasks-overdue")}
    listed = company.browser("anna").get("/reports/rows/tasks-overdue").text
    assert "Of my own" in listed
    assert "Boris alone" not in listed


@pytest.mark.parametrize("key", ["in", "answered", "documents-sent", "deals-moved", "silent"])
def test_pages_of_a_list_join_without_gap_or_double(company: Company, key: str) -> None:
    scope = scopes(company)[0]
    whole = all_rows(company, EVERYTHING, scope, key)
    assert all_rows(company, EVERYTHING, scope, key, size=2) == whole
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)


def test_the_table_of_parts_equals_the_rows_behind_it(company: Company) -> None:
    grouped(company)
    scope = scopes(company)[0]
    for who, key in product(viewers(company), KEYS):
        with company.db.reading() as connection:
            if key == "user":
                traffic = report_figures.traffic(connection, who, scope)
                found = report_parts.users(traffic, report_figures.waits(connection, who, scope), {})
            else:
                found = report_parts.parts(connection, who, scope, key)
        field = {"user": "actor_id", "owner": "owner_id", "group": "group_id", "client": "client_id"}[key]
        for part in found:
            narrow = replace(scope, **{field: part.id})
            assert part.outgoing == len(all_rows(company, who, narrow, "out"))
            answered = all_rows(company, who, narrow, "answered")
            assert part.answers == len(answered)
            minutes = sorted(one.minutes for one in answered if one.minutes is not None)
            assert part.median == (minutes[(len(minutes) - 1) // 2] if minutes else None)
            if key != "user":
                assert part.incoming == len(all_rows(company, who, narrow, "in"))


def test_bars_of_the_plot_add_up_to_the_numbers(company: Company) -> None:
    for who, scope in product(viewers(company), scopes(company)[:1]):
        with company.db.reading() as connection:
            traffic = report_figures.traffic(connection, who, scope)
            counts = report_figures.counts(connection, who, scope, [MEASURES["in"], MEASURES["out"]])
        for way in ("in", "out"):
            assert sum(one.count for one in traffic if one.direction == way) == counts[way]


def test_numbers_of_the_page_are_those_of_the_lists_that_they_open(company: Company) -> None:
    browser = company.browser("vera")
    today = company.now.date()
    page = browser.get(f"/reports?since={today - timedelta(days=400)}&until={today}").text
    links = re.findall(r'<a href="(/reports/rows/[^"]+)">([\d,]+)</a>', page)
    assert len(links) > 12
    for address, number in links:
        listed = browser.get(address.replace("&amp;", "&")).text
        heading = re.search(r"<h1>[^<]*: ([\d,]+)</h1>", listed)
        assert heading, address
        assert heading[1] == number, address


def test_a_subject_that_is_private_is_not_told_by_a_list(company: Company) -> None:
    scope = scopes(company)[0]
    rows = {who: all_rows(company, who, scope, "in") + all_rows(company, who, scope, "out") for who in viewers(company)}
    told = {who: {one.title for one in some} for who, some in rows.items()}
    klara, anna = (
        next(who for who in rows if who.user_id == company.users[name] and not who.assigned)
        for name in ("klara", "anna")
    )
    assert len(rows[klara]) == len(rows[anna]), "that there was a message is known to all"
    assert told[klara] - told[anna], "what only klara may read"
    days = f"since={scope.period.first}&until={scope.period.last}"
    page = company.browser("anna").get(f"/reports/rows/out?{days}").text
    assert "private or without a subject" in page
    for title in told[klara] - told[anna]:
        assert title not in page


def test_how_quickly_a_colleague_answers_is_not_for_everybody(company: Company) -> None:
    since = f"since={company.now.date() - timedelta(days=400)}&until={company.now.date()}"
    address = f"/reports?{since}"
    assert "Борис Кравцов" in _parts(company.browser("vera").get(address).text)
    assert "Борис Кравцов" not in _parts(company.browser("anna").get(address).text)
    assert "Anna Lindqvist" in _parts(company.browser("anna").get(address).text)
    theirs = company.browser("vera").get(f"/reports/rows/out?{since}&by={company.users['boris']}").text
    own = company.browser("anna").get(f"/reports/rows/out?{since}&by={company.users['boris']}").text
    assert "<td>Борис Кравцов</td>" in theirs
    assert "<td>Борис Кравцов</td>" not in own


def test_a_report_by_mail_is_asked_for_and_stopped_by_a_click(company: Company) -> None:
    browser = company.browser("anna")
    assert "Each week" in browser.get("/reports").text
    browser.post("/reports/by-mail", data={"every": "week"})
    page = browser.get("/reports").text
    assert "You get the numbers of each week" in page
    assert "Stop it" in page
    assert "Stop it" not in company.browser("boris").get("/reports").text
    browser.post("/reports/by-mail", data={"every": ""})
    assert "Stop it" not in browser.get("/reports").text
    assert browser.post("/reports/by-mail", data={"every": "hour"}).status_code == 400


@pytest.mark.parametrize("language", ["en", "ru"])
def test_mail_and_page_call_numbers_the_same(company: Company, language: str) -> None:
    with company.app().test_request_context(), force_locale(language):
        said = {key: str(label) for key, label in words.SECTIONS.items()}
        said |= {key: str(label) for key, (label, _) in words.MEASURES.items()}
    assert said == LABELS[language]


def _parts(page: str) -> str:
    return page[page.index('id="r-parts"') :]


@pytest.mark.parametrize(
    "address",
    [
        "/reports?period=nonsense&owner=x&group=99&quiet=-1&client=999999",
        "/reports?since=2026-02-30&until=yesterday",
        "/reports?since=2026-12-01&until=2026-01-01",
        "/reports?since=0001-01-01&until=9999-12-31",
        "/reports/rows/in?after=nonsense",
        "/reports/rows/in?after=2026-01-01T00:00:00+00:00~9~9",
    ],
)
def test_what_is_wrong_in_an_address_narrows_nothing(company: Company, address: str) -> None:
    assert company.browser("vera").get(address).status_code == 200


def test_a_number_that_there_is_none_of_is_not_found(company: Company) -> None:
    assert company.browser("vera").get("/reports/rows/nonsense").status_code == 404


def test_workbooks_say_the_same(company: Company) -> None:
    browser, today = company.browser("vera"), company.now.date()
    asked = f"since={today - timedelta(days=400)}&until={today}"
    for address, word in (
        (f"/reports/export.xlsx?{asked}", "To clients"),
        (f"/reports/rows/out/export.xlsx?{asked}", "Nordwind"),
    ):
        with zipfile.ZipFile(io.BytesIO(browser.get(address).data)) as book:
            assert word in book.read("xl/sharedStrings.xml").decode()
