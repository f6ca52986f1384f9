"""The role of a message part: is it a document, a picture inside the text, a signature, a container, an invitation?

Only documents have versions. The rules are structural and never read a text; a person's word beats them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mailcrm.documents.values import Kind


class Role(StrEnum):
    """What a part of a message is for."""

    DOCUMENT = "document"
    INLINE = "inline"
    SIGNATURE = "signature"
    CONTAINER = "container"
    CALENDAR = "calendar"
    OTHER = "other"


REPEATED = 3
"""A small picture in so many messages of one sender is a logo."""
_LOGO_BYTES = 100_000
_TINY = 32
"""Pixels: nothing so small is a document."""

_CONTAINERS = ("message/rfc822", "application/ms-tnef", "application/vnd.ms-tnef")
_SIGNED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_CALENDARS = ("text/calendar", "application/ics")
_CARDS = ("text/vcard", "text/x-vcard", "text/directory")
_ARCHIVES = ("application/zip", "application/x-zip-compressed")


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a part of a message when its role is decided."""

    filename: str
    content_type: str
    size: int
    sha256: str = ""
    content_id: str = ""
    disposition: str = ""
    """"inline", "attachment" or empty where the part does not say."""
    referenced: bool = False
    """The HTML shows it, by its Content-ID."""
    seen: int = 0
    """In how many messages of this sender the same bytes were before."""
    width: int = 0
    height: int = 0


def role(part: Part, own_logos: Iterable[str] = ()) -> Role:
    """The role of a part; `own_logos` are the SHA-256 of the pictures of our own outgoing signatures."""
    kind, name = part.content_type.partition(";")[0].strip().casefold(), part.filename.casefold()
    if kind in _SIGNATURES or name.endswith((".p7s", ".sig", ".asc", ".sgn")):
        return Role.SIGNATURE
    if kind in _CONTAINERS or kind in _SIGNED or kind in _ARCHIVES or name.endswith((".eml", ".p7m", ".zip")):
        return Role.CONTAINER
    if name == "winmail.dat":
        return Role.CONTAINER
    if kind in _CALENDARS or name.endswith(".ics"):
        return Role.CALENDAR
    if kind in _CARDS or name.endswith(".vcf") or (kind.startswith("text/") and not name):
        return Role.OTHER
    if kind.startswith("image/") or name.endswith((".png", ".gif", ".jpg", ".jpeg", ".bmp", ".webp")):
        return _picture(part, frozenset(own_logos))
    return Role.DOCUMENT


def _picture(part: Part, own_logos: frozenset[str]) -> Role:
    """A picture that was attached on purpose is a document; what the text shows, and logos, are not."""
    tiny = 0 < part.width <= _TINY and 0 < part.height <= _TINY
    logo = part.seen >= REPEATED and part.size < _LOGO_BYTES
    if tiny or logo or part.sha256 in own_logos or part.size == 0:
        return Role.INLINE
    if part.disposition == "attachment" and not part.referenced:
        return Role.DOCUMENT
    shown = part.disposition == "inline" or part.referenced or (part.content_id and not part.disposition)
    return Role.INLINE if shown else Role.DOCUMENT


def signed_name(filename: str) -> str:
    """The name of the file that a detached signature belongs to: "offer.pdf" for "offer.pdf.p7s"; else empty."""
    stem, dot, extension = filename.rpartition(".")
    return stem if dot and extension.casefold() in ("p7s", "sig", "asc", "sgn") and "." in stem else ""


_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", Kind.PDF),
    (b"{\\rtf", Kind.RTF),
    (b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF8", Kind.IMAGE),
    (b"BM", Kind.IMAGE),
    (b"II*\x00", Kind.IMAGE),
    (b"MM\x00*", Kind.IMAGE),
)
_NAMED = {
    "docx": Kind.DOCX, "docm": Kind.DOCX, "dotx": Kind.DOCX, "odt": Kind.ODT, "doc": Kind.DOC, "rtf": Kind.RTF,
    "xlsx": Kind.XLSX, "xlsm": Kind.XLSX, "xls": Kind.XLS, "ods": Kind.ODS, "csv": Kind.CSV,
    "pptx": Kind.PPTX, "odp": Kind.ODP, "pdf": Kind.PDF, "txt": Kind.TEXT, "md": Kind.TEXT,
    "xlsb": Kind.XLSX, "dot": Kind.DOC, "pptm": Kind.PPTX,
}  # fmt: skip
_ZIPPED = (Kind.DOCX, Kind.ODT, Kind.XLSX, Kind.ODS, Kind.PPTX, Kind.ODP)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def kind_of(head: bytes, filename: str, content_type: str = "") -> Kind:
    """The kind of a file by its first bytes (1 KB is enough), and by its name where these leave a choice."""
    named = _NAMED.get(filename.casefold().rpartition(".")[2], _by_type(content_type))
    for magic, kind in _MAGIC:
        if head.startswith(magic) or (kind is Kind.PDF and magic in head[:1024]):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return named if named in _ZIPPED else _zipped(head)
    if head.startswith(_OLE):
        return named if named in (Kind.DOC, Kind.XLS) else Kind.OTHER
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.IMAGE
    return named if named in (Kind.TEXT, Kind.CSV) else Kind.OTHER


def _by_type(content_type: str) -> Kind:
    kind = content_type.casefold()
    for word, found in (("wordprocessingml", Kind.DOCX), ("spreadsheetml", Kind.XLSX), ("presentationml", Kind.PPTX)):
        if word in kind:
            return found
    return {
        "application/msword": Kind.DOC,
        "application/vnd.ms-excel": Kind.XLS,
        "application/vnd.oasis.opendocument.text": Kind.ODT,
        "application/vnd.oasis.opendocument.spreadsheet": Kind.ODS,
        "application/vnd.oasis.opendocument.presentation": Kind.ODP,
        "text/csv": Kind.CSV,
        "text/plain": Kind.TEXT,
    }.get(kind.partition(";")[0].strip(), Kind.OTHER)


def _zipped(head: bytes) -> Kind:
    """By the names of the first entries, for an office file without an honest name."""
    for name, kind in ((b"word/", Kind.DOCX), (b"xl/", Kind.XLSX), (b"ppt/", Kind.PPTX)):
        if name in head:
            return kind
    for word, kind in ((b"opendocument.text", Kind.ODT), (b"opendocument.spreadsheet", Kind.ODS)):
        if word in head:
            return kind
    return Kind.OTHER
