"""vCards of versions 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) as lines of a table: one card a line."""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailcrm.crm.importing.values import Line
from mailcrm.mail import charset

_HEADS = {
    "FN": "Full name",
    "ORG": "Organization",
    "TITLE": "Job title",
    "ROLE": "Role",
    "EMAIL": "E-mail",
    "TEL": "Phone",
    "URL": "Website",
    "ADR": "Address",
    "NOTE": "Note",
    "CATEGORIES": "Categories",
}
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_DULL = frozenset(
    {"VERSION", "PRODID", "REV", "UID", "BEGIN", "END", "LABEL", "N", "AGENT", "X-ABLABEL", "CLIENTPIDMAP", "SOURCE"}
    | {"SORT-STRING", "MAILER", "CLASS", "PROFILE", "XML", "X-ABADR"}
)
"""What tells nothing that a list of clients could hold, or says again what another line says."""
_FAX = ("FAX", "PAGER", "BBS", "MODEM", "PCS")
_PROPERTY = re.compile(r'(?:[\w-]+\.)?([\w-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';((?:"[^"]*"|[^";])*)')
_ESCAPED = re.compile(r"\\([nN\\,;:])")


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: dict[str, str]
    value: str


def lines(data: bytes) -> list[Line]:
    """The table of a file with cards: the headings first, then one line a card with its number from 1."""
    cards = [list(card) for card in _cards(data)]
    rows = [_cells(card) for card in cards]
    heads = list(dict.fromkeys(head for row in rows for head, _ in row))
    # The columns that every list has stand first.
    heads.sort(key=lambda head: list(_HEADS.values()).index(head) if head in _HEADS.values() else 99)
    found = [Line(0, tuple(heads))]
    for number, row in enumerate(rows, 1):
        cells = [" ; ".join(dict.fromkeys(value for head, value in row if head == wanted)) for wanted in heads]
        found.append(Line(number, tuple(cells)))
    return found


def _cards(data: bytes) -> Iterator[Iterator[_Property]]:
    card: list[_Property] | None = None
    depth = 0
    for line in _unfolded(data):
        found = _property(line)
        if found is None:
            continue
        if found.name == "BEGIN" and found.value.strip().upper() == "VCARD":
            depth += 1
            card = [] if depth == 1 else card
        elif found.name == "END" and found.value.strip().upper() == "VCARD":
            depth = max(0, depth - 1)
            if depth == 0 and card is not None:
                yield iter(card)
                card = None
        elif card is not None and depth == 1:
            card.append(found)
    if card:
        yield iter(card)


def _unfolded(data: bytes) -> Iterator[bytes]:
    """Logical lines: a line that begins with a blank continues the one before, so does one after a soft break of
    quoted-printable."""
    text = data.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = text.decode("utf-16", "replace").encode()
    whole = b""
    quoted = False
    for line in re.sub(rb"\r*\n|\r", b"\n", text).split(b"\n"):
        if quoted and whole.endswith(b"="):
            whole = whole[:-1] + line.lstrip(b" \t") if line[:1] in b" \t" and line else whole[:-1] + line
            continue
        if line[:1] in (b" ", b"\t") and whole:
            whole += line[1:]
            continue
        if whole:
            yield whole
        whole = line
        quoted = b"QUOTED-PRINTABLE" in line.partition(b":")[0].upper()
    if whole:
        yield whole


def _property(line: bytes) -> _Property | None:
    found = _PROPERTY.fullmatch(line.decode("latin-1"))
    if found is None:
        return None
    parameters = dict(_parameters(found[2]))
    return _Property(found[1].upper(), parameters, _decoded(found[3].encode("latin-1"), parameters))


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    types = []
    for part in _PARAMETER.findall(text):
        name, mark, value = part.partition("=")
        if not mark:
            # Version 2.1 leaves the names out.
            name, value = (
                ("ENCODING", part) if part.upper() in ("QUOTED-PRINTABLE", "BASE64", "8BIT") else ("TYPE", part)
            )
        if name.strip().upper() == "TYPE":
            types.append(value.strip('"').upper())
        else:
            yield name.strip().upper(), value.strip('" ').upper()
    yield "TYPE", ",".join(types)


def _decoded(raw: bytes, parameters: dict[str, str]) -> str:
    encoding = parameters.get("ENCODING", "")
    if encoding == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(raw)
    elif encoding in ("B", "BASE64"):
        try:
            raw = base64.b64decode(raw)
        except (binascii.Error, ValueError):
            return ""
    return charset.clean(charset.decode(raw, parameters.get("CHARSET", "utf-8"))[0])


def _cells(card: list[_Property]) -> list[tuple[str, str]]:
    """(heading, value) of what a card tells; a name is made of its parts where FN is missing."""
    cells: list[tuple[str, str]] = []
    for one in card:
        if one.name in _BINARY or one.name in _DULL or not one.value.strip():
            continue
        cells.append((_heading(one), _value(one)))
    if not any(head == "Full name" for head, _ in cells):
        parts = next((_parts(one.value, ";") for one in card if one.name == "N"), [])
        name = " ".join(part for part in (parts + [""] * 5)[1:3] + parts[:1] if part.strip())
        cells += [("Full name", name)] if name else []
    return [(head, value) for head, value in cells if value]


def _heading(one: _Property) -> str:
    if one.name == "TEL" and any(kind in one.parameters.get("TYPE", "") for kind in _FAX):
        return "Fax"
    return _HEADS.get(one.name) or one.name.removeprefix("X-").capitalize()


def _value(one: _Property) -> str:
    if one.name == "ADR":
        # Post box and extension stand first in the property and last on an envelope.
        parts = [" ".join(part.split()) for part in _parts(one.value, ";")]
        return ", ".join(part for part in parts[2:7] + parts[:2] if part)
    if one.name == "ORG":
        return ", ".join(part.strip() for part in _parts(one.value, ";")[:1] if part.strip())
    if one.name in ("CATEGORIES", "NICKNAME"):
        return ", ".join(part.strip() for part in _parts(one.value, ",") if part.strip())
    value = _plain(one.value).strip()
    return value.removeprefix("tel:").removeprefix("mailto:") if one.name in ("TEL", "EMAIL") else value


def _parts(value: str, mark: str) -> list[str]:
    return [_plain(part) for part in re.split(rf"(?<!\\){mark}", value)]


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)
