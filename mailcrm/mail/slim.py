"""The bytes of a message cut down to what the parser library has to see, and the bodies that were cut out.

The library's cost is its line-oriented reader. So the MIME structure is found here by searching for boundaries
(RFC 2046 §5.1), each leaf's body stays in the raw bytes as a range, and the library is given a skeleton: the
headers somebody reads, cleaned, with constant boundaries, and in place of each body the number of its range.
What the library makes of the skeleton is what it would make of the message (a property test holds this).
"""

import re
from dataclasses import dataclass, field
from email.message import Message

from mailcrm.mail import words

MAX_DEPTH = 60
MAX_PARTS = 2_000
MAX_HEADERS = 256 * 1024

Field = tuple[str, bytes]


@dataclass(slots=True)
class Piece:
    """One MIME part: its header fields (lower-case name, raw value) and where its body is in the raw bytes."""

    path: str
    fields: list[Field]
    start: int
    end: int
    boundary: bytes = b""
    children: "list[Piece]" = field(default_factory=list)

    def value(self, name: str) -> bytes:
        """The raw value of the first field called `name` (lower case), or empty."""
        for key, value in self.fields:
            if key == name:
                return value
        return b""


@dataclass(slots=True)
class Cut:
    """What `cut` found: the tree of pieces, and the defects of the structure."""

    root: Piece
    header_defect: str
    defects: list[str]
    parts: int = 0


def fields(raw: bytes, start: int, end: int) -> tuple[list[Field], int, str]:
    """The header fields of raw[start:end], where the body begins, and a defect or an empty string."""
    blank = _blank_line(raw, start, end)
    stop = min(blank, start + MAX_HEADERS)
    found: list[Field] = []
    name, value, at = "", [b""], start
    for line in raw[start:stop].splitlines(keepends=True):
        if line[0] in b" \t":
            value.append(line)
        else:
            colon = line.find(b":")
            key = line[:colon].rstrip(b" \t") if colon > 0 else b""
            if key and not key.translate(None, _NAME):
                if name:
                    found.append((name, b"".join(value).strip()))
                name, value = key.decode("ascii").lower(), [line[colon + 1 :]]
            elif line in (b"\n", b"\r\n", b"\r") or not line.startswith((b"From ", b">From ", b":")):
                break
        at += len(line)
    else:
        if name:
            found.append((name, b"".join(value).strip()))
        return found, _after_newline(raw, at, end), "headers-too-long" if stop < blank else ""
    if name:
        found.append((name, b"".join(value).strip()))
    if raw[at : at + 1] in (b"\n", b"\r"):
        return found, _after_newline(raw, at, end), ""
    return found, at, "no-blank-line-after-headers"


_NAME = bytes(c for c in range(33, 127) if c != 58)


_CRLF = ((b"\r\n\r\n", 2), (b"\n\n", 1), (b"\n\r\n", 1), (b"\r\r", 1))
_LF = ((b"\n\n", 1), (b"\n\r\n", 1), (b"\r\r", 1))


def _blank_line(raw: bytes, start: int, end: int) -> int:
    """Where the line end before the first blank line of raw[start:end] stops, or `end`."""
    if raw[start : start + 1] in (b"\n", b"\r"):
        return start
    first = raw.find(b"\n", start, end)
    marks = _LF if first > 0 and raw[first - 1] != 13 else _CRLF
    stop = end
    for mark, keep in marks:
        at = raw.find(mark, start, min(stop + 2, end))
        if at >= 0:
            stop = min(stop, at + keep)
    return stop


def _after_newline(raw: bytes, at: int, end: int) -> int:
    """`at`, or the place behind the one line end that stands there."""
    if raw[at : at + 2] == b"\r\n":
        return min(at + 2, end)
    return min(at + 1, end) if raw[at : at + 1] in (b"\n", b"\r") else at


def cut(raw: bytes, start: int = 0, end: int | None = None) -> Cut:
    """The MIME tree of raw[start:end]. Never raises; nesting and number of parts are limited, with a defect."""
    stop = len(raw) if end is None else end
    found, body, defect = fields(raw, start, stop)
    result = Cut(Piece("1", found, body, stop), defect, [])
    _divide(raw, result.root, result, 0)
    return result


def _divide(raw: bytes, piece: Piece, result: Cut, depth: int) -> None:
    """Give `piece` its children, when it is a multipart whose boundary occurs in its body."""
    result.parts += 1
    content_type = piece.value("content-type")
    if b"multipart/" not in content_type.lower():
        return
    boundary = boundary_of(content_type)
    if not boundary:
        result.defects.append("no-boundary")
        return
    if depth >= MAX_DEPTH:
        result.defects.append("nested-too-deep")
        return
    ranges, defect = _ranges(raw, piece, boundary, MAX_PARTS - result.parts, depth == 0)
    if defect:
        result.defects.append(defect)
    if not ranges:
        return
    piece.boundary = boundary
    prefix = "" if piece.path == "1" and depth == 0 else piece.path + "."
    for number, (first, last) in enumerate(ranges, 1):
        found, body, bad = fields(raw, first, last)
        if bad:
            result.defects.append("no-blank-line-after-part-headers")
        child = Piece(f"{prefix}{number}", found, min(body, last), last)
        piece.children.append(child)
        _divide(raw, child, result, depth + 1)


