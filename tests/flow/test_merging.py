# ruff: noqa: E501  (rows are compared whole)
"""Two clients are made one and separated again: everything that refers to a client follows, whatever tables there are."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Date, Float, Integer, LargeBinary, Table, insert, select
from sqlmodel import SQLModel

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, contacts, duplicates, fields, links, merging
from mailcrm.flow.clients import NewClient
from mailcrm.flow.contacts import NewContact
from mailcrm.flow.edit import By
from mailcrm.flow.fields import NewField
from mailcrm.model.columns import Money, UtcTime
from mailcrm.store import cards, client_merges, references
from mailcrm.store import clients as stored
from mailcrm.store import duplicates as stored_duplicates
from mailcrm.store.clients import ClientFilter
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom, mail
from tests.tables import everything

ANNA = "Anna <anna@example.com>"
WITHOUT_KEY = {"audit", "version_client"}
"""Tables with a column client_id and no foreign key: the log keeps what was, documents are placed anew."""


DERIVED = {"waiting"}
"""Made anew from the messages whenever an edit ends: a row without its messages does not last."""


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    return Mailroom(db, now, tmp_path / "blobs")


def two(room: Mailroom) -> tuple[int, int]:
    """Romashka as two clients, with mail, people, a field, tags and notes on both sides."""
    fields.add_field(room.office, room.by, NewField("Size", "number"))
    kept = clients.add_client(
        room.office, room.by, NewClient("Ромашка", domains=("romashka.example",), note="one\ntwo")
    )
    gone = clients.add_client(
        room.office,
        room.by,
        NewClient("ООО «Ромашка»", domains=("romashka.example", "romashka.test"), note="two\nthree", website="romashka.test",
                  tax_id="7707083893", addresses=("info@mail.ru",)),
    )  # fmt: skip
    for client, position in ((kept, ""), (gone, "director")):
        person = NewContact("Иван Иванов", position, addresses=("ivan@romashka.example",), phones=("+7 495 123-45-67",))
        contacts.add_contact(room.office, room.by, client, person)
    contacts.add_contact(room.office, room.by, gone, NewContact("Анна Петрова", addresses=("anna@romashka.test",)))
    fields.set_values(room.office, room.by, gone, {"size": "12"})
    fields.set_tags(room.office, room.by, kept, ["опт"])
    fields.set_tags(room.office, room.by, gone, ["опт", "VIP"])
    room.deliver(mail("ivan@romashka.example", ANNA, "To both", attachment="offer.pdf"))
    room.deliver(mail(ANNA, "anna@romashka.test", "To the other"))
    room.deliver(mail("info@mail.ru", ANNA, "From the other", attachment="scan.pdf"))
    shared = room_one(room, f"SELECT id FROM link WHERE client_id = {kept}")
    links.undo(room.office, room.by, shared)
    return kept, gone


def room_one(room: Mailroom, query: str) -> Any:
    with room.db.reading() as connection:
        return connection.exec_driver_sql(query).scalar_one()


def subjects(room: Mailroom, client: int) -> list[str]:
    with room.db.reading() as connection:
        query = "SELECT subject FROM message m JOIN entry e ON e.message_id = m.id WHERE e.client_id = "
        return sorted(connection.exec_driver_sql(f"{query}{client}").scalars())


def test_a_merge_keeps_everything_and_its_undoing_is_exact(room: Mailroom) -> None:
    kept, gone = two(room)
    before = everything(room.db)
    number = merging.merge(room.office, By(room.user_id, room.now + timedelta(hours=1)), kept, gone)
    assert subjects(room, kept) == ["From the other", "To both", "To the other"]
    with room.db.reading() as connection:
        row, card = stored.client(connection, EVERYTHING, kept), cards.card(connection, kept)
        assert row is not None
        assert (row.note, row.website, row.tax_id, row.message_count) == (
            "one\ntwo\nthree",
            "romashka.test",
            "7707083893",
            3,
        )
        assert [(p.name, p.position, p.addresses, len(p.phones)) for p in card.people] == [
            ("Анна Петрова", "", ("anna@romashka.test",), 0),
            ("Иван Иванов", "director", ("ivan@romashka.example",), 1),
        ]
        assert (card.domains, card.addresses, card.tags) == (
            ("romashka.example", "romashka.test"),
            ("info@mail.ru",),
            ("VIP", "опт"),
        )
        assert [one.value for one in card.fields] == ["12"]
        assert [c.id for c in stored.clients(connection, EVERYTHING, ClientFilter())] == [kept]
        assert stored.clients(connection, EVERYTHING, ClientFilter(archived=True)) == []
    with pytest.raises(Refused, match="was merged into another one"):
        clients.restore(room.office, room.by, gone)
    assert merging.unmerge(room.office, room.by, number) == gone
    assert everything(room.db) == before
    with pytest.raises(NotFound):
        merging.unmerge(room.office, room.by, number)


def test_a_merge_sends_nothing(room: Mailroom) -> None:
    kept, gone = two(room)
    before = everything(room.db)
    merging.unmerge(room.office, room.by, merging.merge(room.office, room.by, kept, gone))
    merging.merge(room.office, room.by, kept, gone)
    after = everything(room.db)
    for table in ("notification", "recipient", "mailing", "event", "attempt", "offer"):
        assert after[table] == before[table], table


def test_mail_that_came_meanwhile_goes_to_whom_the_rules_give_it(room: Mailroom) -> None:
    kept, gone = two(room)
    number = merging.merge(room.office, room.by, kept, gone)
    room.deliver(mail("anna@romashka.test", ANNA, "Meanwhile to the other"))
    room.deliver(mail("someone@romashka.example", ANNA, "Meanwhile to both"))
    assert len(subjects(room, kept)) == 5
    merging.unmerge(room.office, room.by, number)
    assert subjects(room, kept) == ["Meanwhile to both"]
    assert subjects(room, gone) == [
        "From the other",
        "Meanwhile to both",
        "Meanwhile to the other",
        "To both",
        "To the other",
    ]


def test_merges_are_separated_the_last_one_first(room: Mailroom) -> None:
    kept, gone = two(room)
    third = clients.add_client(room.office, room.by, NewClient("Ромашка плюс"))
    before = everything(room.db)
    first = merging.merge(room.office, room.by, kept, gone)
    second = merging.merge(room.office, room.by, kept, third)
    with pytest.raises(Refused, match="separate that one first"):
        merging.unmerge(room.office, room.by, first)
    merging.unmerge(room.office, room.by, second)
    merging.unmerge(room.office, room.by, first)
    assert everything(room.db) == before
    with pytest.raises(Refused, match="with itself"):
        merging.merge(room.office, room.by, kept, kept)
    clients.archive(room.office, room.by, third)
    with pytest.raises(Refused, match="archive"):
        merging.merge(room.office, room.by, kept, third)


def test_whatever_table_refers_to_a_client_follows(room: Mailroom) -> None:
    """A row is put into every table with a foreign key to client, those of later issues too: none may be left behind."""
    kept = clients.add_client(room.office, room.by, NewClient("A"))
    gone = clients.add_client(room.office, room.by, NewClient("B"))
    filled = []
    with room.db.writing() as connection:
        maker = Maker(connection)
        for table, column in references.to("client"):
            if table.name in ("client_merge", "duplicate", "journal", *DERIVED):
                continue
            maker.row(table, {column.name: gone})
            filled.append((table.name, column.name))
    assert len(filled) > 10
    before = everything(room.db)
    number = merging.merge(room.office, room.by, kept, gone)
    with room.db.reading() as connection:
        for name, column in filled:
            held = SQLModel.metadata.tables[name].c[column]
            ids = set(connection.execute(select(held)).scalars())
            wanted = gone if (name, column) in client_merges.STAYS else kept
            assert wanted in ids, f"{name}.{column} did not follow"
            assert (name, column) in client_merges.STAYS or gone not in ids, f"{name}.{column} stayed behind"
    merging.unmerge(room.office, room.by, number)
    assert everything(room.db) == before


def test_every_column_that_names_a_client_has_a_foreign_key() -> None:
    """Only such columns follow by themselves; what has none must be among those that are known."""
    loose = {
        table.name
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.name == "client_id" and not column.foreign_keys
    }
    assert loose <= WITHOUT_KEY, "let a merge move them: store/client_merges.py"


class Maker:
    """Makes rows for any table, with the rows that they refer to."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.number = connection, 1000

    def row(self, table: Table, given: dict[str, Any]) -> Any:
        """Insert a row; returns the value of its first key column."""
        self.number += 1
        values = {column.name: self.value(column) for column in table.columns} | given
        values = {name: value for name, value in values.items() if value is not None}
        self.connection.execute(insert(table).values(values))
        return values[next(iter(table.primary_key.columns)).name]

    def value(self, column: Any) -> Any:
        """A value that the column takes; None where it may be empty."""
        keys = list(column.foreign_keys)
        if column.nullable:
            return None
        if keys:
            other = keys[0].column.table
            found = self.connection.execute(select(keys[0].column)).scalars().first()
            return found if found is not None else self.row(other, {})
        for kind, value in ((UtcTime, datetime(2026, 1, 1, tzinfo=UTC)), (Money, Decimal(1)), (Date, date(2026, 1, 1)),
                            (Boolean, False), (Float, 1.0), (LargeBinary, b"x"), (BigInteger, self.number),
                            (Integer, self.number)):  # fmt: skip
            if isinstance(column.type, kind):
                return value
        return f"{column.name}{self.number}"


