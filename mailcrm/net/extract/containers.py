"""What is inside an attached container: the files of a zip, the content of an opaque CMS signature (.p7m)."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from mailcrm.net.extract.values import Member, Unreadable

MAX_MEMBERS = 100
MAX_UNPACKED = 50 << 20
_SKIPPED = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_DEPTH = 12


def members(data: bytes) -> list[Member]:
    """The files in a container, one level deep. Raises Unreadable where there is too much, or nothing to be read."""
    if data.startswith(b"PK"):
        return list(_zipped(data))
    if _SIGNED_DATA in data[:64]:
        return [Member("", signed_content(data))]
    raise Unreadable("kind")


def _zipped(data: bytes) -> Iterator[Member]:
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [part for part in archive.infolist() if not part.is_dir() and not _is_noise(part.filename)]
            if len(files) > MAX_MEMBERS:
                raise Unreadable("entries")
            if any(part.flag_bits & 1 for part in files):
                raise Unreadable("protected")
            for part in files:
                with archive.open(part) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise Unreadable("inflated")
                yield Member(_name(part), content)
    except _BROKEN:
        raise Unreadable("broken", refused=False) from None


def _is_noise(name: str) -> bool:
    return name.startswith(_SKIPPED[0]) or name.rpartition("/")[2] in _SKIPPED


def _name(part: zipfile.ZipInfo) -> str:
    """The name without folders. Old Russian archives have cp866 where the flag for UTF-8 is not set."""
    name = part.filename
    if not part.flag_bits & 0x800:
        raw = name.encode("cp437", "replace")
        name = raw.decode("cp866") if any(0x80 <= byte <= 0xAF or 0xE0 <= byte <= 0xEF for byte in raw) else name
    return name.replace("\\", "/").rpartition("/")[2][:200]


def signed_content(data: bytes) -> bytes:
    """The content of a SignedData (RFC 5652 §5.2), BER or DER. Raises Unreadable where it holds none."""
    at = data.find(_DATA)
    if at < 0:
        raise Unreadable("kind")
    try:
        tag, start, end = _header(data, at + len(_DATA))
        if tag != 0xA0:
            raise Unreadable("kind")
        chunks: list[bytes] = []
        _octets(data, start, len(data) if end is None else end, chunks)
        content = b"".join(chunks)
    except IndexError:
        raise Unreadable("broken", refused=False) from None
    if len(content) > MAX_UNPACKED:
        raise Unreadable("inflated")
    return content


def _octets(data: bytes, start: int, end: int, chunks: list[bytes], depth: int = 0) -> int:
    """Collect the bytes of octet strings, constructed ones piece by piece; returns where they end."""
    while start < end and depth < _DEPTH:
        if data[start : start + 2] == b"\x00\x00":
            return start + 2
        tag, inside, after = _header(data, start)
        if tag == 0x04 and after is not None:
            chunks.append(data[inside:after])
            start = after
        elif tag == 0x24:
            start = _octets(data, inside, end if after is None else after, chunks, depth + 1)
        else:
            break
    return start


def _header(data: bytes, at: int) -> tuple[int, int, int | None]:
    """(tag, start, end) of an element (X.690 §8.1); the end of one of indefinite length is None."""
    tag, length = data[at], data[at + 1]
    if length < 0x80:
        return tag, at + 2, at + 2 + length
    count = length & 0x7F
    if count == 0:
        return tag, at + 2, None
    size = int.from_bytes(data[at + 2 : at + 2 + count], "big")
    return tag, at + 2 + count, min(len(data), at + 2 + count + size)
