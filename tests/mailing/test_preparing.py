"""Whom a mailing reaches, which variant is drawn, when it begins, and what is approved."""

from collections import Counter
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.mailing import audience, preflight, schedule
from mailcrm.mailing.assign import Lot, Share, assigned
from mailcrm.mailing.audience import Audience, Candidate, Filter, Reach, select
from mailcrm.mailing.preflight import Frozen
from mailcrm.mailing.schedule import BadTime


def client(number: int, *emails: str, account: int | None = 1, group: int | None = None) -> Candidate:
    """A client with addresses; a position follows a slash."""
    reaches = tuple(Reach(e.partition("/")[0], 10 + at, e.partition("/")[2]) for at, e in enumerate(emails))
    return Candidate(number, group, account, reaches)


def test_each_client_gets_one_message_or_a_reason() -> None:
    everyone = [
        client(1, "a@one.test/Director", "b@one.test/Head of Purchasing"),
        client(2),
        client(3, "c@three.test", account=None),
        client(4, "d@four.test"),
        client(5, "e@five.test"),
    ]
    wanted = Audience(left_out=(4,), position="purchasing")
    found = {one.client_id: (one.email, one.reason) for one in select(wanted, everyone, {"e@five.test"})}
    assert found == {
        1: ("b@one.test", ""),
        2: ("", "no-address"),
        3: ("c@three.test", "no-account"),
        4: ("d@four.test", "left-out"),
        5: ("e@five.test", "suppressed"),
    }


def test_an_address_is_written_to_once_and_one_at_two_clients_waits_for_a_person() -> None:
    twins = [client(1, "same@x.test"), client(2, "same@x.test"), client(3, "other@x.test", "other@x.test")]
    assert [one.reason for one in select(Audience(people="all"), twins, set())] == ["conflict", "conflict", ""]
    decided = select(Audience(people="all", decided={"same@x.test": 2}), twins, set())
    assert [(one.client_id, one.reason) for one in decided] == [(1, "duplicate"), (2, ""), (3, "")]
    alone = select(Audience(people="all", left_out=(1,)), twins, set())
    assert [(one.client_id, one.reason) for one in alone] == [(1, "left-out"), (2, ""), (3, "")]


def test_an_audience_is_stored_and_read_again() -> None:
    chosen = (Filter("Pumps", "pump", (4,), 2, ((1, "north"), (3, ""))), Filter("All"))
    one = Audience((1, 2), (3,), (4,), (5,), "all", "purchasing", {"a@b.test": 7}, True, chosen)
    assert audience.from_json(audience.to_json(one)) == one
    assert audience.from_json("") == Audience()


def test_lots_are_fair_inside_every_stratum_and_the_same_with_the_same_seed() -> None:
    lots = [Lot(number, number % 3, number % 60) for number in range(1200)]
    shares = [Share(1, 1.0), Share(2, 1.0), Share(3, 2.0)]
    drawn = assigned(lots, shares, 42)
    assert drawn == assigned(lots[::-1], shares, 42)
    assert drawn != assigned(lots, shares, 43)
    for group in range(3):
        members = Counter(drawn[lot.client_id].variant_id for lot in lots if lot.group_id == group)
        assert [abs(members[number] - 400 * weight) <= 8 for number, weight in ((1, 0.25), (2, 0.25), (3, 0.5))] == [
            True
        ] * 3
    assert {one.probability for one in drawn.values()} == {0.25, 0.5}
    assert assigned(lots, [], 1) == {}


def test_over_many_seeds_every_client_has_its_chance() -> None:
    lots = [Lot(number, None, 5) for number in range(7)]
    counts = Counter(assigned(lots, [Share(1, 1), Share(2, 1)], seed)[3].variant_id for seed in range(2000))
    assert 900 < counts[1] < 1100


@pytest.mark.parametrize(
    ("local", "zone", "utc", "notice"),
    [
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00", "skipped"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30", "twice"),
        ("2026-11-26T09:00", "Europe/Berlin", "2026-11-26T08:00", ""),
        ("2026-11-26T09:00", "Europe/Moscow", "2026-11-26T06:00", ""),
        ("2026-11-26T09:00", "Asia/Kathmandu", "2026-11-26T03:15", ""),
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:00", "skipped"),
    ],
)
def test_local_times_survive_the_jumps_of_the_clocks(local: str, zone: str, utc: str, notice: str) -> None:
    found = schedule.start(local, zone)
    assert found.at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert found.notice == notice


def test_a_day_off_becomes_the_next_working_day() -> None:
    hours = (time(9), time(18))
    week = WorkCalendar(
        ZoneInfo("Europe/Berlin"), (hours,) * 5 + (None, None), frozenset({date(2026, 12, 25)}), frozenset()
    )
    assert schedule.start("2026-12-25T10:00", "Europe/Berlin", week).at == datetime(2026, 12, 28, 9, tzinfo=UTC)
    assert schedule.start("2026-12-24T10:00", "Europe/Berlin", week).notice == ""


@pytest.mark.parametrize(
    ("local", "zone", "reason"),
    [("soon", "UTC", "time"), ("2026-11-26T09:00+01:00", "UTC", "time"), ("2026-11-26T09:00", "Mars/Base", "zone")],
)
def test_what_is_no_time_is_refused(local: str, zone: str, reason: str) -> None:
    with pytest.raises(BadTime) as error:
        schedule.start(local, zone)
    assert error.value.reason == reason


def test_what_is_approved_is_exactly_the_frozen_recipients() -> None:
    one, two = Frozen("a@x", 1, "{}", "aa", ""), Frozen("b@x", 1, "{}", "bb", "")
    assert preflight.fingerprint([one, two]) == preflight.fingerprint([two, one])
    for changed in (
        one._replace(raw_sha256="ab"),
        one._replace(terms='{"discount":"5"}'),
        one._replace(account_id=2),
        one._replace(address="c@x"),
    ):
        assert preflight.fingerprint([changed, two]) != preflight.fingerprint([one, two])
    assert preflight.fingerprint([one]) != preflight.fingerprint([one, two])
