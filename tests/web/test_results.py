"""The board, the statistics and the list of suppressions: what they count, and what people do there."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from markupsafe import escape
from sqlalchemy import update
from sqlmodel import col

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow import follow_ups
from mailcrm.mailing.statistics import Share, wilson
from mailcrm.model import ClientGroup, GroupClient, Mailing, SendAccount
from mailcrm.store import statistics
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from mailcrm.store.visibility import EVERYTHING, Viewer
from tests.offering import Offering
from tests.web.company import Company


@pytest.fixture
def firm(db: Database, tmp_path: Path) -> Company:
    """The company, without any mail."""
    return Company(db, tmp_path / "firm")


@pytest.fixture
def offering(firm: Company) -> Offering:
    """A mailing that went out thirty days ago."""
    return Offering(firm.db, firm.now - timedelta(days=30), mailing={"scope": "marketing"})


def _counts(firm: Company, offering: Offering) -> statistics.Counts:
    with firm.db.reading() as connection:
        return statistics.counts(connection, EVERYTHING, [offering.mailing_id], firm.now)[str(offering.mailing_id)]


def test_each_state_is_counted_with_its_denominator(firm: Company, offering: Offering) -> None:
    at = offering.now
    offering.recipient("a@x.test", decision="accepted", decided_at=at + timedelta(days=3), margin=20_000)
    offering.recipient("b@x.test", decision="accepted", decided_at=at + timedelta(days=25))
    offering.recipient("c@x.test", decision="declined", decided_at=at + timedelta(days=3))
    replied, doubtful, bounced = (offering.recipient(f"{n}@x.test") for n in "def")
    offering.event(replied, "reply", method="message-id")
    offering.event(doubtful, "reply", method="sender", confidence=0.4)
    offering.event(bounced, "bounce")
    offering.recipient("g@x.test", state="uncertain", accepted_at=None)
    offering.recipient("h@x.test", state="skipped", accepted_at=None)
    offering.recipient("i@x.test", state="queued", accepted_at=None)
    offering.recipient("j@x.test", accepted_at=firm.now - timedelta(hours=5))
    offering.recipient("k@x.test", accepted_at=firm.now - timedelta(days=5))
    found = _counts(firm, offering)
    assert (found.recipients, found.handed, found.delivered) == (11, 8, 6)
    assert (found.accepted, found.declined, found.replied, found.bounced) == (2, 1, 1, 1)
    assert (found.uncertain, found.skipped, found.waiting) == (1, 1, 1)
    assert (found.matured, found.accepted_in_time, found.maturing) == (5, 1, 1)
    assert (found.margin, found.margins) == (20_000, 1)


def test_small_numbers_get_no_ratio_and_large_ones_an_interval() -> None:
    assert Share(3, 11).ratio is None
    assert Share(3, 11).interval is None
    low, high = Share(9, 80).interval or (0, 0)
    assert low < 9 / 80 < high
    assert wilson(0, 100)[0] == 0
    assert wilson(0, 100)[1] == pytest.approx(0.0263, abs=0.001)


def test_by_variant_group_and_terms(firm: Company, offering: Offering) -> None:
    first, second = offering.variant("list", baseline=True), offering.variant("less")
    for i in range(6):
        terms = json.dumps({"discount": str(i % 2 * 10)})
        offering.recipient(f"p{i}@x.test", variant_id=second if i % 2 else first, terms=terms)
    with firm.db.reading() as connection:
        parts = statistics.parts(connection, EVERYTHING, offering.mailing_id, firm.now, "variant")
        terms = statistics.parts(connection, EVERYTHING, offering.mailing_id, firm.now, "terms")
    assert [(p.name, p.baseline, p.counts.matured) for p in parts] == [("list", True, 3), ("less", False, 3)]
    assert {p.name for p in terms} == {"discount 0", "discount 10"}


def test_who_sees_only_his_clients_counts_only_them(firm: Company, offering: Offering) -> None:
    mine, other = offering.client("Mine", firm.users["anna"]), offering.client("Other", firm.users["boris"])
    offering.recipient("a@x.test", mine)
    offering.recipient("b@x.test", other)
    anna = Viewer(firm.users["anna"], "staff", (), assigned=True, stands_for=(firm.users["anna"],))
    with firm.db.reading() as connection:
        assert statistics.counts(connection, anna, [offering.mailing_id], firm.now)["1"].recipients == 1
    board = firm.app().test_client()
    assert board.get(f"/mailings/{offering.mailing_id}/board", headers={"Accept": "text/html"}).status_code == 302


def test_the_board_says_why(firm: Company, offering: Offering) -> None:
    one = offering.recipient("a@x.test")
    offering.event(one, "reply", method="message-id", detail=json.dumps({"looks_like": "yes", "words": "We accept."}))
    two = offering.recipient("b@x.test")
    offering.event(two, "bounce", detail=json.dumps({"words": "550 5.1.1 no such user"}))
    page = firm.browser("anna").get(f"/mailings/{offering.mailing_id}/board").text
    for words in ("our Message-ID is in its references", "looks like a yes", "We accept.", "550 5.1.1 no such user"):
        assert words in page
    assert "a@x.test" not in firm.browser("anna").get(f"/mailings/{offering.mailing_id}/board?only=bounced").text


def test_a_suggestion_counts_only_once_a_person_confirms_it(firm: Company, offering: Offering) -> None:
    one = offering.recipient("a@x.test")
    offering.event(one, "reply", detail=json.dumps({"looks_like": "yes", "words": "We accept."}))
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    assert _counts(firm, offering).accepted == 0
    browser.post(f"{base}/recipients/{one}/suggestion", data={"what": "accepted", "event": "1"})
    assert _counts(firm, offering).accepted == 1
    page = browser.get(f"{base}/board").text
    undo = re.search(r'action="([^"]*decision[^"]*)">', page)
    assert undo
    browser.post(undo[1].replace("&amp;", "&"))
    assert _counts(firm, offering).accepted == 0
    with firm.db.reading() as connection:
        events = connection.exec_driver_sql("SELECT kind, source FROM event ORDER BY id").all()
    assert [tuple(row) for row in events] == [("reply", "mail"), ("accept", "staff"), ("note", "staff")]


def test_a_doubtful_match_can_be_confirmed_or_refused(firm: Company, offering: Offering) -> None:
    one, two = offering.recipient("a@x.test"), offering.recipient("b@x.test")
    for recipient in (one, two):
        offering.event(recipient, "reply", method="sender", confidence=0.4)
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    assert browser.get(f"{base}/board?only=suggested").text.count("data-row") == 2
    browser.post(f"{base}/recipients/{one}/suggestion", data={"what": "belongs", "event": "1"})
    browser.post(f"{base}/recipients/{two}/suggestion", data={"what": "no", "event": "2"})
    assert _counts(firm, offering).replied == 1
    assert "may answer this offer" not in browser.get(f"{base}/board").text


def test_words_of_leaving_unsubscribe_only_by_a_person(firm: Company, offering: Offering) -> None:
    one = offering.recipient("a@x.test")
    offering.event(one, "reply", detail=json.dumps({"wants_out": "maybe"}))
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    assert "seems to want no more mail" in browser.get(f"{base}/board").text
    browser.post(f"{base}/recipients/{one}/suggestion", data={"what": "leaves", "event": "1"})
    page = browser.get("/suppressions").text
    assert "a@x.test" in page
    assert "marketing" in page


def test_the_failed_are_sent_again_but_for_dead_addresses(firm: Company, offering: Offering) -> None:
    offering.recipient("a@x.test", state="failed", accepted_at=None)
    dead = offering.recipient("b@x.test", state="failed", accepted_at=None)
    browser = firm.browser("anna")
    browser.post("/suppressions", data={"address": "b@x.test", "scope": "all"})
    browser.post(f"/mailings/{offering.mailing_id}/again")
    with firm.db.reading() as connection:
        states = connection.exec_driver_sql("SELECT state FROM recipient ORDER BY id").scalars().all()
        mailing = connection.exec_driver_sql("SELECT state FROM mailing").scalar_one()
    assert states == ["queued", "failed"]
    assert mailing == "running"
    assert dead == 2


def test_the_list_of_suppressions_can_be_undone(firm: Company) -> None:
    browser = firm.browser("anna")
    browser.post("/suppressions", data={"address": "@closed.test", "scope": "all"})
    page = browser.get("/suppressions").text
    assert "@closed.test" in page
    browser.post("/suppressions/1/lift")
    page = browser.get("/suppressions").text
    assert "Nothing on the list" in page
    undo = re.search(r'action="(/suppressions/back[^"]+)"', page)
    assert undo
    browser.post(undo[1])
    assert "@closed.test" in browser.get("/suppressions").text
    refused = browser.post("/suppressions", data={"address": "x"}, headers={"Accept": "text/html"})
    assert "is not an e-mail address" in refused.text


def test_sheets_hold_what_the_filter_lets_through(firm: Company, offering: Offering) -> None:
    offering.recipient("a@x.test", name="=cmd()", decision="accepted")
    offering.recipient("b@x.test")
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    text = browser.get(f"{base}/board.csv?only=accepted").data.decode("utf-8-sig")
    assert "a@x.test" in text
    assert "b@x.test" not in text
    assert browser.get(f"{base}/board.xlsx").data[:2] == b"PK"
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM audit WHERE act = 'exported'").scalar_one() >= 1


def test_terms_are_ranked_only_where_lots_were_drawn(firm: Company, offering: Offering) -> None:
    variants = [offering.variant("list", baseline=True), offering.variant("less")]
    for i in range(120):
        good = i % 2 and i % 3
        values = {"decision": "accepted", "decided_at": offering.now + timedelta(days=1)} if good else {}
        offering.recipient(f"p{i}@x.test", variant_id=variants[i % 2], **values)
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    page = browser.get(f"{base}/statistics").text
    assert "“less” brings most" in page
    assert "40 of 60" in page
    assert "Observed, not drawn by lot" in browser.get(f"{base}/statistics?by=terms").text
    assert browser.get("/results/preview?clients=320&low=5&high=10").text.count("<svg") < 20


def test_shares_of_the_next_batch_are_approved_by_a_person(firm: Company, offering: Offering) -> None:
    variants = [offering.variant("list", baseline=True), offering.variant("less")]
    for i in range(120):
        good = i % 2 and i % 3
        values = {"decision": "accepted", "decided_at": offering.now + timedelta(days=1)} if good else {}
        offering.recipient(f"p{i}@x.test", variant_id=variants[i % 2], **values)
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    assert "Approve these shares" in browser.get(f"{base}/statistics").text
    browser.post(f"{base}/shares")
    with firm.db.reading() as connection:
        shares = connection.exec_driver_sql("SELECT share FROM variant ORDER BY id").scalars().all()
        (detail,) = connection.exec_driver_sql("SELECT detail FROM shares_decision").scalars().all()
    assert shares == pytest.approx([0.05, 0.95], abs=0.01)
    assert json.loads(detail)[1]["accepted"] == 40
    assert "40 of 60" in browser.get(f"{base}/statistics").text


def test_what_worked_for_clients_of_the_same_group(firm: Company, offering: Offering) -> None:
    """A suggestion with its numbers; never clear, for nobody drew lots."""
    with firm.db.writing() as connection:
        row = {"name": "Dealers", "name_key": "dealers", "created_at": firm.now}
        insert(connection, ClientGroup, [row])
    alone = offering.client("Alone")
    for i in range(80):
        client = offering.client(f"C{i}")
        with firm.db.writing() as connection:
            insert(connection, GroupClient, [{"group_id": 1, "client_id": client, "added_at": firm.now}])
        values = {"decision": "accepted", "decided_at": offering.now + timedelta(days=1)} if i % 2 and i % 3 else {}
        offering.recipient(f"p{i}@x.test", client, terms=json.dumps({"payment": str(14 + i % 2 * 16)}), **values)
    browser = firm.browser("anna")
    page = browser.get(f"/clients/{alone + 1}/terms").text
    assert "“payment 30” brought most" in page
    assert "Leaning" in page
    assert "Nothing is known yet" in browser.get(f"/clients/{alone}/terms").text
    assert browser.get("/clients/9999/terms").status_code == 404


def test_follow_ups_are_sent_changed_or_left(firm: Company, offering: Offering) -> None:
    with firm.db.writing() as connection:
        account = {"user_id": firm.users["anna"], "address": "anna@example.com", "name": "Anna", "host": "x"}
        insert(connection, SendAccount, [{**account, "created_at": firm.now}])
    client = offering.client("Acme", firm.users["anna"])
    offering.recipient("max@x.test", client, account_id=1)
    offering.recipient("eve@x.test", client, account_id=1)
    browser, base = firm.browser("anna"), f"/mailings/{offering.mailing_id}"
    browser.post(f"{base}/follow-ups", data={"days": "7"})
    office = firm.rooms["anna"].office
    assert follow_ups.propose(office, WorkCalendar(), "https://crm.test", firm.now) == 2
    page = browser.get("/follow-ups").text
    assert page.count("data-row") == 2
    assert "may I ask" in page
    browser.post("/follow-ups/1/send", data={"subject": "Re: Valves", "text": "Hello Max,\r\nwell?"})
    browser.post("/follow-ups/2/drop")
    page = browser.get("/follow-ups").text
    assert page.count("data-row") == 0
    assert 'action="/follow-ups/2/back"' in page
    with firm.db.reading() as connection:
        queued = connection.exec_driver_sql("SELECT address FROM recipient WHERE state = 'queued'").scalars().all()
    assert queued == ["max@x.test"]
    assert firm.browser("boris").get("/follow-ups").text.count("data-row") == 0


def test_why_a_mailing_rests_is_said_in_the_language_of_the_reader(company: Company) -> None:
    mailing, answer = company.offers["mailing"], "550 5.7.1 <spam & more>"
    with company.db.writing() as connection:
        connection.execute(update(Mailing).where(col(Mailing.id) == mailing).values(pause_reason=f"blocked: {answer}"))
    for place in (f"/mailings/{mailing}", f"/mailings/{mailing}/board"):
        for language, words in (("en", "Too many servers refuse it"), ("ru", "отклоняют её как нежелательную")):
            page = company.browser("anna", language).get(place).text
            assert words in page
            assert escape(answer) in page
            assert "blocked:" not in page