def boundary_of(content_type: bytes) -> bytes:
    """The boundary parameter as the library reads it (RFC 2046 §5.1.1, RFC 2231), or empty."""
    text = _latin(content_type)
    simple = parameters(text)
    if simple is not None:
        return (
            simple.get("boundary", "").rstrip().encode("latin-1", "ignore")
            if text[:10].lower() == "multipart/"
            else b""
        )
    part = Message()
    try:
        part["Content-Type"] = text
        if part.get_content_maintype() != "multipart":
            return b""
        boundary = part.get_boundary()
    except (ValueError, LookupError, TypeError, AttributeError):
        return b""
    return (boundary or "").encode("latin-1", "ignore")


_SIMPLE = re.compile(r'[^;"\s]*\s*(?:;\s*[\w\-]+\s*=\s*(?:"[^"\\;]*"|[^\s;"()*\\\']+)\s*)*;?\s*')
_PARAMETER = re.compile(r';\s*([\w\-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))')


def parameters(value: str) -> dict[str, str] | None:
    """The parameters of a MIME header value, names in lower case, where it is so plain that no reading of RFC 2045
    and 2231 can differ; None where the library has to read it."""
    if "*" in value or len(value) > 1_000 or not _SIMPLE.fullmatch(value):
        return None
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        found.setdefault(name.lower(), quoted or bare)
    return found


def _latin(value: bytes) -> str:
    """Header bytes as text with one character a byte and without line ends."""
    return b" ".join(value.splitlines()).decode("latin-1")


def _ranges(
    raw: bytes, piece: Piece, boundary: bytes, limit: int, outermost: bool
) -> tuple[list[tuple[int, int]], str]:
    """The ranges of the parts in the body of `piece` without the line end before each delimiter, and a defect."""
    mark = b"--" + boundary
    found: list[tuple[int, int]] = []
    first, at, seen = -1, piece.start, 0
    while (at := raw.find(mark, at, piece.end)) >= 0:
        stop, closes = _delimiter(raw, at, len(mark), piece)
        if stop < 0:
            at += 1
            continue
        seen += 1
        if first >= 0 and at > first:
            found.append((first, _before_newline(raw, first, at)))
        first, at = stop, stop
        if closes:
            return found, "" if found else "no-parts"
        if len(found) >= limit:
            return found, "too-many-parts"
    if first < 0:
        return [], "boundary-not-found"
    if first < piece.end:
        # As in the library, the line end before the missing delimiter goes; further in, the parent took it already.
        found.append((first, _before_newline(raw, first, piece.end) if outermost else piece.end))
    return found, "no-closing-boundary"


def _delimiter(raw: bytes, at: int, length: int, piece: Piece) -> tuple[int, bool]:
    """Where the delimiter line that begins at `at` ends (-1 where it is none), and whether it closes the multipart."""
    if at > piece.start and raw[at - 1] not in b"\r\n":
        return -1, False
    stop = at + length
    closes = raw[stop : stop + 2] == b"--"
    stop += 2 if closes else 0
    while stop < piece.end and raw[stop] in b" \t":
        stop += 1
    if stop >= piece.end:
        return piece.end, closes
    return (_after_newline(raw, stop, piece.end), closes) if raw[stop] in b"\r\n" else (-1, False)


def _before_newline(raw: bytes, start: int, at: int) -> int:
    """`at` without the one line end before it, which belongs to the delimiter."""
    if raw[at - 1 : at] == b"\n":
        at -= 1
        return at - 1 if at > start and raw[at - 1 : at] == b"\r" else max(at, start)
    return max(at - 1, start) if raw[at - 1 : at] == b"\r" else at


_PART_FIELDS = ("content-type", "content-disposition", "content-id", "content-transfer-encoding")


def skeleton(root: Piece, leaves: list[Piece], bodies: bool = True) -> str:
    """The text that the library parses for `root`; fills `leaves` with the pieces in the order of their numbers."""
    date = root.value("date")
    out = [f"date: {words.text(date)}\n"] if date else []
    if bodies:
        _write(root, out, leaves, 0)
    return "".join(out)


def _write(piece: Piece, out: list[str], leaves: list[Piece], depth: int) -> None:
    """Append the MIME fields and the content of `piece` to `out`, with the boundary that its depth has."""
    mark = f"=_{depth}_="
    seen = set()
    for name, value in piece.fields:
        if name in _PART_FIELDS and name not in seen:
            seen.add(name)
            out.append(f"{name}: {_mime_value(name, value, bool(piece.children), mark)}\n")
    if not piece.children:
        leaves.append(piece)
        out.append(f"\n@{len(leaves) - 1}@\n")
        return
    out.append("\n")
    for child in piece.children:
        out.append(f"--{mark}\n")
        _write(child, out, leaves, depth + 1)
    out.append(f"--{mark}--\n")


def _mime_value(name: str, value: bytes, divided: bool, mark: str) -> str:
    """A MIME header value for the skeleton; containers get the constant boundary, leaves cannot be containers."""
    if name == "content-type":
        kind = value.split(b";", 1)[0].strip().lower()
        if divided:
            return f'{kind.decode("latin-1")}; boundary="{mark}"'
        if kind.startswith((b"multipart/", b"message/")):
            return "x-" + words.line(value)
    if name == "content-transfer-encoding":
        return "8bit"
    return words.line(value)
