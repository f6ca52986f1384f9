"""What broken, slow, lying and hostile servers do to a session (the numbers are those of the project's case list)."""

import time
from pathlib import Path

import pytest

from mailcrm.errors import LimitExceeded, ServerRefused, ServerUnavailable
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.uids import LAST, UidSet
from mailcrm.net.imap.values import Bad, Fetched, Flags, Missing, Vanished
from tests.fake_imap import EXAMINED, Call, FakeImap, in_turn, no, ok, raw


def message(uid: int, body: bytes = b"hello") -> bytes:
    """An untagged FETCH with a body."""
    return b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(body), body)


def take(session: Session, *uids: int) -> tuple[list[Fetched | Missing | Bad], Exception | None]:
    """What `bodies` yields, and the error that ended it."""
    got: list[Fetched | Missing | Bad] = []
    try:
        for each in session.bodies((uid, 100) for uid in uids):
            got.append(each)  # noqa: PERF402 (extend would lose them at the error)
    except (ServerUnavailable, ServerRefused, LimitExceeded) as error:
        return got, error
    return got, None


def test_01_eof_in_a_literal_keeps_what_came_before() -> None:
    cut = raw(message(4), b"* 2 FETCH (UID 5 BODY[] {100}\r\nabc", close=True)
    with FakeImap({"FETCH": cut}) as fake, fake.examined() as session:
        got, error = take(session, 4, 5)
        assert got == [Fetched(4, b"hello", 5)]
        assert isinstance(error, ServerUnavailable)
        assert session.broken
        with pytest.raises(ServerUnavailable, match="new one"):
            session.noop()


@pytest.mark.parametrize("pieces", [[b"x", 0.1] * 60, [5.0]], ids=["drip", "stall"])
def test_02_a_stall_or_a_drip_ends_at_the_deadline(pieces: list[bytes | float]) -> None:
    slow = raw(b"* 1 FETCH (UID 4 BODY[] {1000}\r\n", *pieces)
    with FakeImap({"FETCH": slow}) as fake, fake.examined(patience=0.5) as session:
        began = time.monotonic()
        got, error = take(session, 4)
        assert time.monotonic() - began < 2
        assert not got
        assert "too long" in str(error)
        assert session.broken


def test_the_time_the_caller_needs_is_not_the_servers() -> None:
    with FakeImap({"FETCH": ok(message(4), message(5), message(6))}) as fake, fake.examined(patience=0.4) as session:
        uids = []
        for got in session.bodies([(4, 5), (5, 5), (6, 5)]):
            uids.append(got.uid)
            time.sleep(0.3)
        assert uids == [4, 5, 6]


def test_03_an_absurd_literal_is_refused_and_its_message_named() -> None:
    with FakeImap({"FETCH": ok(b"* 1 FETCH (UID 4 BODY[] {99999999999}\r\n")}) as fake, fake.examined() as session:
        got, error = take(session, 4, 5)
        assert [(type(each), each.uid) for each in got] == [(Bad, 4)]
        assert isinstance(error, ServerUnavailable)


def test_a_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailcrm.net.imap.transport.MAX_LINE", 1 << 20)
    with FakeImap({"NOOP": raw(b"* OK " + b"x" * (3 << 20))}) as fake, fake.session() as session:
        with pytest.raises(LimitExceeded, match="1 MB"):
            session.noop()
        assert session.broken


def test_answers_without_an_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailcrm.net.imap.wire.MOST_RESPONSES", 100)
    monkeypatch.setattr("mailcrm.net.imap.folders.MOST_FOLDERS", 50)
    listed = b"".join(b'* LIST () "/" %d\r\n' % number for number in range(60))
    with FakeImap({"NOOP": ok(b"* 1 EXISTS\r\n" * 200), "LIST": ok(listed)}) as fake, fake.session() as session:
        with pytest.raises(LimitExceeded, match="50 folders"):
            session.folders()
        with pytest.raises(LimitExceeded, match="NOOP"):
            session.noop()
        assert session.broken
    monkeypatch.setattr("mailcrm.net.imap.transport.MAX_LITERALS", 10)
    endless = raw(b"* X {1}\r\na" + b" {1}\r\na" * 100)
    with FakeImap({"NOOP": endless}) as fake, fake.session() as session, pytest.raises(LimitExceeded, match="an end"):
        session.noop()


