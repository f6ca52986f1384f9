"""Which variant each client gets: drawn by lot inside group and size, so that the variants can be compared later."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

BANDS = (0, 10, 50, 200, 1000)
"""Messages exchanged with a client: its size, where nothing better is known."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One client in the drawing."""

    client_id: int
    group_id: int | None
    size: int


@dataclass(frozen=True, slots=True)
class Share:
    """One variant with its weight."""

    variant_id: int
    weight: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """The variant of a client, and the chance that it had."""

    variant_id: int
    probability: float


def band(size: int) -> int:
    """The number of the size band."""
    return sum(size > edge for edge in BANDS)


def assigned(lots: Sequence[Lot], shares: Sequence[Share], seed: int) -> dict[int, Drawn]:
    """Client → variant. The same seed draws the same lots; inside a stratum each variant gets its share to within one.

    All contacts of a client get the same variant, for the client is what is drawn.
    """
    total = sum(share.weight for share in shares)
    if not shares or total <= 0:
        return {}
    found: dict[int, Drawn] = {}
    strata: dict[tuple[int, int], list[int]] = {}
    for lot in {lot.client_id: lot for lot in lots}.values():
        strata.setdefault((lot.group_id or 0, band(lot.size)), []).append(lot.client_id)
    for key in sorted(strata):
        order = sorted(strata[key], key=lambda client_id: _lot(seed, f"client {client_id}"))
        start = _lot(seed, f"stratum {key}")
        for place, client_id in enumerate(order):
            found[client_id] = _at((start + place * _GOLDEN) % 1.0, shares, total)
    return found


_GOLDEN = 0.6180339887498949
"""Steps of this size spread evenly over any shares (a low-discrepancy sequence)."""


def _at(point: float, shares: Sequence[Share], total: float) -> Drawn:
    reached = 0.0
    for share in shares:
        reached += share.weight / total
        if point < reached:
            return Drawn(share.variant_id, share.weight / total)
    return Drawn(shares[-1].variant_id, shares[-1].weight / total)


def _lot(seed: int, what: str) -> float:
    """A number from 0 to 1 that nobody can foresee without the seed."""
    digest = blake2b(f"{seed} {what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
