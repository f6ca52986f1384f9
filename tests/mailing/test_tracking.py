"""Machines that follow every link are told from people, as far as that can be done."""

from datetime import UTC, datetime, timedelta

from mailcrm.mailing.tracking import MACHINE, Hit, family, is_tool, network, score

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _hit(number: int, recipient: int, seconds: float, link: int = 1, **more: object) -> Hit:
    values = {"kind": "click", "network": "192.0.2.0/24", "family": "Firefox", **more}
    return Hit(number, recipient, str(values["kind"]), link, SENT + timedelta(seconds=seconds), str(values["network"]),
               str(values["family"]), str(values.get("method", "GET")), bool(values.get("has_language", True)),
               bool(values.get("beacon", False)))  # fmt: skip


def test_a_scanner_of_two_hundred_messages_is_a_machine() -> None:
    hits = [_hit(r * 10 + link, r, 40 + r * 0.1 + link * 0.01, link) for r in range(200) for link in range(4)]
    scored = score(hits, dict.fromkeys(range(200), SENT))
    assert all(one.score >= MACHINE for one in scored)


def test_a_person_half_an_hour_later() -> None:
    (one,) = score([_hit(1, 1, 1800)], {1: SENT})
    assert one.score == 0
    assert one.rules == ()


def test_a_gateway_with_the_agent_of_a_browser_steps_into_the_trap() -> None:
    hits = [
        _hit(1, 1, 300),
        _hit(2, 1, 320, 9, kind="trap"),
        _hit(3, 2, 400),
        _hit(4, 3, 5000, network="198.51.100.0/24"),
    ]
    scores = {one.hit.id: one.score for one in score(hits, {1: SENT, 2: SENT, 3: SENT})}
    assert scores[1] >= MACHINE
    assert scores[2] >= MACHINE
    assert scores[3] >= MACHINE
    assert scores[4] == 0


def test_at_once_or_without_language_or_by_head() -> None:
    assert score([_hit(1, 1, 2)], {1: SENT})[0].score == 3
    assert score([_hit(1, 1, -60)], {1: SENT})[0].score == 3
    assert score([_hit(1, 1, 900, has_language=False)], {1: SENT})[0].score == 2
    assert score([_hit(1, 1, 900, method="HEAD")], {1: SENT})[0].score == 2
    assert score([_hit(1, 1, 900, family="Gmail image proxy")], {1: SENT})[0].score == 2


def test_what_speaks_for_a_person() -> None:
    assert score([_hit(1, 1, 2, beacon=True)], {1: SENT})[0].score < 0
    hits = [_hit(1, 1, 100), _hit(2, 1, 4000, network="198.51.100.0/24")]
    assert [one.score for one in score(hits, {1: SENT})] == [0, -2]


def test_networks_and_families_say_little() -> None:
    assert network("192.0.2.77") == "192.0.2.0/24"
    assert network("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert network("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert network("x") == ""
    assert family("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/133.0") == "Firefox"
    assert family("python-requests/2.32") == "tool"
    assert family("Mozilla/5.0 (X) AppleWebKit Chrome/1 Safari/1 Edg/1") == "Edge"
    assert is_tool("")
    assert not is_tool("Mozilla/5.0 Firefox/133.0")
