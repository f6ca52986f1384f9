"""What became of a mailing, in numbers with their denominators; no ratio where there are too few."""

import math
from dataclasses import dataclass
from datetime import timedelta

LEAST = 20
"""Below so many there is no ratio, only "3 of 11"."""
SURE = 1.645
"""Of the normal distribution: intervals hold the true share in 90 of 100 cases."""
QUIET = timedelta(hours=72)
"""So long without a bounce, and a message counts as delivered."""
WINDOW = timedelta(days=21)
"""Who accepts within this time counts; clients who got the offer later are still maturing, both ways."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def ratio(self) -> float | None:
        """The share, or None where the denominator is too small to speak of one."""
        return self.count / self.of if self.of >= LEAST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the true one likely lies (Wilson, 90 %); None where there is no ratio."""
        return wilson(self.count, self.of) if self.of >= LEAST else None


def wilson(count: int, of: int) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927): right also for small shares. Raises ValueError for 0 of 0."""
    if of <= 0:
        raise ValueError("a share of nothing")
    share, square = count / of, SURE * SURE
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = SURE * math.sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the recipients of one mailing, or of one part of it. Each recipient may count in several."""

    recipients: int = 0
    waiting: int = 0
    """Not sent yet."""
    handed: int = 0
    """Taken by the server."""
    delivered: int = 0
    """Of these: no bounce within 72 hours, or proof that it arrived."""
    accepted: int = 0
    declined: int = 0
    replied: int = 0
    """By people, tied for certain."""
    clicked: int = 0
    """Probably by people."""
    opened: int = 0
    """An estimate."""
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0
    uncertain: int = 0
    skipped: int = 0
    matured: int = 0
    """Delivered so long ago that the window is over."""
    accepted_in_time: int = 0
    """Of the matured: accepted within the window."""
    linked: int = 0
    """Of the delivered: their clicks are counted, for they agreed to it."""
    pictured: int = 0
    """Likewise with pictures, for opens."""
    margin: int = 0
    """Of all whose margin is known, together: ten-thousandths of the currency."""
    margins: int = 0
    """How many those are."""

    @property
    def maturing(self) -> int:
        """Delivered, but the window is not over: left out of rates both ways."""
        return max(0, self.delivered - self.matured)

    @property
    def rate(self) -> Share:
        """Accepted in time of those whose window is over."""
        return Share(self.accepted_in_time, self.matured)

    @property
    def of_linked(self) -> Share:
        """Who clicked, of those whose clicks are counted."""
        return Share(self.clicked, self.linked)

    def of_delivered(self, count: int) -> Share:
        """A count as a share of what was delivered."""
        return Share(count, self.delivered)
