"""The pages for clients: only a form changes anything, a stranger learns nothing, every answer is kept."""

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mailcrm.mailing.replies import CLICK, OPEN, UNSUBSCRIBE
from mailcrm.mailing.token import TokenKeys
from mailcrm.mailing.tracking import packed
from mailcrm.model import SendAccount, TermKind, TrackedLink
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store import tracking
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from mailcrm.store.tracking import NewConsent
from tests.offering import Offering
from tests.web.company import Company

PDF = b"%PDF-1.4 the offer of Max"
BROWSER = {"User-Agent": "Mozilla/5.0 (X11) Gecko/20100101 Firefox/133.0", "Accept-Language": "en"}


@pytest.fixture
def firm(db: Database, tmp_path: Path) -> Company:
    """The company, without any mail."""
    return Company(db, tmp_path / "firm")


@pytest.fixture
def offering(firm: Company) -> Offering:
    """A mailing with a document and terms, from Anna's account."""
    made = Offering(firm.db, firm.now - timedelta(hours=1), TokenKeys.derived(firm.keyring.derive))
    terms = [("discount", "Discount", "percent"), ("payment", "Payment", "days"), ("note", "Delivery", "text")]
    with firm.db.writing() as connection:
        rows = [{"offer_id": made.offer_id, "key": key, "label": label, "kind": kind, "position": i, "required": True}
                for i, (key, label, kind) in enumerate(terms)]  # fmt: skip
        insert(connection, TermKind, rows)
        insert(connection, SendAccount, [{"user_id": firm.users["anna"], "address": "anna@example.com", "host": "x",
                                          "name": "Anna Lindqvist, Example Ltd", "created_at": firm.now}])  # fmt: skip
    return made


@pytest.fixture
def max_(firm: Company, offering: Offering) -> int:
    """A recipient with a document of his own."""
    blobs = open_blobs(BlobPlace(firm.folder / "blobs"))
    sha = blobs.keep(PDF)
    blobs.settle()
    client = offering.client("Acme", firm.users["boris"])
    terms = json.dumps({"discount": "7.5", "payment": "30", "note": "free of charge"})
    return offering.recipient("max@acme.example", client, account_id=1, document_sha256=sha, terms=terms,
                              document_name="Offer 2026-0412.pdf", total=12_345_000)  # fmt: skip


@pytest.fixture
def stranger(firm: Company) -> FlaskClient:
    """A browser in which nobody is signed in; CSRF protection is on."""
    return firm.app().test_client()


def _post(browser: FlaskClient, address: str, page: str, **fields: str) -> TestResponse:
    form = re.search(r'name="form" value="([^"]+)"', page)
    document = re.search(r'name="document" value="([^"]*)"', page)
    assert form and document  # noqa: PT018
    given = {"form": form[1], "document": document[1], "name": "Max Muster", **fields}
    return browser.post(address, data=given, headers=BROWSER)


def _decisions(db: Database) -> list[tuple[Any, ...]]:
    query = "SELECT kind, source FROM event WHERE kind IN ('accept', 'decline') ORDER BY id"
    with db.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_the_offer_shows_its_terms_and_its_document(stranger: FlaskClient, offering: Offering, max_: int) -> None:
    page = stranger.get(f"/o/{offering.token(max_)}", headers=BROWSER)
    assert page.status_code == 200
    for words in ("Valves for spring", "Acme", "7.5 %", "30 days", "free of charge", "€1,234.50", "Anna Lindqvist"):
        assert words in page.text
    for name, value in {
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
    }.items():
        assert page.headers[name] == value
    assert "script" not in page.headers["Content-Security-Policy"]
    got = stranger.get(f"/o/{offering.token(max_)}/document", headers=BROWSER)
    assert got.data == PDF
    assert hashlib.sha256(got.data).hexdigest() in page.text.replace(" ", "")
    assert "attachment" in got.headers["Content-Disposition"]
    assert "Set-Cookie" not in page.headers


