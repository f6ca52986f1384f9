"""Bookshelf: messages with documents of which only names, times and fingerprints matter, placed as the product does."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mailcrm.documents.values import Fingerprint, Occurrence
from mailcrm.flow.desk import Desk
from mailcrm.flow.placing import Pace, place_ready
from mailcrm.flow.readers import Readers
from mailcrm.model import Client, DocumentWork, Message, MessageBody, Thread
from mailcrm.model import Occurrence as OccurrenceRow
from mailcrm.net.blobs import Blobs
from mailcrm.store import document_work, fingerprints
from mailcrm.store.database import Database
from mailcrm.store.rows import insert, insert_missing

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Bookshelf:
    """A database that knows these fingerprints."""

    db: Database
    folder: Path
    prints: Mapping[str, Fingerprint]
    pace: Pace = field(default_factory=Pace)
    _numbers: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.desk = Desk(self.db, Blobs(self.folder), Readers(1), "bookshelf", lambda: NOW)

    def deliver(self, occurrences: Sequence[Occurrence]) -> None:
        """Enter the messages of these occurrences, ready to be placed."""
        with self.db.writing() as connection:
            wanted = {one.sha256: self.prints[one.sha256] for one in occurrences}
            rows = fingerprints.add_blobs(connection, ((s, p.kind, p.size) for s, p in wanted.items()))
            for blob_id in fingerprints.unread(connection, [row.id for row in rows.values()]):
                (sha,) = (sha for sha, row in rows.items() if row.id == blob_id)
                fingerprints.keep(connection, blob_id, wanted[sha], "")
            clients = {client for one in occurrences for client in one.clients}
            insert_missing(connection, Client, [_client(number) for number in sorted(clients)])
            insert_missing(connection, Thread, [_thread(n) for n in sorted({one.thread for one in occurrences} | {1})])
            messages = {one.message: one for one in occurrences}
            insert(connection, Message, [_message(one) for one in messages.values()])
            insert(connection, MessageBody, [{"message_id": m, "text": "", "reply_text": None} for m in messages])
            insert(connection, OccurrenceRow, [_part(one, rows[one.sha256].id) for one in occurrences])
            insert(connection, DocumentWork, [_work(number) for number in messages])

    def place(self, insist: bool = True) -> int:
        """Place what waits; returns how many messages were placed, those that were placed anew among them."""
        done = 0
        while some := place_ready(self.desk, self.pace, insist):
            done += some
        return done

    def waiting(self) -> int:
        """How many messages wait to be placed."""
        with self.db.reading() as connection:
            return document_work.backlog(connection)[1]


def dated(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """The same occurrences with ids of messages that grow with time, as those of the product do."""
    ordered = sorted(occurrences)
    first = {one.message: one for one in reversed(ordered)}
    numbers = {message: (int(one.at.timestamp()) << 30) | message for message, one in first.items()}
    found = []
    for position, one in enumerate(ordered):
        message = numbers[one.message]
        at = datetime.fromtimestamp(message >> 30, UTC)
        path = f"{position:06d}"
        occurrence = Occurrence(
            at, f"{message:020d}/{path}", one.sha256, one.name, message, one.thread, one.clients, one.inbound
        )
        found.append(occurrence)
    return found


def _client(number: int) -> dict[str, object]:
    row = {"id": number, "name": f"Client {number}", "name_key": f"client {number}", "kind": "company", "note": ""}
    row |= {"website": "", "tax_id": "", "postal_address": "", "message_count": 0}
    return {**row, "created_at": NOW, "updated_at": NOW}


def _thread(number: int) -> dict[str, object]:
    return {"id": max(number, 1), "subject": "", "created_at": NOW}


def _message(one: Occurrence) -> dict[str, object]:
    texts = ("message_id", "digest", "header_sha256", "raw_sha256", "subject", "kind", "preview")
    row: dict[str, object] = dict.fromkeys(texts, str(one.message))
    row |= {"id": one.message, "thread_id": max(one.thread, 1), "at": one.at, "has_html": False, "size": 1}
    row |= {"direction": "in" if one.inbound else "out", "attachment_count": 1, "security": "", "in_reply_to": ""}
    row |= {"reference_ids": "", "visibility": 2, "conflict": False, "defects": "", "created_at": NOW}
    return row


def _part(one: Occurrence, blob_id: int) -> dict[str, object]:
    row = {"message_id": one.message, "path": one.id.partition("/")[2], "blob_id": blob_id, "name": one.name}
    clients = " ".join(str(client) for client in sorted(one.clients))
    row |= {"role": "document", "thread_id": one.thread, "clients": clients, "inbound": one.inbound, "placed": False}
    return row


def _work(number: int) -> dict[str, object]:
    return {"message_id": number, "state": document_work.READY, "undo": ""}
