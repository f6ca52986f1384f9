# ruff: noqa: E501  (the sheet is as wide as people make them)
"""Lists of clients are taken in and taken back: every table as it was, what people did since kept."""

import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, fields, import_undo, imports, people
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.flow.fields import NewField
from mailcrm.flow.imports import Tools, settings_of, written
from mailcrm.flow.people import NewUser
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.extract.pool import Extractor
from mailcrm.store import cards, ownership, tags
from mailcrm.store import clients as stored
from mailcrm.store import fields as stored_fields
from mailcrm.store import imports as stored_imports
from mailcrm.store.clients import ClientFilter
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom, mail
from tests.tables import everything

ANNA = "Anna <anna@example.com>"
SHEET = """Компания;ИНН;ФИО;Должность;Телефон;E-mail;Сайт;Адрес;Ответственный;Метки;Скидка;Код 1С
ООО «Ромашка»;7707083893;ИВАНОВ ИВАН ИВАНОВИЧ;директор;8 (495) 123-45-67, 8 916 000-00-01;ivan@romashka.example;romashka.example;Москва;anna@example.com;VIP, опт;12,5;0001
Ромашка ООО;;Петрова Анна;;;anna@romashka.example;;;;опт;;0002
Василёк;;Сидоров Пётр;;8 800 555 35 35;petr@vasilek.example; ;;;;много;0003
;;;;нет телефона;;;;;;;
Лютик АО;7707083894;;;;не адрес, info@lutik.example;;;никто;;;0005
"""


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    found = Extractor(1)
    yield found
    found.close()


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    return Mailroom(db, now, tmp_path / "blobs")


@pytest.fixture
def tools(room: Mailroom, extractor: Extractor, tmp_path: Path) -> Tools:
    return Tools(room.office, open_blobs(BlobPlace(tmp_path / "lists")), extractor, lambda: room.now)


def take_in(tools: Tools, by: By, data: bytes, name: str = "list.csv", **changes: Any) -> int:
    """Upload a list and carry it out."""
    number = imports.upload(tools, by, name, data)
    if changes:
        row = one(tools, number)
        settings = settings_of(row.settings)
        imports.configure(tools, by, number, settings_of(written(settings)[:-1] + "".join(
            f', "{key}": {value}' for key, value in changes.items()) + "}"))  # fmt: skip
    imports.run(tools, by, number)
    return number


def one(tools: Tools, number: int) -> stored_imports.ImportRow:
    with tools.office.database.reading() as connection:
        found = stored_imports.one(connection, number)
    assert found is not None
    return found


def counts(tools: Tools, number: int) -> tuple[str, int, int, int, int]:
    row = one(tools, number)
    return row.state, row.added, row.changed, row.same, row.skipped


def problems(tools: Tools, number: int) -> list[tuple[int, str, str, str]]:
    from mailcrm.crm.importing.values import REASONS

    with tools.office.database.reading() as connection:
        found = stored_imports.problems(connection, number, tuple(REASONS))
    return [(p.row, p.column, p.reason, p.value) for p in found]


def names(tools: Tools) -> list[str]:
    with tools.office.database.reading() as connection:
        return [row.name for row in stored.clients(connection, EVERYTHING, ClientFilter(), limit=1000)]


def test_a_russian_sheet_becomes_clients_and_everything_of_it_is_kept(room: Mailroom, tools: Tools) -> None:
    fields.add_field(room.office, room.by, NewField("Скидка", "number"))
    number = take_in(tools, room.by, SHEET.encode("cp1251"), region='"RU"')
    assert counts(tools, number) == ("done", 3, 1, 0, 1)
    assert names(tools) == ["Василёк", "Лютик АО", "ООО «Ромашка»"]
    with room.db.reading() as connection:
        romashka = stored.client_by_name(connection, EVERYTHING, "ООО «Ромашка»")
        lutik = stored.client_by_name(connection, EVERYTHING, "Лютик АО")
        assert romashka is not None
        assert lutik is not None
        card = cards.card(connection, romashka.id)
        assert romashka.tax_id == "7707083893"
        assert (romashka.owner_name, romashka.postal_address, romashka.website) == (
            "Anna",
            "Москва",
            "romashka.example",
        )
        assert [(p.name, p.position, p.note, p.addresses, p.phones) for p in card.people] == [
            ("Иванов Иван Иванович", "директор", "Код 1С: 0001", ("ivan@romashka.example",),
             (("+74951234567", "8 (495) 123-45-67"), ("+79160000001", "8 916 000-00-01"))),
            ("Петрова Анна", "", "Код 1С: 0002", ("anna@romashka.example",), ()),
        ]  # fmt: skip
        assert card.domains == ("romashka.example",)
        assert tags.tags(connection, [romashka.id])[romashka.id] == ["VIP", "опт"]
        assert str(stored_fields.values(connection, [romashka.id])[romashka.id]["skidka"]) == "12.5"
        assert cards.card(connection, lutik.id).addresses == ("info@lutik.example",)
        assert lutik.note == "Код 1С: 0005"
    assert problems(tools, number) == [
        (3, "", "joined", "domain"),
        (4, "Скидка", "number", "много"),
        (5, "Телефон", "phone", "нет телефона"),
        (5, "", "nameless", ""),
        (6, "E-mail", "email", "не адрес"),
        (6, "ИНН", "tax_id", "7707083894"),
        (6, "Ответственный", "owner", "никто"),
    ]


