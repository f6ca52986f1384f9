"""Sending against real connections: who gets what, once; what a server's no does; pauses; limits. Time is virtual."""

import asyncio
import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow import people
from mailcrm.flow.people import NewUser
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import Patience
from mailcrm.mailing.token import recipient_of
from mailcrm.store.database import Database
from tests.conftest import DATABASES
from tests.fake_smtp import EXTENSIONS, FakeSmtp, Turn
from tests.post import START, Post, addresses

SENDERS = [(kind, count) for kind in DATABASES for count in ((1,) if kind == "sqlite" else (1, 2, 8))]
"""One process is meant on SQLite; on PostgreSQL any number shares the queue."""


@pytest.fixture(params=SENDERS, ids=lambda one: f"{one[0]}-{one[1]}")
def senders(request: pytest.FixtureRequest) -> tuple[str, int]:
    found: tuple[str, int] = request.param
    return found


@pytest.fixture
def database_kind(senders: tuple[str, int]) -> str:
    return senders[0]


@pytest.fixture
def post(db: Database, tmp_path: Path, senders: tuple[str, int]) -> Post:
    return Post(db, tmp_path / "post", workers=senders[1])


@pytest.mark.parametrize("extensions", [EXTENSIONS, ("8BITMIME",)])
def test_everybody_gets_his_own_message_once(post: Post, extensions: tuple[str, ...]) -> None:
    with FakeSmtp(extensions=extensions) as server:
        mailing = post.mailing(post.account(server.port), addresses(60))
        post.send()
    assert post.states() == {"accepted": 60}
    assert post.mailing_state(mailing) == ("done", "")
    assert sorted(server.recipients()) == sorted(addresses(60))
    for taken in server.taken:
        message = email.message_from_bytes(taken.data, policy=email.policy.default)
        number = recipient_of(post.keys, str(message["Message-ID"]))
        ((address, sha),) = post.rows(f"SELECT address, raw_sha256 FROM recipient WHERE id = {number}")
        assert address == taken.recipient
        date, _, rest = taken.data.partition(b"\r\n")
        assert date == b"Date: Mon, 02 Mar 2026 09:30:00 +0000"
        assert rest == post.blobs.read(sha)
    assert len(post.rows("SELECT 1 FROM attempt WHERE phase = 'dot' AND code = 250")) == 60
    assert server.connections <= 2 * post.workers


def test_greylisting_is_waited_out(post: Post) -> None:
    seen: set[str] = set()

    def script(turn: Turn) -> str | None:
        if turn.command != "RCPT" or turn.line in seen:
            return None
        seen.add(turn.line)
        return "451 4.7.1 Greylisted, come back in five minutes"

    with FakeSmtp(script) as server:
        mailing = post.mailing(post.account(server.port), addresses(10))
        post.send()
        assert post.states() == {"deferred": 10}
        assert post.mailing_state(mailing)[0] == "finishing"
        assert post.state("c0@client.example")[1] == "greylisted"
        post.clock += timedelta(minutes=4)
        post.send()
        assert post.states() == {"deferred": 10}
        post.clock += timedelta(minutes=1)
        post.send()
    assert post.states() == {"accepted": 10}
    assert sorted(server.recipients()) == sorted(addresses(10))
    assert post.rows("SELECT number, phase, code FROM attempt WHERE recipient_id = 1 ORDER BY id") == [
        (1, "rcpt", 451),
        (2, "dot", 250),
    ]


def test_tries_end_after_three_days(post: Post) -> None:
    with FakeSmtp(lambda turn: "450 4.2.1 later" if turn.command == "RCPT" else None) as server:
        post.mailing(post.account(server.port), addresses(1))
        post.send_through(lambda: "deferred" not in post.states(), timedelta(hours=1))
    assert post.state("c0@client.example") == ("failed", "gave-up")
    assert timedelta(hours=72) <= post.clock - START <= timedelta(hours=82)


def test_one_bad_address_stops_nobody(post: Post) -> None:
    def script(turn: Turn) -> str | None:
        return "550 5.1.1 no such user" if turn.command == "RCPT" and "c7@" in turn.line else None

    with FakeSmtp(script) as server:
        mailing = post.mailing(post.account(server.port), addresses(100))
        post.send()
    assert post.states() == {"accepted": 99, "failed": 1}
    assert post.state("c7@client.example") == ("failed", "unknown-address")
    assert post.mailing_state(mailing)[0] == "done"
    assert post.rows("SELECT address, reason, detail FROM suppression") == [
        ("c7@client.example", "bounced", "550 5.1.1 no such user")
    ]


