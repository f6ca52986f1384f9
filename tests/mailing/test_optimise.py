"""Terms optimisation reproduces what was measured before it was built, by simulation with a fixed seed."""

import random

import pytest

from mailcrm.mailing.optimise import (
    Arm,
    Prior,
    allot,
    best_probabilities,
    binomial,
    next_shares,
    power,
    preview,
    prior,
    rank,
)

BEFORE = Prior(0.05, 40)
RUNS = 250


def _named(rates: list[float], per_arm: int, seed: int = 5) -> tuple[float, float]:
    """How often the highest rate is the wrong arm, and how often the rule names the right one."""
    chance = random.Random(seed)
    truth = max(range(len(rates)), key=rates.__getitem__)
    raw_wrong = 0
    for _ in range(RUNS):
        counts = [binomial(chance, per_arm, rate) + chance.random() * 1e-6 for rate in rates]
        raw_wrong += counts.index(max(counts)) != truth
    return raw_wrong / RUNS, power(rates, per_arm, BEFORE, random.Random(seed), RUNS).found


@pytest.mark.parametrize(
    ("high", "per_arm", "raw_wrong", "found"),
    [(0.10, 60, 0.29, 0.05), (0.10, 200, 0.07, 0.28), (0.10, 600, 0.0, 0.88),
     (0.08, 60, 0.45, 0.01), (0.08, 200, 0.23, 0.08), (0.08, 600, 0.07, 0.39)],
)  # fmt: skip
def test_a_better_arm_among_four(high: float, per_arm: int, raw_wrong: float, found: float) -> None:
    """The highest rate is often wrong on small lists; the rule then names nobody."""
    wrong, named = _named([0.05, 0.05, 0.05, high], per_arm)
    assert wrong == pytest.approx(raw_wrong, abs=0.06)
    assert named == pytest.approx(found, abs=0.06)


@pytest.mark.parametrize("per_arm", [60, 200, 600])
def test_without_a_difference_nobody_is_named(per_arm: int) -> None:
    """In at most one of a hundred mailings, whatever their size."""
    told = power([0.05] * 4, per_arm, BEFORE, random.Random(11), RUNS)
    assert told.found + told.wrong <= 0.02


def test_looking_again_and_again_stays_honest() -> None:
    """A look every twenty clients names one of equal arms in at most a few of a hundred mailings."""
    chance, named = random.Random(3), 0
    for _ in range(100):
        counts = [0] * 4
        for looked in range(20, 201, 20):
            counts = [c + binomial(chance, 20, 0.05) for c in counts]
            if max(best_probabilities([(c, looked) for c in counts], BEFORE)) >= 0.95:
                named += 1
                break
    assert named <= 4


def test_shrinkage_makes_intervals_narrower_and_keeps_them_true() -> None:
    """At 40 clients an interval of 90 % covers about 89 %, and is half as wide as without a past."""
    chance = random.Random(8)
    seen: dict[str, list[tuple[bool, float, float]]] = {"flat": [], "shrunk": []}
    for run in range(300):
        truth = chance.betavariate(4, 76)
        arm = Arm("a", binomial(chance, 40, truth), 40)
        for name, before in (("flat", Prior(0.5, 2)), ("shrunk", Prior(0.05, 80))):
            one = rank([arm], before, random.Random(run), 200).arms[0]
            seen[name].append((one.low <= truth <= one.high, one.high - one.low, (one.rate - truth) ** 2))
    mean = {name: [sum(row[i] for row in rows) / len(rows) for i in range(3)] for name, rows in seen.items()}
    assert mean["shrunk"][0] == pytest.approx(0.89, abs=0.04)
    assert mean["flat"][1] == pytest.approx(0.118, abs=0.01)
    assert mean["shrunk"][1] == pytest.approx(0.063, abs=0.006)
    assert mean["flat"][2] ** 0.5 == pytest.approx(0.039, abs=0.006)
    assert mean["shrunk"][2] ** 0.5 == pytest.approx(0.020, abs=0.004)


def _thompson(rates: list[float], runs: int = 40) -> float:
    """Acceptances of 1,200 clients in batches of 100, each decided on what the batch before the last said."""
    chance, total = random.Random(21), 0
    for run in range(runs):
        won, sent = [0] * 4, [0] * 4
        known = [(0, 0)] * 4
        for batch in range(12):
            wins = best_probabilities(known, BEFORE, 60)
            counts = allot([0.025 + 0.9 * win for win in wins], 100, random.Random(run * 100 + batch))
            known = list(zip(won, sent, strict=True))
            fresh = [binomial(chance, counts[i], rates[i]) for i in range(4)]
            won = [w + f for w, f in zip(won, fresh, strict=True)]
            sent = [s + c for s, c in zip(sent, counts, strict=True)]
        total += sum(won)
    return total / runs


