"""A client's record, contacts and history as one JSON object, or as a zip with the messages and attachments too.

The format is described in docs/export.md; `FORMAT` grows with every change that a reader could notice.
"""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from mailcrm.errors import NotFound
from mailcrm.flow import export_documents
from mailcrm.mail.address import Address
from mailcrm.net.blobs import BlobStore
from mailcrm.store import clients, contacts, history, links, participants
from mailcrm.store.database import Database
from mailcrm.store.history import File, Told
from mailcrm.store.visibility import EVERYTHING, FULL, SUBJECT, Viewer

FORMAT = 1
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


def export(database: Database, client_id: int, who: Viewer | None = None) -> dict[str, Any]:
    """The client as plain values for JSON; raises NotFound. `who` sees what he sees on the pages, None sees all."""
    with database.reading() as connection:
        row = clients.client(connection, who or EVERYTHING, client_id)
        if row is None:
            raise NotFound("There is no such client.")
        messages = [m for page in _pages(connection, client_id, who) for m in page]
        return {
            "format": FORMAT,
            "client": _plain({**asdict(row), "domains": clients.domains(connection, client_id)}),
            "addresses": contacts.own_addresses(connection, client_id),
            "contacts": [_plain(asdict(one)) for one in contacts.contacts(connection, client_id)],
            "messages": messages,
            "documents": export_documents.told(connection, client_id, who, {m["id"] for m in messages}),
        }


def export_zip(database: Database, blobs: BlobStore, client_id: int, who: Viewer | None, target: BinaryIO) -> list[str]:
    """Write client.json, messages/ID.eml and attachments/ID/NAME into a zip; returns the blobs that are missing."""
    told = export(database, client_id, who)
    missing: list[str] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for message in told["messages"]:
            if message["level"] == FULL:
                missing += _put(archive, blobs, message)
        archive.writestr("client.json", dumps(told))
    return missing


def dumps(value: dict[str, Any]) -> str:
    """The JSON text of an export."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def file_name(name: str) -> str:
    """A name that is safe in any file system."""
    return _UNSAFE.sub("_", Path(name).name).strip(". ")[:120] or "unnamed"


def _pages(connection: Connection, client_id: int, who: Viewer | None) -> Iterator[list[dict[str, Any]]]:
    for page in history.history(connection, client_id, who):
        ids = [one.id for one in page]
        people, files = participants.headers(connection, ids), history.files(connection, ids)
        linked = {(one.message_id, one.client_id): one for one in links.links(connection, ids)}
        yield [
            {
                **_message(one, files.get(one.id, [])),
                "people": _people(people[one.id], one.level, who),
                "link": _link(linked[one.id, client_id]) if one.level >= SUBJECT else None,
            }
            for one in page
        ]


def _message(one: Told, files: list[File]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": one.id, "at": one.at.isoformat(), "direction": one.direction, "level": one.level}
    if one.level >= SUBJECT:
        shown |= {
            "message_id": one.message_id,
            "thread": one.thread_id,
            "in_reply_to": one.in_reply_to.split(),
            "references": list(reversed(one.reference_ids.split())),
            "subject": one.subject,
            "kind": one.kind,
        }
    if one.level >= FULL:
        attachments = [{k: v for k, v in asdict(f).items() if k != "message_id"} for f in files]
        texts = {"text": one.text, "reply_text": one.text if one.reply_text is None else one.reply_text}
        shown |= {**texts, "raw_sha256": one.raw_sha256, "attachments": attachments}
    return shown


def _people(headers: Any, level: int, who: Viewer | None) -> dict[str, list[dict[str, str]]]:
    """Who took part; a Bcc only where everything is exported, for it belongs to the copy that shows it."""
    if level < SUBJECT:
        return {}
    named: dict[str, tuple[Address, ...]] = {
        "from": headers.from_,
        "reply_to": headers.reply_to,
        "to": headers.to,
        "cc": headers.cc,
        "bcc": headers.bcc if who is None else (),
    }
    return {role: [asdict(a) for a in addresses] for role, addresses in named.items() if addresses}


def _link(row: links.LinkRow) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "evidence": row.evidence,
        "confidence": row.confidence,
        "by_hand": row.actor_id is not None,
        "made_at": row.created_at.isoformat(),
    }


def _put(archive: zipfile.ZipFile, blobs: BlobStore, message: dict[str, Any]) -> list[str]:
    message["file"] = f"messages/{message['id']}.eml"
    missing = _copy(archive, blobs, message["raw_sha256"], message["file"])
    for number, one in enumerate(message["attachments"]):
        one["file"] = f"attachments/{message['id']}/{number}-{file_name(one['filename'] or one['content_type'])}"
        missing += _copy(archive, blobs, one["sha256"], one["file"])
    return missing


def _copy(archive: zipfile.ZipFile, blobs: BlobStore, name: str, path: str) -> list[str]:
    if not blobs.has(name):
        return [name]
    with blobs.open(name) as source, archive.open(path, "w") as target:
        while chunk := source.read(1 << 20):
            target.write(chunk)
    return []


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
