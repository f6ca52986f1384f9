"""Which terms work: beta-binomial with shrinkage towards what the group did before, and plain words about it.

The unit is one client and one mailing: accepted within the window, or not. Clients younger than the window are left
out of both numbers by the caller. Chance is a parameter: `random.Random(seed)`, so that the same numbers always give
the same answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

DRAWS = 4000
CLEAR, LEANING = 0.95, 0.80
LIFT, LIFT_SURE = 0.01, 0.90
"""A clear winner is also one point above the baseline, with this probability."""
WEAKEST, STRONGEST = 20.0, 60.0
"""The least and the most clients that the past may weigh."""
LEAST = 20
"""Below so many clients an arm gets no ratio, and no ranking is clear."""


class Chance(Protocol):
    """Where random numbers come from: a `random.Random` with a seed."""

    def random(self) -> float:
        """A number from 0 to below 1."""
        ...

    def betavariate(self, alpha: float, beta: float) -> float:
        """A draw from the beta distribution."""
        ...


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant of the terms: what of it is known."""

    name: str
    accepted: int
    matured: int
    """Clients whose window is over: the denominator."""
    margin: float = 1.0
    """What one acceptance brings, on average, in the currency; 1 to count acceptances alone."""
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Prior:
    """What is believed before: a rate, worth so many clients."""

    rate: float
    strength: float

    @property
    def shape(self) -> tuple[float, float]:
        """The two parameters of the beta distribution."""
        return self.rate * self.strength, (1 - self.rate) * self.strength


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What can be said of one arm. Rates are shares of clients, `low` and `high` hold 90 % of what is likely."""

    arm: Arm
    rate: float
    low: float
    high: float
    best: float
    """The probability that it brings most."""
    loss: float
    """What is lost for each client, on average, where this arm is taken and another is better."""
    value: float
    """What it brings for each client: rate × margin."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """All arms as they were given, the best of them, and how sure that is."""

    arms: tuple[ArmResult, ...]
    best: int
    word: str
    """clear, leaning or not-enough."""


def prior(group: tuple[int, int], groups: Sequence[tuple[int, int]]) -> Prior:
    """What the past says of a group: its own rate drawn towards that of all, each given as (accepted, clients).

    Its weight is found by moments over the groups and kept between 20 and 60 clients; without a past: 5 %, 20 clients.
    """
    accepted, clients = (sum(one[i] for one in groups) for i in (0, 1))
    overall = (accepted + 1) / (clients + 20)
    strength = _strength(groups, overall)
    rate = (group[0] + overall * strength) / (group[1] + strength)
    return Prior(min(max(rate, 0.001), 0.999), strength)


def _strength(groups: Sequence[tuple[int, int]], overall: float) -> float:
    big = [(s, n) for s, n in groups if n >= LEAST]
    if len(big) < 2:
        return WEAKEST
    spread = sum((s / n - overall) ** 2 for s, n in big) / (len(big) - 1)
    chance = sum(overall * (1 - overall) / n for _, n in big) / len(big)
    between = spread - chance
    if between <= 0:
        return STRONGEST
    return min(max(overall * (1 - overall) / between - 1, WEAKEST), STRONGEST)


def rank(arms: Sequence[Arm], before: Prior, chance: Chance, draws: int = DRAWS) -> Ranking:
    """The arms by what they bring; raises ValueError where there is none."""
    if not arms:
        raise ValueError("nothing to rank")
    samples = [_samples(chance, arm, before, draws) for arm in arms]
    worth = [[theta * arm.margin for theta in sample] for arm, sample in zip(arms, samples, strict=True)]
    tops = [max(values) for values in zip(*worth, strict=True)]
    wins = [sum(v == top for v, top in zip(values, tops, strict=True)) / draws for values in worth]
    results = tuple(_result(arms[i], samples[i], worth[i], tops, wins[i]) for i in range(len(arms)))
    best = max(range(len(arms)), key=lambda i: wins[i])
    return Ranking(results, best, _word(arms, samples, best, wins[best]))


def _samples(chance: Chance, arm: Arm, before: Prior, draws: int) -> list[float]:
    a, b = before.shape
    draw = chance.betavariate
    return [draw(a + arm.accepted, b + arm.matured - arm.accepted) for _ in range(draws)]


def _result(arm: Arm, sample: list[float], worth: list[float], tops: list[float], wins: float) -> ArmResult:
    ordered, draws = sorted(sample), len(sample)
    loss = sum(top - value for top, value in zip(tops, worth, strict=True)) / draws
    rate = sum(sample) / draws
    low, high = ordered[int(draws * 0.05)], ordered[int(draws * 0.95)]
    return ArmResult(arm, rate, low, high, wins, loss, rate * arm.margin)


def _word(arms: Sequence[Arm], samples: list[list[float]], best: int, sure: float) -> str:
    if len(arms) < 2 or sure < LEANING or min(arm.matured for arm in arms) < LEAST:
        return "not-enough"
    base = next((i for i, arm in enumerate(arms) if arm.baseline), best)
    pairs = zip(samples[best], samples[base], strict=True)
    lifts = sum(t * arms[best].margin > (u + LIFT) * arms[base].margin for t, u in pairs) / len(samples[best])
    return "clear" if sure >= CLEAR and (base == best or lifts >= LIFT_SURE) else "leaning"


def best_probabilities(arms: Sequence[tuple[int, int]], before: Prior, points: int = 100) -> list[float]:
    """P(best by rate) for arms given as (accepted, matured), by quadrature: exact to a per mille and without chance.

    Quick enough to be asked a thousand times for one preview.
    """
    a, b = before.shape
    shapes = [(a + s, b + n - s) for s, n in arms]
    top = max(x / (x + y) + 6 * math.sqrt(x * y / (x + y + 1)) / (x + y) for x, y in shapes)
    grid = [min(top, 1.0) * (i + 0.5) / points for i in range(points)]
    masses = [_masses(x, y, grid) for x, y in shapes]
    below = [[total - mass / 2 for total, mass in zip(accumulate(one), one, strict=True)] for one in masses]
    wins = [
        sum(mass * math.prod(below[j][k] for j in range(len(arms)) if j != i) for k, mass in enumerate(masses[i]))
        for i in range(len(arms))
    ]
    return [one / sum(wins) for one in wins]


def _masses(x: float, y: float, grid: list[float]) -> list[float]:
    logs = [(x - 1) * math.log(p) + (y - 1) * math.log1p(-p) for p in grid if p < 1]
    peak = max(logs)
    weights = [math.exp(one - peak) for one in logs] + [0.0] * (len(grid) - len(logs))
    total = sum(weights)
    return [one / total for one in weights]


@dataclass(frozen=True, slots=True)
class Power:
    """What a mailing of this size can prove: shares of imagined mailings."""

    arms: int
    per_arm: int
    found: float
    """The better arm is named."""
    wrong: float
    """Another arm is named."""


def power(rates: Sequence[float], per_arm: int, before: Prior, chance: Chance, runs: int = 300) -> Power:
    """How often P(best) reaches 95 % for the arm with the highest of these true rates, and for another."""
    truth = max(range(len(rates)), key=lambda i: rates[i])
    found = wrong = 0
    for _ in range(runs):
        arms = [(binomial(chance, per_arm, rate), per_arm) for rate in rates]
        sure = best_probabilities(arms, before)
        best = max(range(len(rates)), key=lambda i: sure[i])
        if sure[best] >= CLEAR:
            found, wrong = found + (best == truth), wrong + (best != truth)
    return Power(len(rates), per_arm, found / runs, wrong / runs)


def preview(clients: int, low: float, high: float, most_arms: int, chance: Chance) -> list[Power]:
    """For 2, 3, … arms with equal shares of the clients: the chance to prove that one has the rate `high`, the others
    `low`."""
    before = Prior(low, 40)
    return [
        power([low] * (arms - 1) + [high], clients // arms, before, chance)
        for arms in range(2, most_arms + 1)
        if clients // arms >= LEAST
    ]


def binomial(chance: Chance, count: int, rate: float) -> int:
    """How many of `count` tries succeed, drawn by the gaps between successes: few draws where the rate is small."""
    if not 0 < rate < 1:
        return count if rate >= 1 else 0
    missing, done, found = math.log1p(-rate), 0, -1
    while done <= count:
        done += int(math.log(1 - chance.random()) / missing) + 1
        found += 1
    return found


def next_shares(arms: Sequence[Arm], before: Prior, chance: Chance, floor: float = 0.10) -> list[float]:
    """The shares of the next batch by Thompson sampling: P(most worth), with a tenth spread over all arms so that each
    is still learned about."""
    return shares_of(rank(arms, before, chance), floor)


def shares_of(ranking: Ranking, floor: float = 0.10) -> list[float]:
    """The same from a ranking that is known already."""
    return [floor / len(ranking.arms) + (1 - floor) * one.best for one in ranking.arms]


def allot(shares: Sequence[float], clients: int, chance: Chance) -> list[int]:
    """How many clients of a batch each arm gets: drawn by lot, so that every assignment has a known probability."""
    counts = [0] * len(shares)
    bounds = list(accumulate(shares))
    for _ in range(clients):
        at = chance.random() * bounds[-1]
        counts[next(i for i, bound in enumerate(bounds) if at < bound)] += 1
    return counts
