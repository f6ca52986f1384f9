"""Small drawings of figures: where the bars of a plot stand. A template draws them, and a table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, _FOOT = 720, 170, 22
_MOST_LABELS = 13


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a series (0 or 1), hanging from nothing: `y` is its top."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Plot:
    """Pairs of bars along time, with some of their names below and the highest value at the top."""

    bars: tuple[Bar, ...]
    names: tuple[tuple[float, str], ...]
    most: int


def pairs(points: Sequence[tuple[str, int, int]]) -> Plot:
    """Two bars for each (name, first, second), side by side."""
    most = max((max(first, second) for _, first, second in points), default=0)
    step = WIDTH / max(len(points), 1)
    width = min(step * 0.38, 26)
    room = HEIGHT - _FOOT - 8
    found: list[Bar] = []
    for number, (_, *values) in enumerate(points):
        middle = step * (number + 0.5)
        for series, value in enumerate(values):
            height = room * value / most if most else 0
            left = middle - width if series == 0 else middle
            found.append(
                Bar(round(left, 1), round(8 + room - height, 1), round(width - 1, 1), round(height, 1), series)
            )
    every = -(-len(points) // _MOST_LABELS)
    names = tuple((round(step * (n + 0.5), 1), points[n][0]) for n in range(0, len(points), max(every, 1)))
    return Plot(tuple(found), names, most)
