"""Reports on deliveries: what is hard, what a filter said, and reports in unusual wrappings; all of them invented."""

import time

import pytest

from mailcrm.mail import parse, reasons
from mailcrm.mail.message import BounceReport, Kind


@pytest.mark.parametrize(
    ("status", "words", "reason", "hard"),
    [
        ("5.1.1", "550 5.1.1 no such user", "userunknown", True),
        ("", "Unable to find user: <gone@client.test>", "userunknown", True),
        ("5.0.0", "550 user unknown (after DATA)", "filtered", False),
        ("5.0.0", "550 user unknown (by a gateway)", "filtered", False),
        ("5.0.0", "550 user unknown", "userunknown", True),
        ("", "Delivery to the following recipients failed permanently", "undefined", False),
        ("4.2.2", "452 mailbox full", "mailboxfull", False),
        ("5.1.2", "550 host unknown", "hostunknown", True),
        ("5.1.6", "551 user has moved", "hasmoved", True),
        ("5.1.10", "556 null MX", "notaccept", True),
        ("5.7.1", "554 rejected as spam", "spamdetected", False),
    ],
)
def test_why(status: str, words: str, reason: str, hard: bool) -> None:
    assert (reasons.reason(status, words), reasons.hard(status, words)) == (reason, hard)


def report(header: str, body: str) -> BounceReport:
    """What a message says as a report; it has to be taken for one."""
    message = parse.message(f"{header}\nTo: ivan@acme.test\nDate: Mon, 15 Jan 2024 12:34:00 +0000\n\n{body}".encode())
    assert message.kind is Kind.BOUNCE
    assert message.bounce is not None
    return message.bounce


def test_a_report_that_returns_the_report_which_tells_why() -> None:
    found = report(
        "From: postmaster@client.test\nReturn-Path: <>\nSubject: Mail could not be delivered\n"
        "Content-Type: multipart/mixed; boundary=b",
        "--b\nContent-Type: text/plain\n\nThe following mail could not be delivered.\n"
        "Reason: Unable to deliver message to <gone@client.test>.\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: report\n\n----- Transcript follows -----\n"
        ">>> RCPT To:<gone@client.test>\n<<< 550 5.1.1 <gone@client.test>... No such user\n\n--b--\n",
    )
    assert [(one.email, one.status, one.hard) for one in found.recipients] == [("gone@client.test", "5.1.1", True)]


def test_a_script_that_rejects_is_a_bounce_although_it_comes_as_a_receipt() -> None:
    found = report(
        "From: Mail Delivery Subsystem <postmaster@client.test>\nReturn-Path: <>\n"
        "Subject: Automatically rejected mail\n"
        "Auto-Submitted: auto-replied (rejected)\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        "--b\nContent-Type: text/plain\n\n"
        "Your message to <full@client.test> was automatically rejected:\nQuota exceeded\n"
        "--b\nContent-Type: message/disposition-notification\n\nReporting-UA: mail; Dovecot\n"
        "Final-Recipient: rfc822; full@client.test\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n",
    )
    assert [(one.email, one.hard) for one in found.recipients] == [("full@client.test", False)]


def test_a_receipt_of_a_person_stays_one() -> None:
    message = parse.message(
        b"From: anna@client.test\nSubject: Read: offer\nContent-Type: multipart/report;"
        b" report-type=disposition-notification; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n"
        b"Final-Recipient: rfc822; anna@client.test\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n"
    )
    assert message.kind is Kind.RECEIPT


def test_a_gateway_that_does_not_say_when_it_was_refused_is_no_proof_that_the_address_is_gone() -> None:
    words = "Your message could not be sent.\nanna@client.test: 550 anna@client.test... No such user\n"
    header = "From: <MAILER-DAEMON@client.test>\nReturn-Path: <>\nSubject: Undeliverable: offer"
    assert report(header, words).hard
    assert not report(f"{header}\nX-Mailer: SurfControl E-mail Filter", words).hard


@pytest.mark.parametrize(
    "hostile", ["<<< 5\n" * 200_000, "Status: 5" * 100_000, "was automatically rejected:" * 50_000, "From: " * 200_000]
)
def test_hostile_reports_take_no_longer_than_their_length_deserves(hostile: str) -> None:
    started = time.process_time()
    parse.message(f"From: MAILER-DAEMON@client.test\nReturn-Path: <>\nSubject: Failure\n\n{hostile}".encode())
    assert time.process_time() - started < 12
