"""Groups by hand and by rule: their members, who may change them, and what a rule finds on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.crm.group_rules import parsed
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, deal_stages, deals, fields, groups, people
from mailcrm.flow.clients import NewClient
from mailcrm.flow.deal_stages import NewStage
from mailcrm.flow.deals import NewDeal
from mailcrm.flow.edit import By
from mailcrm.flow.fields import NewField
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.people import NewUser
from mailcrm.model import Mailing, Offer, Recipient
from mailcrm.store import deal_board
from mailcrm.store import groups as stored
from mailcrm.store.database import Database
from mailcrm.store.group_rules import where
from mailcrm.store.rows import insert
from mailcrm.store.visibility import EVERYTHING, Policy, viewer
from tests.mailroom import Mailroom


def rule(*conditions: str, branch: str = "all") -> str:
    """The JSON of "what how value" texts."""
    leaves = [one.split(" ", 2) for one in conditions]
    made = [f'{{"what":"{what}","how":"{how}","value":"{value}"}}' for what, how, value in leaves]
    return f'{{"{branch}":[{",".join(made)}]}}'


class Firm:
    """Users, and clients of many kinds, by name."""

    def __init__(self, room: Mailroom) -> None:
        self.room, self.db, self.office, self.now = room, room.db, room.office, room.now
        self.users = {
            name: people.add_user(room.db, NewUser(f"{name}@example.com", name.title(), role=role), self.now)
            for name, role in (("mila", "manager"), ("oleg", "staff"), ("vera", "admin"))
        }
        self.clients: dict[str, int] = {}
        for new in (
            NewClient("Насосы Севера", "company", self.users["oleg"], ("sever.example",), postal_address="г. МУРМАНСК"),
            NewClient("Pump & Sons", note="Pays 100% in advance", domains=("pump.example",), postal_address="Hull"),
            NewClient("Алёна", kind="person", addresses=("alena@mail.example",), website="https://alena.example"),
        ):  # fmt: skip
            self.clients[new.name] = clients.add_client(room.office, By(None, self.now), new)

    def by(self, name: str, clients_: str = "all") -> By:
        """A user, now, with his own sight."""
        with self.db.reading() as connection:
            role = {"mila": "manager", "oleg": "staff", "vera": "admin"}[name]
            who = viewer(connection, self.users[name], role, self.now, Policy(clients=clients_))
        return By(self.users[name], self.now, who=who)

    def members(self, group_id: int) -> set[str]:
        """The names of the clients of a group."""
        with self.db.reading() as connection:
            rows = connection.exec_driver_sql(f"SELECT client_id FROM group_client WHERE group_id = {group_id}")
            ids = set(rows.scalars())
        return {name for name, number in self.clients.items() if number in ids}


@pytest.fixture
def firm(db: Database, tmp_path: Path) -> Firm:
    """The firm on each database."""
    return Firm(Mailroom(db, datetime(2026, 3, 2, 9, 30, tzinfo=UTC), tmp_path / "blobs", "anna@example.com", 2))


def fitting(firm: Firm, text: str) -> set[str]:
    """The names of the clients that fit a rule."""
    with firm.db.reading() as connection:
        known = groups.kinds(connection)
        fits = where(parsed(text, known), firm.now, known)
        total, first = stored.fitting(connection, EVERYTHING, fits, 50)
    assert total == len(first)
    return {name for _, name in first}


def test_a_rule_finds_what_it_asks_for(firm: Firm) -> None:
    north, pump, alena = firm.clients
    firm.room.deliver(b"From: a@pump.example\r\nTo: anna@example.com\r\nSubject: Hi\r\n\r\nText.\r\n")
    for conditions, wanted in (
        (("name contains насос",), {north}),
        (("name begins АЛЕНА",), {alena}),
        (("place contains мурманск",), {north}),
        (("note contains 100%",), {pump}),
        (("note contains 10_%",), set()),
        (("website contains ALENA",), {alena}),
        (("domain is pump.example",), {pump}),
        (("domain contains .example",), {north, pump}),
        (("address contains alena@",), {alena}),
        (("kind is person",), {alena}),
        (("owner is nobody",), {pump, alena}),
        ((f"owner is {firm.users['oleg']}",), {north}),
        (("messages least 1",), {pump}),
        (("messages most 0",), {north, alena}),
        (("last_in newer 30",), {pump}),
        (("last_in older 30",), set()),
        (("last_in never -",), {north, alena}),
        (("last never -", "kind is company"), {north}),
        (("last_out older 1",), set()),
        (("created newer 1",), {north, pump, alena}),
        (("document contains offer",), set()),
        (("offer is sent",), set()),
        (("name is '; DROP TABLE client; --",), set()),
    ):
        assert fitting(firm, rule(*conditions)) == wanted, conditions
    assert fitting(firm, rule("kind is person", "place contains hull", branch="any")) == {pump, alena}
    # What is not known is no match, and so its opposite is one.
    olegs = rule(f"owner is {firm.users['oleg']}")
    assert fitting(firm, f'{{"not":{olegs}}}') == {pump, alena}


def test_a_rule_asks_for_tags_and_fields_of_the_company(firm: Firm) -> None:
    north, pump, alena = firm.clients
    vera = firm.by("vera")
    kinds = (("size", "number"), ("since", "date"), ("trade", "text"), ("vip", "yesno"))
    for key, kind in kinds:
        fields.add_field(firm.office, vera, NewField(key.title(), kind))
    values = {"size": "12.5", "since": "2024-05-01", "trade": "Горное дело", "vip": "yes"}
    fields.set_values(firm.office, vera, firm.clients[north], values)
    fields.set_values(firm.office, vera, firm.clients[pump], {"size": "-3"})
    fields.set_tags(firm.office, vera, firm.clients[alena], ["Old friend"])
    for asked, wanted in (
        ("field:size least 5", {north}),
        ("field:size most 0", {pump}),
        ("field:since before 2025-01-01", {north}),
        ("field:since after 2025-01-01", set()),
        ("field:trade contains ГОРНОЕ", {north}),
        ("field:vip is yes", {north}),
        ("tag is old FRIEND", {alena}),
        ("tag is new", set()),
    ):
        assert fitting(firm, rule(asked)) == wanted, asked
    group = groups.add_group(firm.office, vera, GroupForm("Friends", rule("tag is old friend")))
    fields.set_tags(firm.office, vera, firm.clients[pump], ["old friend"])
    fields.set_tags(firm.office, vera, firm.clients[alena], [])
    assert firm.members(group) == {pump}


def test_offers_are_told_by_what_became_of_them(firm: Firm) -> None:
    north, pump, alena = firm.clients.values()
    made = {"created_at": firm.now, "updated_at": firm.now}
    with firm.db.writing() as connection:
        insert(connection, Offer, [{"id": 1, "number": "1", "title": "Spring", "title_key": "spring", **made}])
        insert(connection, Mailing, [{"id": 1, "offer_id": 1, "name": "Spring", "created_at": firm.now}])
        got = {"mailing_id": 1, "not_before": firm.now, "reason": ""}
        for client, state, decision in (
            (north, "accepted", ""),
            (pump, "accepted", "accepted"),
            (alena, "failed", ""),
        ):
            address = f"{client}@x.example"
            row = {**got, "client_id": client, "address": address, "state": state, "decision": decision}
            insert(connection, Recipient, [row])
    for value, wanted in (("sent", {north, pump}), ("silent", {north}), ("accepted", {pump}), ("declined", set())):
        found = fitting(firm, rule(f"offer is {value}"))
        assert found == {name for name, number in firm.clients.items() if number in wanted}, value


def test_clients_are_found_by_where_their_deals_stand(firm: Firm) -> None:
    north, pump, _ = firm.clients
    by = By(None, firm.now)
    deal_stages.add_stages(
        firm.office, by, [NewStage("Talk", "open", 10), NewStage("Won", "won"), NewStage("No", "lost")]
    )
    with firm.db.reading() as connection:
        talk, won, lost = (one.id for one in deal_board.stages(connection))
    first = deals.add_deal(firm.office, by, NewDeal(firm.clients[north], "Forty pumps"))
    second = deals.add_deal(firm.office, by, NewDeal(firm.clients[pump], "One pump"))
    assert fitting(firm, rule("deal is open")) == fitting(firm, rule(f"deal is {talk}")) == {north, pump}
    deals.move(firm.office, by, first, won)
    assert fitting(firm, rule("deal is won")) == fitting(firm, rule(f"deal is {won}")) == {north}
    assert fitting(firm, rule("deal is lost")) == fitting(firm, rule(f"deal is {lost}")) == set()
    deals.archive(firm.office, by, second)
    assert fitting(firm, rule("deal is open")) == set()
    assert fitting(firm, rule("deal is 999999")) == set()
    with pytest.raises(Refused):
        fitting(firm, rule("deal is nonsense"))


def test_members_of_a_rule_follow_edits_and_the_clock(firm: Firm) -> None:
    vera = firm.by("vera")
    group = groups.add_group(
        firm.office, vera, GroupForm("Fresh pumps", rule("name contains pump", "created newer 10"))
    )
    assert firm.members(group) == {"Pump & Sons"}
    clients.edit_client(firm.office, vera, firm.clients["Алёна"], {"name": "Pump person"})
    assert firm.members(group) == {"Pump & Sons", "Алёна"}
    clients.edit_client(firm.office, vera, firm.clients["Pump & Sons"], {"name": "Sons"})
    assert firm.members(group) == {"Алёна"}
    groups.refresh(firm.office, firm.now + timedelta(days=11))
    assert firm.members(group) == set()
    with firm.db.reading() as connection:
        row = stored.group(connection, EVERYTHING, group)
    assert row is not None
    assert row.refreshed_at == firm.now + timedelta(days=11)


def test_who_stays_in_a_group_keeps_his_date(firm: Firm) -> None:
    vera = firm.by("vera")
    group = groups.add_group(firm.office, vera, GroupForm("All", rule("created newer 100")))
    groups.refresh(firm.office, firm.now + timedelta(days=3))
    with firm.db.reading() as connection:
        dates = connection.exec_driver_sql(
            f"SELECT count(DISTINCT added_at) FROM group_client WHERE group_id = {group}"
        )
        assert dates.scalar_one() == 1


def test_a_group_by_hand_is_filled_by_who_looks_after_it(firm: Firm) -> None:
    mila, oleg, vera = firm.by("mila"), firm.by("oleg"), firm.by("vera")
    with pytest.raises(Refused, match="managers and admins"):
        groups.add_group(firm.office, oleg, GroupForm("Mine"))
    group = groups.add_group(firm.office, mila, GroupForm(" North ", manager_id=firm.users["mila"], answer_hours=8))
    pump = firm.clients["Pump & Sons"]
    with pytest.raises(Refused, match="its deputies"):
        groups.put(firm.office, oleg, group, [pump])
    groups.edit_group(firm.office, vera, group, GroupForm("North", "", firm.users["mila"], (firm.users["oleg"],)))
    groups.put(firm.office, firm.by("oleg"), group, [pump, pump])
    assert firm.members(group) == {"Pump & Sons"}
    with pytest.raises(Refused, match="its manager and by admins"):
        groups.edit_group(firm.office, firm.by("oleg"), group, GroupForm("Oleg's"))
    groups.take_out(firm.office, mila, group, pump)
    assert firm.members(group) == set()
    with pytest.raises(NotFound):
        groups.put(firm.office, mila, group, [999_999])


def test_what_is_wrong_with_a_group_is_said_and_nothing_is_kept(firm: Firm) -> None:
    vera = firm.by("vera")
    group = groups.add_group(firm.office, vera, GroupForm("North"))
    for form, said in (
        (GroupForm("  "), "needs a name"),
        (GroupForm("NORTH"), "already"),
        (GroupForm("South", answer_hours=-1), "between 0"),
        (GroupForm("South", manager_id=999), "no such user"),
        (GroupForm("South", deputies=(999,)), "no such user"),
        (GroupForm("South", rule="{}"), "made of"),
    ):
        with pytest.raises(Refused, match=said):
            groups.add_group(firm.office, vera, form)
    with pytest.raises(Refused, match="stays one"):
        groups.edit_group(firm.office, vera, group, GroupForm("North", rule("kind is person")))
    with firm.db.reading() as connection:
        assert [row.name for row in stored.groups(connection, EVERYTHING)] == ["North"]


def test_an_archived_group_opens_nothing_and_comes_back(firm: Firm) -> None:
    vera, form = firm.by("vera"), GroupForm("North", manager_id=firm.users["mila"])
    group = groups.add_group(firm.office, vera, form)
    assert firm.by("mila").who.group_ids == (group,)
    groups.archive(firm.office, vera, group)
    assert firm.by("mila").who.group_ids == ()
    groups.restore(firm.office, vera, group)
    assert firm.by("mila").who.group_ids == (group,)


def test_no_manager_gives_himself_sight_by_a_rule(firm: Firm) -> None:
    mila = firm.by("mila", "assigned")
    with pytest.raises(Refused, match="only admins"):
        groups.add_group(firm.office, mila, GroupForm("Everybody", rule("created newer 1000"), firm.users["mila"]))
    group = groups.add_group(firm.office, mila, GroupForm("Mine", manager_id=firm.users["mila"]))
    mila = firm.by("mila", "assigned")
    with pytest.raises(NotFound):
        groups.put(firm.office, mila, group, [firm.clients["Pump & Sons"]])
    other = groups.add_group(firm.office, firm.by("vera"), GroupForm("Others"))
    with pytest.raises(NotFound):
        groups.edit_group(firm.office, replace(mila), other, GroupForm("Others", manager_id=firm.users["mila"]))
