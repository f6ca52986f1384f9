"""Search: the same on both databases, newest first, and never more than the viewer may see."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcrm.crm import filing
from mailcrm.crm.query import parse
from mailcrm.crm.words import Words
from mailcrm.flow import clients
from mailcrm.flow.clients import NewClient
from mailcrm.model import Message, MessageBody, Thread
from mailcrm.store import search
from mailcrm.store.database import Database
from mailcrm.store.results import Result
from mailcrm.store.results import search as find
from mailcrm.store.rows import insert
from mailcrm.store.visibility import Viewer
from tests.mailroom import Mailroom, mail

ANNA = "Anna Smith <anna@example.com>"
IVAN = "Иван Петров <ivan@romashka.example>"
STRANGER = Viewer(4711, "staff", ())


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    made = Mailroom(db, now, tmp_path / "blobs")
    acme = NewClient("Acme", domains=("acme.example",))
    clients.add_client(made.office, made.by, acme)
    clients.add_client(made.office, made.by, NewClient("Ромашка", domains=("romashka.example",)))
    return made


def subjects(room: Mailroom, text: str, who: Viewer | None = None) -> list[str]:
    with room.db.reading() as connection:
        found = find(connection, who or room.viewer, parse(text), None)
    return ["".join(piece for piece, _ in result.subject) for result in found]


def fill(room: Mailroom) -> None:
    room.deliver(
        mail("joe@acme.example", ANNA, "Price list", "We offered two contracts.", attachment="prices 2026.pdf")
    )
    room.deliver(mail(ANNA, "joe@acme.example", "Our answer", "The price is right, ёлка and naïve."))
    room.deliver(mail(IVAN, ANNA, "Договор", "Посылаю договоры поставки.", attachment="Договор.pdf"))
    room.deliver(mail(ANNA, IVAN, "Re: Договор", "Спасибо, подпишем.", Bcc="secret@ghost.example"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("price ", ["Our answer", "Price list"]),
        ("offers ", ["Price list"]),
        ("contract ", ["Price list"]),
        ("pric", ["Our answer", "Price list"]),
        ("pr", []),
        ("договор ", ["Re: Договор", "Договор"]),
        ("договорами поставка ", ["Договор"]),
        ("догово", ["Re: Договор", "Договор"]),
        ("елка ", ["Our answer"]),
        ("NAIVE ", ["Our answer"]),
        ('"two contracts"', ["Price list"]),
        ('"contracts two"', []),
        ("from:joe", ["Price list"]),
        ("to:joe", ["Our answer"]),
        ("from:joe@acme.example", ["Price list"]),
        ("from:acme", ["Price list"]),
        ("от:петров", ["Договор"]),
        ("от:петр", ["Договор"]),
        ('to:"Иван Петров"', ["Re: Договор"]),
        ("has:attachment", ["Договор", "Price list"]),
        ("has:attachment price ", ["Price list"]),
        ("file:prices", ["Price list"]),
        ("file:right", []),
        ("prices.pdf ", []),
        ('file:"prices 2026"', ["Price list"]),
        ("client:acme", ["Our answer", "Price list"]),
        ("client:ромашка договор ", ["Re: Договор", "Договор"]),
        ("client:nobody договор ", []),
        ("in:out", ["Re: Договор", "Our answer"]),
        ("in:in price ", ["Price list"]),
        ("before:2026-03-02 price ", []),
        ("before:2026-03-03 after:2026-03-02 price ", ["Our answer", "Price list"]),
        ("after:2026-03-03", []),
        ("secret@ghost.example ", []),
        ("to:secret", []),
        ("nonsense", []),
        ("", []),
        ("!!! ", []),
        ("O'Brien \\ ' \" & | ! <-> * ", []),
    ],
)
def test_what_is_found(room: Mailroom, text: str, wanted: list[str]) -> None:
    fill(room)
    assert subjects(room, text) == wanted


def test_results_say_what_a_page_shows(room: Mailroom) -> None:
    fill(room)
    with room.db.reading() as connection:
        found = find(connection, room.viewer, parse("offer "), None)
    assert [(r.direction, r.kind, r.attachment_count, r.level) for r in found] == [("in", "human", 1, 2)]
    assert found[0].clients == ((1, "Acme"),)
    assert found[0].snippet == (("We ", False), ("offered", True), (" two contracts.", False))
    assert found[0].at == room.now + timedelta(minutes=1)


def test_pages_follow_each_other(room: Mailroom) -> None:
    for n in range(7):
        room.deliver(mail("joe@acme.example", ANNA, f"Number {n}", "common word"))
    for text in ("common ", "commo", "client:acme", "from:joe"):
        pages: list[Result] = []
        before = None
        with room.db.reading() as connection:
            while page := find(connection, room.viewer, parse(text), before, limit=3):
                pages += page
                before = page[-1].id
        assert [r.subject[0][0] + r.subject[-1][0] for r in pages if r.subject] != []
        assert len({r.id for r in pages}) == 7, text
        assert [r.id for r in pages] == sorted((r.id for r in pages), reverse=True)


def test_the_beginning_of_a_word_gives_way_to_the_word_where_that_fills_a_page(room: Mailroom) -> None:
    for n in range(3):
        room.deliver(mail("joe@acme.example", ANNA, f"car {n}"))
    room.deliver(mail("joe@acme.example", ANNA, "cartoon"))
    with room.db.reading() as connection:
        assert len(find(connection, room.viewer, parse("car"), None, limit=4)) == 4
        only = find(connection, room.viewer, parse("car"), None, limit=2)
        rest = find(connection, room.viewer, parse("car"), only[-1].id, limit=2)
    assert ["".join(piece for piece, _ in r.subject) for r in (*only, *rest)] == ["car 2", "car 1", "car 0"]


@pytest.mark.parametrize("visibility", [0, 1, 2])
def test_nobody_finds_what_he_may_not_see(db: Database, now: datetime, tmp_path: Path, visibility: int) -> None:
    room = Mailroom(db, now, tmp_path / "blobs", visibility=visibility)
    clients.add_client(room.office, room.by, NewClient("Acme", domains=("acme.example",)))
    room.deliver(mail("joe@acme.example", ANNA, "Open words", "hidden words", attachment="plan.pdf"))
    by_subject, by_text = (
        ["open ", "from:joe", "client:acme", "in:in"],
        ["hidden ", "has:attachment", "file:plan", "plan "],
    )
    for text in by_subject + by_text:
        assert subjects(room, text) == ["Open words"], "his own mailbox"
    for text in by_subject:
        assert bool(subjects(room, text, STRANGER)) == (visibility >= 1), text
    for text in [*by_text, "open hidden ", "hidd"]:
        assert bool(subjects(room, text, STRANGER)) == (visibility >= 2), text
    if visibility == 1:
        with room.db.reading() as connection:
            result = find(connection, STRANGER, parse("open "), None)[0]
        assert (result.snippet, result.attachment_count, result.level) == ((), 0, 1)


def test_what_was_taken_out_of_the_index_is_not_found(room: Mailroom) -> None:
    fill(room)
    with room.db.writing() as connection:
        ids = list(connection.exec_driver_sql("SELECT id FROM message ORDER BY id").scalars())
        search.unindex(connection, search.stored_words(connection, ids[:2]))
    for text in ("price ", "from:joe", "has:attachment price ", "offer "):
        assert subjects(room, text) == []
    assert subjects(room, "договор ") == ["Re: Договор", "Договор"]
    with room.db.writing() as connection:
        search.index(connection, search.stored_words(connection, ids[:2]))
    assert subjects(room, "price ") == ["Our answer", "Price list"]


def test_a_bulk_load_ends_in_a_merged_index(room: Mailroom) -> None:
    with room.db.writing() as connection:
        search.bulk(connection, on=True)
    fill(room)
    with room.db.writing() as connection:
        search.bulk(connection, on=False)
    while True:
        with room.db.writing() as connection:
            if not search.merge(connection):
                break
    assert subjects(room, "price ") == ["Our answer", "Price list"]


def test_deep_pages_of_many_messages_miss_nothing(room: Mailroom) -> None:
    """More messages than any window: words that are in each, in few and in old messages only, page by page."""
    at = room.now
    numbers = [filing.number_from(at) + n for n in range(2600)]
    shared = {"digest": "", "header_sha256": "", "raw_sha256": "", "thread_id": numbers[0], "at": at, "kind": "human"}
    shared |= {"subject": "x", "direction": "in", "preview": "", "has_html": False, "size": 1, "attachment_count": 0}
    rows = [{"id": n, "message_id": f"{n}@x", "created_at": at, **shared} for n in numbers]
    common, rare, old = set(numbers[::2]), set(numbers[::400]), set(numbers[:120])
    texts = [
        " ".join(word for word, having in (("common", common), ("rare", rare), ("old", old)) if number in having)
        for number in numbers
    ]
    with room.db.writing() as connection:
        insert(connection, Thread, [{"id": numbers[0], "subject": "x", "created_at": at}])
        insert(connection, Message, rows)
        insert(connection, MessageBody, [{"message_id": n, "text": t} for n, t in zip(numbers, texts, strict=True)])
        search.index(connection, [Words(n, "", "", t, "") for n, t in zip(numbers, texts, strict=True)])
    for text, wanted in (("common ", common), ("rare ", rare), ("old ", old), ("common old ", common & old)):
        found: list[int] = []
        with room.db.reading() as connection:
            while page := find(connection, STRANGER, parse(text), found[-1] if found else None, limit=50):
                found += [result.id for result in page]
        assert found == sorted(wanted, reverse=True), text
