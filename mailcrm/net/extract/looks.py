"""What a picture looks like: its size and a perceptual hash that survives scaling and recompression."""

import io
import math

from PIL import Image, UnidentifiedImageError

from mailcrm.net.extract.values import Draft, Unreadable

MAX_PIXELS = 80_000_000
_SIDE, _KEPT = 32, 8
_COSINES = [
    [math.cos(math.pi * frequency * (2 * at + 1) / (2 * _SIDE)) for at in range(_SIDE)]
    for frequency in range(_KEPT + 1)
]


def read(data: bytes) -> Draft:
    """The size and the hash of a picture. Raises Unreadable."""
    draft = Draft()
    try:
        with Image.open(io.BytesIO(data)) as image:
            draft.size = image.size
            if image.width * image.height > MAX_PIXELS:
                raise Unreadable("pixels")
            draft.pages = getattr(image, "n_frames", 1)
            image.draft("L", (256, 256))
            draft.page_hashes = (page_hash(image.convert("L")),)
    except Image.DecompressionBombError:
        raise Unreadable("pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Unreadable("broken", refused=False) from None
    return draft


def page_hash(image: Image.Image) -> int:
    """64 bits: which of the lowest frequencies of the picture are above their median (pHash)."""
    small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX).tobytes()
    rows = [[sum(small[y * _SIDE + x] * c[x] for x in range(_SIDE)) for c in _COSINES] for y in range(_SIDE)]
    low = [
        sum(rows[y][fx] * _COSINES[fy][y] for y in range(_SIDE))
        for fy in range(1, _KEPT + 1)
        for fx in range(1, _KEPT + 1)
    ]
    middle = sorted(low)[len(low) // 2]
    return sum(1 << bit for bit, value in enumerate(low) if value > middle)