def test_a_mailbox_full_three_times_over_two_weeks_is_given_up(post: Post) -> None:
    full = [True]
    with FakeSmtp(lambda turn: "552 5.2.2 mailbox full" if turn.command == "RCPT" and full else None) as server:
        account = post.account(server.port)
        for days in (0, 7, 14):
            post.clock = START + timedelta(days=days)
            assert post.rows("SELECT address FROM suppression") == []
            mailing = post.mailing(account, ["full@client.example"])
            post.send()
            assert post.states(mailing) == {"failed": 1}
        assert post.rows("SELECT address, reason, detail FROM suppression") == [
            ("full@client.example", "bounced", "552 5.2.2 mailbox full")
        ]
        full.clear()
        mailing = post.mailing(account, ["full@client.example"])
        post.send()
    assert post.states(mailing) == {"skipped": 1}


def test_what_is_larger_than_the_server_takes_fails_alone_with_the_reason(post: Post) -> None:
    with FakeSmtp(extensions=("SIZE 10000", "PIPELINING")) as server:
        mailing = post.mailing(post.account(server.port), addresses(3))
        post.run("UPDATE recipient SET raw_size = 20000 WHERE address = 'c1@client.example'")
        post.send()
    assert post.state("c1@client.example") == ("failed", "too-large")
    assert post.mailing_state(mailing) == ("done", "")
    assert sorted(server.recipients()) == ["c0@client.example", "c2@client.example"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("550 5.7.1 sender blocked by policy", "blocked: 550 5.7.1 sender blocked by policy"),
        ("550 no", "blocked: 550 no"),
        ("550 5.1.1 no such user", "addresses: 550 5.1.1 no such user"),
    ],
)
def test_a_blocked_sender_pauses_the_mailing_and_suppresses_nobody(post: Post, words: str, reason: str) -> None:
    with FakeSmtp(lambda turn: words if turn.command == "RCPT" else None) as server:
        mailing = post.mailing(post.account(server.port), addresses(500))
        post.send()
    assert post.mailing_state(mailing) == ("paused", reason)
    assert post.states()["failed"] <= 20
    assert post.states()["queued"] >= 480
    assert post.rows("SELECT * FROM suppression") == []


def test_refusals_count_together_over_restarts_and_once_heeded_no_more(post: Post) -> None:
    refused = [f"c{n}@client.example" for n in range(4)]
    with FakeSmtp(
        lambda t: "550 5.7.1 policy" if t.command == "RCPT" and any(r in t.line for r in refused) else None
    ) as server:
        mailing = post.mailing(post.account(server.port), addresses(10))
        for hours, address in ((1, refused[2]), (2, refused[3])):
            later = f"{post.clock + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"
            post.run(f"UPDATE recipient SET not_before = '{later}' WHERE address = '{address}'")
        post.send()
        assert post.states() == {"accepted": 6, "failed": 2, "queued": 2}
        post.clock += timedelta(hours=1)
        post.send()
        assert post.mailing_state(mailing) == ("paused", "blocked: 550 5.7.1 policy")
        post.run(f"UPDATE mailing SET state = 'running', pause_reason = '' WHERE id = {mailing}")
        post.clock += timedelta(hours=1)
        post.send()
    assert post.mailing_state(mailing) == ("done", "")
    assert post.states() == {"accepted": 6, "failed": 4}


def test_a_sender_who_is_refused_costs_nobody_an_attempt(post: Post) -> None:
    with FakeSmtp(lambda turn: "550 5.1.8 bad sender" if turn.command == "MAIL" else None) as server:
        mailing = post.mailing(post.account(server.port), addresses(50))
        post.send()
    assert post.mailing_state(mailing) == ("paused", "sender: 550 5.1.8 bad sender")
    assert post.rows("SELECT state, attempts, count(*) FROM recipient GROUP BY 1, 2") == [("queued", 0, 50)]


