"""The table of what answers mean: one bad address is told from a bad server."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mailing.answer import answer
from mailcrm.mailing.outcome import BREAKS, GIVE_UP, RETRIES, Tried, judge, rest


@pytest.mark.parametrize(
    ("phase", "code", "text", "state", "charge", "reason"),
    [
        ("dot", 250, "2.0.0 queued as 4711", "accepted", "nobody", ""),
        ("dot", 0, "no reply came in time", "uncertain", "recipient", "no-answer"),
        ("dot", 451, "4.3.0 try again", "deferred", "recipient", "put-off"),
        ("dot", 421, "4.3.2 shutting down", "queued", "account", "server"),
        ("dot", 554, "5.7.1 message looks like spam", "failed", "recipient", "blocked"),
        ("dot", 552, "5.3.4 message too large", "failed", "recipient", "too-large"),
        ("connect", 0, "connection refused", "queued", "account", "server"),
        ("connect", 554, "go away", "queued", "account", "server"),
        ("auth", 535, "5.7.8 wrong password", "queued", "account", "sign-in"),
        ("auth", 454, "4.7.0 temporary failure", "queued", "account", "server"),
        ("mail", 0, "the server closed the connection", "queued", "account", "server"),
        ("mail", 421, "too many connections", "queued", "account", "server"),
        ("mail", 432, "4.3.2 throttled", "queued", "account", "server"),
        ("mail", 530, "5.7.0 must authenticate", "queued", "account", "sign-in"),
        ("mail", 550, "5.1.8 sender refused", "queued", "mailing", "sender"),
        ("mail", 552, "5.3.4 too big", "failed", "recipient", "too-large"),
        ("mail", 452, "4.3.1 no space", "queued", "account", "server"),
        ("rcpt", 450, "4.2.0 Greylisted, come back", "deferred", "recipient", "greylisted"),
        ("rcpt", 452, "4.2.2 mailbox full", "deferred", "recipient", "put-off"),
        ("rcpt", 454, "4.7.0 too many messages", "queued", "account", "server"),
        ("rcpt", 0, "lost", "queued", "account", "server"),
        ("rcpt", 550, "5.1.1 no such user", "failed", "recipient", "unknown-address"),
        ("rcpt", 550, "no such user here", "failed", "recipient", "unknown-address"),
        ("rcpt", 550, "5.1.10 null MX", "failed", "recipient", "unknown-address"),
        ("rcpt", 552, "5.2.2 mailbox full", "failed", "recipient", "full"),
        ("rcpt", 550, "5.7.1 sender blocked by policy", "failed", "recipient", "blocked"),
        ("rcpt", 550, "no", "failed", "recipient", "refused"),
        ("rcpt", 553, "5.6.7 no SMTPUTF8", "failed", "recipient", "smtputf8"),
        ("data", 451, "4.3.0 later", "deferred", "recipient", "put-off"),
    ],
)  # fmt: skip
def test_the_table(now: datetime, phase: str, code: int, text: str, state: str, charge: str, reason: str) -> None:
    found = judge(answer(phase, code, text), Tried(), now, 0.5)
    assert (found.state, found.charge, found.reason) == (state, charge, reason)
    assert found.suppress == (reason == "unknown-address")


@pytest.mark.parametrize(("code", "text"), [(550, "5.1.1 no such user"), (550, "5.1.10 null MX")])
def test_after_the_dot_nobody_is_suppressed(now: datetime, code: int, text: str) -> None:
    """A filter has spoken there, whatever it says."""
    assert not judge(answer("dot", code, text), Tried(), now, 0.5).suppress


def test_tries_come_later_and_later_and_end_after_three_days(now: datetime) -> None:
    greylisted = answer("rcpt", 451, "4.7.1 greylisted")
    at, tried, waits = now, Tried(), []
    while (found := judge(greylisted, tried, at, 0.5)).state == "deferred":
        assert found.not_before is not None
        waits.append(found.not_before - at)
        at, tried = found.not_before, Tried(tried.attempts + 1, now)
    assert tuple(waits[: len(RETRIES)]) == RETRIES
    assert (found.state, found.reason) == ("failed", "gave-up")
    assert GIVE_UP <= at - now < GIVE_UP + RETRIES[-1]


@given(st.floats(0, 1), st.integers(1, 50))
def test_chance_spreads_times_by_a_fifth(chance: float, step: int) -> None:
    now = datetime(2026, 3, 2)  # noqa: DTZ001
    span = BREAKS[min(step, len(BREAKS)) - 1]
    assert span * 0.79 <= rest(step, now, chance) - now <= span * 1.21


@given(st.sampled_from(["connect", "auth", "mail", "rcpt", "data"]), st.integers(0, 599), st.text(max_size=60))
def test_before_the_dot_nothing_is_uncertain_and_nothing_accepted(phase: str, code: int, text: str) -> None:
    found = judge(answer(phase, code, text), Tried(), datetime(2026, 3, 2), 0.5)  # noqa: DTZ001
    assert found.state in ("queued", "deferred", "failed")
    assert (found.not_before is not None) == (found.state == "deferred")


def test_the_servers_words_are_kept_without_their_codes() -> None:
    found = answer("rcpt", 550, "5.1.1 <bob@client.example>: Recipient\n5.1.1 address rejected")
    assert (found.enhanced, found.text) == ("5.1.1", "<bob@client.example>: Recipient address rejected")
