"""Watching: news are told within seconds, whatever the server does while we wait."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from mailcrm.errors import CredentialsRefused, MailcrmError, ServerUnavailable
from mailcrm.net.imap.budget import LoginBudget
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Login, Server
from mailcrm.net.imap.watch import Watcher
from mailcrm.net.imap.watched import Timing
from tests.dovecot import Dovecot
from tests.fake_imap import Answer, Call, FakeImap, in_turn, no, ok, raw

FAST = Timing(debounce=0.02, silence=0.6, sweep=0.4, refresh=60.0, first_retry=0.05, last_retry=0.2)
INBOX = b"INBOX"


@dataclass
class Seat:
    """A watcher and what it said."""

    told: queue.Queue[tuple[int, bytes | None]] = field(default_factory=queue.Queue)
    failures: queue.Queue[tuple[int, MailcrmError]] = field(default_factory=queue.Queue)
    watchers: list[Watcher] = field(default_factory=list)

    def watcher(self, timing: Timing = FAST, budget: LoginBudget | None = None) -> Watcher:
        """A started watcher that tells this seat."""
        made = Watcher(
            lambda mailbox, folder: self.told.put((mailbox, folder)),
            lambda mailbox, error: self.failures.put((mailbox, error)),
            timing,
            budget or LoginBudget(per_host_second=1000, per_account=1000),
        )
        made.start()
        self.watchers.append(made)
        return made

    def next(self, seconds: float = 3.0) -> tuple[int, bytes | None]:
        """What is told next."""
        return self.told.get(timeout=seconds)

    def wait_for(self, folder: bytes, seconds: float = 3.0) -> float:
        """Seconds until news of this folder are told; what is told before is passed over."""
        began = time.monotonic()
        while self.told.get(timeout=seconds)[1] != folder:
            pass
        return time.monotonic() - began

    def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing is told for some time."""
        try:
            self.told.get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@pytest.fixture
def seat() -> Iterator[Seat]:
    """A seat whose watchers are stopped at the end."""
    made = Seat()
    yield made
    for watcher in made.watchers:
        watcher.stop()


def idling(*pieces: bytes | float) -> Answer:
    """Answers IDLE with these pieces, then waits for DONE."""

    def answer(call: Call) -> bool:
        call.send(*pieces)
        if call.reader.readline().strip().upper() != b"DONE":
            return True
        call.ok()
        return False

    return answer


def opener(fake: FakeImap) -> Callable[[], Session]:
    """Opens sessions at the fake server."""
    return lambda: Session.open(fake.server(), Login("anna", "secret"))


@pytest.mark.parametrize(
    "pieces",
    [
        [b"* 6 EXISTS\r\n+ idling\r\n"],
        [b"+ idling\r\n* 6 EXISTS\r\n"],
        [b"+ idling\r\n", 0.1, b"* 6 EXISTS\r\n"],
        [b"+ idling\r\n", 0.1, b"* 6 EXI", 0.1, b"STS\r\n"],
        [b"+ idling\r\n", 0.1, b"* 3 EXPUNGE\r\n"],
        [b"+ idling\r\n", 0.1, b"* VANISHED 12:*\r\n"],
        [b"+ idling\r\n", 0.1, b'* LIST () "/" {3}\r\nabc\r\n* 6 EXISTS\n'],
    ],
)
def test_36_news_are_not_lost_however_they_come(seat: Seat, pieces: list[bytes | float]) -> None:
    with FakeImap({"IDLE": idling(*pieces)}) as fake:
        seat.watcher(Timing(debounce=0.02)).add(1, "h", opener(fake))
        assert {seat.next(), seat.next()} == {(1, None), (1, INBOX)}
        assert seat.is_silent()


