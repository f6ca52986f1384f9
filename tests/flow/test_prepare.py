"""Preparing and approving mailings: whom, with which terms, frozen bytes, what stops and what is skipped."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, contacts, groups, mailings, offer_terms, offers, people, prepare, templates, trial
from mailcrm.flow.building import Press
from mailcrm.flow.clients import NewClient
from mailcrm.flow.contacts import NewContact
from mailcrm.flow.edit import By
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.mailings import Plan
from mailcrm.flow.offers import NewFile, OfferValues
from mailcrm.flow.people import NewUser
from mailcrm.flow.templates import TemplateValues
from mailcrm.mailing.audience import Audience
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.replies import thread_index_recipient
from mailcrm.mailing.token import TokenKeys, recipient_of
from mailcrm.model import Contact, Mailbox, Recipient, SendAccount
from mailcrm.net.blobs import Blobs
from mailcrm.net.typeset.pool import Typesetter
from mailcrm.store import freezing, told
from mailcrm.store import mailings as store
from mailcrm.store import offers as stored_offers
from mailcrm.store import suppressions as stored_suppressions
from mailcrm.store import templates as stored_templates
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from mailcrm.store.suppressions import NewSuppression
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom

KEYS = TokenKeys(((1, b"prepared" * 4),))
WEEK = WorkCalendar()


class Campaign:
    """Anna's company with an offer, a mailing of it, a boss who approves, and accounts to send from."""

    def __init__(self, db: Database, folder: Path, now: Any, setter: Typesetter) -> None:
        self.room = Mailroom(db, now, folder)
        self.db, self.office, self.by = db, self.room.office, self.room.by
        self.blobs = Blobs(folder)
        self.press = Press(self.blobs, KEYS, setter, "https://offers.example.com")
        boss = people.add_user(db, NewUser("boss@example.com", "Boss", role="manager"), now)
        maria = people.add_user(db, NewUser("maria@example.com", "Maria", role="manager"), now)
        self.boss, self.maria = replace(self.by, actor_id=boss), replace(self.by, actor_id=maria)
        rows = [
            {"user_id": user, "address": address, "name": name, "host": "mail.test", "created_at": now, "probe": probe}
            for user, address, name, probe in (
                (self.room.user_id, "anna@example.com", "Anna", ""),
                (maria, "maria@example.com", "Maria", json.dumps({"size": 20_000})),
                (None, "sales@example.com", "Sales", ""),
            )
        ]
        with db.writing() as connection:
            insert(connection, SendAccount, rows)
        self.offer = offers.add_offer(self.office, self.by, OfferValues("Spring valves", margin_floor=Decimal(10)))
        line = Item(1, "Valve", "pc", Decimal(10), Decimal(100), Decimal(60))
        offers.set_items(self.office, self.by, self.offer, [line])
        self.choose("message", None)
        offer_terms.set_values(self.office, self.by, self.offer, "default", {0: {"payment": "30", "discount": "5"}})
        self.mailing = mailings.add_mailing(self.office, self.maria, self.offer, "Spring", "Europe/Berlin")

    def choose(self, message: str, builtin: str | None) -> None:
        """The templates of the offer."""
        with self.db.reading() as connection:
            found = stored_templates.templates(connection)
            row = stored_offers.offer(connection, self.offer)
        assert row is not None
        words = next(one.id for one in found if one.kind == message and one.language in ("en", ""))
        paper = next((one.id for one in found if builtin and one.builtin == builtin), None)
        values = OfferValues(row.title, row.number, margin_floor=row.margin_floor, template_id=words)
        offers.edit_offer(self.office, self.by, self.offer, replace(values, document_template_id=paper))

    def client(self, name: str, *addresses: str, owner: int | None = None, **own: str) -> int:
        """A client with a contact at each address, and terms of its own."""
        new = NewClient(name, owner_id=owner or self.room.user_id)
        number = clients.add_client(self.office, self.by, new)
        for address in addresses:
            contacts.add_contact(
                self.office, self.by, number, NewContact(address.split("@")[0].title(), "", "", (address,))
            )
        if own:
            offer_terms.set_values(self.office, self.by, self.offer, "client", {number: own})
        return number

    def aim(self, *numbers: int, **more: Any) -> None:
        """The audience of the mailing: these clients."""
        mailings.set_audience(self.office, self.maria, self.mailing, Audience(clients=numbers, **more))

    def prepare(self, by: By | None = None) -> None:
        """Assemble and make everything."""
        by = by or self.maria
        prepare.assemble(self.office, by, self.mailing)
        while prepare.make_some(self.office, self.press, by, self.mailing):
            pass

    @property
    def row(self) -> store.MailingRow:
        """The mailing."""
        with self.db.reading() as connection:
            found = store.mailing(connection, self.mailing)
        assert found is not None
        return found

    def rows(self, columns: str = "*", where: str = "1=1") -> list[Any]:
        """The recipients."""
        query = f"SELECT {columns} FROM recipient WHERE mailing_id = {self.mailing} AND {where} ORDER BY id"
        with self.db.reading() as connection:
            return list(connection.exec_driver_sql(query).all())

    def skipped(self) -> dict[str, str]:
        """Client → reason."""
        with self.db.reading() as connection:
            return {one.client: one.reason for one in freezing.skipped(connection, EVERYTHING, self.mailing)}

    def message(self, address: str) -> EmailMessage:
        """What one address would get."""
        ((sha, size),) = self.rows("raw_sha256, raw_size", f"address = '{address}'")
        raw = self.blobs.read(sha)
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (size, sha)
        assert b"\r\n\r\n" in raw
        assert b"\nDate:" not in raw.split(b"\r\n\r\n")[0]
        found = message_from_bytes(raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def approve(self, by: By | None = None) -> Any:
        """Approve what is prepared."""
        return mailings.approve(self.office, by or self.boss, self.mailing, self.row.prepared_sha, WEEK)


@pytest.fixture(scope="module")
def setter() -> Iterator[Typesetter]:
    """A typesetter with one worker."""
    found = Typesetter()
    yield found
    found.close()


@pytest.fixture
def campaign(db: Database, tmp_path: Path, now: Any, setter: Typesetter) -> Campaign:
    """A campaign without clients."""
    return Campaign(db, tmp_path / "blobs", now, setter)


def text_of(message: EmailMessage) -> str:
    """The plain text of a message."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_each_client_gets_its_own_terms_from_its_owner_and_nobody_elses(campaign: Campaign) -> None:
    north = campaign.client("ООО «Север»", "olga@north.test", discount="12", payment="60")
    south = campaign.client("South Ltd", "sam@south.test", owner=campaign.maria.actor_id)
    campaign.aim(north, south)
    campaign.prepare()
    first, second = campaign.message("olga@north.test"), campaign.message("sam@south.test")
    assert "60 дней" in text_of(first)
    assert "880,00" in text_of(first)
    assert "30 days" in text_of(second)
    assert "€950.00" in text_of(second)
    assert "60" not in text_of(second).replace("2026", "")
    assert first["From"] == "Anna <anna@example.com>"
    assert second["From"] == "Maria <maria@example.com>"
    assert first["To"] == "Olga <olga@north.test>"
    assert first["List-Unsubscribe"].startswith("<https://offers.example.com/u/")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    ((number, terms, total, margin),) = campaign.rows("id, terms, total, margin", "address = 'olga@north.test'")
    assert recipient_of(KEYS, first["Message-ID"]) == number
    assert json.loads(terms) == {"discount": "12", "payment": "60"}
    assert (total, margin) == (8_800_000, 2_800_000)
    raw = campaign.blobs.read(campaign.rows("raw_sha256", "address = 'olga@north.test'")[0][0])
    assert b"280" not in raw.replace(b"8 800", b""), "no margin leaves the house"


def test_what_is_frozen_is_what_was_approved_whatever_changes_later(campaign: Campaign) -> None:
    client = campaign.client("South Ltd", "sam@south.test")
    offers.add_file(
        campaign.office, campaign.by, campaign.blobs, campaign.offer, NewFile("Prices.pdf", "application/pdf", b"old")
    )
    campaign.aim(client)
    campaign.choose("message", "plain")
    campaign.prepare()
    campaign.approve()
    before = campaign.rows("raw_sha256, document_sha256, terms")
    offer_terms.set_values(campaign.office, campaign.by, campaign.offer, "client", {client: {"discount": "50"}})
    offers.remove_file(campaign.office, campaign.by, campaign.offer, 1)
    with campaign.db.reading() as connection:
        words = stored_templates.templates(connection, ("message",))[0]
    templates.edit_template(
        campaign.office, campaign.by, words.id, TemplateValues("Offer", language="en", subject="x", text="x")
    )
    assert campaign.rows("raw_sha256, document_sha256, terms") == before
    parts = list(campaign.message("sam@south.test").iter_attachments())
    assert [part.get_content() for part in parts][1] == b"old"
    assert str(parts[0].get_filename()).startswith("Offer 2026-0001-")
    assert hashlib.sha256(parts[0].get_content()).hexdigest() == before[0][1]
    with pytest.raises(Refused, match="on its way"):
        prepare.assemble(campaign.office, campaign.maria, campaign.mailing)
    with pytest.raises(Refused, match="on its way"):
        campaign.aim(client)


def test_one_wrong_client_of_many_stops_the_start_and_is_named(campaign: Campaign) -> None:
    good = [campaign.client(f"Client {n}", f"c{n}@x{n}.test") for n in range(60)]
    offers_specs = "UPDATE term_kind SET required = true WHERE key = 'delivery'"
    with campaign.db.writing() as connection:
        connection.exec_driver_sql(offers_specs)
    rows = {number: {"delivery": "DAP"} for number in good}
    offer_terms.set_values(campaign.office, campaign.by, campaign.offer, "client", rows)
    bad = campaign.client("Forgotten Ltd", "who@forgotten.test")
    cheap = campaign.client("Cheap Ltd", "c@cheap.test", discount="40", delivery="EXW")
    campaign.aim(*good, bad, cheap)
    campaign.prepare()
    with campaign.db.reading() as connection:
        troubled = {one.client: one.reason for one in freezing.troubled(connection, EVERYTHING, campaign.mailing)}
    assert troubled == {"Forgotten Ltd": "missing: Delivery", "Cheap Ltd": "margin"}
    assert len(campaign.rows("id", "state = 'rendered'")) == 60
    with pytest.raises(Refused, match="still have a problem"):
        campaign.approve()
    mailings.leave_out(campaign.office, campaign.maria, campaign.mailing, [bad, cheap])
    campaign.prepare()
    assert campaign.skipped() == {"Forgotten Ltd": "left-out", "Cheap Ltd": "left-out"}
    campaign.approve()
    assert {row[0] for row in campaign.rows("state")} == {"queued"}
    assert campaign.row.state == "running"


def test_terms_of_groups_reach_their_members_however_they_were_chosen(campaign: Campaign) -> None:
    one, two, alone = (campaign.client(name, f"{name.lower()}@x.test") for name in ("One", "Two", "Alone"))
    for name, members in (("Beta", (one, two)), ("Alpha", (one,))):
        number = groups.add_group(campaign.office, campaign.maria, GroupForm(name))
        groups.put(campaign.office, campaign.maria, number, members)
        values = {"discount": "7" if name == "Alpha" else "9", "payment": "" if name == "Alpha" else "45"}
        offer_terms.set_values(campaign.office, campaign.by, campaign.offer, "group", {number: values})
        if name == "Beta":
            beta = number
    with pytest.raises(NotFound):
        offer_terms.set_values(campaign.office, campaign.by, campaign.offer, "group", {99: {"discount": "1"}})
    campaign.aim(one, two, alone)
    campaign.prepare()
    by_hand = {name: json.loads(terms) for name, terms in campaign.rows("address, terms")}
    assert {name: (one["discount"], one["payment"]) for name, one in by_hand.items()} == {
        "one@x.test": ("7", "45"), "two@x.test": ("9", "45"), "alone@x.test": ("5", "30"),
    }  # fmt: skip
    mailings.set_audience(campaign.office, campaign.maria, campaign.mailing, Audience(groups=(beta,)))
    campaign.prepare()
    through = {name: json.loads(terms)["discount"] for name, terms in campaign.rows("address, terms")}
    assert through == {"one@x.test": "9", "two@x.test": "9"}


def test_doubles_suppressed_and_shared_addresses(campaign: Campaign) -> None:
    one = campaign.client("One", "Same@x.test", discount="1")
    two = campaign.client("Two", "same@x.test", discount="2")
    gone = campaign.client("Gone", "no@gone.test")
    bare = campaign.client("Bare")
    with campaign.db.writing() as connection:
        new = [NewSuppression("no@gone.test", "unsubscribed"), NewSuppression("@blocked.test", "by-hand")]
        stored_suppressions.add(connection, new, campaign.room.now)
    blocked = campaign.client("Blocked", "any@blocked.test")
    campaign.aim(one, two, one, gone, bare, blocked)
    campaign.prepare()
    assert campaign.skipped() == {
        "One": "conflict",
        "Two": "conflict",
        "Gone": "suppressed",
        "Bare": "no-address",
        "Blocked": "suppressed",
    }
    with pytest.raises(Refused, match="still have a problem"):
        campaign.approve()
    mailings.decide(campaign.office, campaign.maria, campaign.mailing, "same@x.test", two)
    campaign.prepare()
    assert campaign.skipped()["One"] == "duplicate"
    assert [json.loads(row[0])["discount"] for row in campaign.rows("terms")] == ["2"]


def test_nobody_is_written_to_twice_by_any_way_into_the_audience(campaign: Campaign) -> None:
    """Two groups and by hand, two contacts at one address in other letters; a tag after a plus is another address."""
    one = campaign.client("One", "Bob@One.test", "bob@one.TEST", "bob+offers@one.test", discount="1")
    first, second = (groups.add_group(campaign.office, campaign.maria, GroupForm(name)) for name in ("Pumps", "North"))
    for group in (first, second):
        groups.put(campaign.office, campaign.maria, group, [one])
    audience = Audience(groups=(first, second), clients=(one, one), people="all")
    mailings.set_audience(campaign.office, campaign.maria, campaign.mailing, audience)
    campaign.prepare()
    assert [row[0] for row in campaign.rows("address")] == ["bob@one.test", "bob+offers@one.test"]
    assert len(set(campaign.rows("id"))) == 2


def test_what_a_server_does_not_take_is_said_before_the_start(campaign: Campaign) -> None:
    small = campaign.client("Small", "s@small.test", owner=campaign.maria.actor_id)
    large = campaign.client("Large", "l@large.test")
    prices = NewFile("Prices.pdf", "application/pdf", bytes(range(256)) * 100)
    offers.add_file(campaign.office, campaign.by, campaign.blobs, campaign.offer, prices)
    campaign.aim(small, large)
    campaign.prepare()
    assert [(row.address, row.state, row.reason) for row in campaign.rows()] == [
        ("s@small.test", "render_error", "size"),
        ("l@large.test", "rendered", ""),
    ]


def test_line_breaks_in_names_never_reach_a_header(campaign: Campaign) -> None:
    client = campaign.client("Fine", "f@fine.test")
    broken = update(Contact).values(name="A\r\nBcc: x@y.test")
    with campaign.db.writing() as connection:
        connection.execute(broken)
    campaign.aim(client)
    campaign.prepare()
    ((state, reason),) = campaign.rows("state, reason")
    assert state == "render_error"
    assert reason.startswith("address: There is a line break")


def test_the_maker_does_not_approve_and_a_changed_mailing_needs_a_new_approval(campaign: Campaign) -> None:
    client = campaign.client("South Ltd", "sam@south.test")
    campaign.aim(client)
    with pytest.raises(Refused, match="Check the mailing first"):
        campaign.approve()
    campaign.prepare()
    with pytest.raises(Refused, match="Somebody else"):
        campaign.approve(campaign.maria)
    with pytest.raises(Refused, match="Only who made it"):
        campaign.approve(campaign.by)
    seen = campaign.row.prepared_sha
    offer_terms.set_values(campaign.office, campaign.by, campaign.offer, "client", {client: {"discount": "7"}})
    campaign.prepare()
    with pytest.raises(Refused, match="changed meanwhile"):
        mailings.approve(campaign.office, campaign.boss, campaign.mailing, seen, WEEK)
    campaign.approve()
    assert campaign.row.approved_by == campaign.boss.actor_id
    assert campaign.row.approved_sha == campaign.row.prepared_sha != seen


def test_the_only_manager_may_approve_his_own_mailing(campaign: Campaign) -> None:
    people.edit_user(campaign.db, campaign.boss.actor_id or 0, {"role": "staff"}, campaign.room.now)
    campaign.aim(campaign.client("South Ltd", "sam@south.test"))
    campaign.prepare()
    campaign.approve(campaign.maria)
    assert campaign.row.state == "running"


def test_a_scheduled_mailing_waits_for_its_time_and_its_waves(campaign: Campaign) -> None:
    campaign.aim(*(campaign.client(f"Client {n}", f"c{n}@x{n}.test") for n in range(6)))
    begin = (campaign.room.now + timedelta(days=1)).replace(tzinfo=None)
    plan = Plan("Spring", begin.isoformat(timespec="minutes"), "UTC", ramp=(2, 3), hours=("09:00", "17:00"))
    mailings.set_plan(campaign.office, campaign.maria, campaign.mailing, plan, WEEK)
    campaign.prepare()
    campaign.approve()
    assert campaign.row.state == "scheduled"
    assert [row[0] for row in campaign.rows("wave")] == [0, 0, 1, 1, 1, 2]
    assert json.loads(campaign.row.window) == {"from": "09:00", "to": "17:00"}
    assert mailings.start_due(campaign.db, campaign.room.now + timedelta(hours=23), WEEK) == 0
    assert mailings.start_due(campaign.db, campaign.room.now + timedelta(hours=25), WEEK) == 1
    assert campaign.row.state == "running"
    assert mailings.steer(campaign.office, campaign.maria, campaign.mailing, "paused") == "running"
    mailings.steer(campaign.office, campaign.maria, campaign.mailing, "running")
    mailings.steer(campaign.office, campaign.maria, campaign.mailing, "cancelled")
    assert {row[0] for row in campaign.rows("state")} == {"cancelled"}
    with pytest.raises(Refused, match="cannot be done"):
        mailings.steer(campaign.office, campaign.maria, campaign.mailing, "running")


def test_a_scheduled_mailing_keeps_its_local_time_when_the_rules_change(campaign: Campaign) -> None:
    campaign.aim(campaign.client("One", "one@x.test"))
    plan = Plan("Spring", "2026-03-05T09:00", "Europe/Berlin", working_days=True)
    mailings.set_plan(campaign.office, campaign.maria, campaign.mailing, plan, WEEK)
    campaign.prepare()
    campaign.approve()
    at = datetime(2026, 3, 5, 8, tzinfo=UTC)
    # What Berlin's clocks would do after such a change of law is what Moscow's do.
    with campaign.db.writing() as connection:
        connection.exec_driver_sql("UPDATE mailing SET zone = 'Europe/Moscow'")
    assert mailings.start_due(campaign.db, at - timedelta(hours=2, minutes=1), WEEK) == 0
    day_off = replace(WEEK, holidays=frozenset({at.date()}))
    assert mailings.start_due(campaign.db, at, day_off) == 0
    assert mailings.start_due(campaign.db, at - timedelta(hours=2) + timedelta(days=1), day_off) == 1


def test_variants_are_drawn_and_remembered_with_their_chance(campaign: Campaign) -> None:
    numbers = [campaign.client(f"Client {n}", f"c{n}@x{n}.test") for n in range(20)]
    own = campaign.client("Special", "s@special.test", discount="1")
    rows = [("List", {}, 1.0), ("−10 %", {"discount": "10"}, 1.0)]
    mailings.set_variants(campaign.office, campaign.maria, campaign.mailing, rows)
    campaign.aim(*numbers, own)
    campaign.prepare()
    found = campaign.rows("variant_id, assign_prob, terms, address")
    with campaign.db.reading() as connection:
        names = {row.id: row.name for row in store.variants(connection, campaign.mailing)}
    for variant, chance, terms, address in found:
        wanted = "1" if address == "s@special.test" else "10" if names[variant] == "−10 %" else "5"
        assert (chance, json.loads(terms)["discount"]) == (0.5, wanted)
    assert abs(sum(names[row[0]] == "List" for row in found) - 10.5) <= 1.5
    again = [row[0] for row in found]
    campaign.prepare()
    assert [row[0] for row in campaign.rows("variant_id")] == again


def test_what_staff_prepare_leaves_by_their_own_account(campaign: Campaign) -> None:
    client = campaign.client("South Ltd", "sam@south.test", owner=campaign.maria.actor_id)
    campaign.mailing = mailings.add_mailing(campaign.office, campaign.by, campaign.offer, "Mine", "UTC")
    mailings.set_audience(campaign.office, campaign.by, campaign.mailing, Audience(clients=(client,)))
    campaign.prepare(campaign.by)
    assert campaign.message("sam@south.test")["From"] == "Anna <anna@example.com>"


def test_a_killed_preparation_goes_on_where_it_was(campaign: Campaign) -> None:
    campaign.aim(*(campaign.client(f"Client {n}", f"c{n}@x{n}.test") for n in range(55)))
    prepare.assemble(campaign.office, campaign.maria, campaign.mailing)
    assert prepare.make_some(campaign.office, campaign.press, campaign.maria, campaign.mailing) == 50
    done = campaign.rows("raw_sha256", "state = 'rendered'")
    assert campaign.row.prepared_at is None
    while prepare.make_some(campaign.office, campaign.press, campaign.maria, campaign.mailing):
        pass
    assert campaign.rows("raw_sha256", "state = 'rendered'")[:50] == done
    assert len(campaign.rows("id", "state = 'rendered'")) == 55
    assert campaign.row.prepared_sha


def test_who_wrote_yesterday_is_pointed_out(campaign: Campaign) -> None:
    client = campaign.client("South Ltd", "sam@south.test")
    with campaign.db.writing() as connection:
        table = stored_offers.Offer.metadata.tables["client"]
        connection.execute(table.update().values(last_in_at=campaign.room.now - timedelta(hours=5)))
    campaign.aim(client)
    campaign.prepare()
    assert campaign.rows("warnings") == [("wrote-lately",)]


def test_an_offer_that_left_stands_on_the_timeline_of_its_client_once(campaign: Campaign) -> None:
    client = campaign.client("South Ltd", "sam@south.test")
    campaign.aim(client)
    campaign.prepare()
    campaign.approve()
    now = campaign.room.now
    assert mailings.put_on_timelines(campaign.db, now) == 0
    with campaign.db.writing() as connection:
        connection.execute(update(Recipient).values(state="accepted", accepted_at=now))
    assert mailings.put_on_timelines(campaign.db, now) == 1
    assert mailings.put_on_timelines(campaign.db, now) == 0
    with campaign.db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT client_id, record_id FROM entry WHERE kind = 'offer'").all()
        found = told.told(connection, [told.offers(EVERYTHING, [rows[0][1]])])
    assert [row[0] for row in rows] == [client]
    assert [(one.title, one.detail, one.amount) for one in found] == [("Spring valves", "sam@south.test", 950)]


def test_an_offer_sent_again_stays_in_its_thread_and_says_how_to_leave(campaign: Campaign) -> None:
    one = campaign.client("One", "bob@one.test")
    with campaign.db.writing() as connection:
        box = {"address": "maria@example.com", "host": "imap.test", "login": "maria", "secret_source": "none"}
        insert(connection, Mailbox, [{**box, "created_at": campaign.room.now}])
        number = connection.exec_driver_sql("SELECT max(id) FROM mailbox").scalar_one()
        connection.exec_driver_sql(f"UPDATE send_account SET mailbox_id = {number}")
    first = _only_message(campaign, one)
    recipient = campaign.rows("id, message_id")[0]
    assert thread_index_recipient(KEYS, first["Thread-Index"]) == recipient[0]
    assert first["In-Reply-To"] is None
    page, by_mail = first["List-Unsubscribe"].split(", ")
    assert page.startswith("<https://offers.example.com/u/")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<mailto:anna@example.com\?subject=unsubscribe%20[a-z2-7]{25}>", by_mail)
    with campaign.db.writing() as connection:
        connection.exec_driver_sql(f"UPDATE recipient SET state = 'accepted', accepted_at = '{campaign.room.now}'")
    campaign.mailing = mailings.add_mailing(campaign.office, campaign.maria, campaign.offer, "Again", "UTC")
    second = _only_message(campaign, one)
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert second["Thread-Index"] is None
    assert campaign.rows("thread_refs")[0][0] == recipient[1]


def _only_message(campaign: Campaign, client: int) -> EmailMessage:
    campaign.aim(client)
    campaign.prepare()
    ((sha,),) = campaign.rows("raw_sha256")
    message = message_from_bytes(campaign.blobs.read(sha), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_trial_goes_to_whoever_asks_and_to_nobody_else(campaign: Campaign) -> None:
    one = campaign.client("One", "bob@one.test", discount="7")
    campaign.aim(one)
    assert trial.send_trial(campaign.office, campaign.press, campaign.maria, campaign.mailing) == "maria@example.com"
    with campaign.db.reading() as connection:
        (found,) = connection.exec_driver_sql(
            "SELECT r.address, r.client_id, r.state, r.raw_sha256, m.state, m.policy, m.id FROM recipient r"
            " JOIN mailing m ON m.id = r.mailing_id"
        ).all()
    assert found[:3] == ("maria@example.com", None, "queued")
    assert found[4:6] == ("running", store.TEST)
    assert found[6] != campaign.mailing
    assert b"To: " in campaign.blobs.read(found[3])
    assert b"bob@one.test" not in campaign.blobs.read(found[3])
    assert campaign.row.state == "draft"
