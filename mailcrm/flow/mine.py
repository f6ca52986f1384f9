"""What mailcrm has from somebody's mailboxes as a zip that is written while it is read: messages.jsonl and the .eml."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict

from mailcrm.mail.raw import without_bcc
from mailcrm.net.blobs import BlobStore
from mailcrm.store import mine
from mailcrm.store.database import Database
from mailcrm.store.mine import MineRow, Selection


class _Outlet(io.RawIOBase):
    """A file without a place: what is written waits to be taken."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: object) -> int:
        """Keep the bytes until they are taken."""
        chunk = bytes(data)  # type: ignore[call-overload]
        self.chunks.append(chunk)
        return len(chunk)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = b"".join(self.chunks)
        self.chunks.clear()
        return found


def export(database: Database, blobs: BlobStore, user_id: int) -> Iterator[bytes]:
    """The bytes of the zip, one message at a time: no more than one is in memory."""
    outlet = _Outlet()
    lines: list[str] = []
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        with database.reading() as connection:
            boxes = mine.mailbox_ids(connection, user_id)
            for page in mine.pages(connection, boxes, Selection()):
                for row in page:
                    lines.append(_line(row, _put(archive, blobs, row)))
                    yield outlet.taken()
        archive.writestr("messages.jsonl", "".join(lines))
    yield outlet.taken()


def _put(archive: zipfile.ZipFile, blobs: BlobStore, row: MineRow) -> str:
    if not blobs.has(row.raw_sha256):
        return ""
    name = f"messages/{row.id}.eml"
    raw = blobs.read(row.raw_sha256)
    # The bytes are those of the first copy that was read: its blind copies may be another's.
    archive.writestr(name, raw if row.bcc else without_bcc(raw))
    return name


def _line(row: MineRow, file: str) -> str:
    return json.dumps({**asdict(row), "at": row.at.isoformat(), "file": file}, ensure_ascii=False) + "\n"
