"""Counting by consent: only messages to clients who agreed differ, the rest are word for word what they were."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import consents, mailings, respond, templates
from mailcrm.flow.mailings import Plan
from mailcrm.flow.respond import Visitor
from mailcrm.flow.templates import TemplateValues
from mailcrm.mailing.replies import CLICK, OPEN
from mailcrm.mailing.token import public_number
from mailcrm.mailing.tracking import unpacked
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store import public_offers, tracking
from mailcrm.store.database import Database
from mailcrm.store.tracking import NewConsent
from tests.flow.test_prepare import KEYS, WEEK, Campaign, text_of

BASE = "https://offers.example.com"
HTML = (
    '<p>Dear {{ contact.name }}, <a href="https://shop.example/list?a=1&amp;b=2">our list</a>, '
    '<a href="{{ links.view }}">your offer</a>, <a href="{{ links.unsubscribe }}">stop</a>, '
    '<a href="mailto:anna@example.com">Anna</a></p>'
)
TEXT = "Dear {{ contact.name }}, our list: https://shop.example/list?a=1&b=2. Your offer: {{ links.view }}\n"


@pytest.fixture(scope="module")
def setter() -> Iterator[Typesetter]:
    """A typesetter that nobody needs here."""
    found = Typesetter()
    yield found
    found.close()


@pytest.fixture
def campaign(db: Database, tmp_path: Path, now: Any, setter: Typesetter) -> Campaign:
    """A campaign of a company whose pages clients can reach, with a message that has links."""
    made = Campaign(db, tmp_path / "blobs", now, setter)
    made.office = replace(made.office, base_url=BASE)
    values = TemplateValues("Linked", "message", "", "Our list", TEXT, HTML)
    number = templates.add_template(made.office, made.by, values)
    with db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE offer SET template_id = {number}")
    return made


def agree(campaign: Campaign, client: int, *kinds: str) -> None:
    """The client agrees by telephone."""
    given = [NewConsent(kind, f"We may count: {kind}", "by telephone to Anna", date(2026, 1, 2)) for kind in kinds]
    consents.record(campaign.office, campaign.by, client, given)


def choose(campaign: Campaign, level: str) -> None:
    """What the mailing counts."""
    plan = Plan("Spring", zone="Europe/Berlin", tracking=level)
    mailings.set_plan(campaign.office, campaign.maria, campaign.mailing, plan, WEEK)


def html_of(message: EmailMessage) -> str:
    """The HTML of a message."""
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def hits(campaign: Campaign) -> list[tuple[str, int]]:
    """Kind and link of every hit."""
    with campaign.db.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT kind, link_id FROM hit ORDER BY id").all()]


def test_only_who_agreed_gets_links_that_are_counted(campaign: Campaign) -> None:
    plain = campaign.client("Plain Ltd", "p@plain.test")
    clicks = campaign.client("Clicks Ltd", "c@clicks.test")
    both = campaign.client("Both Ltd", "b@both.test")
    agree(campaign, clicks, "click")
    agree(campaign, both, "click", "open")
    campaign.aim(plain, clicks, both)
    campaign.prepare()
    before = {name: html_of(campaign.message(name)) for name in ("p@plain.test", "c@clicks.test", "b@both.test")}
    assert all("/c/" not in one and "/p/" not in one for one in before.values()), "off by default"
    choose(campaign, "opens")
    campaign.prepare()
    assert dict(campaign.rows("address, tracked")) == {
        "p@plain.test": "", "c@clicks.test": "click", "b@both.test": "click open",
    }  # fmt: skip
    after = {name: html_of(campaign.message(name)) for name in before}
    again = dict(campaign.rows("address, id"))
    tokens = re.compile("[a-z2-7]{25}")
    assert tokens.sub("", after["p@plain.test"]) == tokens.sub("", before["p@plain.test"]), "word for word"
    for name, page in after.items():
        assert page.count(f"{BASE}/o/") == page.count(f"{BASE}/u/") == page.count("mailto:anna@example.com") == 1
        counts = name != "p@plain.test"
        assert ("https://shop.example/" in page, f"{BASE}/c/" in page) == (not counts, counts)
        assert (f"{BASE}/p/" in page) == (name == "b@both.test")
        assert (f"{BASE}/c/" in text_of(campaign.message(name))) == counts
    token = after["b@both.test"].partition(f"{BASE}/c/")[2][:25]
    assert unpacked(public_number(KEYS, CLICK, token) or 0) == (again["b@both.test"], 0)
    assert public_number(KEYS, OPEN, token) is None
    with campaign.db.reading() as connection:
        assert tracking.links(connection, campaign.mailing) == {"https://shop.example/list?a=1&b=2": 0}
        assert public_offers.link_target(connection, campaign.mailing, 0)[1] == "https://shop.example/list?a=1&b=2"  # type: ignore[index]
    choose(campaign, "none")
    campaign.prepare()
    assert "https://shop.example/" in html_of(campaign.message("b@both.test"))
    with campaign.db.reading() as connection:
        assert tracking.links(connection, campaign.mailing) == {}


def test_a_withdrawn_consent_counts_nothing_more_even_of_what_was_sent(campaign: Campaign) -> None:
    both = campaign.client("Both Ltd", "b@both.test")
    agree(campaign, both, "click", "open")
    campaign.aim(both)
    choose(campaign, "opens")
    campaign.prepare()
    campaign.approve()
    with campaign.db.writing() as connection:
        connection.exec_driver_sql("UPDATE recipient SET state = 'accepted'")
    ((number,),) = campaign.rows("id")
    with campaign.db.reading() as connection:
        seen = public_offers.offer(connection, number)
    assert seen is not None
    visitor = Visitor(campaign.by.at, "192.0.2.0/24", "Firefox")
    respond.note_counted(campaign.db, seen, "click", visitor, 1)
    respond.note_counted(campaign.db, seen, "open", visitor)
    assert hits(campaign) == [("click", 1), ("open", 0)]
    later = replace(campaign.by, at=campaign.by.at + timedelta(hours=1))
    consents.withdraw(campaign.office, later, both, "click")
    respond.note_counted(campaign.db, seen, "click", visitor, 1)
    respond.note_counted(campaign.db, seen, "open", visitor)
    assert hits(campaign)[2:] == [("open", 0)]
    consents.put_back(campaign.office, campaign.by, both, "click", later.at)
    respond.note_counted(campaign.db, seen, "click", visitor, 1)
    assert len(hits(campaign)) == 4
    consents.refuse_counting(campaign.db, number, later.at)
    for kind in ("click", "open", "trap"):
        respond.note_counted(campaign.db, seen, kind, visitor)
    assert len(hits(campaign)) == 4


def test_a_consent_has_its_day_its_proof_and_who_recorded_it(campaign: Campaign) -> None:
    client = campaign.client("Both Ltd", "b@both.test")
    day = campaign.by.at.date()
    for wrong, words in (
        ([], "Choose"),
        ([NewConsent("sound", "x", "by hand", day)], "Choose"),
        ([NewConsent("click", "x", "  ", day)], "Say how"),
        ([NewConsent("click", "x", "by hand", day + timedelta(days=3))], "day to come"),
    ):
        with pytest.raises(Refused, match=words):
            consents.record(campaign.office, campaign.by, client, wrong)
    agree(campaign, client, "click")
    with pytest.raises(NotFound):
        consents.withdraw(campaign.office, campaign.by, client, "open")
    with pytest.raises(NotFound):
        consents.put_back(campaign.office, campaign.by, client, "click", campaign.by.at)
    consents.withdraw(campaign.office, campaign.by, client, "click")
    with campaign.db.reading() as connection:
        (row,) = tracking.of_client(connection, client)
        query = "SELECT act, kind FROM audit WHERE kind = 'consent' ORDER BY id"
        acts = [tuple(one) for one in connection.exec_driver_sql(query)]
    assert (row.kind, row.text, row.how) == ("click", "We may count: click", "by telephone to Anna")
    assert (row.given_on, row.at, row.withdrawn_at) == (date(2026, 1, 2), campaign.by.at, campaign.by.at)
    assert row.actor == "Anna"
    assert acts == [("added", "consent"), ("removed", "consent")]
    with pytest.raises(NotFound):
        consents.record(campaign.office, campaign.by, 999, [NewConsent("click", "x", "by hand", day)])


def test_two_processes_that_make_portions_never_give_one_place_to_two_links(campaign: Campaign) -> None:
    with campaign.db.writing() as connection:
        assert tracking.keep_links(connection, campaign.mailing, {"https://one.example/": 0})
        assert tracking.keep_links(connection, campaign.mailing, {"https://one.example/": 0})
        assert not tracking.keep_links(connection, campaign.mailing, {"https://two.example/": 0})
        assert tracking.links(connection, campaign.mailing) == {"https://one.example/": 0}


def test_the_choice_needs_pages_that_clients_can_reach(campaign: Campaign) -> None:
    campaign.office = replace(campaign.office, base_url="http://127.0.0.1:8000")
    with pytest.raises(Refused, match="no address of these pages"):
        choose(campaign, "clicks")
    choose(campaign, "none")
    campaign.office = replace(campaign.office, base_url=BASE)
    with pytest.raises(Refused):
        choose(campaign, "everything")
