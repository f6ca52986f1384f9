# ruff: noqa: E501  (headings and cells as people write them)
"""Lists of clients: encodings, separators, vCards, LDIF, headings, names, numbers and the question whose row it is."""

import re
from pathlib import Path

import pytest

from mailcrm.crm.importing import columns, ldif, names, reading, text, vcard
from mailcrm.crm.importing.match import Face, Index, Match
from mailcrm.crm.importing.reading import Known
from mailcrm.crm.importing.values import Line, Person, Record, Settings, Table
from mailcrm.net.extract import tables

RUSSIAN = "Фамилия;Имя;Телефон\nКузьмина;Анна;7 916 000-00-01\nЁлкин;Пётр;д 5\n"
UTF8 = "Имя,Почта\nАнна,a@b.example\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251", "koi8-r", "cp866", "utf-16", "utf-16-le"])
def test_text_is_read_in_any_encoding(encoding: str) -> None:
    assert text.decode(RUSSIAN.encode(encoding))[0] == RUSSIAN


def test_western_and_japanese_text_is_told_apart() -> None:
    western = "Name;City\nJürgen Müller;Köln\nRené;Orléans\nJosé Peña;Málaga\n"
    assert text.decode(western.encode("windows-1252")) == (western, "windows-1252")
    assert text.decode("名前,メール\nジョン,a@b\n".encode("shift_jis"))[1] == "shift_jis"


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found(mark: str) -> None:
    content = mark.join(("Company", "Note", "Mail")) + "\n" + mark.join(("Acme", '"a, b; c"', "x@y.example")) + "\n"
    found = list(text.lines(content))
    assert found == [Line(1, ("Company", "Note", "Mail")), Line(2, ("Acme", "a, b; c", "x@y.example"))]


def test_lines_are_numbered_as_the_file_counts() -> None:
    content = 'sep=;\r\nA;B\r\n\r\n"two\r\nlines";x\r\ny;z\r\n'
    assert [(line.number, line.cells) for line in text.lines(content)] == [
        (2, ("A", "B")), (4, ("two\r\nlines", "x")), (6, ("y", "z")),
    ]  # fmt: skip


def test_headings_are_recognised_in_both_languages() -> None:
    russian = (
        "Наименование организации",
        "ИНН/КПП",
        "Ф.И.О.",
        "Должность",
        "Тел.",
        "E-mail 2",
        "Сайт",
        "Прочее",
        "Скидка",
    )
    assert columns.meanings(russian, {"Скидка": "discount"}) == (
        "company", "tax_id", "person", "position", "phone", "email", "website", "more", "field:discount",
    )  # fmt: skip
    english = (
        "First Name",
        "Last Name",
        "Display Name",
        "Primary Email",
        "Mobile Number",
        "Organization",
        "Fax Number",
    )
    assert columns.meanings(english, {}) == ("first", "last", "more", "email", "phone", "company", "more")
    assert columns.meanings(("Компания", "Имя"), {}) == ("company", "person")


def test_headings_below_a_title_and_lists_without_any_are_found() -> None:
    titled = Table(
        "", (Line(1, ("Наши клиенты", "")), Line(3, ("Компания", "Почта")), Line(4, ("Ромашка", "a@b.example")))
    )
    assert columns.suggested(titled, {}).header == 1
    bare = Table("", (Line(1, ("John Doe", "john@doe.example", "+49 40 5550123")),) * 2)
    found = columns.suggested(bare, {})
    assert (found.header, found.columns) == (-1, ("person", "email", "phone"))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("ИВАНОВ  ПЁТР СЕРГЕЕВИЧ", "Иванов Пётр Сергеевич"),
        ("петрова-водкина анна", "Петрова-Водкина Анна"),
        ("Иванов П. С.", "Иванов П. С."),
        ("Ludwig VAN BEETHOVEN", "Ludwig van Beethoven"),
        ("J.R. Smith", "J.R. Smith"),
        ("McDonald", "McDonald"),
    ],
)
def test_names_of_people_get_their_case(given: str, wanted: str) -> None:
    assert names.person_name(given) == wanted


def test_names_of_companies_are_compared_without_their_form() -> None:
    for one, other in (
        ('ООО "Ромашка"', "Ромашка, ооо"),
        ("Общество с ограниченной ответственностью «Ёлка»", "О.О.О. Елка"),
        ("Acme Ltd.", "ACME"),
        ("Société Générale S.A.", "société générale"),
    ):
        assert names.company_key(one) == names.company_key(other)
    assert names.company_key("ООО") == "ооо"