def test_whoever_was_claimed_when_the_answer_was_lost_gets_his_message(post: Post) -> None:
    with FakeSmtp() as server:
        post.mailing(post.account(server.port), addresses(8))
        lease = f"{post.clock + timedelta(minutes=2):%Y-%m-%d %H:%M:%S}"
        claimed = f"state = 'claimed', worker = 'send:test:1', lease_until = '{lease}'"
        post.run(f"UPDATE recipient SET {claimed} WHERE id IN (SELECT max(id) FROM recipient)")
        post.send()
    assert post.states() == {"accepted": 8}
    assert sorted(server.recipients()) == sorted(addresses(8))


@pytest.mark.parametrize("command", ["GREET", "MAIL", "RCPT"])
def test_a_busy_server_rests_and_costs_nobody_an_attempt(post: Post, command: str) -> None:
    busy = [True]

    def script(turn: Turn) -> str | None:
        return "421 4.3.2 too busy" if busy and turn.command == command else None

    with FakeSmtp(script) as server:
        account = post.account(server.port)
        post.mailing(account, addresses(30))
        for pause in (30, 60, 120):
            post.send()
            connections = server.connections
            post.send()
            assert server.connections == connections, "the account rests"
            ((error,),) = post.rows("SELECT last_error FROM send_account")
            assert "too busy" in error
            post.clock += timedelta(seconds=pause)
        busy.clear()
        post.send()
    assert post.states() == {"accepted": 30}
    assert {attempts for (attempts,) in post.rows("SELECT attempts FROM recipient")} == {1}
    assert post.rows("SELECT breaker_step, last_error FROM send_account") == [(0, "")]


def test_a_server_that_ends_connections_now_and_then_is_connected_again(post: Post) -> None:
    ended: set[int] = set()

    def script(turn: Turn) -> str | None:
        if turn.command != "MAIL" or turn.taken in ended or turn.taken % 25 != 24:
            return None
        ended.add(turn.taken)
        return "421 4.7.0 enough"

    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port, connections=1), addresses(90))
        post.send()
    assert post.states() == {"accepted": 90}
    assert len(ended) >= 3
    assert sorted(server.recipients()) == sorted(addresses(90))
    assert {attempts for (attempts,) in post.rows("SELECT attempts FROM recipient")} == {1}


def test_a_wrong_password_pauses_its_account_alone(post: Post) -> None:
    def script(turn: Turn) -> str | None:
        return "535 5.7.8 wrong password" if turn.command == "AUTH" else None

    with FakeSmtp(script, (*EXTENSIONS, "AUTH PLAIN")) as locked, FakeSmtp() as server:
        good = [post.account(server.port, f"user{n}@firm.example") for n in range(4)]
        bad = post.account(locked.port, "bad@firm.example", secret_source="env:POST_PASSWORD")
        for account in (*good, bad):
            post.mailing(account, addresses(10, f"of{account}.example"))
        for _ in range(5):
            post.send()
            post.clock += timedelta(hours=1)
    assert locked.connections <= 2, "no storm of sign-ins"
    assert post.states() == {"accepted": 40, "queued": 10}
    assert post.rows(f"SELECT state FROM send_account WHERE id = {bad}") == [("needs-credentials",)]
    assert {state for (state,) in post.rows("SELECT state FROM mailing")} == {"done", "running"}


def test_silence_after_the_dot_is_uncertain_and_never_repeated(post: Post) -> None:
    def script(turn: Turn) -> str | None:
        return "hang" if turn.command == "DOT" and turn.recipient == "c3@client.example" else None

    post.patience = Patience(5.0, 5.0, 1.0)
    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port, connections=1), addresses(10))
        post.send_through(lambda: post.states() == {"accepted": 9, "uncertain": 1}, timedelta(minutes=1), 5)
        post.clock += timedelta(days=5)
        post.send()
    assert post.state("c3@client.example") == ("uncertain", "no-answer")
    assert sorted(server.recipients()) == sorted(set(addresses(10)) - {"c3@client.example"})