@pytest.mark.parametrize("announced", [6, 7, 8, 9, 20, 28, 30, 33, 36, 40, 70, 105, 110, 300])
def test_04_a_literal_shorter_than_announced_is_noticed(announced: int) -> None:
    """The lie swallows what follows, up to all of it: nothing wrong may be taken for a message."""
    lie = ok(message(4), b"* 2 FETCH (UID 5 BODY[] {%d}\r\nshort)\r\n" % announced, message(6, b"x" * 60))
    with FakeImap({"FETCH": lie, "SEARCH": ok()}) as fake, fake.examined(patience=0.3) as session:
        got, error = take(session, 4, 5, 6)
        assert got[0] == Fetched(4, b"hello", 5)
        assert all(each == Fetched(6, b"x" * 60, 60) for each in got[1:] if isinstance(each, Fetched))
        assert isinstance(error, ServerUnavailable) or {each.uid for each in got} >= {4, 5, 6}


def test_08_the_uidvalidity_of_examine_wins() -> None:
    status = ok(b'* STATUS "INBOX" (MESSAGES 5 UIDVALIDITY 6 UIDNEXT 100)\r\n')
    with FakeImap({"STATUS": status}) as fake, fake.session() as session:
        assert session.status(b"INBOX").uidvalidity == 6
        assert session.examine(b"INBOX", known=(6, 10)).uidvalidity == 7


def test_09_each_connection_tells_its_own_uidvalidity() -> None:
    answers = [ok(b"* 1 EXISTS\r\n* OK [UIDVALIDITY %d] x\r\n" % n, text=b"[READ-ONLY]") for n in (7, 8, 9)]
    with FakeImap({"EXAMINE": in_turn(*answers)}) as fake:
        told = []
        for _ in answers:
            with fake.session() as session:
                told.append(session.examine(b"INBOX").uidvalidity)
        assert told == [7, 8, 9]


def test_11_new_mail_is_found_without_uidnext() -> None:
    examined = ok(b"* 5 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n", text=b"[READ-ONLY]")
    answers = {"EXAMINE": examined, "STATUS": ok(b'* STATUS "INBOX" ()\r\n'), "FETCH": ok(b"* 5 FETCH (UID 40)\r\n")}
    with FakeImap(answers) as fake, fake.session() as session:
        assert session.status(b"INBOX").uidnext is None
        assert session.examine(b"INBOX").uidnext is None
        assert [seen.uid for seen in session.discover(38)] == [40]
        assert fake.commands("FETCH") == [b"38:* (UID FLAGS INTERNALDATE RFC822.SIZE)"]


def test_12_a_folder_without_modseq_runs_plain() -> None:
    examined = ok(b"* 5 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [NOMODSEQ] no\r\n", text=b"[READ-ONLY]")
    with FakeImap({"EXAMINE": examined}) as fake, fake.session() as session:
        found = session.examine(b"INBOX")
        assert (found.mode, found.highestmodseq) == ("plain", None)
    with FakeImap(capabilities="IMAP4rev1 CONDSTORE") as fake, fake.session() as session:
        assert session.examine(b"INBOX").mode == "condstore"
        assert session.examine(b"INBOX").highestmodseq == 90060115205545359


def test_14_an_omitted_uid_is_asked_again_and_then_searched() -> None:
    first = ok(message(1), message(2))
    again = ok(message(3))
    search = ok(b'* ESEARCH (TAG "x") UID ALL 5\r\n')
    with FakeImap({"FETCH": in_turn(first, again), "SEARCH": search}) as fake, fake.examined() as session:
        got, error = take(session, 1, 2, 3, 4, 5)
        assert error is None
        assert [each.uid for each in got if isinstance(each, Fetched)] == [1, 2, 3]
        assert [each for each in got if isinstance(each, Missing)] == [Missing(4)]
        assert [each.uid for each in got if isinstance(each, Bad)] == [5]
        assert [arguments.split()[0] for arguments in fake.commands("FETCH")] == [b"1:5", b"3:5"]


def test_a_refused_batch_is_halved_until_the_message_is_found() -> None:
    """Yahoo answers NO [UNAVAILABLE] for ever to some messages."""

    def fetch(call: Call) -> None:
        uids = UidSet.parse(call.arguments.split()[0])
        if 3 in uids:
            no(b"[UNAVAILABLE] UID FETCH Server error")(call)
        else:
            ok(*(message(uid) for uid in uids))(call)

    with FakeImap({"FETCH": fetch}) as fake, fake.examined() as session:
        got, error = take(session, *range(1, 9))
        assert error is None
        assert sorted(each.uid or 0 for each in got) == list(range(1, 9))
        assert [each.uid for each in got if isinstance(each, Bad)] == [3]


def test_a_server_that_refuses_everything_is_left_alone() -> None:
    with FakeImap({"FETCH": no(b"[UNAVAILABLE] later")}) as fake, fake.examined() as session:
        got, error = take(session, *range(1, 200))
        assert isinstance(error, ServerUnavailable)
        assert len(fake.commands("FETCH")) < 20
        assert len(got) < 10


