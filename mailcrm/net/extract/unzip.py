"""The files in a zip archive that came by mail, within limits; archives inside it stay closed."""

import io
import zipfile
import zlib

from mailcrm.mail.charset import guess
from mailcrm.mail.parts import file_name
from mailcrm.net.extract.values import Unreadable

MAX_MEMBERS = 100
MAX_INFLATED = 50 << 20
_UTF8 = 0x800
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


def members(data: bytes) -> list[tuple[str, bytes]]:
    """(name without folders, bytes) of the files of an archive, in its order. Raises Unreadable."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN:
        raise Unreadable("broken", refused=False) from None
    files = [one for one in archive.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
    if len(files) > MAX_MEMBERS:
        raise Unreadable("entries")
    if any(one.flag_bits & 1 for one in files):
        raise Unreadable("protected")
    if sum(one.file_size for one in files) > MAX_INFLATED:
        raise Unreadable("inflated")
    found: list[tuple[str, bytes]] = []
    left = MAX_INFLATED
    for one in files:
        found.append((_name(one), _read(archive, one, left)))
        left -= len(found[-1][1])
    return found


def _read(archive: zipfile.ZipFile, one: zipfile.ZipInfo, left: int) -> bytes:
    """The bytes of a file; declared sizes lie, so no more than is left is inflated."""
    try:
        with archive.open(one) as stream:
            data = stream.read(left + 1)
    except _BROKEN:
        raise Unreadable("broken", refused=False) from None
    if len(data) > left:
        raise Unreadable("inflated")
    return data


def _name(one: zipfile.ZipInfo) -> str:
    """The name as its author saw it: without the flag for UTF-8 it is in the code page of his machine."""
    if one.flag_bits & _UTF8 or one.filename.isascii():
        return file_name(one.filename)
    try:
        return file_name(guess(one.filename.encode("cp437")))
    except UnicodeEncodeError:
        return file_name(one.filename)
