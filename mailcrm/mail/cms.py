"""What an opaque-signed S/MIME message holds (RFC 5652 SignedData, RFC 8551 §3.5.2); the signature is not checked.

Reads only as much BER as is needed to walk to the encapsulated content; lengths may be indefinite, strings in chunks.
"""

from dataclasses import dataclass

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_DATA = bytes.fromhex("2a864886f70d010701")
MAX_ELEMENTS = 100_000


@dataclass(frozen=True, slots=True)
class _Element:
    """One BER element: its tag, where its content begins and ends, and where the next one begins."""

    tag: int
    start: int
    end: int
    after: int


def signed_content(data: bytes) -> bytes | None:
    """The bytes that were signed, or None where `data` is no SignedData with its content inside."""
    try:
        root = _read(data, 0, len(data))
        kind = _read(data, root.start, root.end)
        if data[kind.start : kind.end] != _SIGNED_DATA:
            return None
        signed = _read(data, _read(data, kind.after, root.end).start, root.end)
        version = _read(data, signed.start, signed.end)
        digests = _read(data, version.after, signed.end)
        content = _read(data, digests.after, signed.end)
        inner = _read(data, content.start, content.end)
        if data[inner.start : inner.end] != _DATA:
            return None
        return _octets(data, _read(data, _read(data, inner.after, content.end).start, content.end))
    except (IndexError, ValueError):
        return None


def _read(data: bytes, at: int, end: int) -> _Element:
    """The element at `at`. Raises ValueError where there is none."""
    if at + 2 > end:
        raise ValueError("no element")
    tag, length, start = data[at], data[at + 1], at + 2
    if length == 0x80:
        stop = _end_of_contents(data, start, end)
        return _Element(tag, start, stop, stop + 2)
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > end:
        raise ValueError("an element that is longer than what holds it")
    return _Element(tag, start, start + length, start + length)


def _end_of_contents(data: bytes, at: int, end: int) -> int:
    """Where the end mark of an indefinite element is, whose content begins at `at`."""
    open_elements = 1
    for _ in range(MAX_ELEMENTS):
        if data[at : at + 2] == b"\0\0":
            open_elements -= 1
            if not open_elements:
                return at
            at += 2
        elif data[at + 1] == 0x80:
            open_elements += 1
            at += 2
        else:
            at = _read(data, at, end).after
    raise ValueError("too many elements")


def _octets(data: bytes, string: _Element) -> bytes:
    """The bytes of an octet string, which may be made of others."""
    if not string.tag & 0x20:
        return data[string.start : string.end]
    chunks: list[bytes] = []
    at = string.start
    while at < string.end and len(chunks) < MAX_ELEMENTS:
        chunk = _read(data, at, string.end)
        chunks.append(data[chunk.start : chunk.end])
        at = chunk.after
    return b"".join(chunks)
