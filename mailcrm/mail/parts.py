"""The parts of one message: the tree that the library made of the skeleton, joined to the ranges of the raw bytes.

A Node answers what the MIME headers say (RFC 2045, 2183, 2231) and gives its decoded bytes; nothing here raises.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from mailcrm.mail import charset, slim, words
from mailcrm.mail.slim import Piece

_SLASHES = re.compile(r"[\\/:\x00-\x1f\x7f]+")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]{2,40})", re.I)
BROKEN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)
"""What the standard library's header code is known to raise on hostile values."""


@dataclass(slots=True)
class Node:
    """One part: a container with children, or a leaf with a body."""

    path: str
    type: str
    piece: Piece
    part: "Message[str, str]"
    children: "list[Node]" = field(default_factory=list)
    disposition: str = ""
    plain: dict[str, dict[str, str] | None] = field(default_factory=dict)
    """The parameters of headers that need no library, read once."""

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter of a header, decoded (RFC 2231, RFC 2047), in one line; empty where it is missing or broken."""
        if header not in self.plain:
            self.plain[header] = slim.parameters(str(self.part.get(header, "")))
        simple = self.plain[header]
        if simple is not None:
            plain = simple.get(name, "")
            return words.text(plain.encode("utf-8", "surrogatepass")) if plain else ""
        try:
            value = self.part.get_param(name, header=header)
            if isinstance(value, tuple):
                wire = value[2].encode("latin-1" if max(value[2], default="") < "\u0100" else "utf-8", "replace")
                value = charset.decode(wire, value[0] or "utf-8")[0]
        except BROKEN:
            return ""
        return words.text(str(value).encode("utf-8", "surrogatepass")) if value else ""

    @property
    def filename(self) -> str:
        """The name of the file without any folder; empty where the part has none."""
        name = self.parameter("filename", "content-disposition") or self.parameter("name")
        return file_name(name)

    @property
    def content_id(self) -> str:
        """Content-ID without brackets."""
        return words.text(self.piece.value("content-id")).strip("<> ")

    def leaves(self) -> "Iterator[Node]":
        """All leaves below, itself if it is one, in the order of the message."""
        stack = [self]
        while stack:
            node = stack.pop()
            if node.children:
                stack.extend(reversed(node.children))
            else:
                yield node


def file_name(name: str) -> str:
    """`name` safe to show and to save: no folders, no control characters, at most 200 characters."""
    name = words.one_line(name)
    if "/" in name or "\\" in name or ":" in name:
        name = _SLASHES.sub("/", name).rstrip("/").rpartition("/")[2]
    name = name.strip(" .") if name.strip(".") == "" else name.strip()
    if len(name) > 200:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[:180]}{dot}{extension[:19]}" if dot else name[:200]
    return name


def tree(part: "Message[str, str]", piece: Piece) -> Node:
    """The nodes of a message from the library's parts and our pieces, which have the same shape."""
    kind = part.get_content_type()
    node = Node(piece.path, kind[2:] if kind.startswith(("x-message/", "x-multipart/")) else kind, piece, part)
    node.disposition = words.line(piece.value("content-disposition")).partition(";")[0].strip().lower()
    if piece.children:
        payload = part.get_payload()
        if isinstance(payload, list):
            pairs = zip(payload, piece.children, strict=False)
            node.children = [tree(sub, child) for sub, child in pairs if isinstance(sub, Message)]
    return node


def content(raw: bytes, piece: Piece) -> tuple[bytes, str]:
    """The decoded bytes of a leaf (RFC 2045 §6), and a defect or an empty string."""
    encoding = piece.value("content-transfer-encoding").strip().lower()
    if encoding in (b"", b"7bit", b"8bit", b"binary"):
        return raw[piece.start : piece.end], ""
    view = memoryview(raw)[piece.start : piece.end]
    encoding = encoding.split(b";", 1)[0].strip(b" \"'")
    if encoding == b"base64":
        try:
            return binascii.a2b_base64(view), ""
        except binascii.Error:
            return words.base64_bytes(bytes(view)), "broken-base64"
    if encoding == b"quoted-printable":
        return binascii.a2b_qp(view), ""
    if encoding in (b"x-uuencode", b"uuencode", b"uue", b"x-uue"):
        return uudecode(bytes(view))
    known = encoding in (b"7bit", b"8bit", b"binary", b"7-bit", b"8-bit", b"7bits", b"8bits")
    return bytes(view), "" if known else "unknown-transfer-encoding"


def uudecode(data: bytes) -> tuple[bytes, str]:
    """The file in uuencoded `data`, tolerant of the usual damage, and a defect or an empty string."""
    out: list[bytes] = []
    lines = iter(data.splitlines())
    if not any(line.startswith(b"begin ") for line in lines):
        return data, "broken-uuencode"
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            size = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                return b"".join(out), "broken-uuencode"
    return b"".join(out), ""


def text(data: bytes, node: Node) -> tuple[str, str]:
    """The decoded bytes of a text leaf as clean text, and a defect or an empty string."""
    name = node.parameter("charset")
    if node.type == "text/html" and not charset.codec(name or "x-unknown"):
        meta = _META.search(data[:4096])
        name = meta[1].decode("ascii") if meta else name
    decoded, defect = charset.decode(data, name)
    return charset.clean(decoded), defect if name or not data.isascii() else ""
