"""Handovers: what passes to whom and when, who owned a client at a time, the way back; and who covers for whom."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import absences, clients, groups, handover, people
from mailcrm.flow.absences import NewAbsence
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.handover import NewHandover
from mailcrm.model import Client
from mailcrm.store import absences as stored_absences
from mailcrm.store import groups as stored_groups
from mailcrm.store import handovers, ownership
from mailcrm.store.handovers import Subject
from mailcrm.store.visibility import EVERYTHING
from tests.flow.test_groups import Firm, firm, rule

__all__ = ["firm"]
DAY = timedelta(days=1)


def owners(firm: Firm) -> dict[str, str]:
    """Client → the login of its owner without the domain."""
    names = {number: name for name, number in firm.users.items()}
    with firm.db.reading() as connection:
        rows = connection.execute(select(col(Client.name), col(Client.owner_id)))
        return {name: names.get(owner or 0, "") for name, owner in rows}


def owner_at(firm: Firm, name: str, days: float) -> str:
    """The owner of a client so many days from now."""
    names = {number: name for name, number in firm.users.items()}
    with firm.db.reading() as connection:
        query = select(ownership.owner_at(firm.now + days * DAY)).where(col(Client.id) == firm.clients[name])
        return names.get(connection.execute(query).scalar_one() or 0, "")


def test_all_clients_of_a_user_pass_at_once_and_come_back(firm: Firm) -> None:
    north, pump, _ = firm.clients
    vera = firm.by("vera")
    clients.edit_client(firm.office, vera, firm.clients[pump], {"owner_id": firm.users["oleg"]})
    group = groups.add_group(firm.office, vera, GroupForm("North", manager_id=firm.users["oleg"]))
    before = owners(firm)
    all_his = NewHandover(Subject("user", firm.users["oleg"]), firm.users["mila"], manages=True)
    number = handover.plan(firm.office, vera, all_his)
    assert owners(firm) == {**before, north: "mila", pump: "mila"}
    with firm.db.reading() as connection:
        row = handovers.handover(connection, EVERYTHING, number)
        assert row is not None
        assert (row.state, row.moved, row.heir) == ("done", 2, "Mila")
        found = stored_groups.group(connection, EVERYTHING, group)
        assert found is not None
        assert found.manager_id == firm.users["mila"]
    clients.edit_client(firm.office, vera, firm.clients[pump], {"owner_id": firm.users["vera"]})
    assert handover.undo(firm.office, vera, number) == 1
    assert owners(firm) == {**before, pump: "vera"}
    with firm.db.reading() as connection:
        found = stored_groups.group(connection, EVERYTHING, group)
        assert found is not None
        assert found.manager_id == firm.users["oleg"]
    with pytest.raises(Refused, match="Only a handover that is done"):
        handover.undo(firm.office, vera, number)


def test_a_planned_handover_waits_for_its_day_and_is_done_once(firm: Firm) -> None:
    north, vera = next(iter(firm.clients)), firm.by("vera")
    subject = Subject("client", firm.clients[north])
    number = handover.plan(firm.office, vera, NewHandover(subject, firm.users["mila"], firm.now + 3 * DAY))
    handover.carry_out_due(firm.office, firm.now + 2 * DAY)
    assert owners(firm)[north] == "oleg"
    for _ in range(2):
        handover.carry_out_due(firm.office, firm.now + 3 * DAY)
    assert owners(firm)[north] == "mila"
    assert [owner_at(firm, north, days) for days in (0, 2.9, 3, 9)] == ["oleg", "oleg", "mila", "mila"]
    with firm.db.reading() as connection:
        found = ownership.history(connection, firm.clients[north])
    assert [(one.owner, one.since, one.until) for one in found] == [
        ("Mila", firm.now + 3 * DAY, None),
        ("Oleg", None, firm.now + 3 * DAY),
    ]
    assert found[0].given_by == "Vera"
    assert found[0].handover_id == number


def test_a_planned_handover_can_be_dropped(firm: Firm) -> None:
    north, vera = next(iter(firm.clients)), firm.by("vera")
    new = NewHandover(Subject("client", firm.clients[north]), firm.users["mila"], firm.now + DAY)
    number = handover.plan(firm.office, vera, new)
    handover.cancel(firm.office, vera, number)
    handover.carry_out_due(firm.office, firm.now + 2 * DAY)
    assert owners(firm)[north] == "oleg"
    handover.resume(firm.office, vera, number)
    handover.carry_out_due(firm.office, firm.now + 2 * DAY)
    assert owners(firm)[north] == "mila"
    with pytest.raises(Refused, match="not planned"):
        handover.cancel(firm.office, vera, number)


def test_nobody_gets_clients_after_he_has_left(firm: Firm) -> None:
    north, vera = next(iter(firm.clients)), firm.by("vera")
    new = NewHandover(Subject("client", firm.clients[north]), firm.users["mila"], firm.now + DAY)
    handover.plan(firm.office, vera, new)
    people.deactivate(firm.db, firm.users["mila"], firm.now)
    handover.carry_out_due(firm.office, firm.now + 2 * DAY)
    assert owners(firm)[north] == "oleg"


def test_a_group_passes_with_its_manager_and_rules_follow(firm: Firm) -> None:
    north, pump, _ = firm.clients
    vera, mila = firm.by("vera"), firm.by("mila")
    group = groups.add_group(firm.office, mila, GroupForm("Both", manager_id=firm.users["mila"]))
    mila = firm.by("mila")
    groups.put(firm.office, mila, group, [firm.clients[north], firm.clients[pump]])
    asked = rule(f"owner is {firm.users['vera']}")
    hers = groups.add_group(firm.office, vera, GroupForm("Vera's", asked))
    with firm.db.reading() as connection:
        shown = handovers.preview(connection, mila.who, Subject("group", group))
    assert (shown.total, shown.owners, shown.managed) == (2, (("", 1), ("Oleg", 1)), ("Both",))
    new = NewHandover(Subject("group", group), firm.users["vera"], manages=True)
    number = handover.plan(firm.office, mila, new)
    assert firm.members(hers) == {north, pump}
    assert handover.undo(firm.office, firm.by("mila"), number) == 2
    assert owners(firm)[pump] == ""
    assert firm.members(hers) == set()


def test_who_may_hand_over_what(firm: Firm) -> None:
    north, pump, _ = firm.clients
    oleg, mila = firm.by("oleg"), firm.by("mila")
    for by, subject in (
        (oleg, Subject("client", firm.clients[pump])),
        (mila, Subject("client", firm.clients[north])),
        (mila, Subject("user", firm.users["oleg"])),
    ):
        with pytest.raises(Refused, match="by their owner"):
            handover.plan(firm.office, by, NewHandover(subject, firm.users["vera"]))
    with pytest.raises(NotFound):
        handover.plan(firm.office, oleg, NewHandover(Subject("group", 99), firm.users["vera"]))
    number = handover.plan(firm.office, oleg, NewHandover(Subject("user", firm.users["oleg"]), firm.users["mila"]))
    with pytest.raises(Refused, match="who planned it"):
        handover.undo(firm.office, firm.by("mila"), number)
    with firm.db.reading() as connection:
        assert [row.id for row in handovers.handovers(connection, firm.by("mila").who)] == [number]


def test_an_absence_is_noted_once_and_ends(firm: Firm) -> None:
    oleg, mila = firm.by("oleg"), firm.by("mila")
    week = NewAbsence(firm.users["oleg"], firm.users["mila"], firm.now, firm.now + 7 * DAY)
    number = absences.plan(firm.office, oleg, week)
    assert firm.by("mila").who.stands_for == (firm.users["mila"], firm.users["oleg"])
    assert firm.by("oleg").who.stands_for == (firm.users["oleg"],)
    with pytest.raises(Refused, match="already"):
        absences.plan(firm.office, oleg, NewAbsence(week.user_id, week.cover_id, firm.now + DAY, firm.now + 9 * DAY))
    with pytest.raises(NotFound):
        absences.cancel(firm.office, mila, number)
    absences.cancel(firm.office, oleg, number)
    assert firm.by("mila").who.stands_for == (firm.users["mila"],)
    absences.restore(firm.office, firm.by("vera"), number)
    assert len(firm.by("mila").who.stands_for) == 2


WRONG = [((2, 1), "mila", "after it begins"), ((-9, -1), "mila", "past"), ((0, 9), "oleg", "himself")]


@pytest.mark.parametrize(("days", "cover", "said"), WRONG)
def test_what_is_wrong_with_an_absence_is_said(firm: Firm, days: tuple[int, int], cover: str, said: str) -> None:
    start, end = (firm.now + number * DAY for number in days)
    with pytest.raises(Refused, match=said):
        absences.plan(firm.office, firm.by("oleg"), NewAbsence(firm.users["oleg"], firm.users[cover], start, end))


def test_a_manager_plans_for_those_who_own_clients_of_his_groups(firm: Firm) -> None:
    north, vera = next(iter(firm.clients)), firm.by("vera")
    with firm.db.reading() as connection:
        assert stored_absences.charges(connection, firm.by("mila").who) == [(firm.users["mila"], "Mila")]
    group = groups.add_group(firm.office, vera, GroupForm("North", manager_id=firm.users["mila"]))
    groups.put(firm.office, vera, group, [firm.clients[north]])
    for sight in ("all", "assigned"):
        with firm.db.reading() as connection:
            found = [name for _, name in stored_absences.charges(connection, firm.by("mila", sight).who)]
        assert found == ["Mila", "Oleg"]
    clients.edit_client(firm.office, vera, firm.clients["Алёна"], {"owner_id": firm.users["oleg"]})
    with firm.db.reading() as connection:
        found = [name for _, name in stored_absences.charges(connection, firm.by("mila", "assigned").who)]
    # Her cover would see a client of Oleg's that she does not see.
    assert found == ["Mila"]
