"""The mail of the demo is mail that mailcrm reads as it was meant: words, files, kinds, threads."""

from collections import Counter
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from demo import compose, files, script
from demo.mail import fill, letters
from demo.people import STAFF, STAFF_KEYS
from demo.shelf import Shelf
from mailcrm.mail import parse
from mailcrm.mail.message import Kind

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def words(text: str) -> str:
    """The text with single blanks."""
    return " ".join(text.split())


def test_every_message_has_its_own_id_and_lies_in_the_past() -> None:
    everything = letters(NOW)
    assert len(everything) >= 250
    assert len({letter.message_id for letter in everything}) == len(everything)
    assert max(letter.at for letter in everything if not letter.live) < NOW


def test_the_same_moment_gives_the_same_bytes() -> None:
    assert [letter.raw for letter in letters(NOW)] == [letter.raw for letter in letters(NOW)]


def test_quotes_of_all_programs_are_told_from_the_new_words() -> None:
    """A signature without "-- " stays, as nobody but a reader can tell it; a quote never does."""
    for scene in script.scenes(NOW):
        for turn, letter in zip(scene.turns, compose.letters(scene), strict=True):
            if turn.option("forward") is None:
                reply = words(parse.message(letter.raw).reply_text)
                assert reply.removeprefix(words(turn.text)).strip() in ("", words(turn.who.signature))


def test_attachments_arrive_with_their_names_and_bytes() -> None:
    for scene in script.scenes(NOW):
        for turn, letter in zip(scene.turns, compose.letters(scene), strict=True):
            found = {a.filename: a.data for a in parse.message(letter.raw).attachments if not a.inline}
            assert found == {file.name: files.made(file.name, list(file.lines)) for file in turn.files}


def test_kinds_are_told_by_structure() -> None:
    kinds = Counter(parse.message(letter.raw).kind for letter in letters(NOW))
    del kinds[Kind.HUMAN]
    assert kinds == {Kind.BULK: 5, Kind.AUTO_REPLY: 2, Kind.BOUNCE: 1, Kind.RECEIPT: 1, Kind.CALENDAR: 1}


def test_no_message_has_a_defect() -> None:
    defects = {d for letter in letters(NOW) for d in parse.message(letter.raw).defects}
    assert defects == set()


def test_staff_find_what_they_wrote_among_their_sent_mail(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "mail.db")
    there = [letter for letter in letters(NOW) if not letter.live]
    assert fill(shelf, NOW) == len(there) == len(letters(NOW)) - 1
    written = Counter(letter.who.key for letter in there if letter.who.key in STAFF_KEYS)
    for member in STAFF:
        sent = shelf.mail(member.person.email, member.sent_folder)
        assert len(sent) == written[member.person.key]
        assert [mail.uid for mail in sent] == list(range(101, 101 + len(sent)))


@pytest.mark.parametrize(("name", "member"), [("a.docx", "word/document.xml"), ("a.xlsx", "xl/worksheets/sheet1.xml")])
def test_office_files_are_packages_with_the_text(name: str, member: str) -> None:
    archive = ZipFile(BytesIO(files.made(name, ["Цена;96000", "Price"])))
    assert archive.testzip() is None
    assert "Цена" in archive.read(member).decode()


def test_a_line_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ValueError, match="cannot be read: -- tomorrow"):
        script.scene("Subject\n-- tomorrow 09:00 olga > nikitin\nHello\n", NOW)