def test_a_tax_number_is_checked_and_gets_its_zero_back() -> None:
    assert names.tax_number("7707083893") == ("7707083893", True)
    assert names.tax_number("7707083893/773601001") == ("7707083893", True)
    assert names.tax_number("7707083894") == ("7707083894", False)
    assert names.tax_number("500100732259") == ("500100732259", True)
    assert names.tax_number("105001234") == ("0105001234", True)
    assert names.tax_number("DE 812 526 315") == ("DE 812 526 315", True)


def known(**more: object) -> Known:
    def email(value: str) -> str:
        if value.count("@") != 1:
            raise ValueError(value)
        return value.strip().casefold()

    def phone(value: str, region: str) -> str:
        digits = "".join(c for c in value if c.isdigit())
        if not digits:
            raise ValueError(value)
        return digits

    return Known(email, str.strip, phone, free_mail=frozenset({"mail.ru"}), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("a@b.example; c@d.example", ("a@b.example", "c@d.example")),
        ("a@b.example c@d.example", ("a@b.example", "c@d.example")),
        ("Anna <a@b.example>, Boris <c@d.example>", ("a@b.example", "c@d.example")),
        ("mailto:A@B.example", ("a@b.example",)),
        ("a@b.example / c@d.example\nA@b.example", ("a@b.example", "c@d.example")),
        ("<a@b.example>.", ("a@b.example",)),
    ],
)
def test_several_addresses_in_a_cell_are_told_apart(cell: str, wanted: tuple[str, ...]) -> None:
    settings = Settings(columns=("company", "email"), names=("Company", "E-mail"))
    found, problems = reading.record(Line(2, ("Acme", cell)), settings, known())
    assert found is not None
    assert (found.all_emails, problems) == (wanted, [])


def test_several_numbers_in_a_cell_are_told_apart() -> None:
    settings = Settings(columns=("company", "phone"), names=("Company", "Phone"))
    cell = "8 (495) 123-45-67, доб. 12; +7 916 000 00 01 или 8-800-555-35-35"
    found, _ = reading.record(Line(2, ("Acme", cell)), settings, known())
    assert found is not None
    assert found.person is not None
    assert [raw for _, raw in found.person.phones] == [
        "8 (495) 123-45-67, доб. 12", "+7 916 000 00 01", "8-800-555-35-35",
    ]  # fmt: skip


def row(number: int, name: str, kind: str = "company", **more: object) -> Record:
    return Record(number, name, kind, **more)  # type: ignore[arg-type]


def test_a_row_is_matched_by_proofs_then_by_name_then_by_likeness() -> None:
    index = Index()
    for face in (Face(1, "ООО «Ромашка»", "company", "7707083893"), Face(2, "Северсталь-Метиз", "company"),
                 Face(3, "Иванов Иван", "person"), Face(4, "Филиал 12 завода Гидромаш", "company")):  # fmt: skip
        index.add(face)
    index.reach("email", [("info@romashka.example", 1), ("shared@b.example", 1), ("shared@b.example", 2)])
    index.reach("domain", [("metiz.example", 2)])
    index.reach("phone", [("7916", 3)])
    assert index.match(row(9, "Другое имя", tax_id="7707083893")) == Match(1, "tax_id")
    assert index.match(row(9, "Что угодно", emails=("info@romashka.example",))) == Match(1, "address")
    assert index.match(row(9, "Ромашка ООО")) == Match(1, "name")
    assert index.match(row(9, "Северсталь Метиз ЗАО", emails=("x@metiz.example",))) == Match(2, "domain")
    # A number that differs speaks against everything else.
    assert index.match(row(9, "Ромашка", tax_id="7728168971", emails=("info@romashka.example",))) == Match()
    assert index.match(row(9, "Совсем другая", domains=("metiz.example",))).question == "similar"
    assert index.match(row(9, "Кто-то", emails=("shared@b.example",))) == Match(question="several", candidates=(1, 2))
    assert index.match(row(9, "Северсталь-Метис")) == Match(question="similar", candidates=(2,))
    assert index.match(row(9, "Северсталь-Метис"), add_similar=True) == Match()
    assert index.match(row(9, "Филиал 13 завода Гидромаш")) == Match()
    # Two people may have one name: only a number that agrees proves it.
    assert index.match(row(9, "Иванов Иван", "person")).question == "similar"
    same = row(9, "Иванов Иван", "person", person=Person("Иванов Иван", phones=(("7916", "7916"),)))
    assert index.match(same) == Match(3, "phone")
    assert index.match(row(9, "x", decision="2")) == Match(2, "decision")
    assert index.match(row(9, "x", decision="77")).question == "decision"
    # A person of a company's domain is one of its people.
    assert index.match(row(9, "Пётр", "person", emails=("petr@metiz.example",))) == Match(2, "domain")