def test_accepting_is_bound_to_the_document_and_confirmed_to_both(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    address = f"/o/{offering.token(max_)}"
    page = stranger.get(address, headers=BROWSER).text
    assert _post(stranger, address, page, decision="accepted", words="Great").status_code == 303
    assert "You accepted this offer" in stranger.get(address, headers=BROWSER).text
    with firm.db.reading() as connection:
        detail = json.loads(connection.exec_driver_sql("SELECT detail FROM event").scalar_one())
        to = connection.exec_driver_sql("SELECT address FROM notification ORDER BY address").scalars().all()
    assert detail["document"] == hashlib.sha256(PDF).hexdigest()
    assert (detail["name"], detail["words"], detail["browser"]) == ("Max Muster", "Great", "Firefox")
    assert detail["network"] == "127.0.0.0/24"
    page = firm.browser("vera").get(f"/clients/{firm.one('SELECT min(id) FROM client')}").text
    assert "Offer accepted" in page
    assert "2026-0412 · Valves for spring" in page
    assert to == ["anna@example.com", "boris@example.com", "max@acme.example"]


def test_a_form_sent_twice_and_two_tabs_are_one_answer(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    address = f"/o/{offering.token(max_)}"
    first, second = (stranger.get(address, headers=BROWSER).text for _ in range(2))
    for page in (first, first, second):
        assert _post(stranger, address, page, decision="accepted").status_code == 303
    assert _decisions(firm.db) == [("accept", "web")]
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notification").scalar_one() == 3


def test_a_changed_mind_is_in_the_history(stranger: FlaskClient, firm: Company, offering: Offering, max_: int) -> None:
    address = f"/o/{offering.token(max_)}"
    page = stranger.get(address, headers=BROWSER).text
    _post(stranger, address, page, decision="declined", reason="price")
    page = stranger.get(address, headers=BROWSER).text
    assert "You declined this offer" in page
    _post(stranger, address, page, decision="accepted")
    assert _decisions(firm.db) == [("decline", "web"), ("accept", "web")]
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT decision FROM recipient").scalar_one() == "accepted"
        assert (
            json.loads(connection.exec_driver_sql("SELECT detail FROM event ORDER BY id").first()[0])["reason"]
            == "price"
        )  # type: ignore[index]


def test_an_offer_that_has_run_out_can_only_be_asked_about(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    address = f"/o/{offering.token(max_)}"
    page = stranger.get(address, headers=BROWSER).text
    with firm.db.writing() as connection:
        day = (firm.now - timedelta(days=2)).date()
        connection.exec_driver_sql(f"UPDATE offer SET valid_until = '{day.isoformat()}'")
    late = stranger.get(address, headers=BROWSER)
    assert late.status_code == 200
    assert "has run out" in late.text
    assert 'name="decision"' not in late.text
    assert _post(stranger, address, page, decision="accepted").status_code == 409
    assert _decisions(firm.db) == []


def test_another_document_than_the_page_showed_is_not_accepted(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    address = f"/o/{offering.token(max_)}"
    page = stranger.get(address, headers=BROWSER).text
    assert _post(stranger, address, page, decision="accepted", document="0" * 64).status_code == 409
    assert _post(stranger, address, page, decision="accepted", name=" ").status_code == 409
    assert _post(stranger, address, page, decision="maybe").status_code == 409
    assert _post(stranger, address, page, decision="accepted", form="forged").status_code == 400
    other = offering.recipient("eve@acme.example")
    assert _post(stranger, f"/o/{offering.token(other)}", page, decision="accepted").status_code == 400
    assert _decisions(firm.db) == []


def test_a_stranger_learns_nothing(stranger: FlaskClient, firm: Company, offering: Offering, max_: int) -> None:
    """Unknown, forged, foreign and unsent look all the same."""
    unsent = offering.recipient("new@acme.example", state="queued")
    wrong = [
        "/o/aaaaaaaaaaaaaaaaaaaaaaaaa", "/o/x", f"/o/{offering.token(max_)[:-1]}a", f"/o/{offering.token(999)}",
        f"/o/{offering.token(unsent)}", f"/o/{offering.token(max_, UNSUBSCRIBE)}", f"/u/{offering.token(max_)}",
        f"/o/{offering.token(unsent)}/document", f"/c/{offering.token(max_)}", f"/p/{offering.token(max_)}.gif",
        f"/o/{Offering(firm.db, firm.now).token(max_)}",
    ]  # fmt: skip
    answers = [stranger.get(address, headers=BROWSER) for address in wrong]
    assert {one.status_code for one in answers} == {404}
    assert len({one.data for one in answers}) == 1
    assert stranger.post(f"/u/{offering.token(max_)}", headers=BROWSER).data == answers[0].data
    assert stranger.post("/o/x", headers=BROWSER).data == answers[0].data
    assert stranger.get("/clients", headers={**BROWSER, "Accept": "text/html"}).status_code == 302


def test_one_click_unsubscribing(stranger: FlaskClient, firm: Company, offering: Offering, max_: int) -> None:
    """RFC 8058: one POST by the mail program, no cookie, no redirect; a GET only asks."""
    address = f"/u/{offering.token(max_, UNSUBSCRIBE)}"
    assert "Should we stop writing" in stranger.get(address, headers=BROWSER).text
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM suppression").scalar_one() == 0
    for _ in range(2):
        done = stranger.post(address, data={"List-Unsubscribe": "One-Click"}, headers={"User-Agent": "Google"})
        assert done.status_code == 200
    with firm.db.reading() as connection:
        found = connection.exec_driver_sql("SELECT address, scope, reason FROM suppression").all()
        events = connection.exec_driver_sql("SELECT kind, source FROM event").all()
    assert [tuple(row) for row in found] == [("max@acme.example", "all", "unsubscribed")]
    assert [tuple(row) for row in events] == [("unsubscribe", "web")]
    assert stranger.post(f"{address}/back", headers=BROWSER).status_code == 303
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM suppression").scalar_one() == 0


def test_preferences_reach_from_this_sort_to_everything(
    stranger: FlaskClient, firm: Company, offering: Offering
) -> None:
    other = Offering(firm.db, firm.now, offering.keys, {"scope": "marketing"})
    address = f"/u/{other.token(other.recipient('joe@acme.example'), UNSUBSCRIBE)}"
    assert "No mail at all" in stranger.get(address, headers=BROWSER).text
    assert "Personal offers" in stranger.post(address, data={"what": "this"}, headers=BROWSER).text
    stranger.post(address, data={"what": "all"}, headers=BROWSER)
    with firm.db.reading() as connection:
        scopes = connection.exec_driver_sql("SELECT scope FROM suppression ORDER BY scope").scalars().all()
    assert scopes == ["all", "marketing"]


def test_whoever_was_counted_can_end_it_on_his_page(stranger: FlaskClient, firm: Company, offering: Offering) -> None:
    client = offering.client("Counted Ltd")
    one = offering.recipient("c@counted.example", client, tracked="click")
    address = f"/u/{offering.token(one, UNSUBSCRIBE)}"
    with firm.db.writing() as connection:
        given = NewConsent("click", "We may count", "by letter", firm.now.date())
        tracking.record(connection, client, given, None, firm.now)
        link = {"mailing_id": offering.mailing_id, "position": 0, "url": "https://example.com/list", "trap": False}
        insert(connection, TrackedLink, [link])
    assert "Counted Ltd agreed that we may record this" in stranger.get(address, headers=BROWSER).text
    click = f"/c/{offering.token(packed(one, 0), CLICK)}"
    assert stranger.get(click, headers=BROWSER).headers["Location"] == "https://example.com/list"
    assert stranger.post(f"{address}/count-no-more", headers=BROWSER).status_code == 303
    page = stranger.get(address, headers=BROWSER).text
    assert "agreed that we may" not in page
    assert "is recorded any more" in page
    assert stranger.get(click, headers=BROWSER).status_code == 302, "the link still leads on"
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM hit WHERE kind = 'click'").scalar_one() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM suppression").scalar_one() == 0


def test_a_scanner_that_follows_every_link_changes_nothing(firm: Company, offering: Offering) -> None:
    """Two hundred messages, every address in them, by GET and by HEAD."""
    client = offering.client("Counted Ltd")
    with firm.db.writing() as connection:
        for kind in ("click", "open"):
            given = NewConsent(kind, "We may count", "by letter", firm.now.date())
            tracking.record(connection, client, given, None, firm.now)
    with firm.db.writing() as connection:
        links = [{"mailing_id": offering.mailing_id, "position": i, "url": f"https://example.com/{i}", "trap": i == 3}
                 for i in range(4)]  # fmt: skip
        insert(connection, TrackedLink, links)
    people = [offering.recipient(f"p{i}@c{i}.example", client, tracked="click open") for i in range(200)]
    scanner = firm.app().test_client()
    seen: set[int] = set()
    for i, one in enumerate(people):
        paths = [f"/o/{offering.token(one)}", f"/o/{offering.token(one)}/document",
                 f"/u/{offering.token(one, UNSUBSCRIBE)}",
                 *(f"/c/{offering.token(packed(one, link), CLICK)}" for link in range(4)),
                 f"/p/{offering.token(packed(one, 0), OPEN)}.gif"]  # fmt: skip
        for path in paths:
            ask = scanner.head if i % 2 else scanner.get
            seen.add(ask(path, headers=BROWSER, environ_base={"REMOTE_ADDR": f"192.0.{i}.9"}).status_code)
    assert seen == {200, 302, 404}
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM suppression").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM recipient WHERE decision <> ''").scalar_one() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM hit").scalar_one() == 200 * 6


def test_links_lead_only_where_our_table_says(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    with firm.db.writing() as connection:
        rows = [{"mailing_id": offering.mailing_id, "position": i, "url": url, "trap": False}
                for i, url in enumerate(["https://example.com/list", "javascript:alert(1)"])]  # fmt: skip
        insert(connection, TrackedLink, rows)
    good = stranger.get(f"/c/{offering.token(packed(max_, 0), CLICK)}?to=https://evil.test", headers=BROWSER)
    assert good.status_code == 302
    assert good.headers["Location"] == "https://example.com/list"
    assert stranger.get(f"/c/{offering.token(packed(max_, 1), CLICK)}").status_code == 404
    assert stranger.get(f"/c/{offering.token(packed(max_, 9), CLICK)}").status_code == 404
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM hit").scalar_one() == 0, "nothing is counted by default"


def test_too_many_requests_from_one_network_are_turned_away(
    stranger: FlaskClient, firm: Company, offering: Offering, max_: int
) -> None:
    address = f"/o/{offering.token(max_)}"
    codes = [stranger.get(address, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code for _ in range(140)]
    assert codes[:100] == [200] * 100
    assert codes[-1] == 429
    assert stranger.get(address, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 200


def test_the_page_speaks_russian(stranger: FlaskClient, offering: Offering, max_: int) -> None:
    page = stranger.get(f"/o/{offering.token(max_)}", headers={**BROWSER, "Accept-Language": "ru"}).text
    assert '<html lang="ru"' in page
    assert "30 дней" in page
    assert "Accept the offer" not in page
