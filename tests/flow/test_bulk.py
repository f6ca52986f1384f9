"""Acts on many clients at once: what changes, what stays, what is not his to change, and the way back of each."""

from datetime import timedelta
from typing import Any

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import bulk, clients, fields, groups, handover
from mailcrm.flow.bulk import Asked
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.tidy import Retention, tidy
from mailcrm.model import Client
from mailcrm.store import ownership, tags
from mailcrm.store.bulk import Chosen
from mailcrm.store.clients import ClientFilter
from mailcrm.store.rows import insert
from tests.flow.test_groups import Firm, firm, rule
from tests.flow.test_handover import owners
from tests.tables import everything

__all__ = ["firm"]
SECOND = timedelta(seconds=1)
ALL = Chosen(wanted=ClientFilter())


def state(firm: Firm) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of clients and mail, without what acts tell of themselves."""
    found = everything(firm.db)
    return {name: rows for name, rows in found.items() if name not in ("bulk_edit", "handover", "owner_change")}


def picked(firm: Firm, *names: str) -> Chosen:
    return Chosen(tuple(firm.clients[name] for name in names))


def tags_of(firm: Firm) -> list[list[str]]:
    with firm.db.reading() as connection:
        return list(tags.tags(connection, list(firm.clients.values())).values())


def audited(firm: Firm) -> list[tuple[str, str, str]]:
    with firm.db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT act, kind, detail FROM audit ORDER BY id")
        return [(str(act), str(kind), str(detail)) for act, kind, detail in rows]


def test_a_tag_is_added_to_who_lacks_it_and_undo_leaves_it_to_who_had_it(firm: Firm) -> None:
    north, pump, alena = firm.clients
    vera = firm.by("vera")
    fields.set_tags(firm.office, vera, firm.clients[north], ["VIP", "old"])
    group = groups.add_group(firm.office, vera, GroupForm("VIPs", rule("tag is VIP")))
    before = state(firm)
    done = bulk.carry_out(firm.office, vera, picked(firm, north, pump), Asked("tag", " vip "))
    assert (done.changed, done.same) == (1, 1)
    assert tags_of(firm) == [["old", "VIP"], ["VIP"], []]
    assert firm.members(group) == {north, pump}, "rules follow"
    assert audited(firm)[-1] == ("changed", "client", "1 vip")
    assert bulk.undo(firm.office, vera, done.id or 0) == 1
    assert state(firm) == before
    assert audited(firm)[-1] == ("undone", "client", "1 vip")
    with pytest.raises(Refused, match="no longer"):
        bulk.undo(firm.office, vera, done.id or 0)
    again = bulk.carry_out(firm.office, vera, picked(firm, alena), Asked("tag", "quite new"))
    bulk.undo(firm.office, vera, again.id or 0)
    assert state(firm) == before, "a tag that nobody has is forgotten"


def test_a_tag_is_taken_away_and_comes_back_to_those_alone_who_had_it(firm: Firm) -> None:
    north, pump, _ = firm.clients
    vera = firm.by("vera")
    for name in (north, pump):
        fields.set_tags(firm.office, vera, firm.clients[name], ["VIP"])
    before = tags_of(firm)
    done = bulk.carry_out(firm.office, vera, ALL, Asked("untag", "vip"))
    assert (done.changed, done.same) == (2, 1)
    assert tags_of(firm) == [[], [], []]
    # Meanwhile the tag is made anew under another number, and a client is gone for good.
    fields.set_tags(firm.office, vera, firm.clients[pump], ["other", "Vip"])
    with firm.db.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM client WHERE id = {firm.clients[north]}")
    assert bulk.undo(firm.office, vera, done.id or 0) == 0
    assert tags_of(firm)[1:] == [["other", "Vip"], []]
    assert before[1:] == [["VIP"], []]


def test_a_group_by_hand_is_filled_and_emptied_and_each_keeps_its_day(firm: Firm) -> None:
    north, pump, alena = firm.clients
    vera = firm.by("vera")
    group = groups.add_group(firm.office, vera, GroupForm("South", manager_id=firm.users["mila"]))
    groups.put(firm.office, vera, group, [firm.clients[north]])
    before, later = state(firm), By(vera.actor_id, firm.now + SECOND, who=vera.who)
    put = bulk.carry_out(firm.office, later, ALL, Asked("put", group_id=group))
    assert (put.changed, put.same, firm.members(group)) == (2, 1, {north, pump, alena})
    assert audited(firm)[-1] == ("put into group", "client_group", "2")
    bulk.undo(firm.office, later, put.id or 0)
    assert state(firm) == before
    taken = bulk.carry_out(firm.office, later, picked(firm, north, pump), Asked("take", group_id=group))
    assert (taken.changed, taken.same, firm.members(group)) == (1, 1, set())
    bulk.undo(firm.office, later, taken.id or 0)
    assert state(firm) == before, "in the group since the same day"
    ruled = groups.add_group(firm.office, vera, GroupForm("By rule", rule("kind is person")))
    for who, number, error in (("vera", ruled, Refused), ("oleg", group, Refused), ("oleg", 99, NotFound)):
        with pytest.raises(error):
            bulk.carry_out(firm.office, firm.by(who), ALL, Asked("put", group_id=number))


def test_what_somebody_did_since_stays(firm: Firm) -> None:
    north, pump, _ = firm.clients
    vera, later = firm.by("vera"), By(firm.users["vera"], firm.now + SECOND)
    group = groups.add_group(firm.office, vera, GroupForm("South"))
    put = bulk.carry_out(firm.office, vera, ALL, Asked("put", group_id=group))
    groups.take_out(firm.office, later, group, firm.clients[north])
    groups.put(firm.office, later, group, [firm.clients[north]])
    assert bulk.undo(firm.office, vera, put.id or 0) == 2
    assert firm.members(group) == {north}
    gone = bulk.carry_out(firm.office, vera, picked(firm, north, pump), Asked("archive"))
    clients.restore(firm.office, later, firm.clients[north])
    clients.archive(firm.office, later, firm.clients[north])
    assert bulk.undo(firm.office, vera, gone.id or 0) == 1, "that archive was somebody else's"


def test_many_are_archived_and_come_back_as_they_were_with_what_came_meanwhile(firm: Firm) -> None:
    north, pump, _ = firm.clients
    vera = By(firm.users["vera"], firm.now + SECOND, who=firm.by("vera").who)
    before = state(firm)
    done = bulk.carry_out(firm.office, vera, picked(firm, north, pump), Asked("archive"))
    with firm.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM client WHERE archived_at IS NULL").scalar() == 1
    with pytest.raises(Refused, match="Choose clients"):
        bulk.carry_out(firm.office, vera, picked(firm, north), Asked("tag", "late"))
    with pytest.raises(Refused, match="Choose clients"):
        bulk.carry_out(firm.office, vera, Chosen(wanted=ClientFilter(archived=True)), Asked("archive"))
    assert bulk.undo(firm.office, vera, done.id or 0) == 2
    assert state(firm) == before
    assert audited(firm)[-2:] == [("archived", "client", "2"), ("undone", "client", "2")]


def test_handing_over_takes_his_own_alone_and_keeps_who_had_them(firm: Firm) -> None:
    north, pump, alena = firm.clients
    oleg, vera = firm.by("oleg"), firm.by("vera")
    before = owners(firm)
    made, left_out = handover.pick(firm.office, oleg, ALL, firm.users["mila"])
    assert left_out == 2
    assert owners(firm) == {**before, north: "mila"}
    assert handover.undo(firm.office, oleg, made or 0) == 1
    assert owners(firm) == before
    made, left_out = handover.pick(firm.office, vera, ALL, firm.users["oleg"])
    assert left_out == 0
    assert set(owners(firm).values()) == {"oleg"}
    with firm.db.reading() as connection:
        assert [one.owner for one in ownership.history(connection, firm.clients[pump])] == ["Oleg", ""]
    clients.edit_client(firm.office, vera, firm.clients[alena], {"owner_id": firm.users["vera"]})
    assert handover.undo(firm.office, vera, made or 0) == 1
    assert owners(firm) == {**before, alena: "vera"}
    assert handover.pick(firm.office, vera, picked(firm, north), firm.users["oleg"]) == (None, 0), "his already"
    for which, heir in ((ALL, 99), (Chosen(), firm.users["mila"])):
        with pytest.raises(Refused):
            handover.pick(firm.office, vera, which, heir)


def test_nobody_changes_what_he_does_not_see(firm: Firm) -> None:
    _, pump, _ = firm.clients
    oleg, before = firm.by("oleg", "assigned"), state(firm)
    for kind, tag in (("tag", "mine"), ("archive", "")):
        with pytest.raises(Refused, match="Choose clients"):
            bulk.carry_out(firm.office, oleg, picked(firm, pump), Asked(kind, tag))
    assert state(firm) == before
    done = bulk.carry_out(firm.office, oleg, Chosen((*firm.clients.values(), 10**9)), Asked("tag", "mine"))
    assert (done.changed, done.same) == (1, 0)
    assert tags_of(firm) == [["mine"], [], []]
    with pytest.raises(NotFound):
        bulk.undo(firm.office, firm.by("vera"), done.id or 0)


def test_a_day_later_it_stays(firm: Firm) -> None:
    vera = firm.by("vera")
    done = bulk.carry_out(firm.office, vera, ALL, Asked("tag", "x"))
    late = firm.now + timedelta(days=1, seconds=1)
    with pytest.raises(Refused, match="no longer"):
        bulk.undo(firm.office, By(vera.actor_id, late), done.id or 0)
    tidy(firm.db, Retention(), late)
    with pytest.raises(NotFound):
        bulk.undo(firm.office, vera, done.id or 0)
    for name, said in (("", "name of the tag"), ("x" * 200, "at most")):
        with pytest.raises(Refused, match=said):
            bulk.carry_out(firm.office, vera, ALL, Asked("tag", name))


def test_more_clients_than_fit_into_one_statement(firm: Firm) -> None:
    stamps = {"created_at": firm.now, "updated_at": firm.now, "message_count": 0, "note": "", "website": ""}
    rows = [
        {"name": f"C {n}", "name_key": f"c {n}", "kind": "company", "tax_id": "", "postal_address": "", **stamps}
        for n in range(2000)
    ]
    with firm.db.writing() as connection:
        insert(connection, Client, rows)
    vera, before = firm.by("vera"), state(firm)
    group = groups.add_group(firm.office, vera, GroupForm("All"))
    full = state(firm)
    fitting = Chosen(wanted=ClientFilter(words="c"))
    for asked in (Asked("tag", "many"), Asked("put", group_id=group), Asked("archive")):
        done = bulk.carry_out(firm.office, vera, fitting, asked)
        assert done.changed >= 2000
        assert bulk.undo(firm.office, vera, done.id or 0) == done.changed
        assert state(firm) == full
    made, _ = handover.pick(firm.office, vera, fitting, firm.users["mila"])
    assert handover.undo(firm.office, vera, made or 0) >= 2000
    assert state(firm)["client"] == before["client"]


def test_a_client_that_came_later_is_not_touched_by_the_way_back(firm: Firm) -> None:
    vera = firm.by("vera")
    done = bulk.carry_out(firm.office, vera, ALL, Asked("tag", "spring"))
    late = clients.add_client(firm.office, vera, NewClient("Late"))
    fields.set_tags(firm.office, vera, late, ["spring"])
    assert bulk.undo(firm.office, vera, done.id or 0) == 3
    with firm.db.reading() as connection:
        assert tags.tags(connection, [late]) == {late: ["spring"]}