CARDS = b"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=D0=B2=D0=B0=D0=BD=D0=BE=D0=B2;=D0=98=D0=
=B2=D0=B0=D0=BD
TEL;CELL:+7 916 000
TEL;WORK;FAX:123
EMAIL;INTERNET:ivan@a.example
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Anna Long
 -Name
ORG:Acme\\, Inc;Sales
item1.EMAIL;TYPE=work:anna@a.example
TEL;VALUE=uri;TYPE="voice,home":tel:+49-40-1
ADR;TYPE=work:;;Street 1;City;;12345;Country
NOTE:one\\ntwo
CATEGORIES:vip,friends
PHOTO;ENCODING=b:AAAA
 BBBB
BDAY:19800101
END:VCARD
"""


def test_cards_of_every_version_become_lines() -> None:
    head, first, second = vcard.lines(CARDS)
    told = [dict(zip(head.cells, line.cells, strict=True)) for line in (first, second)]
    assert {k: v for k, v in told[0].items() if v} == {
        "Full name": "Иван Иванов", "Phone": "+7 916 000", "Fax": "123", "E-mail": "ivan@a.example",
    }  # fmt: skip
    assert {k: v for k, v in told[1].items() if v} == {
        "Full name": "Anna Long-Name", "Organization": "Acme, Inc", "E-mail": "anna@a.example", "Phone": "+49-40-1",
        "Address": "Street 1, City, 12345, Country", "Note": "one\ntwo", "Categories": "vip, friends", "Bday": "19800101",
    }  # fmt: skip


LDIF = """version: 1
dn: cn=Anna,mail=anna@a.example
objectclass: person
cn:: 0JDQvdC90LA=
mail: anna@a.example
mail: second@a.example
description: long
  line

dn: cn=Friends
objectclass: groupOfNames
cn: Friends
member: cn=Anna, mail=anna@a.example
"""


def test_entries_become_lines_and_lists_become_tags() -> None:
    head, line = ldif.lines(LDIF.encode())
    told = dict(zip(head.cells, line.cells, strict=True))
    assert told["cn"] == "Анна"
    assert told["mail"] == "anna@a.example ; second@a.example"
    assert told["description"] == "long line"
    assert told["tags"] == "Friends"
    assert line.number == 2


_KINDS = {".csv": "text", ".vcf": "vcard", ".ldif": "ldif"}


@pytest.mark.corpora
def test_real_address_books_lose_nothing(corpora: Path) -> None:
    """Every address, telephone number and name in the files is in a record or named as a problem with its row."""
    folders = ("contacts-ru", "thunderbird-contacts-calendar/mailnews/import", "ez-vcard", "msgvault-vcard")
    files = [file for folder in folders for file in (corpora / folder).rglob("*") if file.suffix in _KINDS]
    assert len(files) > 25
    for file in sorted(files):
        kind, _, found = tables.read(file.read_bytes())
        assert kind == _KINDS[file.suffix], file.name
        (table,) = found
        settings = columns.suggested(table, {})
        lines = table.lines[settings.header + 1 :]
        assert lines, file.name
        for line in lines:
            record, problems = reading.record(line, settings, known())
            kept = (repr(record) + repr(problems)).replace("\\\\", "\\")
            for name, cell in zip(settings.columns, line.cells, strict=False):
                words = re.findall(r"\w+", cell.casefold()) if name else []
                lost = [word for word in words if word not in kept.casefold() and word not in ("mailto", "tel")]
                assert not lost, f"{file.name} row {line.number}: {lost} of {name} in {kept}"


@pytest.mark.corpora
def test_a_real_russian_list_is_read_whole(corpora: Path) -> None:
    kind, encoding, (table,) = tables.read((corpora / "contacts-ru" / "client_b_import.csv").read_bytes())
    settings = columns.suggested(table, {})
    assert (kind, encoding, len(table.lines)) == ("text", "windows-1251", 51)
    assert settings.columns[:7] == ("last", "first", "middle", "more", "phone", "more", "email")
    records = [reading.record(line, settings, known()) for line in table.lines[1:]]
    assert all(
        record and record.name.count(" ") == 2 and record.person and record.person.phones for record, _ in records
    )
    assert not [problem for _, problems in records for problem in problems]
