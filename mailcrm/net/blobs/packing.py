"""Compression of blobs with zstandard, where it pays."""

import zstandard

SAMPLE = 4096
_SMALLEST = 512
"""Bytes below which compressing saves no disk block worth the time."""
_GAIN = 0.85
"""A sample must shrink to this part of itself, else the whole is kept as it is."""


def pays(first: bytes, second: bytes, size: int) -> bool:
    """Whether compressing is worth it, by two samples: text is, base64 of a picture or an office file is hardly."""
    if size < _SMALLEST:
        return False
    sample = first if size <= len(first) else first + second
    return len(zstandard.ZstdCompressor(1).compress(sample)) < _GAIN * len(sample)


def middle(size: int) -> int:
    """Where the second sample begins; the two must not overlap, else noise looks as if it repeated itself."""
    return max(size // 2, SAMPLE)


def pays_for(data: bytes) -> bool:
    """The same, of the whole."""
    return pays(data[:SAMPLE], data[middle(len(data)) :][:SAMPLE], len(data))
