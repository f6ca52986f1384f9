"""UidSet: a set of UIDs as ranges (RFC 3501 §9 sequence-set), never larger in memory than what was sent."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LAST = 2**32 - 1
"""The highest UID there can be; `*` of a server's set is read as this."""

COMMAND_BYTES = 990
"""The longest set put into one command (RFC 2683 §3.2.1.5 asks for lines of at most 1,000 bytes)."""


@dataclass(frozen=True, slots=True)
class UidSet:
    """UIDs as ascending, disjoint, inclusive ranges. `uid in set` is cheap; iterate only over sets that are yours:
    a server may send `1:*`, which has four thousand million members."""

    ranges: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, uids: Iterable[int]) -> "UidSet":
        """The set of these UIDs. Raises ValueError for anything but integers from 1 to 4294967295."""
        return cls(tuple(_merge((uid, uid) for uid in sorted(set(uids)))))

    @classmethod
    def between(cls, first: int, last: int) -> "UidSet":
        """All UIDs from `first` to `last`, both included; empty where last < first."""
        return cls(tuple(_merge([(first, last)]))) if first <= last else cls()

    @classmethod
    def parse(cls, text: bytes) -> "UidSet":
        """Reads a server's set: `1:3,9`, reversed `9:7`, overlapping, `12:*`. Raises ValueError if it is none."""
        ranges = []
        for item in text.split(b","):
            ends = item.strip().split(b":")
            low, high = _number(ends[0]), _number(ends[-1])
            if len(ends) > 2:
                raise ValueError("not a set of UIDs: a range has two ends")
            ranges.append((min(low, high), max(low, high)))
        return cls(tuple(_merge(sorted(ranges))))

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self.ranges, (uid, LAST + 1)) - 1
        return at >= 0 and self.ranges[at][0] <= uid <= self.ranges[at][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def __iter__(self) -> Iterator[int]:
        for first, last in self.ranges:
            yield from range(first, last + 1)

    def __or__(self, other: "UidSet") -> "UidSet":
        return UidSet(tuple(_merge(sorted(self.ranges + other.ranges))))

    def __str__(self) -> str:
        return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in self.ranges)

    def commands(self) -> Iterator[bytes]:
        """The set as arguments for commands, ascending (QQ answers BAD to others), each at most 990 bytes."""
        line = ""
        for part in str(self).split(",") if self.ranges else ():
            if line and len(line) + len(part) + 1 > COMMAND_BYTES:
                yield line.encode()
                line = ""
            line = f"{line},{part}" if line else part
        if line:
            yield line.encode()


NOTHING = UidSet()


def _number(text: bytes) -> int:
    if text != b"*" and (not text.isdigit() or len(text) > 10):
        raise ValueError(f"not a set of UIDs: {text[:20]!r}")
    return LAST if text == b"*" else int(text)


def _merge(ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Joins ascending ranges that touch or overlap."""
    low = high = 0
    for first, last in ranges:
        if type(first) is not int or not 0 < first <= last <= LAST:
            raise ValueError(f"not a range of UIDs: {first!r}:{last!r}")
        if high and first <= high + 1:
            high = max(high, last)
            continue
        if high:
            yield low, high
        low, high = first, last
    if high:
        yield low, high
