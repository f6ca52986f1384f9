"""What can be done to a message without the database: keep its bytes, parse it, prepare its words.

These functions run in worker processes: they take and return plain values.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from mailcrm.crm.words import Words, words
from mailcrm.mail import parse
from mailcrm.mail.invitation import Invited, invited
from mailcrm.mail.message import Attachment, ParsedHeaders, ParsedMessage
from mailcrm.net.blobs import BlobPlace, BlobStore, open_blobs


@dataclass(frozen=True, slots=True)
class Glance:
    """The headers of one placement, read before its body is asked for."""

    placement: int
    headers: ParsedHeaders
    header_sha256: str


@dataclass(frozen=True, slots=True)
class Intake:
    """One message with its bytes and those of its attachments kept, ready to be recorded."""

    placement: int
    parsed: ParsedMessage
    raw_sha256: str
    header_sha256: str
    words: Words
    """For the search index; the number of the message is still to be filled in."""
    invited: Invited | None = None
    """The meeting that it is about."""


def glance(batch: list[tuple[int, bytes]]) -> list[Glance]:
    """Parse the header blocks of a batch: (placement, bytes of BODY[HEADER])."""
    return [Glance(placement, parse.headers(raw), header_sha256(raw)) for placement, raw in batch]


def take_in(batch: list[tuple[int, bytes | Path]], place: BlobPlace) -> list[Intake]:
    """Keep and parse a batch of messages; a Path is read and removed.

    The blobs are complete under their names but not yet durable: `settle` before a row refers to them.
    Raises StorageFailed when the disk is full or the bucket does not answer.
    """
    blobs = open_blobs(place)
    taken = [_take_in(placement, _bytes(source), blobs) for placement, source in batch]
    blobs.flush()
    for _, source in batch:
        # Not before: were we to die over one, the file is what quarantine keeps.
        if isinstance(source, Path):
            source.unlink(missing_ok=True)
    return taken


def header_sha256(raw: bytes) -> str:
    """The hash of the header block: equal for copies of one message that a server moved or copied."""
    crlf = raw.find(b"\r\n\r\n")
    lf = raw.find(b"\n\n", 0, crlf if crlf >= 0 else len(raw))
    block = raw[: lf if lf >= 0 else crlf] if max(lf, crlf) >= 0 else raw
    return hashlib.sha256(block.replace(b"\r\n", b"\n").rstrip(b"\n")).hexdigest()


def _bytes(source: bytes | Path) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _take_in(placement: int, raw: bytes, blobs: BlobStore) -> Intake:
    parsed = parse.message(raw)
    kept = tuple(_kept(attachment, blobs) for attachment in parsed.attachments)
    calendar = next((a.data for a in parsed.attachments if a.content_type == "text/calendar"), None)
    meeting = invited(calendar) if calendar else None
    shown = replace(parsed, attachments=kept)
    return Intake(placement, shown, blobs.keep(raw), header_sha256(raw), words(0, parsed), meeting)


def _kept(attachment: Attachment, blobs: BlobStore) -> Attachment:
    blobs.keep(attachment.data, attachment.sha256)
    return replace(attachment, data=b"")
