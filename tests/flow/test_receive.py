"""Receiving from a real server: what is kept, what is not, and what follows from changes on both sides."""

from datetime import timedelta

import pytest

from mailcrm.crm.explicit import tagged_address
from mailcrm.flow import clients, links
from mailcrm.flow.desk import Limits
from mailcrm.flow.edit import By
from mailcrm.flow.rounds import address_token
from tests.office import DROPBOX, READING, Office, check_whole

pytestmark = pytest.mark.server

ANNA = "Anna <anna@example.com>"
JOE = "Joe <joe@acme.test>"


def test_inbox_and_sent_become_a_timeline(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Price?"))
    office.server.deliver(login, office.mail("Boris <boris@example.com>", ANNA, "Lunch"))
    office.server.deliver(login, office.mail("mum@family.test", ANNA, "Dinner", "Private words"))
    office.server.deliver(login, office.mail(ANNA, JOE, "Re: Price?", In_Reply_To="<1@made.test>"), "Sent")
    office.server.deliver(login, office.mail(ANNA, "new@stranger.test", "Introduction"), "Sent")
    before = office.server.flags(login), office.server.flags(login, "Sent")

    done = office.sync(box)

    assert done is not None
    assert (done.decided, done.fetched) == (5, 2)
    assert office.subjects(acme) == ["Price?", "Re: Price?"]
    assert office.rows("SELECT direction, count(*) FROM message GROUP BY 1 ORDER BY 1") == [("in", 1), ("out", 1)]
    assert office.one("SELECT count(DISTINCT thread_id) FROM message") == 1
    assert sorted(rule for _, _, rule in office.verdicts()) == ["domain", "domain", "internal", "triage", "unmatched"]
    tray = office.rows("SELECT counterpart, subject, state FROM triage")
    assert tray == [("new@stranger.test", "Introduction", "open")]
    assert (office.server.flags(login), office.server.flags(login, "Sent")) == before
    assert set(office.commands) <= READING
    check_whole(office)


def test_private_mail_leaves_no_readable_trace(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Wanted-subject"))
    office.server.deliver(login, office.mail("Mum <mum@family.test>", ANNA, "Dinner-subject", "Private-words"))
    office.sync(box)
    kept = office.dump()
    assert b"Wanted-subject" in kept
    for trace in (b"mum@family", b"family.test", b"Dinner-subject", b"Private-words", b"2@made.test"):
        assert trace not in kept, trace
    assert list(office.blobs.iterate()) == [office.one("SELECT raw_sha256 FROM message")]


def test_a_second_round_fetches_nothing(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    for number in range(30):
        office.server.deliver(login, office.mail(JOE, ANNA, f"Price {number}", "x" * 20_000))
    first = office.sync(box)
    assert first is not None
    assert first.fetched == 30
    second = office.sync(box)
    assert second is not None
    assert (second.decided, second.fetched) == (0, 0)
    assert office.received < 5_000
    assert "UID FETCH" not in office.commands


def test_an_address_added_later_brings_its_history(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail("joe@gmail.com", ANNA, "From home"))
    office.server.deliver(login, office.mail(ANNA, "ann@daughter.test", "To the daughter"), "Sent")
    office.sync(box)
    assert office.subjects() == []
    assert clients.add_address(office.edits, office.by, acme, "joe@gmail.com") == 1
    assert clients.add_domain(office.edits, office.by, acme, "daughter.test") == 1
    office.sync(box)
    assert office.subjects(acme) == ["From home", "To the daughter"]
    assert office.rows("SELECT state FROM triage") == [("attached",)]
    check_whole(office)


def test_a_strangers_reply_is_found_although_it_is_read_first(office: Office, login: str) -> None:
    acme = office.client("Acme", "joe@acme.test")
    box = office.mailbox(login)
    stranger = "Partner <kim@partner.test>"
    office.server.deliver(login, office.mail(JOE, ANNA, "Plan", Cc=stranger))
    office.server.deliver(login, office.mail(ANNA, JOE, "Re: Plan", In_Reply_To="<1@made.test>"))
    reply = office.mail(stranger, ANNA, "Re: Plan", In_Reply_To="<2@made.test>")
    office.server.deliver(login, reply)
    office.limits = Limits(headers=1, bodies=1)
    office.sync(box)
    assert office.subjects(acme) == ["Plan", "Re: Plan", "Re: Plan"]
    assert office.one("SELECT count(DISTINCT thread_id) FROM message") == 1
    assert office.rows("SELECT state FROM triage WHERE state = 'open'") == []
    check_whole(office)


def test_a_stranger_outside_the_thread_is_only_suggested(office: Office, login: str) -> None:
    acme = office.client("Acme", "joe@acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Plan"))
    office.sync(box)
    office.server.deliver(login, office.mail("eve@evil.test", ANNA, "Re: Plan", In_Reply_To="<1@made.test>"))
    office.sync(box)
    assert office.subjects(acme) == ["Plan"]
    assert office.rows("SELECT counterpart, reason FROM triage") == [("eve@evil.test", "in a known thread")]


def test_one_message_in_three_mailboxes(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    raw = office.mail(JOE, "anna@example.com, boris@example.com, clara@example.com", Attachment="offer.pdf")
    for name in ("anna", "boris", "clara"):
        box = office.mailbox(f"{login}{name}", name)
        office.server.deliver(f"{login}{name}", b"Received: by a.test for " + name.encode() + b"\r\n" + raw)
        office.sync(box)
    assert office.subjects(acme) == ["Valves"]
    assert office.one("SELECT count(*) FROM message_copy") == 3
    assert office.one("SELECT count(*) FROM attachment") == 1
    assert office.one("SELECT message_count FROM client") == 1
    check_whole(office)


def test_a_stricter_mailbox_makes_a_message_stricter(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    raw = office.mail(JOE, "anna@example.com, boris@example.com")
    for name, visibility in (("anna", "full"), ("boris", "stub")):
        box = office.mailbox(f"{login}{name}", name, visibility)
        office.server.deliver(f"{login}{name}", raw)
        office.sync(box)
    assert office.one("SELECT visibility FROM message") == 0


def test_bcc_belongs_to_the_copy_that_shows_it(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    sent = office.mail(ANNA, f"{JOE}, boris@example.com", "Terms")
    shown = b"Bcc: Secret <secret@adviser.test>\r\n" + sent
    boris, anna = office.mailbox(f"{login}b", "boris"), office.mailbox(f"{login}a")
    office.server.deliver(f"{login}b", sent)
    office.sync(boris)
    office.server.deliver(f"{login}a", shown, "Sent")
    office.sync(anna)
    bcc = "SELECT email, mailbox_id FROM message_address JOIN mail_address ON mail_address.id = address_id"
    assert office.rows(f"{bcc} WHERE role = 'bcc'") == [("secret@adviser.test", anna)]
    assert office.one("SELECT count(*) FROM message") == 1


def test_a_forged_message_id_is_another_message(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Account 1", "Pay to 1", Message_ID="<same@acme.test>"))
    office.server.deliver(login, office.mail("Eve <eve@acme.test>", ANNA, "2", "To 2", Message_ID="<same@acme.test>"))
    office.sync(box)
    assert office.subjects(acme) == ["2", "Account 1"]
    assert office.one("SELECT count(*) FROM message WHERE conflict") == 1


def test_a_list_footer_makes_no_other_message(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    raw = office.mail(JOE, "anna@example.com, team@list.test", "News", "Text")
    office.server.deliver(login, raw)
    office.server.deliver(login, raw.replace(b"Text\n", b"Text\n-- \nlist footer\n").replace(b"News", b"[team] News"))
    office.sync(box)
    assert office.subjects(acme) == ["News"]
    assert office.one("SELECT count(*) FROM placement WHERE message_id IS NOT NULL") == 2


def test_a_new_uidvalidity_doubles_nothing(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    for number in range(20):
        office.server.deliver(login, office.mail(JOE, ANNA, f"Price {number:02}", "x" * 50_000))
    office.server.deliver(login, office.mail("mum@family.test", ANNA, "Dinner"))
    office.sync(box)
    office.server.doveadm("mailbox", "update", "-u", login, "--uid-validity", "4711", "INBOX")
    office.sync(box)
    assert office.received < 40_000, "a body was fetched again"
    assert len(office.subjects(acme)) == 20
    assert office.one("SELECT count(*) FROM placement WHERE uidvalidity = 4711 AND message_id IS NOT NULL") == 20
    assert office.one("SELECT count(*) FROM placement WHERE state = 'gone'") == 21
    assert office.one("SELECT count(*) FROM message WHERE removed_from_server_at IS NOT NULL") == 0
    check_whole(office)


def test_what_leaves_the_server_stays_in_the_history(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Stays"))
    office.server.deliver(login, office.mail(JOE, ANNA, "Moves", "x" * 30_000))
    office.server.deliver(login, office.mail(JOE, ANNA, "Goes"))
    office.sync(box)
    office.server.doveadm("move", "-u", login, "Archive", "mailbox", "INBOX", "subject", "Moves")
    office.server.doveadm("expunge", "-u", login, "mailbox", "INBOX", "subject", "Goes")
    office.sync(box)
    assert office.received < 25_000, "the body that only moved was fetched again"
    assert office.subjects(acme) == ["Goes", "Moves", "Stays"]
    assert office.rows("SELECT subject FROM message WHERE removed_from_server_at IS NOT NULL") == [("Goes",)]
    office.server.deliver(login, office.blobs.read(office.one("SELECT raw_sha256 FROM message WHERE subject = 'Goes'")))
    office.sync(box)
    assert office.rows("SELECT subject FROM message WHERE removed_from_server_at IS NOT NULL") == []
    check_whole(office)


def test_flags_follow_the_server(office: Office, login: str) -> None:
    office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA))
    office.sync(box)
    office.server.doveadm("flags", "add", "-u", login, "\\Seen \\Answered", "mailbox", "INBOX", "all")
    office.sync(box)
    assert office.rows("SELECT flags FROM placement") == [("\\Answered \\Seen",)]


def test_a_folder_that_vanishes_keeps_its_mail_and_no_round_turns_for_it(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.doveadm("mailbox", "create", "-u", login, "Old")
    office.server.deliver(login, office.mail(JOE, ANNA, "Kept"), "Old")
    office.sync(box)
    with office.db.writing() as connection:
        connection.exec_driver_sql("UPDATE placement SET state = 'todo', verdict = '', rule = ''")
    office.server.doveadm("mailbox", "delete", "-u", login, "Old")
    office.sync(box)
    assert office.subjects(acme) == ["Kept"]
    assert office.waiting() == set(), "the daemon would turn in circles"
    office.clock += timedelta(hours=1)
    office.sync(box)
    assert office.rows("SELECT state FROM placement") == [("gone",)]
    assert office.one("SELECT count(*) FROM message WHERE removed_from_server_at IS NOT NULL") == 1


def test_old_mail_is_left_alone_where_the_mailbox_has_a_beginning(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "Too old"))
    office.limits = Limits(since=office.clock + timedelta(days=3650))
    office.sync(box)
    assert office.subjects(acme) == []
    assert office.verdicts() == [("done", "ignore", "too old")]


# What people ask for outright


def test_a_folder_named_after_a_client_files_what_lies_in_it(office: Office, login: str) -> None:
    acme = office.client("Acme Ltd", "acme.test")
    box = office.mailbox(login)
    for folder in ("CRM", "CRM/acme ltd"):
        office.server.doveadm("mailbox", "create", "-u", login, folder)
    office.server.deliver(login, office.mail("boris@example.com", ANNA, "About Acme"), "CRM/acme ltd")
    office.sync(box)
    assert office.subjects(acme) == ["About Acme"]
    assert office.verdicts() == [("done", "keep", "explicit")]


def test_stored_mail_moved_into_a_clients_folder_is_filed_there_too(office: Office, login: str) -> None:
    acme, other = office.client("Acme", "acme.test"), office.client("Other", "other.test")
    box = office.mailbox(login)
    office.server.deliver(login, office.mail(JOE, ANNA, "For two", "x" * 30_000))
    office.sync(box)
    assert office.subjects(other) == []
    for folder in ("CRM", "CRM/Other"):
        office.server.doveadm("mailbox", "create", "-u", login, folder)
    office.server.doveadm("move", "-u", login, "CRM/Other", "mailbox", "INBOX", "all")
    office.sync(box)
    assert office.received < 25_000
    assert office.subjects(acme) == office.subjects(other) == ["For two"]
    check_whole(office)


def test_a_keyword_set_later_keeps_a_message(office: Office, login: str) -> None:
    box = office.mailbox(login)
    office.server.deliver(login, office.mail("mum@family.test", ANNA, "Dinner"))
    office.sync(box)
    assert office.subjects() == []
    office.server.doveadm("flags", "add", "-u", login, "$crm", "mailbox", "INBOX", "all")
    office.sync(box)
    assert office.subjects() == ["Dinner"]
    assert office.verdicts() == [("done", "keep", "explicit")]


def test_the_dropbox_keeps_and_its_plus_address_files(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    tagged = tagged_address(DROPBOX, acme, lambda client: address_token(client, office.keyring.fingerprint))
    forged = tagged.replace(tagged.partition(".")[2][:4], "aaaa")
    office.server.deliver(login, office.mail(ANNA, "x@unknown.test", "Copied", Bcc=DROPBOX), "Sent")
    office.server.deliver(login, office.mail(ANNA, "x@unknown.test", "Tagged", Bcc=tagged), "Sent")
    office.server.deliver(login, office.mail("eve@evil.test", f"anna@example.com, {forged}", "Forged"))
    office.sync(box)
    assert office.subjects() == ["Copied", "Tagged"]
    assert office.subjects(acme) == ["Tagged"]


def test_the_never_list_ends_where_somebody_asks_outright(office: Office, login: str) -> None:
    acme = office.client("Acme", "acme.test")
    box = office.mailbox(login)
    links.never_again(office.edits, By(office.user("anna"), office.clock), "joe@acme.test")
    office.server.deliver(login, office.mail(JOE, ANNA, "Never"))
    office.server.deliver(login, office.mail(JOE, f"anna@example.com, {DROPBOX}", "But this"))
    office.sync(box)
    assert office.subjects(acme) == ["But this"]
