"""LDIF (RFC 2849), as Thunderbird and directories export address books, as lines of a table: one entry a line."""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Iterator

from mailcrm.crm.importing.values import Line
from mailcrm.mail import charset

_LISTS = frozenset({"groupofnames", "groupofuniquenames"})
_BINARY = frozenset({"jpegphoto", "usercertificate", "photo", "userpassword"})
_MEMBER = ("member", "uniquemember")
Entry = dict[str, list[str]]


def lines(data: bytes) -> list[Line]:
    """The table of a file: the headings first, then one line a person with the number of its first line in the file.

    Lists of people become tags of their members.
    """
    entries = list(_entries(data))
    people = [(number, entry) for number, entry in entries if not _is_list(entry)]
    tags = _tags(entry for _, entry in entries if _is_list(entry))
    heads = [name for name in dict.fromkeys(n for _, entry in people for n in entry) if name not in _BINARY]
    if tags:
        heads.append("tags")
    found = [Line(0, tuple(heads))]
    for number, entry in people:
        marks = tags.get(_key((entry.get("dn") or [""])[0]), [])
        cells = [" ; ".join(marks if name == "tags" else entry.get(name, [])) for name in heads]
        found.append(Line(number, tuple(cells)))
    return found


def _entries(data: bytes) -> Iterator[tuple[int, Entry]]:
    entry: Entry = {}
    start = 1
    for number, line in _unfolded(data):
        if not line.strip():
            if _tells(entry):
                yield start, entry
            entry = {}
            continue
        name, mark, value = line.partition(b":")
        if not mark or line.startswith(b"#"):
            continue
        start = number if not entry or name.strip().lower() == b"dn" else start
        entry.setdefault(name.decode("ascii", "replace").partition(";")[0].strip().casefold(), []).append(_value(value))
    if _tells(entry):
        yield start, entry


def _tells(entry: Entry) -> bool:
    return bool(set(entry) - {"version", "dn", "objectclass"})


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    whole, start = b"", 1
    for number, line in enumerate(re.sub(rb"\r*\n|\r", b"\n", data.removeprefix(b"\xef\xbb\xbf")).split(b"\n"), 1):
        if line.startswith(b" ") and whole:
            whole += line[1:]
            continue
        if number > 1:
            yield start, whole
        whole, start = line, number
    yield start, whole
    yield start, b""


def _value(raw: bytes) -> str:
    if raw.startswith(b":"):
        try:
            raw = base64.b64decode(raw[1:].strip())
        except (binascii.Error, ValueError):
            return ""
    return charset.clean(charset.decode(raw.strip(), "utf-8")[0])


def _is_list(entry: Entry) -> bool:
    return bool(_LISTS & {kind.casefold() for kind in entry.get("objectclass", [])})


def _tags(lists: Iterator[Entry]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in lists:
        name = (entry.get("cn") or [""])[0].replace(",", " ")
        for key in _MEMBER:
            for member in entry.get(key, []):
                if name:
                    found[_key(member)].append(name)
    return dict(found)


def _key(dn: str) -> str:
    return re.sub(r"\s*([,=])\s*", r"\1", dn.casefold()).strip()