@pytest.mark.parametrize(
    ("rates", "accepts"),
    [([0.05, 0.05, 0.05, 0.10], 96), ([0.05, 0.06, 0.07, 0.08], 82), ([0.05] * 4, 61)],
)
def test_batches_by_thompson_sampling(rates: list[float], accepts: float) -> None:
    """Against 75, 78 and 60 for equal shares."""
    assert _thompson(rates) == pytest.approx(accepts, abs=5)


def test_the_shares_of_the_next_batch_keep_a_floor() -> None:
    shares = next_shares([Arm("a", 0, 300, baseline=True), Arm("b", 60, 300)], BEFORE, random.Random(1))
    assert sum(shares) == pytest.approx(1)
    assert shares[0] == pytest.approx(0.05, abs=0.005)
    assert sum(allot(shares, 200, random.Random(4))) == 200


def test_the_preview_says_what_a_list_can_prove() -> None:
    """80 clients for each of four arms prove 5 % → 10 % in 6 %, with two arms in 26 %, at 320 each in 76 %."""
    assert power([0.05] * 3 + [0.10], 80, Prior(0.05, 40), random.Random(9), 500).found == pytest.approx(0.06, abs=0.03)
    assert power([0.05, 0.10], 80, Prior(0.05, 40), random.Random(9), 500).found == pytest.approx(0.26, abs=0.05)
    assert power([0.05, 0.10], 320, Prior(0.05, 40), random.Random(9), 500).found == pytest.approx(0.76, abs=0.05)
    told = preview(160, 0.05, 0.10, 4, random.Random(1))
    assert [one.arms for one in told] == [2, 3, 4]
    assert told[0].found > told[-1].found
    assert preview(30, 0.05, 0.10, 4, random.Random(1)) == []


def test_quadrature_agrees_with_drawing() -> None:
    arms = [Arm("a", 4, 80), Arm("b", 9, 80), Arm("c", 6, 75)]
    drawn = [one.best for one in rank(arms, BEFORE, random.Random(2), 20_000).arms]
    assert best_probabilities([(a.accepted, a.matured) for a in arms], BEFORE) == pytest.approx(drawn, abs=0.015)


def test_the_example_of_the_words() -> None:
    """9 of 80 with a past of 8 %: likely 6 to 15 %."""
    one = rank([Arm("−10 %", 9, 80)], Prior(0.08, 40), random.Random(4)).arms[0]
    assert (one.low, one.high) == pytest.approx((0.06, 0.15), abs=0.012)


def test_words() -> None:
    assert rank([Arm("a", 20, 400, baseline=True), Arm("b", 60, 400)], BEFORE, random.Random(1)).word == "clear"
    assert rank([Arm("a", 20, 400, baseline=True), Arm("b", 29, 400)], BEFORE, random.Random(1)).word == "leaning"
    assert rank([Arm("a", 5, 60, baseline=True), Arm("b", 6, 60)], BEFORE, random.Random(1)).word == "not-enough"
    assert rank([Arm("a", 0, 10, baseline=True), Arm("b", 9, 10)], BEFORE, random.Random(1)).word == "not-enough"
    assert rank([Arm("a", 0, 10)], BEFORE, random.Random(1)).word == "not-enough"
    with pytest.raises(ValueError, match="nothing"):
        rank([], BEFORE, random.Random(1))


def test_money_decides_and_not_the_rate() -> None:
    """15 % off that lifts 5 to 6 % loses: the margin falls by more."""
    ranked = rank(
        [Arm("list", 500, 10_000, 300.0, baseline=True), Arm("−15 %", 600, 10_000, 150.0)], BEFORE, random.Random(1)
    )
    assert ranked.arms[ranked.best].arm.name == "list"
    assert ranked.word == "clear"
    assert ranked.arms[1].loss > 4


def test_the_same_seed_gives_the_same_answer() -> None:
    arms = [Arm("a", 4, 80), Arm("b", 9, 80)]
    assert rank(arms, BEFORE, random.Random(7)) == rank(arms, BEFORE, random.Random(7))


def test_the_past_of_a_group_is_drawn_towards_all() -> None:
    alike = prior((8, 100), [(8, 100), (5, 100), (6, 110)])
    assert 0.05 < alike.rate < 0.08
    assert 20 <= alike.strength <= 60
    apart = prior((60, 200), [(60, 200), (2, 200), (30, 200)])
    assert apart.strength == 20
    nothing = prior((0, 0), [])
    assert (nothing.rate, nothing.strength) == (pytest.approx(0.05), 20)