def test_duplicates_are_found_with_reasons_and_called_different(room: Mailroom) -> None:
    kept, gone = two(room)
    alike = clients.add_client(room.office, room.by, NewClient("Ромашкаа"))
    clients.add_client(room.office, room.by, NewClient("Василёк"))
    assert duplicates.refresh(room.office, room.by) == 3
    with room.db.reading() as connection:
        found = stored_duplicates.open_pairs(connection, EVERYTHING)
    assert (found[0].first_id, found[0].second_id) == (kept, gone)
    assert [reason for reason, _ in found[0].reasons] == ["name", "address", "phone", "domain"]
    assert {(one.first_id, one.second_id, one.reasons[0][0]) for one in found[1:]} == {
        (kept, alike, "similar"), (gone, alike, "similar"),
    }  # fmt: skip
    duplicates.differ(room.office, room.by, (alike, kept))
    assert duplicates.refresh(room.office, room.by) == 2
    duplicates.differ(room.office, room.by, (alike, kept), different=False)
    assert duplicates.refresh(room.office, room.by) == 3
    merging.merge(room.office, room.by, kept, gone)
    with room.db.reading() as connection:
        assert [(one.first_id, one.second_id) for one in stored_duplicates.open_pairs(connection, EVERYTHING)] == [
            (kept, alike)
        ]
    with pytest.raises(NotFound):
        duplicates.differ(room.office, room.by, (alike, 999))
