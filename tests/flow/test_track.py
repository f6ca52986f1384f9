"""What comes back by mail is tied to the recipient it concerns: replies, bounces, complaints, receipts, absences."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailcrm.flow import clients, people
from mailcrm.flow.clients import NewClient
from mailcrm.flow.people import NewUser
from mailcrm.mailing.replies import UNSUBSCRIBE
from mailcrm.store import suppressions
from mailcrm.store.database import Database
from tests.mailroom import Mailroom, mail
from tests.offering import KEYS, Offering


@pytest.fixture
def room(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    """Anna's mailbox; the company has offered something."""
    return Mailroom(db, now, tmp_path / "blobs", keys=KEYS)


@pytest.fixture
def acme(room: Mailroom) -> int:
    """A client with a domain."""
    return clients.add_client(room.office, room.by, NewClient("Acme", domains=("acme.example",)))


@pytest.fixture
def offering(room: Mailroom, db: Database, now: datetime) -> Offering:
    """A mailing that went out two hours ago."""
    return Offering(db, now - timedelta(hours=2))


def report(about: str, status: str = "5.1.1", action: str = "failed", to: str = "max@acme.example") -> bytes:
    """A delivery report (RFC 3464) about the message with that id."""
    words = {"5.1.1": "550 5.1.1 no such user", "5.2.2": "552 5.2.2 mailbox full"}.get(status, f"450 {status} later")
    return (
        "From: MAILER-DAEMON@mx.elsewhere.test\nTo: anna@example.com\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\nContent-Type: text/plain\n\n'
        "The mail system reports.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n\n--b\n"
        f"Content-Type: text/rfc822-headers\n\nFrom: anna@example.com\nTo: {to}\nMessage-ID: {about}\n--b--\n"
    ).encode()


def detail(db: Database) -> dict[str, Any]:
    """What the newest event says."""
    with db.reading() as connection:
        return dict(json.loads(connection.exec_driver_sql("SELECT detail FROM event ORDER BY id DESC").first()[0]))  # type: ignore[index]


def suppressed(db: Database) -> list[tuple[str, str, str]]:
    """Address, scope and reason of every suppression."""
    with db.reading() as connection:
        return [(r.address, r.scope, r.reason) for r in suppressions.listed(connection)]


def linked(db: Database) -> list[tuple[Any, ...]]:
    """Client and rule of every link."""
    with db.reading() as connection:
        return [tuple(r) for r in connection.exec_driver_sql("SELECT client_id, rule FROM link ORDER BY id")]