def test_a_notice_is_repeated_with_the_same_bytes(post: Post) -> None:
    once = [True]

    def script(turn: Turn) -> str | None:
        return "drop" if turn.command == "DOT" and turn.taken == 4 and once and once.pop() else None

    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port, connections=1), addresses(10), policy="notice")
        post.send_through(lambda: post.states() == {"accepted": 10}, timedelta(minutes=1), 5)
    dates = {taken.data.partition(b"\r\n")[0] for taken in server.taken}
    assert b"Date: Mon, 02 Mar 2026 09:30:00 +0000" in dates
    assert len(server.taken) == 10


def test_suppression_counts_up_to_the_last_moment(post: Post) -> None:
    def script(turn: Turn) -> str | None:
        if turn.command == "DATA" and turn.recipient == "c5@client.example":
            _suppress(post, "c5@client.example")  # between the claim and the message
        return None

    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port), addresses(10))
        _suppress(post, "c2@client.example")
        _suppress(post, "@other.example")
        post.mailing(1, ["x@other.example"])
        post.send()
    skipped = {"c2@client.example", "c5@client.example", "x@other.example"}
    assert post.states() == {"accepted": 8, "skipped": 3}
    assert {post.state(one) for one in skipped} == {("skipped", "suppressed")}
    assert sorted(server.recipients()) == sorted(set(addresses(10)) - skipped)


def test_an_erased_address_stays_unwritten_to(post: Post) -> None:
    from mailcrm.flow.suppressions import hashed

    _suppress(post, hashed(post.keyring.fingerprint, "c1@client.example"))
    with FakeSmtp() as server:
        post.mailing(post.account(server.port), addresses(3))
        post.send()
    assert post.state("c1@client.example") == ("skipped", "suppressed")
    assert len(server.taken) == 2


def _suppress(post: Post, address: str) -> None:
    values = f"('{address}', 'all', 'unsubscribed', '', '2026-03-02')"
    post.run(f"INSERT INTO suppression (address, scope, reason, detail, at) VALUES {values}")


@pytest.mark.parametrize("act", ["paused", "cancelled"])
def test_a_pause_takes_effect_within_one_message_a_connection(post: Post, act: str) -> None:
    stopped_at: list[int] = []

    def script(turn: Turn) -> str | None:
        if turn.command == "DATA" and turn.taken >= 20 and not stopped_at:
            stopped_at.append(turn.taken)
            post.run(f"UPDATE mailing SET state = '{act}'")
        return None

    with FakeSmtp(script) as server:
        mailing = post.mailing(post.account(server.port), addresses(200))
        post.send()
        assert len(server.taken) - stopped_at[0] <= 2 * server.connections
        assert set(post.states()) == {"accepted", "queued"}
        if act == "paused":
            post.run(f"UPDATE mailing SET state = 'running' WHERE id = {mailing}")
            post.send()
            assert post.states() == {"accepted": 200}
            assert sorted(server.recipients()) == sorted(addresses(200))


def test_limits_hold_over_restarts(post: Post) -> None:
    post.width = 1
    with FakeSmtp() as server:
        post.mailing(post.account(server.port, per_minute=30, per_day=100), addresses(300))
        sent: list[int] = []
        for _ in range(72):
            post.send()
            sent.append(len(server.taken))
            post.clock += timedelta(seconds=20)
            post.clock += timedelta(minutes=40) if len(sent) > 36 else timedelta()
    for begin in range(len(sent) - 3):
        assert sent[begin + 3] - sent[begin] <= 30, "in any minute"
    assert sent[36] == 20, "a fifth of the day at once, and then evenly"
    assert 80 < sent[-1] <= 100, "in the first day"


def test_one_domain_is_not_flooded(post: Post) -> None:
    with FakeSmtp() as server:
        account = post.account(server.port, domain_per_minute=10)
        post.mailing(account, addresses(40, "large.example") + addresses(5, "small.example"))
        post.send()
        first = server.recipients()
        assert sum("@large" in one for one in first) == 2
        assert sum("@small" in one for one in first) == 2
        post.send_through(lambda: post.states() == {"accepted": 45}, timedelta(seconds=30), 20)


def test_first_waves_are_small_and_apart(post: Post) -> None:
    with FakeSmtp() as server:
        mailing = post.mailing(post.account(server.port), addresses(60), ramp='{"sizes": [5, 25], "minutes": 3}')
        post.run("UPDATE recipient SET wave = CASE WHEN id <= 5 THEN 0 WHEN id <= 30 THEN 1 ELSE 2 END")
        seen = []
        for _ in range(8):
            post.send()
            seen.append(len(server.taken))
            post.clock += timedelta(minutes=1)
        assert seen == [5, 5, 5, 30, 30, 30, 60, 60]
        assert post.mailing_state(mailing)[0] == "done"