def test_an_import_finds_the_past_and_its_undo_takes_it_along(room: Mailroom, tools: Tools) -> None:
    known = clients.add_client(room.office, room.by, NewClient("Василек", note="old", domains=("vasilek.example",)))
    fields.add_field(room.office, room.by, NewField("Скидка", "number"))
    fields.set_values(room.office, room.by, known, {"skidka": "3"})
    fields.set_tags(room.office, room.by, known, ["опт"])
    room.deliver(mail("Иван <ivan@romashka.example>", ANNA, "Offer"))
    room.deliver(mail(ANNA, "info@lutik.example", "Hello"))
    room.deliver(mail("petr@vasilek.example", ANNA, "Hello"))
    room.deliver(mail(ANNA, "x@mail.lutik.example", "Tray"))
    room.deliver(mail("petr@vasilek.example", ANNA, "With a copy", Cc="anna@romashka.example"))
    before = everything(room.db)
    first = take_in(tools, room.by, SHEET.encode(), existing='"replace"')
    after = everything(room.db)
    romashka = next(row for row in after["client"] if "Ромашка" in row[1])
    assert len(after["entry"]) == len(before["entry"]) + 1
    assert romashka[9] == 1
    states = [{row[-3] for row in tables["triage"]} for tables in (before, after)]
    assert states == [{"open"}, {"attached"}]
    assert [sum("todo" in row for row in tables["placement"]) for tables in (before, after)] == [0, 2]
    second = take_in(tools, room.by, SHEET.replace("директор", "владелец").encode("utf-16"))
    assert counts(tools, second)[1] == 0
    import_undo.undo(tools, room.by, second)
    import_undo.undo(tools, room.by, first)
    assert one(tools, first).state == one(tools, second).state == "undone"
    assert everything(room.db) == before


def test_an_undo_keeps_what_people_did_since(room: Mailroom, tools: Tools) -> None:
    number = take_in(tools, room.by, SHEET.encode())
    with room.db.reading() as connection:
        romashka = stored.client_by_name(connection, EVERYTHING, "ООО «Ромашка»")
    assert romashka is not None
    later = By(room.user_id, room.now + timedelta(hours=1))
    clients.edit_client(room.office, later, romashka.id, {"note": "Called: they want valves."})
    import_undo.undo(tools, room.by, number)
    assert names(tools) == ["ООО «Ромашка»"]
    assert one(tools, number).kept == 1
    with room.db.reading() as connection:
        card = cards.card(connection, romashka.id)
        assert [p.name for p in card.people] == ["Иванов Иван Иванович", "Петрова Анна"]


def test_an_undo_leaves_a_changed_value_and_takes_the_others_back(room: Mailroom, tools: Tools) -> None:
    known = clients.add_client(room.office, room.by, NewClient("Василёк"))
    number = take_in(tools, room.by, "Компания;Сайт;Адрес\nВасилёк;vasilek.example;Тверь\n".encode())
    assert counts(tools, number) == ("done", 0, 1, 0, 0)
    clients.edit_client(room.office, room.by, known, {"website": "other.example"})
    import_undo.undo(tools, room.by, number)
    with room.db.reading() as connection:
        row = stored.client(connection, EVERYTHING, known)
    assert row is not None
    assert (row.website, row.postal_address) == ("other.example", "")