def test_a_reply_is_tied_to_the_exact_recipient(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("ann@acme.example", acme)
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(mail("max@acme.example", "anna@example.com", "Re: Valves", "We accept your offer.",
                      In_Reply_To=offering.message_id(max_)))  # fmt: skip
    assert offering.events() == [(max_, "reply", "message-id")]
    assert detail(room.db)["looks_like"] == "yes"
    with room.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT decision FROM recipient").scalars().all() == ["", ""]


def test_an_answer_of_a_stranger_is_kept_and_filed(room: Mailroom, offering: Offering, acme: int) -> None:
    """Forwarded to a colleague elsewhere, who answers: only our Message-ID says whose answer it is."""
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(mail("boss@holding.test", "anna@example.com", "Re: Valves", "Hm.",
                      References=f"<x@holding.test> {offering.message_id(max_)}"))  # fmt: skip
    assert offering.events() == [(max_, "reply", "message-id")]
    assert linked(room.db) == [(acme, "explicit")]
    assert detail(room.db)["answered_by"] == "boss@holding.test"


def test_a_made_up_id_is_nothing(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("max@acme.example", acme)
    forged = "<o.aaaaaaabaaaaaaaaaaaa@example.com>"
    room.deliver(mail("evil@elsewhere.test", "anna@example.com", "Re: Valves", "Yes", In_Reply_To=forged))
    room.deliver(mail("max@acme.example", "anna@example.com", "Something else", "Yes", In_Reply_To=forged))
    assert offering.events() == []


def test_a_bounce_that_no_other_rule_would_keep(room: Mailroom, offering: Offering, acme: int) -> None:
    """The report names an address that we never wrote to: mail was forwarded there."""
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(report(offering.message_id(max_), to="max@forwarded.test"))
    assert offering.events() == [(max_, "bounce", "message-id")]
    assert suppressed(room.db) == [("max@acme.example", "all", "bounced")]
    assert detail(room.db)["status"] == "5.1.1"


def test_a_delay_is_no_failure(room: Mailroom, offering: Offering, acme: int) -> None:
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(report(offering.message_id(max_), "4.4.1", "delayed"))
    room.deliver(report(offering.message_id(max_), "2.0.0", "delivered"))
    assert [kind for _, kind, _ in offering.events()] == ["delayed", "delivered"]
    assert suppressed(room.db) == []


def test_a_bounce_without_an_id_goes_by_address(room: Mailroom, offering: Offering, acme: int) -> None:
    offering.recipient("ann@acme.example", acme)
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(report("<unknown@elsewhere.test>"))
    assert offering.events() == [(max_, "bounce", "reported")]


def test_soft_bounces_add_up_over_two_weeks(room: Mailroom, db: Database, acme: int, now: datetime) -> None:
    for days in (0, 1, 2):
        old = Offering(db, now - timedelta(days=30 - days))
        number = old.recipient("max@acme.example", acme)
        room.now = now - timedelta(days=30 - days)
        room.deliver(report(old.message_id(number), "5.2.2"))
    assert suppressed(db) == []
    room.now = now
    fresh = Offering(db, now)
    room.deliver(report(fresh.message_id(fresh.recipient("max@acme.example", acme)), "5.2.2"))
    assert suppressed(db) == [("max@acme.example", "all", "bounced")]


def test_a_complaint_stops_all_mail(room: Mailroom, db: Database, acme: int, now: datetime) -> None:
    """To that address for ever, and the mailing itself, for more than one in a thousand complained."""
    offering = Offering(db, now - timedelta(hours=2), mailing={"state": "running"})
    max_ = offering.recipient("max@acme.example", acme)
    people.add_user(db, NewUser("root@example.com", "Root", role="admin"), now)
    irina = people.add_user(db, NewUser("irina@example.com", "Ирина", role="admin"), now)
    people.edit_user(db, irina, {"language": "ru"}, now)
    room.deliver(
        b"From: feedback@isp.test\nTo: anna@example.com\nSubject: Complaint\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n'
        b"Content-Type: text/plain\n\n"
        b"A complaint.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--b\n"
        b"Content-Type: message/rfc822\n\nFrom: anna@example.com\nTo: max@acme.example\nMessage-ID: "
        + offering.message_id(max_).encode()
        + b"\nSubject: Valves\n\nHello\n--b--\n"
    )
    assert offering.events() == [(max_, "complaint", "message-id")]
    assert suppressed(room.db) == [("max@acme.example", "all", "complained")]
    with db.reading() as connection:
        found = connection.exec_driver_sql("SELECT state, pause_reason FROM mailing").all()
        told = connection.exec_driver_sql("SELECT address, subject FROM notification ORDER BY address").all()
    assert [tuple(row) for row in found] == [("paused", "complaints: 1 of 1")]
    assert [row[0] for row in told] == ["irina@example.com", "root@example.com"], "admins hear of it at once"
    assert told[0][1].startswith("Жалоба на предложение ")
    assert told[1][1].startswith("Complaint about the offer ")


def test_an_automatic_reply_is_no_reply_and_says_when(room: Mailroom, offering: Offering, acme: int) -> None:
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(mail("max@acme.example", "anna@example.com", "Automatic reply: Valves", "I am back on 9 March 2026.",
                      In_Reply_To=offering.message_id(max_), Auto_Submitted="auto-replied"))  # fmt: skip
    assert offering.events() == [(max_, "auto-reply", "message-id")]
    assert detail(room.db)["back"] == "2026-03-09"


def test_our_own_copies_are_no_replies_but_teach(room: Mailroom, offering: Offering, acme: int) -> None:
    """The Sent copy and the self-Bcc; one server rewrote the Message-ID, another kept ours in a field of its own."""
    sure = offering.recipient("max@acme.example", acme, state="uncertain", accepted_at=None)
    moved = offering.recipient("ann@acme.example", acme, state="uncertain", accepted_at=None)
    bare = offering.recipient("joe@acme.example", acme, state="uncertain", accepted_at=None)
    room.deliver(mail("anna@example.com", "max@acme.example", "Valves", Message_ID=offering.message_id(sure)))
    room.deliver(mail("anna@example.com", "ann@acme.example", "Valves", Message_ID="<new@outlook.test>",
                      X_Microsoft_Original_Message_ID=offering.message_id(moved)))  # fmt: skip
    room.deliver(mail("anna@example.com", "joe@acme.example", "Valves", f"https://o.test/o/{offering.token(bare)}",
                      Message_ID="<other@outlook.test>"))  # fmt: skip
    assert offering.events() == []
    with room.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT state FROM recipient").scalars().all() == ["accepted"]
    room.deliver(
        mail("stranger@acme.example", "anna@example.com", "Re: Valves", "ok", In_Reply_To="<new@outlook.test>")
    )
    room.deliver(mail("joe@acme.example", "anna@example.com", "Re: Valves", "ok", References="<other@outlook.test>"))
    assert offering.events() == [(moved, "reply", "alias"), (bare, "reply", "alias")]


def test_sender_and_subject_only_suggest(room: Mailroom, offering: Offering, acme: int) -> None:
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(mail("max@acme.example", "anna@example.com", "Lunch?"))
    room.deliver(mail("max@acme.example", "anna@example.com", "Your offer 2026-0412", "Too expensive for us."))
    assert offering.events() == [(max_, "reply", "sender")]
    with room.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT confidence FROM event").scalar_one() < 0.9


def test_unsubscribing_by_mail(room: Mailroom, db: Database, acme: int, now: datetime) -> None:
    offering = Offering(db, now, mailing={"scope": "marketing"})
    max_ = offering.recipient("max@acme.example", acme)
    subject = f"unsubscribe {offering.token(max_, UNSUBSCRIBE)}"
    room.deliver(mail("other.address@private.test", "anna@example.com", subject, ""))
    assert (max_, "unsubscribe", "token") in offering.events()
    assert suppressed(db) == [("max@acme.example", "marketing", "unsubscribed")]


def test_words_of_leaving_only_suggest(room: Mailroom, offering: Offering, acme: int) -> None:
    max_ = offering.recipient("max@acme.example", acme)
    room.deliver(mail("max@acme.example", "anna@example.com", "Re: Valves", "Unsubscribe",
                      In_Reply_To=offering.message_id(max_)))  # fmt: skip
    assert detail(room.db)["wants_out"] == "certain"
    assert suppressed(room.db) == []


def test_the_document_that_comes_back_names_its_recipient(room: Mailroom, offering: Offering, acme: int) -> None:
    raw = mail("max@acme.example", "anna@example.com", "Signed", "See attached.", attachment="Offer.pdf")
    sha = "b3d4d0a1c0f3b0f5d5e3b2a3e0d0e6ad93ed9ccf8f0f5a1e7f1d3e4c5b6a7988"
    max_ = offering.recipient("max@acme.example", acme, document_sha256=sha)
    room.deliver(raw)
    assert offering.events() == []
    with room.db.writing() as connection:
        real = connection.exec_driver_sql("SELECT sha256 FROM attachment").scalar_one()
        connection.exec_driver_sql(f"UPDATE recipient SET document_sha256 = '{real}'")
    room.deliver(mail("max@acme.example", "anna@example.com", "Signed again", "See.", attachment="Offer.pdf"))
    assert offering.events() == [(max_, "reply", "document")]


def test_the_same_message_twice_is_one_event(room: Mailroom, offering: Offering, acme: int) -> None:
    max_ = offering.recipient("max@acme.example", acme)
    raw = mail("max@acme.example", "anna@example.com", "Re", "ok", In_Reply_To=offering.message_id(max_),
               Message_ID="<1@acme.example>", Date="Mon, 02 Mar 2026 09:00:00 +0000")  # fmt: skip
    room.deliver(raw)
    room.deliver(raw)
    assert len(offering.events()) == 1


def test_without_recipients_nothing_is_asked(room: Mailroom, acme: int) -> None:
    room.keys = None
    room.deliver(mail("max@acme.example", "anna@example.com", "Hello"))
    with room.db.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one() == 0