def test_mail_leaves_in_the_hours_of_the_mailing(post: Post) -> None:
    window = '{"days": [1, 2, 3, 4, 5], "from": "12:00", "to": "13:00"}'
    with FakeSmtp() as server:
        post.mailing(post.account(server.port), addresses(5), window=window, zone="Europe/Berlin")
        post.send()
        assert server.taken == []
        post.clock += timedelta(hours=2)
        post.send()
        assert len(server.taken) == 5


def test_mail_rests_on_holidays_where_the_mailing_wants_it(post: Post) -> None:
    work = WorkCalendar(holidays=frozenset({START.date()}))
    with FakeSmtp() as server:
        account = post.account(server.port)
        post.mailing(account, addresses(3), window='{"working": true}')
        post.mailing(account, addresses(2, "any.example"))
        post.send(work=work)
        assert sorted(server.recipients()) == addresses(2, "any.example")
        post.clock += timedelta(days=1)
        post.send(work=work)
    assert post.states() == {"accepted": 5}


def test_admins_hear_that_a_mailing_was_paused(post: Post) -> None:
    people.add_user(post.db, NewUser("root@firm.example", "Root", role="admin"), post.clock)
    people.add_user(post.db, NewUser("anna@firm.example", "Anna", role="staff"), post.clock)
    irina = people.add_user(post.db, NewUser("irina@firm.example", "Ирина", role="admin"), post.clock)
    people.edit_user(post.db, irina, {"language": "ru"}, post.clock)
    with FakeSmtp(lambda turn: "550 5.7.1 policy" if turn.command == "RCPT" else None) as server:
        post.mailing(post.account(server.port), addresses(30))
        post.send()
    told = post.rows("SELECT address, subject, text FROM notification ORDER BY address")
    assert [row[0] for row in told] == ["irina@firm.example", "root@firm.example"]
    assert all("550 5.7.1 policy" in str(row[2]) for row in told)
    assert str(told[0][1]).startswith("Рассылка остановилась сама")
    assert "Слишком много серверов отвергают её" in str(told[0][2])
    assert str(told[1][1]).startswith("A mailing was paused by itself")
    assert "Too many servers refuse it as unwanted" in str(told[1][2])


def test_a_lost_message_fails_alone(post: Post) -> None:
    with FakeSmtp() as server:
        post.mailing(post.account(server.port), addresses(5))
        ((sha,),) = post.rows("SELECT raw_sha256 FROM recipient WHERE address = 'c2@client.example'")
        post.blobs.remove(sha)
        post.send()
    assert post.states() == {"accepted": 4, "failed": 1}
    assert post.state("c2@client.example") == ("failed", "lost")


def test_what_one_server_cannot_carry_fails_with_the_reason(post: Post) -> None:
    with FakeSmtp() as server:
        post.mailing(post.account(server.port), ["dörte@client.example", "a@client.example"])
        post.send()
        post.clock += timedelta(days=1)
        post.send()
    assert post.state("dörte@client.example") == ("failed", "smtputf8")
    assert post.rows("SELECT count(*) FROM attempt WHERE code = 553") == [(1,)]
    assert post.rows("SELECT address FROM suppression") == []
    assert len(server.taken) == 1


def test_stopping_gives_back_what_was_claimed(post: Post) -> None:
    async def run() -> None:
        sender = Sender(post.tools(), tick=0.02)
        loop = asyncio.get_running_loop()
        post_script.append(lambda: loop.call_soon_threadsafe(sender.stop))
        await sender.run()

    post_script: list[object] = []

    def script(turn: Turn) -> str | None:
        if turn.taken == 5 and post_script:
            stop = post_script.pop()
            stop()  # type: ignore[operator]
        return None

    with FakeSmtp(script) as server:
        post.mailing(post.account(server.port), addresses(100))
        asyncio.run(asyncio.wait_for(run(), 60))
    assert set(post.states()) == {"accepted", "queued"}
    assert len(server.taken) == post.states()["accepted"] < 30
