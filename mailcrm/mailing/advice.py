"""Which terms to offer one client: what worked for clients like him, with the reasons, and no more than is known.

Observed and not drawn by lot, so it is a suggestion, and never "clear". Nothing about persons goes into it: only the
groups of the client, the terms that were offered in them, and what was accepted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcrm.mailing.optimise import LEANING, LEAST, Arm, ArmResult, Chance, Prior, prior, rank


@dataclass(frozen=True, slots=True)
class Advice:
    """All terms that were offered to such clients, the best first; `word` is leaning or not-enough."""

    tried: tuple[ArmResult, ...]
    word: str
    before: Prior


def advise(tried: Sequence[Arm], past: Sequence[tuple[int, int]], chance: Chance) -> Advice:
    """The terms by what they bring for each client; `past` are (accepted, clients) of all groups, for the prior.

    One set of terms, or fewer than twenty clients for one of the two best, is not enough to lean on.
    """
    total = (sum(arm.accepted for arm in tried), sum(arm.matured for arm in tried))
    before = prior(total, [*past, total])
    offered = [arm for arm in tried if arm.matured]
    if not offered:
        return Advice((), "not-enough", before)
    ranking = rank(offered, before, chance)
    ordered = tuple(sorted(ranking.arms, key=lambda one: -one.value))
    enough = len(ordered) > 1 and min(one.arm.matured for one in ordered[:2]) >= LEAST and ordered[0].best >= LEANING
    return Advice(ordered, "leaning" if enough else "not-enough", before)
