"""Fields of one's own and tags: added, filled, ordered by, archived; on both databases."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from mailcrm.crm.fields import sort_key
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, fields
from mailcrm.flow.clients import NewClient
from mailcrm.flow.fields import NewField
from mailcrm.store import cards, tags
from mailcrm.store import clients as stored_clients
from mailcrm.store import fields as stored
from mailcrm.store.clients import ClientFilter
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    return Mailroom(db, now, tmp_path / "blobs")


def add(room: Mailroom, *new: NewField) -> list[int]:
    return [fields.add_field(room.office, room.by, one) for one in new]


def test_values_of_every_kind_are_kept_and_read_as_what_they_mean(room: Mailroom) -> None:
    kinds = ("text", "number", "date", "yesno")
    add(room, *(NewField(kind.title(), kind) for kind in kinds), NewField("Вид", "choice", ("опт", "розница")))
    client = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    entered = {"text": " a b ", "number": "1 000,5", "date": "1.2.2026", "yesno": "да", "vid": "ОПТ"}
    fields.set_values(room.office, room.by, client, entered)
    with room.db.reading() as connection:
        assert stored.values(connection, [client, 999]) == {
            client: {"text": "a b", "number": Decimal("1000.5"), "date": date(2026, 2, 1), "yesno": True, "vid": "опт"},
            999: {},
        }
        assert [one.value for one in cards.card(connection, client).fields] == [
            "a b",
            "1000.5",
            "2026-02-01",
            "yes",
            "опт",
        ]
    fields.set_values(room.office, room.by, client, {"number": "", "yesno": "no"})
    with room.db.reading() as connection:
        found = stored.values(connection, [client])[client]
    assert "number" not in found
    assert found["yesno"] is False


def test_what_does_not_fit_changes_nothing(room: Mailroom) -> None:
    add(room, NewField("Discount", "number"), NewField("Note", "text"))
    client = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    with pytest.raises(Refused, match='Discount: "much" is not a number'):
        fields.set_values(room.office, room.by, client, {"note": "x", "discount": "much"})
    with pytest.raises(NotFound, match="no field nothing"):
        fields.set_values(room.office, room.by, client, {"nothing": "x"})
    with pytest.raises(NotFound, match="no such client"):
        fields.set_values(room.office, room.by, 999, {"note": "x"})
    with pytest.raises(Refused, match="at least two"):
        add(room, NewField("Kind", "choice", ("one",)))
    with pytest.raises(Refused, match="each key once"):
        add(room, NewField("Other", key="discount"))
    with pytest.raises(Refused, match="needs a name"):
        add(room, NewField("  "))
    with room.db.reading() as connection:
        assert stored.values(connection, [client]) == {client: {}}
        assert [one.key for one in stored.fields(connection)] == ["discount", "note"]


def test_fields_are_moved_changed_and_archived_without_losing_values(room: Mailroom) -> None:
    first, second = add(room, NewField("Kind", "choice", ("a", "b")), NewField("Note"))
    client = clients.add_client(room.office, room.by, NewClient("Ромашка"))
    fields.set_values(room.office, room.by, client, {"kind": "b", "note": "x"})
    with pytest.raises(Refused, match="Clients have b"):
        fields.edit_field(room.office, room.by, first, {"choices": ["a", "c"]})
    fields.edit_field(room.office, room.by, first, {"choices": ["c", "b"], "label": "Sort", "in_list": True})
    fields.move_field(room.office, room.by, second, up=True)
    fields.archive_field(room.office, room.by, first)
    with room.db.reading() as connection:
        assert [(one.label, one.archived) for one in stored.fields(connection, archived=True)] == [
            ("Note", False), ("Sort", True),
        ]  # fmt: skip
        assert stored.values(connection, [client]) == {client: {"note": "x"}}
    fields.archive_field(room.office, room.by, first, archived=False)
    with room.db.reading() as connection:
        assert stored.values(connection, [client]) == {client: {"note": "x", "kind": "b"}}


def test_a_list_is_ordered_and_narrowed_by_a_field_page_by_page(room: Mailroom) -> None:
    (field,) = add(room, NewField("Size", "number"))
    numbers = [3, -2, None, 10, 3, None, 0]
    ids = [clients.add_client(room.office, room.by, NewClient(f"Client {at}")) for at in range(len(numbers))]
    for client, number in zip(ids, numbers, strict=True):
        if number is not None:
            fields.set_values(room.office, room.by, client, {"size": str(number)})
    wanted, after, found = ClientFilter(order="field", order_field=field), None, list[int]()
    with room.db.reading() as connection:
        while page := stored_clients.clients(connection, EVERYTHING, wanted, after, 2):
            found += [row.id for row in page]
            after = stored_clients.cursor(page[-1], "field")
        narrowed = ClientFilter(fields=((field, sort_key("number", "3")),))
        assert [row.id for row in stored_clients.clients(connection, EVERYTHING, narrowed)] == [ids[0], ids[4]]
    assert found == [ids[at] for at in (1, 6, 0, 4, 3, 2, 5)]


def test_tags_are_shared_by_name_and_forgotten_with_their_last_client(room: Mailroom) -> None:
    first, second = (clients.add_client(room.office, room.by, NewClient(name)) for name in ("A", "B"))
    fields.set_tags(room.office, room.by, first, ["VIP", " опт  и розница ", ""])
    fields.set_tags(room.office, room.by, second, ["vip"])
    with room.db.reading() as connection:
        assert tags.tags(connection, [first, second]) == {first: ["VIP", "опт и розница"], second: ["VIP"]}
        (vip, _, count), _ = tags.all_tags(connection, EVERYTHING)
        assert count == 2
        assert [row.id for row in stored_clients.clients(connection, EVERYTHING, ClientFilter(tag_id=vip))] == [
            first,
            second,
        ]
    fields.set_tags(room.office, room.by, first, [])
    with room.db.reading() as connection:
        assert [name for _, name, _ in tags.all_tags(connection, EVERYTHING)] == ["VIP"]
    with pytest.raises(Refused, match="at most 60"):
        fields.set_tags(room.office, room.by, first, ["x" * 61])