def test_20_a_malformed_answer_is_isolated() -> None:
    deep = b"* 2 FETCH (UID 5 BODYSTRUCTURE " + b"(" * 5000 + b")" * 5000 + b")\r\n"
    with FakeImap({"FETCH": ok(message(4), deep, message(6)), "SEARCH": ok()}) as fake, fake.examined() as session:
        got, error = take(session, 4, 5, 6)
        assert error is None
        assert [(type(each), each.uid) for each in got] == [(Fetched, 4), (Bad, 5), (Fetched, 6)]


def test_23_and_24_bodies_are_byte_exact() -> None:
    body = b"\0From: x\ry\nz\r\n\r\n" + b"h" * (1 << 20) + b"\xff\r"
    with FakeImap({"FETCH": ok(message(4, body))}) as fake, fake.examined() as session:
        assert take(session, 4)[0] == [Fetched(4, body, len(body))]


def test_34_a_refused_list_is_an_error_and_an_empty_one_is_empty() -> None:
    answers = in_turn(no(b"busy, try again"), no(b"[NOPERM] no"), ok())
    with FakeImap({"LIST": answers}) as fake, fake.session() as session:
        with pytest.raises(ServerUnavailable, match="try again"):
            session.folders()
        with pytest.raises(ServerRefused, match="NOPERM"):
            session.folders()
        assert session.folders() == []


def test_35_a_folder_that_is_gone_is_refused_and_the_session_goes_on() -> None:
    answers = in_turn(no(b"[NONEXISTENT] no such mailbox"), ok(EXAMINED, text=b"[READ-ONLY]"))
    with FakeImap({"EXAMINE": answers}) as fake, fake.session() as session:
        with pytest.raises(ServerRefused, match="NONEXISTENT"):
            session.examine(b"Gone")
        assert session.examined is None
        assert session.examine(b"INBOX").exists == 5


def test_a_folder_opened_for_writing_is_left_at_once() -> None:
    with FakeImap({"EXAMINE": ok(EXAMINED, text=b"[READ-WRITE] done")}) as fake, fake.session() as session:
        with pytest.raises(ServerRefused, match="read-only"):
            session.examine(b"INBOX")
        assert session.broken


def test_42_two_hundred_thousand_uids_are_found() -> None:
    sparse = b"* SEARCH " + b" ".join(b"%d" % uid for uid in range(1_000_000, 1_400_000, 2)) + b"\r\n"
    with FakeImap({"SEARCH": ok(sparse)}, "IMAP4rev1") as fake, fake.examined() as session:
        assert len(session.all_uids()) == 200_000
    with FakeImap({"SEARCH": ok(b'* ESEARCH (TAG "x") UID ALL 1:200000\r\n')}) as fake, fake.examined() as session:
        assert len(session.all_uids()) == 200_000
        assert fake.commands("SEARCH") == [b"RETURN (ALL) UID 1:*"]


def test_searches_come_in_several_lines_or_none() -> None:
    answers = in_turn(ok(b"* SEARCH 1 2\r\n* SEARCH 4\r\n"), ok())
    with FakeImap({"SEARCH": answers}, "IMAP4rev1") as fake, fake.examined() as session:
        assert session.present([1, 2, 3, 4]) == {1, 2, 4}
        assert session.present([1]) == set()


def test_43_vanished_sets_may_be_reversed_overlapping_or_open() -> None:
    answer = ok(b"* VANISHED (EARLIER) 9:7,8:10,400:*\r\n* 1 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (12))\r\n")
    with FakeImap({"FETCH": answer}) as fake, fake.examined() as session:
        gone, flags = session.changes(10)
        assert isinstance(gone, Vanished)
        assert gone.uids.ranges == ((7, 10), (400, LAST))
        assert gone.earlier
        assert flags == Flags(3, ("\\Seen",), 12)
        assert fake.commands("FETCH") == [b"1:* (UID FLAGS) (CHANGEDSINCE 10 VANISHED)"]
        with pytest.raises(ValueError, match="at least 1"):
            list(session.changes(0))


def test_44_expunges_between_the_bodies_shift_nothing() -> None:
    answers = ok(message(4), b"* 1 EXPUNGE\r\n* VANISHED 5\r\n* 2 FETCH (FLAGS (\\Deleted))\r\n", message(6))
    again = ok()
    with FakeImap({"FETCH": in_turn(answers, again), "SEARCH": ok()}) as fake, fake.examined() as session:
        got, error = take(session, 4, 5, 6)
        assert error is None
        assert sorted(got, key=lambda each: each.uid or 0) == [
            Fetched(4, b"hello", 5),
            Missing(5),
            Fetched(6, b"hello", 5),
        ]
        assert session.vanished_meanwhile() == UidSet.of([5])
        assert session.vanished_meanwhile() == UidSet()