def test_who_owned_a_client_before_a_list_named_another_stays_told_until_it_is_taken_back(
    room: Mailroom, tools: Tools
) -> None:
    boris = people.add_user(room.db, NewUser("boris@example.com", "Boris"), room.now)
    free = clients.add_client(room.office, By(None, room.now), NewClient("Василёк"))
    his = clients.add_client(room.office, room.by, NewClient("Лютик", owner_id=boris))
    hers = clients.add_client(room.office, room.by, NewClient("Пион", owner_id=room.user_id))
    before = everything(room.db)
    names = "Василёк", "Лютик", "Пион", "Роза"
    sheet = "Компания;Ответственный\n" + "".join(f"{name};anna@example.com\n" for name in names)
    room.now += timedelta(hours=1)
    by = By(room.user_id, room.now)
    number = take_in(tools, by, sheet.encode(), existing='"replace"')

    def owners(client: int) -> list[tuple[str, str]]:
        with room.db.reading() as connection:
            return [(one.owner, one.given_by) for one in ownership.history(connection, client)]

    assert owners(free) == [("Anna", "Anna"), ("", "")]
    assert owners(his) == [("Anna", "Anna"), ("Boris", "")]
    assert owners(hers) == []
    assert len(everything(room.db)["owner_change"]) == len(before["owner_change"]) + 2
    import_undo.undo(tools, by, number)
    assert everything(room.db) == before
    again = take_in(tools, by, sheet.encode(), existing='"replace"')
    clients.edit_client(room.office, By(None, room.now + timedelta(hours=1)), his, {"owner_id": None})
    import_undo.undo(tools, by, again)
    assert owners(free) == []
    assert owners(his) == [("", ""), ("Anna", "Anna"), ("Boris", "")]


def test_a_list_that_names_the_owner_late_is_taken_back_whole(
    room: Mailroom, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1)
    before = everything(room.db)
    sheet = "Компания;E-mail;Ответственный\nРоза;a@rosa.example;\nРоза;a@rosa.example;anna@example.com\n"
    number = take_in(tools, room.by, sheet.encode())
    assert len(everything(room.db)["owner_change"]) == 1
    import_undo.undo(tools, room.by, number)
    assert one(tools, number).kept == 0
    assert everything(room.db) == before


def test_known_clients_are_filled_replaced_or_left_alone(room: Mailroom, tools: Tools) -> None:
    known = clients.add_client(room.office, room.by, NewClient("Василёк", website="old.example"))
    sheet = "Компания;Сайт;Адрес\nВасилёк;new.example;Тверь\n".encode()
    for existing, wanted in (("leave", ("old.example", "")), ("fill", ("old.example", "Тверь")),
                             ("replace", ("new.example", "Тверь"))):  # fmt: skip
        take_in(tools, room.by, sheet, existing=f'"{existing}"')
        with room.db.reading() as connection:
            row = stored.client(connection, EVERYTHING, known)
        assert row is not None
        assert (row.website, row.postal_address) == wanted, existing
    assert names(tools) == ["Василёк"]


def test_a_doubtful_row_waits_for_an_answer(room: Mailroom, tools: Tools) -> None:
    known = clients.add_client(room.office, room.by, NewClient("Северсталь-Метиз"))
    sheet = "Компания;E-mail\nСеверсталь Метис;a@metiz.example\n".encode()
    number = take_in(tools, room.by, sheet)
    assert counts(tools, number) == ("done", 0, 0, 0, 1)
    assert problems(tools, number) == [(2, "", "similar", "Северсталь Метис")]
    joined = take_in(tools, room.by, sheet, answers=f'{{"2": "{known}"}}')
    assert counts(tools, joined) == ("done", 0, 1, 0, 0)
    import_undo.undo(tools, room.by, joined)
    apart = take_in(tools, room.by, sheet, answers='{"2": "new"}')
    assert counts(tools, apart) == ("done", 1, 0, 0, 0)
    by_sheet = f"Компания;E-mail;mailcrm client\nЧто-то ещё;b@metiz.example;{known}\n"
    assert counts(tools, take_in(tools, room.by, by_sheet.encode()))[2] == 1


