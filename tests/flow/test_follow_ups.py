"""Who was silent is proposed to be written to again; nobody is written to by itself."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, follow_ups, hits, suppressions
from mailcrm.flow.clients import NewClient
from mailcrm.flow.follow_ups import Post
from mailcrm.mailing.followup import Words, due
from mailcrm.model import Hit, SendAccount
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.store import follow_ups as rows
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from mailcrm.store.visibility import EVERYTHING
from tests.mailroom import Mailroom, mail
from tests.offering import KEYS, Offering

CALENDAR = WorkCalendar()


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    """Anna's mailbox."""
    return Mailroom(db, now, tmp_path / "blobs", keys=KEYS)


@pytest.fixture
def offering(room: Mailroom, db: Database, now: datetime) -> Offering:
    """A mailing of ten days ago with follow-ups after seven, from Anna's account."""
    with db.writing() as connection:
        account = {"user_id": room.user_id, "address": "anna@example.com", "name": "Anna", "host": "x"}
        insert(connection, SendAccount, [{**account, "created_at": now}])
    return Offering(db, now - timedelta(days=10), mailing={"follow_up_days": 7})


@pytest.fixture
def acme(room: Mailroom) -> int:
    """A client of Anna's with a domain."""
    new = NewClient("Acme", owner_id=room.user_id, domains=("acme.example",))
    return clients.add_client(room.office, room.by, new)


def _proposed(room: Mailroom) -> list[rows.FollowUpRow]:
    follow_ups.propose(room.office, CALENDAR, "https://crm.test", room.now)
    with room.db.reading() as connection:
        return rows.listed(connection, EVERYTHING, mine=False)


def _post(room: Mailroom, subject: str = "Re: Valves", words: str = "Hello again.") -> Post:
    return Post(open_blobs(BlobPlace(room.folder)), KEYS, Words(subject, words))


def test_only_the_silent_are_proposed(room: Mailroom, offering: Offering, acme: int, now: datetime) -> None:
    silent = offering.recipient("max@acme.example", acme, account_id=1)
    offering.recipient("a@x.test", account_id=1, decision="accepted")
    offering.event(offering.recipient("b@x.test", account_id=1), "reply")
    offering.event(offering.recipient("c@x.test", account_id=1), "bounce")
    offering.event(offering.recipient("d@x.test", account_id=1), "unsubscribe")
    offering.recipient("e@x.test", account_id=1, accepted_at=now - timedelta(days=2))
    offering.recipient("f@x.test", account_id=1)
    suppressions.suppress(room.office, room.by, "f@x.test")
    (one,) = _proposed(room)
    assert (one.recipient_id, one.client, one.account) == (silent, "Acme", "anna@example.com")
    assert offering.token(silent) in one.text
    assert "2026-0412" in one.text
    assert len(_proposed(room)) == 1
    with room.db.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM recipient WHERE state = 'queued'")).scalar_one() == 0