def test_what_comes_before_closed_is_about_the_folder_before() -> None:
    """RFC 7162 §3.2.11: taken for the new folder's, it would count its messages as gone."""
    before = b"* VANISHED 1:50\r\n* 3 EXISTS\r\n* 1 FETCH (UID 9 FLAGS (\\Seen))\r\n* OK [CLOSED] that was it\r\n"
    after = EXAMINED + b"* VANISHED (EARLIER) 60\r\n* 2 FETCH (UID 70 FLAGS () MODSEQ (5))\r\n"
    with FakeImap({"EXAMINE": ok(before, after, text=b"[READ-ONLY]")}) as fake, fake.session() as session:
        found = session.examine(b"Sent", (7, 3))
        assert found.vanished == UidSet.of([60])
        assert found.changed == (Flags(70, (), 5),)
        assert found.exists == 5


def test_45_an_empty_folder_is_not_asked_for_its_messages() -> None:
    empty = ok(b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n", text=b"[READ-ONLY]")
    with FakeImap({"EXAMINE": empty, "FETCH": no(b"bad set", b"BAD")}) as fake, fake.session() as session:
        session.examine(b"INBOX")
        assert list(session.discover(1)) == []
        assert session.all_uids() == UidSet()
        assert fake.commands("FETCH") == []


def test_the_last_message_is_not_taken_for_a_new_one() -> None:
    """`n:*` past the end names the last message (RFC 3501 §6.4.8)."""
    with FakeImap({"FETCH": ok(b"* 5 FETCH (UID 99 RFC822.SIZE 5)\r\n")}) as fake, fake.examined() as session:
        assert list(session.discover(100)) == []
        assert [seen.uid for seen in session.discover(99)] == [99]


@pytest.mark.parametrize(("identity", "in_flight"), [(b"Dovecot", 2), (b"Yahoo", 1)])
def test_two_commands_are_in_flight_but_where_the_server_is_touchy(identity: bytes, in_flight: int) -> None:
    answers = {"FETCH": raw(), "ID": ok(b'* ID ("name" "' + identity + b'")\r\n')}
    with FakeImap(answers) as fake, fake.examined(patience=0.5) as session:
        take(session, *range(1, 500))  # no answer ever comes
        assert len(fake.commands("FETCH")) == in_flight


def test_large_messages_come_in_parts_as_a_file(tmp_path: Path) -> None:
    whole = bytes(range(256)) * 12_000  # 3 MB

    def fetch(call: Call) -> None:
        uid, window = call.arguments.split(b" ", 1)
        offset, length = (int(word) for word in window.split(b"<")[1].split(b">")[0].split(b"."))
        part = whole[offset : offset + length]
        call.send(b"* 1 FETCH (UID %s BODY[]<%d> {%d}\r\n" % (uid, offset, len(part)), part, b")\r\n")
        call.ok()

    with FakeImap({"FETCH": fetch}) as fake, fake.examined() as session:
        (got,) = session.bodies([(4, 9 << 20)], spool=tmp_path)  # the size a server tells may be wrong
        assert isinstance(got, Fetched)
        assert got.file is not None
        assert (got.raw, got.size) == (b"", len(whole))
        assert got.file.parent == tmp_path
        assert got.file.read_bytes() == whole


def test_a_server_that_ignores_parts_makes_no_endless_loop() -> None:
    """Exchange may send the whole message for every part asked for."""
    body = b"x" * (1 << 20)
    with FakeImap({"FETCH": ok(message(4, body))}) as fake, fake.examined() as session:
        (got,) = session.bodies([(4, 9 << 20)])
        assert isinstance(got, Bad)
        assert len(fake.commands("FETCH")) == 2
    with FakeImap({"FETCH": ok(message(4, body + b"y"))}) as fake, fake.examined() as session:
        (got,) = session.bodies([(4, 9 << 20)])
        assert isinstance(got, Fetched)
        assert got.size == len(body) + 1


def test_stopping_early_gives_the_connection_up() -> None:
    with FakeImap({"FETCH": ok(*(message(uid) for uid in range(1, 10)))}) as fake, fake.examined() as session:
        for _ in session.bodies((uid, 5) for uid in range(1, 10)):
            break
        assert session.broken


@pytest.mark.parametrize("uid", [0, -1, 2**32, True, "1:*"])
def test_only_numbers_go_into_commands(uid: int) -> None:
    with FakeImap() as fake, fake.examined() as session:
        with pytest.raises(ValueError, match="UIDs"):
            list(session.bodies([(uid, 5)]))
        assert fake.commands("FETCH") == []


def test_bare_line_feeds_and_missing_texts_are_understood() -> None:
    def noop(call: Call) -> None:
        call.send(b"* 7 EXISTS\n", call.tag + b" OK\n")

    with FakeImap({"NOOP": noop}, greeting=b"* OK hi\n") as fake, fake.session() as session:
        session.noop()
        session.noop()