def test_a_look_changes_nothing_but_its_own_figures(room: Mailroom, tools: Tools) -> None:
    before = everything(room.db)
    number = imports.upload(tools, room.by, "list.csv", SHEET.encode())
    imports.check(tools, room.by, number)
    assert counts(tools, number) == ("checked", 3, 1, 0, 1)
    assert everything(room.db) == before
    imports.run(tools, room.by, number)
    assert counts(tools, number) == ("done", 3, 1, 0, 1)


def test_an_interrupted_import_goes_on_where_it_stopped(
    room: Mailroom, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailcrm.flow.imports.BATCH", 2)
    before = everything(room.db)
    number = imports.upload(tools, room.by, "list.csv", SHEET.encode())

    class Killed(Exception):
        pass

    def die(done: int, total: int) -> None:
        if done == 4:
            raise Killed

    dying = Tools(tools.office, tools.blobs, tools.extractor, tools.clock, die)
    with pytest.raises(Killed):
        imports.run(dying, room.by, number)
    row = one(tools, number)
    assert (row.state, row.position, row.added, row.changed) == ("running", 4, 2, 1)
    # Whoever was at work may still be: nobody else takes it over at once.
    imports.run(tools, room.by, number)
    assert one(tools, number).position == 4
    room.now += timedelta(minutes=5)
    imports.run(tools, room.by, number)
    assert counts(tools, number) == ("done", 3, 1, 0, 1)
    assert names(tools) == ["Василёк", "Лютик АО", "ООО «Ромашка»"]
    import_undo.undo(tools, room.by, number)
    assert everything(room.db) == before


def test_a_workbook_has_its_rows_numbered_and_its_headings_found(room: Mailroom, tools: Tools) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Empty")
        page = book.add_worksheet("Clients")
        page.write_row(1, 0, ["Our clients in 2026"])
        page.write_row(3, 0, ["Company", "Email", "Phone", "Since"])
        page.write_row(4, 0, ["Acme Ltd", "info@acme.example", 74951234567])
        page.write_datetime(4, 3, date(2020, 5, 17), book.add_format({"num_format": "dd.mm.yyyy"}))
        page.write_row(6, 0, ["Bolt GmbH", "bad address"])
    number = take_in(tools, room.by, out.getvalue(), "clients.xlsx")
    assert names(tools) == ["Acme Ltd", "Bolt GmbH"]
    assert problems(tools, number) == [(7, "Email", "email", "bad address")]
    with room.db.reading() as connection:
        row = stored.client_by_name(connection, EVERYTHING, "Acme Ltd")
        assert row is not None
        (person,) = cards.card(connection, row.id).people
    assert (person.addresses, person.phones) == (("info@acme.example",), (("74951234567", "74951234567"),))
    assert person.note == "Since: 2020-05-17"


def test_columns_are_remembered_and_a_column_becomes_a_field(room: Mailroom, tools: Tools) -> None:
    before = everything(room.db)
    sheet = "Компания;Отрасль\nВасилёк;цветы\n".encode()
    number = take_in(tools, room.by, sheet, columns='["company", "new"]')
    with room.db.reading() as connection:
        assert [row.label for row in stored_fields.fields(connection)] == ["Отрасль"]
    again = imports.upload(tools, room.by, "again.csv", sheet)
    assert settings_of(one(tools, again).settings).columns == ("company", "new")
    imports.discard(tools, room.by, again)
    import_undo.undo(tools, room.by, number)
    assert everything(room.db) == before


def test_an_import_belongs_to_who_began_it(room: Mailroom, tools: Tools) -> None:
    from dataclasses import replace

    mine = By(room.user_id, room.now, who=replace(EVERYTHING, user_id=room.user_id, role="staff"))
    number = imports.upload(tools, mine, "list.csv", SHEET.encode())
    other = By(None, room.now, who=replace(EVERYTHING, user_id=999, role="staff"))
    for act in (imports.run, imports.check, import_undo.undo, imports.discard):
        with pytest.raises(NotFound):
            act(tools, other, number)
    narrow = By(room.user_id, room.now, who=replace(EVERYTHING, role="staff", assigned=True))
    with pytest.raises(Refused, match="compared with all clients"):
        imports.upload(tools, narrow, "list.csv", SHEET.encode())
    with pytest.raises(Refused, match="This file is empty"):
        imports.upload(tools, mine, "list.csv", b" \n")
    with pytest.raises(Refused, match="cannot be read"):
        imports.upload(tools, mine, "list.xlsx", b"PK\x03\x04 nonsense")
