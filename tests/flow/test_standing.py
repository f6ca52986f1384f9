"""Who waits for whom, on real messages: the labelled threads, the order of reading, links by hand, and the rebuild."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from mailcrm.flow import links, standing
from mailcrm.store import standing as store
from mailcrm.store.database import Database
from tests.waiting_set import ASKED, SET, Case, L
from tests.web.company import Company, letter

INVITATION = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@nordwind\r\nSUMMARY:Valves\r\n"
    "LOCATION:Hamburg\r\nDTSTART:20260320T090000Z\r\nDTEND:20260320T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def company(db: Database, tmp_path: Path) -> Company:
    """Anna, Boris and Klara with three clients and no mail."""
    found = Company(db, tmp_path / "company")
    found.client("Nordwind", "nordwind.example")
    found.client("Север", "sever.example")
    found.client("Мария", "maria.p@mail.ru")
    return found


def messages(case: Case, company: Company) -> Iterator[tuple[L, EmailMessage]]:
    """The letters of a case as messages of one thread, an hour apart."""
    name = f"{SET.index(case) if case in SET else 99}"
    before, failed, thread = "", "", list[str]()
    for number, one in enumerate(of_its_own(one, name) if case in SET else one for one in case.letters):
        own_id = f"<{name}.{number}@set.test>"
        found = bounced(one, before, failed) if one.kind in ("bounce", "soft") else written(one, f"Matter {name}")
        found["Message-ID"] = own_id
        at = company.now - timedelta(hours=len(case.letters) - number)
        found["Date"] = at.strftime("%a, %d %b %Y %H:%M:%S +0000")
        if thread and not one.new and one.kind not in ("bounce", "soft"):
            found["In-Reply-To"], found["References"] = thread[-1], " ".join(thread)
        if not one.new and one.kind not in ("bounce", "soft"):
            thread.append(own_id)
        before, failed = own_id, one.to.partition("<")[2].rstrip(">")
        yield one, found


def own(text: str, mark: str) -> str:
    """Addresses of the clients of one case alone."""
    text = text.replace("nordwind.example", f"n{mark}.example").replace("sever.example", f"s{mark}.example")
    return text.replace("maria.p@", f"maria.p{mark}@")


def of_its_own(one: L, mark: str) -> L:
    """The letter, to and from the clients of its case alone."""
    return replace(one, sender=own(one.sender, mark), to=own(one.to, mark), cc=own(one.cc, mark))


def written(one: L, subject: str) -> EmailMessage:
    """A letter of a person or a robot."""
    more: dict[str, str] = {"Cc": one.cc} if one.cc else {}
    more |= {"auto": {"Auto-Submitted": "auto-replied"}, "bulk": {"List-Unsubscribe": "<mailto:off@x.example>"}}.get(
        one.kind, {}
    )
    files = {one.file: b"%PDF-1.4 " + one.text.encode()} if one.file else {}
    found = letter(one.sender, one.to, f"Another {subject}" if one.new else subject, one.text, files=files, **more)
    if one.kind == "invitation":
        found.add_alternative(INVITATION, subtype="calendar", params={"method": "REQUEST"})
    return found


def bounced(one: L, original: str, to: str) -> EmailMessage:
    """A delivery report about the letter before it."""
    action, status = ("failed", "5.1.1") if one.kind == "bounce" else ("delayed", "4.4.1")
    report = (
        f"From: {one.sender}\r\nTo: {one.to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour message could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {original}\r\nSubject: Matter\r\n\r\n--b--\r\n"
    )
    found = message_from_bytes(report.encode(), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def deliver(company: Company, letters: Sequence[tuple[L, EmailMessage]]) -> None:
    """Put them into their mailboxes, in the order given."""
    for one, message in letters:
        company.deliver(one.box, message)


def turn(company: Company, case: Case) -> tuple[str, str]:
    """Whose turn it is in the first thread of a case, and which of us is to answer."""
    name = f"{SET.index(case) if case in SET else 99}.0@set.test"
    query = (
        "SELECT turn, login FROM waiting LEFT JOIN user_account ON user_account.id = user_id"
        f" WHERE thread_id = (SELECT thread_id FROM message WHERE message_id = '{name}')"
    )
    with company.db.reading() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert len(rows) <= 1
    return (rows[0][0], str(rows[0][1] or "").partition("@")[0]) if rows else ("", "")


def test_the_labels_are_many_and_of_every_kind() -> None:
    assert len(SET) >= 40
    assert len({case.name for case in SET}) == len(SET)
    assert {case.turn for case in SET} == {"us", "them", ""}


@pytest.mark.parametrize("backwards", [False, True], ids=["as written", "newest first"])
def test_whose_turn_it_is_in_the_labelled_threads(db: Database, tmp_path: Path, backwards: bool) -> None:
    company = Company(db, tmp_path / "company")
    for case in SET:
        # Every case has clients of its own, so that none is answered by the letters of another.
        mark = str(SET.index(case))
        for name in ("nordwind.example", "sever.example", "maria.p@mail.ru"):
            company.client(f"{name} {mark}", own(name, mark))
    for case in SET:
        letters = list(messages(case, company))
        deliver(company, letters[::-1] if backwards else letters)
    found = {case.name: turn(company, case) for case in SET}
    expected = {case.name: (case.turn, case.user if case.turn == "us" else found[case.name][1]) for case in SET}
    assert found == expected


def test_it_is_since_the_first_unanswered_letter(company: Company) -> None:
    case = Case("twice", "us", (ASKED, ASKED))
    deliver(company, list(messages(case, company)))
    with company.db.reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT first.at = since, last.id = waiting.message_id FROM waiting, message first, message last"
            " WHERE first.message_id = '99.0@set.test' AND last.message_id = '99.1@set.test'"
        ).one()
    assert [bool(value) for value in row] == [True, True]


def test_a_letter_that_is_taken_off_the_client_waits_no_more(company: Company) -> None:
    case = Case("off", "us", (ASKED,))
    deliver(company, list(messages(case, company)))
    link = company.one("SELECT id FROM link")
    undo = links.undo(company.rooms["anna"].office, company.by, link)
    assert turn(company, case)[0] == ""
    links.take_back(company.rooms["anna"].office, company.by, undo)
    assert turn(company, case)[0] == "us"


def test_a_client_that_comes_later_waits_since_his_letter(company: Company) -> None:
    deliver(
        company,
        list(messages(Case("known", "us", (L(ASKED.sender, ASKED.to, "How much?", cc="x@late.example"),)), company)),
    )
    late = company.client("Late", "late.example")
    with company.db.reading() as connection:
        rows = connection.exec_driver_sql("SELECT client_id FROM waiting WHERE turn = 'us'").scalars().all()
    assert late not in rows
    assert len(rows) == 1


def test_a_rebuild_makes_the_same_rows(company: Company) -> None:
    for number, text in enumerate(("How much?", "Thanks!", "When?")):
        message = letter(ASKED.sender, ASKED.to, f"Matter {number}", text)
        company.deliver("anna", message, timedelta(hours=9 - number))
    query = "SELECT thread_id, client_id, turn, message_id, email, user_id FROM waiting ORDER BY 1, 2"
    with company.db.reading() as connection:
        before = connection.exec_driver_sql(query).all()
    with company.db.writing() as connection:
        connection.exec_driver_sql("DELETE FROM waiting")
        store.enqueue_since(connection, company.now - timedelta(days=30))
        assert standing.settle(connection, ["example.com"]) > 0
    with company.db.reading() as connection:
        assert connection.exec_driver_sql(query).all() == before
    assert len(before) == 2