def test_any_person_of_the_client_who_writes_stops_it(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("max@acme.example", acme, account_id=1)
    (one,) = _proposed(room)
    room.deliver(mail("boss@acme.example", "anna@example.com", "Another matter", "Good day."))
    with pytest.raises(Refused, match="answered"):
        follow_ups.send(room.office, room.by, EVERYTHING, one.id, _post(room))
    assert _proposed(room) == []


def test_an_automatic_reply_makes_it_wait(room: Mailroom, offering: Offering, acme: int, now: datetime) -> None:
    """Back on Friday 6 March: not before Monday."""
    away = offering.recipient("max@acme.example", acme, account_id=1)
    (one,) = _proposed(room)
    assert one.due <= now.date()
    offering.event(away, "auto-reply", detail=json.dumps({"back": "2026-03-06"}))
    (one,) = _proposed(room)
    assert one.due == date(2026, 3, 9)


def test_the_working_day_after_the_return() -> None:
    assert due(CALENDAR, date(2026, 3, 2), 7, None) == date(2026, 3, 9)
    assert due(CALENDAR, date(2026, 3, 2), 5, None) == date(2026, 3, 9)
    assert due(CALENDAR, date(2026, 3, 2), 3, date(2026, 3, 11)) == date(2026, 3, 12)
    assert due(CALENDAR, date(2026, 3, 2), 30, date(2026, 3, 11)) == date(2026, 4, 1)


def test_sending_one_puts_it_into_the_queue_as_an_answer_in_the_thread(
    room: Mailroom, offering: Offering, acme: int
) -> None:
    before = offering.recipient("max@acme.example", acme, account_id=1)
    (one,) = _proposed(room)
    post = _post(room, "Re: Valves", "Hello Max, anything new?")
    follow_ups.send(room.office, room.by, EVERYTHING, one.id, post)
    with room.db.reading() as connection:
        query = "SELECT address, state, account_id, raw_sha256, message_id FROM recipient ORDER BY id DESC"
        row = connection.execute(text(query)).first()
        mailing = connection.execute(text("SELECT state FROM mailing ORDER BY id DESC")).scalar()
    assert row is not None
    assert tuple(row)[:3] == ("max@acme.example", "queued", 1)
    raw = post.blobs.read(row[3])
    assert offering.message_id(before).encode() in raw.partition(b"References:")[2]
    assert row[4].encode() in raw
    assert b"anything new?" in raw
    assert b"\nDate:" not in raw
    assert mailing == "running"
    assert _proposed(room) == []
    with pytest.raises(NotFound):
        follow_ups.send(room.office, room.by, EVERYTHING, one.id, post)


def test_not_this_one_can_be_taken_back(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("max@acme.example", acme, account_id=1)
    (one,) = _proposed(room)
    follow_ups.drop(room.office, room.by, EVERYTHING, one.id)
    assert _proposed(room) == []
    follow_ups.take_back(room.office, room.by, EVERYTHING, one.id)
    assert len(_proposed(room)) == 1


def test_a_line_break_in_the_subject_does_no_harm(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("max@acme.example", acme, account_id=1)
    (one,) = _proposed(room)
    post = _post(room, "Re\r\nBcc: evil@x.test")
    follow_ups.send(room.office, room.by, EVERYTHING, one.id, post)
    with room.db.reading() as connection:
        sha = connection.execute(text("SELECT raw_sha256 FROM recipient ORDER BY id DESC")).scalar()
    assert b"Subject: Re Bcc: evil@x.test\r\n" in post.blobs.read(str(sha))


def test_hits_are_counted_by_the_clock_and_dropped_after_ninety_days(
    room: Mailroom, offering: Offering, now: datetime
) -> None:
    person, scanned = offering.recipient("a@x.test"), offering.recipient("b@x.test")
    base = {"mailing_id": offering.mailing_id, "family": "Firefox", "method": "GET", "has_language": True}
    found = [{**base, "recipient_id": person, "kind": "click", "link_id": 1, "at": now - timedelta(hours=3),
              "network": "192.0.2.0/24"}]  # fmt: skip
    found += [{**base, "recipient_id": scanned, "kind": "click", "link_id": i, "at": now - timedelta(hours=2),
               "network": "198.51.100.0/24"} for i in range(4)]  # fmt: skip
    found += [{**base, "recipient_id": person, "kind": "view", "link_id": 0, "at": now - timedelta(days=91),
               "network": "192.0.2.0/24"}]  # fmt: skip
    with room.db.writing() as connection:
        insert(connection, Hit, found)
    for _ in range(2):
        hits.count(room.db, now)
    with room.db.reading() as connection:
        scores = connection.execute(text("SELECT recipient_id, kind, machine_score FROM event ORDER BY id")).all()
        kept = connection.execute(text("SELECT count(*) FROM hit")).scalar_one()
    clicks = {row[0]: row[2] for row in scores if row[1] == "click"}
    assert clicks[person] <= 0
    assert clicks[scanned] >= 3
    assert kept == 5