@pytest.mark.parametrize(
    "end",
    [
        raw(b"+ idling\r\n", 0.1, close=True),
        raw(b"+ idling\r\n", 0.1, b'* BYE "oops) (\r\n', close=True),
        raw(b"* BYE not now\r\n", close=True),
        no(b"[UNAVAILABLE] no idling"),
        lambda call: call.send(b"+ idling\r\n", 0.1, call.tag + b" OK that is it\r\n"),
    ],
    ids=["eof", "bye", "early-bye", "refused", "ended"],
)
def test_36_a_lost_connection_is_opened_again(seat: Seat, end: Answer) -> None:
    with FakeImap({"IDLE": in_turn(end, idling(b"+ idling\r\n", 0.1, b"* 7 EXISTS\r\n"))}) as fake:
        seat.watcher(Timing(debounce=0.02, first_retry=0.05)).add(1, "h", opener(fake))
        seat.wait_for(INBOX)
        mailbox, error = seat.failures.get(timeout=1)
        assert mailbox == 1
        assert isinstance(error, ServerUnavailable)
        assert fake.connections == 2


def test_a_dead_server_makes_no_busy_loop(seat: Seat) -> None:
    with FakeImap({"IDLE": raw(b"+ idling\r\n", close=True)}) as fake:
        seat.watcher(Timing(debounce=0.02, first_retry=0.2)).add(1, "h", opener(fake))
        began = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - began < 0.5
        assert 2 <= fake.connections <= 6


def test_36_silence_is_found_out(seat: Seat) -> None:
    """A server that takes DONE and never answers: the connection is given up and opened anew."""
    deaf = raw(b"+ idling\r\n", 30.0)
    with FakeImap({"IDLE": in_turn(deaf, idling(b"+ idling\r\n* 7 EXISTS\r\n"))}) as fake:
        seat.watcher().add(1, "h", opener(fake))
        seat.wait_for(INBOX, 6.0)
        assert "too long" in str(seat.failures.get(timeout=1)[1])


def test_idle_is_renewed_and_other_folders_are_swept(seat: Seat) -> None:
    counts = [3, 3, 4]

    def listing(call: Call) -> None:
        sent = counts.pop(0) if len(counts) > 1 else counts[0]
        call.send(
            b'* LIST () "/" INBOX\r\n* LIST (\\Sent) "/" "Sent"\r\n* STATUS INBOX (MESSAGES 5 UIDNEXT 100)\r\n'
            b'* STATUS "Sent" (MESSAGES %d UIDNEXT %d)\r\n' % (sent, sent + 1)
        )
        call.ok()

    with FakeImap({"LIST": listing}) as fake:
        seat.watcher().add(1, "h", opener(fake))
        assert seat.next() == (1, None)
        assert seat.next() == (1, b"Sent")
        assert seat.is_silent(0.6)
        assert len(fake.commands("IDLE")) >= 3
        assert fake.connections == 1


def test_servers_without_idle_are_polled(seat: Seat) -> None:
    statuses = in_turn(
        *(ok(b"* STATUS INBOX (MESSAGES %d UIDNEXT 9)\r\n" % count) for count in (5, 5, 6)),
    )
    answers = {"STATUS": statuses, "LIST": ok(b'* LIST () "/" INBOX\r\n')}
    with FakeImap(answers, capabilities="IMAP4rev1") as fake:
        seat.watcher().add(1, "h", opener(fake))
        assert seat.next() == (1, None)
        assert seat.next() == (1, INBOX)
        assert not fake.commands("IDLE")


def test_notify_overflow_looks_at_everything_and_arms_anew(seat: Seat) -> None:
    first = ok(b"* STATUS INBOX (MESSAGES 5 UIDNEXT 6)\r\n* STATUS Sent (MESSAGES 1 UIDNEXT 2)\r\n")
    idle = in_turn(idling(b"+ idling\r\n", 0.1, b"* OK [NOTIFICATIONOVERFLOW] lost\r\n"), idling(b"+ idling\r\n"))
    with FakeImap({"NOTIFY": first, "IDLE": idle}, capabilities="IMAP4rev1 IDLE NOTIFY") as fake:
        seat.watcher(Timing(debounce=0.02)).add(1, "h", opener(fake))
        assert seat.next() == (1, None)
        assert seat.next() == (1, None)
        time.sleep(0.2)
        assert len(fake.commands("NOTIFY")) == 2
        assert len(fake.commands("IDLE")) == 2


