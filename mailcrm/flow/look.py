"""Looking at the parts of one message: roles, kinds, members of archives, what is in each file.

Nothing here touches the database; files are read in the processes of the extractor.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mailcrm.documents.roles import Part as MimePart
from mailcrm.documents.roles import Role, kind_of, role
from mailcrm.documents.values import Kind
from mailcrm.errors import NotFound
from mailcrm.mail import charset, parse
from mailcrm.mail.message import BounceReport
from mailcrm.mail.message import Kind as MessageKind
from mailcrm.net.blobs import BlobStore
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import Extract, Member, Unreadable, unread
from mailcrm.store.fingerprints import BlobRow
from mailcrm.store.message_parts import Letter, Piece

_HEAD = 1024
_CLOSED = (Kind.OTHER, Kind.DOC)
"""Kinds that no reader reads."""


_REPORTS = (MessageKind.BOUNCE, MessageKind.COMPLAINT, MessageKind.RECEIPT)
"""Messages of machines, which only give back what was sent."""


@dataclass(frozen=True, slots=True)
class Found:
    """One part: where it is, which bytes, under which name, in which role."""

    path: str
    sha256: str
    name: str
    role: Role
    kind: Kind
    size: int


@dataclass
class Looked:
    """What was found in one message."""

    letter: Letter
    parts: list[Found] = field(default_factory=list)
    extracts: dict[str, Extract] = field(default_factory=dict)
    """Of the contents that had not been read before."""
    bounce: BounceReport | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What looking at a message needs: the bytes, the readers, and what is known already."""

    blobs: BlobStore
    extractor: Extractor
    known: Mapping[str, BlobRow]
    """Contents that have been read."""
    documents: Collection[str] = frozenset()
    """Contents that a person called documents."""


def look(reading: Reading, letter: Letter) -> Looked:
    """Everything in a message that the documents step wants to know. A blob that is missing is passed over: fsck brings
    it back, and then the message is looked at again."""
    looked = Looked(letter)
    for piece in letter.pieces if letter.kind not in _REPORTS else ():
        try:
            _look_at(reading, piece, looked)
        except NotFound:
            continue
    if letter.kind == "bounce":
        looked.bounce = _bounce(reading.blobs, letter)
    return looked


def _look_at(reading: Reading, piece: Piece, looked: Looked) -> None:
    part = _mime(piece)
    if _settle(reading, piece.path, part, looked, b"") is Role.CONTAINER and _is_archive(piece):
        for number, one in enumerate(_members(reading, piece.sha256), 1):
            inner = MimePart(one.name, "", len(one.data), reading.blobs.keep(one.data), disposition="attachment")
            _settle(reading, f"{piece.path}/{number}", inner, looked, one.data)


def _mime(piece: Piece) -> MimePart:
    # What the text shows, and pictures that say they are inline, were marked when the message was parsed.
    disposition = "inline" if piece.inline else "attachment"
    return MimePart(
        piece.filename,
        piece.content_type,
        piece.size,
        piece.sha256,
        disposition=disposition,
        referenced=piece.inline,
        seen=piece.seen,
    )


def _settle(reading: Reading, path: str, part: MimePart, looked: Looked, data: bytes) -> Role:
    """Decide on the role of a part, reading it where it may be a document."""
    found, row = role(part), reading.known.get(part.sha256)
    if part.sha256 in reading.documents:
        found = Role.DOCUMENT
    kind = Kind(row.kind) if row else _kind(reading.blobs, part, data)
    if found is Role.CONTAINER and kind is not Kind.OTHER:
        found = Role.DOCUMENT  # an office file that was sent as application/zip
    width, height = (row.width, row.height) if row else (0, 0)
    if found is Role.DOCUMENT and row is None and part.sha256 not in looked.extracts:
        extract = _read(reading, part.sha256, kind, data)
        looked.extracts[part.sha256] = extract
        width, height = extract.width, extract.height
    if kind is Kind.IMAGE and found is Role.DOCUMENT and part.sha256 not in reading.documents:
        found = role(_sized(part, width, height))
    looked.parts.append(Found(path, part.sha256, part.filename, found, kind, part.size))
    return found


def _sized(part: MimePart, width: int, height: int) -> MimePart:
    return MimePart(
        part.filename,
        part.content_type or "image/unknown",
        part.size,
        part.sha256,
        disposition=part.disposition,
        referenced=part.referenced,
        seen=part.seen,
        width=width,
        height=height,
    )


def _kind(blobs: BlobStore, part: MimePart, data: bytes) -> Kind:
    if data:
        return kind_of(data[:_HEAD], part.filename, part.content_type)
    with blobs.open(part.sha256) as stream:
        return kind_of(stream.read(_HEAD), part.filename, part.content_type)


def _read(reading: Reading, sha: str, kind: Kind, data: bytes) -> Extract:
    """What is in a file. A process that died is given a second try: the machine may have been short of memory."""
    if kind in _CLOSED:
        return unread(sha, kind, len(data) or reading.blobs.size(sha), "kind")
    whole = data or reading.blobs.read(sha)
    extract = reading.extractor.extract(whole, kind)
    return reading.extractor.extract(whole, kind) if extract.reason == "died" else extract


def _is_archive(piece: Piece) -> bool:
    return "zip" in piece.content_type or piece.filename.casefold().endswith(".zip")


def _members(reading: Reading, sha: str) -> tuple[Member, ...]:
    """The files of an archive; none where it cannot be opened within the limits: it stays an attachment."""
    try:
        return reading.extractor.members(reading.blobs.read(sha))
    except Unreadable:
        return ()


def _bounce(blobs: BlobStore, letter: Letter) -> BounceReport | None:
    try:
        return parse.message(blobs.read(letter.raw_sha256)).bounce
    except NotFound:
        return None


def searchable(extract: Extract) -> str:
    """The text of a file as it is searched: with its comments, without what a database cannot store."""
    notes = "\n".join(comment.text for comment in extract.comments)
    return charset.clean(f"{extract.text}\n{notes}" if notes else extract.text)