def test_a_refused_notify_falls_back_to_idle(seat: Seat) -> None:
    answers = {"NOTIFY": no(b"[NOTIFY] no", b"BAD"), "IDLE": idling(b"+ idling\r\n* 6 EXISTS\r\n")}
    with FakeImap(answers, capabilities="IMAP4rev1 IDLE NOTIFY LIST-STATUS") as fake:
        seat.watcher().add(1, "h", opener(fake))
        seat.wait_for(INBOX)


def test_a_refused_password_is_never_tried_again(seat: Seat) -> None:
    with FakeImap({"LOGIN": no(b"[AUTHENTICATIONFAILED] no")}) as fake:
        watcher = seat.watcher()
        watcher.add(1, "h", opener(fake))
        assert isinstance(seat.failures.get(timeout=2)[1], CredentialsRefused)
        time.sleep(0.5)
        assert fake.connections == 1
        assert watcher.states() == {1: "refused"}
        watcher.add(1, "h", opener(fake))  # the user entered another
        assert isinstance(seat.failures.get(timeout=2)[1], CredentialsRefused)
        assert fake.connections == 2


def test_a_slow_sign_in_holds_up_nobody_else(seat: Seat) -> None:
    slow = threading.Event()

    def stuck() -> Session:
        slow.wait(5)
        raise ServerUnavailable("slow")

    with FakeImap({"IDLE": idling(b"+ idling\r\n", 0.1, b"* 6 EXISTS\r\n")}) as fake:
        watcher = seat.watcher()
        watcher.add(1, "slow", stuck)
        watcher.add(2, "h", opener(fake))
        assert seat.wait_for(INBOX) < 1.5
        slow.set()


def test_a_removed_mailbox_is_silent_and_its_connection_closed(seat: Seat) -> None:
    with FakeImap({"IDLE": idling(b"+ idling\r\n", 0.5, b"* 6 EXISTS\r\n")}) as fake:
        watcher = seat.watcher()
        watcher.add(1, "h", opener(fake))
        assert seat.next() == (1, None)
        watcher.remove(1)
        assert seat.is_silent(0.8)
        assert watcher.states() == {}


def test_many_news_of_a_folder_are_told_once(seat: Seat) -> None:
    burst = b"".join(b"* %d EXISTS\r\n" % count for count in range(6, 200))
    with FakeImap({"IDLE": idling(b"+ idling\r\n", 0.2, burst, 0.05, burst)}) as fake:
        seat.watcher(Timing(debounce=0.3)).add(1, "h", opener(fake))
        assert {seat.next(), seat.next()} == {(1, None), (1, INBOX)}
        assert seat.is_silent(0.5)


@pytest.mark.server
@pytest.mark.parametrize("notify", [True, False])
def test_deliveries_are_noticed_within_seconds(seat: Seat, dovecot: Dovecot, notify: bool) -> None:
    server, login = Server("127.0.0.1", dovecot.port, "plain"), Login(f"watched-{notify}", "pass")

    def open_session() -> Session:
        session = Session.open(server, login)
        if not notify:
            session.capabilities -= {"NOTIFY"}
        return session

    with Session.open(server, login) as writer:
        seat.watcher(Timing(sweep=0.5)).add(1, "h", open_session)
        assert seat.next() == (1, None)
        times = []
        for number in range(6):
            folder = b"Sent" if number % 2 else INBOX
            writer.append(folder, b"Subject: x\r\n\r\nhello\r\n")
            times.append(seat.wait_for(folder))
            while not seat.is_silent(0.5):
                pass
    assert max(times) < 1.5


@pytest.mark.server
def test_a_hundred_mailboxes_on_one_thread(seat: Seat, dovecot: Dovecot) -> None:
    server = Server("127.0.0.1", dovecot.port, "plain")
    watcher = seat.watcher(Timing())
    for number in range(100):
        login = Login(f"crowd-{number}", "pass")
        watcher.add(number, "h", lambda login=login: Session.open(server, login))  # type: ignore[misc]
    greeted = {seat.next(20)[0] for _ in range(100)}
    assert greeted == set(range(100))
    with Session.open(server, Login("crowd-57", "pass")) as writer:
        writer.append(INBOX, b"Subject: x\r\n\r\nhello\r\n")
    while seat.next() != (57, INBOX):
        pass
