"""Blobs, their fingerprints and texts: kept once for each content, read back in batches."""

import json
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from sys import byteorder
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlmodel import col

from mailcrm.documents import values
from mailcrm.documents.values import Kind
from mailcrm.model import Blob, BlobText, Fingerprint
from mailcrm.store.rows import insert_missing, parts

RECIPE = 1
"""Raise it with every change of what a fingerprint says: `mailcrm documents rebuild` then makes all anew."""
_COLUMNS = ("sha256", "text_sha", "stamp", "sketch")
_SETS = ("rsids", "media", "comments", "prefixes")
_TUPLES = ("sheets", "page_hashes")


@dataclass(frozen=True, slots=True)
class BlobRow:
    """One blob and what became of reading it."""

    id: int
    sha256: str
    kind: str
    size: int
    state: str
    reason: str
    attempts: int
    width: int
    height: int


_BLOB: Any = tuple(col(getattr(Blob, name)) for name in BlobRow.__dataclass_fields__)


def blobs(connection: Connection, shas: Iterable[str]) -> dict[str, BlobRow]:
    """SHA-256 → the blob, of those that are known."""
    found: dict[str, BlobRow] = {}
    for part in parts(set(shas)):
        rows = connection.execute(select(*_BLOB).where(col(Blob.sha256).in_(part)))
        found.update({row[1]: BlobRow(*row) for row in rows})
    return found


def add_blobs(connection: Connection, new: Iterable[tuple[str, Kind, int]]) -> dict[str, BlobRow]:
    """Enter blobs (SHA-256, kind, size) that are not known yet; returns all of them."""
    rows = {sha: {"sha256": sha, "kind": str(kind), "size": size} for sha, kind, size in new}
    insert_missing(
        connection,
        Blob,
        [{**row, "state": "stored", "reason": "", "attempts": 0, "width": 0, "height": 0} for row in rows.values()],
    )
    return blobs(connection, rows)


def keep(connection: Connection, blob_id: int, made: values.Fingerprint, text: str) -> None:
    """Keep the fingerprint of a blob and the text that it is searched by."""
    row = {
        "blob_id": blob_id,
        "recipe": RECIPE,
        "text_sha": made.text_sha,
        "stamp": made.stamp,
        "sketch": _packed(made.sketch),
        "rest": json.dumps(_rest(made)),
    }
    insert_missing(connection, Fingerprint, [row])
    connection.execute(update(Fingerprint).where(col(Fingerprint.blob_id) == blob_id).values(**row))
    if text:
        insert_missing(connection, BlobText, [{"blob_id": blob_id, "text": text}])
        connection.execute(update(BlobText).where(col(BlobText.blob_id) == blob_id).values(text=text))


def settle(connection: Connection, blob_id: int, outcome: Mapping[str, Any]) -> None:
    """Note how reading a blob went: state, reason, width, height."""
    changed = update(Blob).where(col(Blob.id) == blob_id)
    connection.execute(changed.values(attempts=col(Blob.attempts) + 1, **outcome))


def unread(connection: Connection, blob_ids: Collection[int]) -> set[int]:
    """Those of the blobs that have no fingerprint of the recipe at hand."""
    found = set(blob_ids)
    for part in parts(blob_ids):
        query = select(col(Fingerprint.blob_id)).where(
            col(Fingerprint.blob_id).in_(part), col(Fingerprint.recipe) == RECIPE
        )
        found.difference_update(connection.execute(query).scalars())
    return found


def outdated(connection: Connection, limit: int = 100) -> list[str]:
    """Contents whose fingerprints an older recipe made."""
    query = (
        select(col(Blob.sha256))
        .join(Fingerprint, col(Fingerprint.blob_id) == col(Blob.id))
        .where(col(Fingerprint.recipe) != RECIPE)
        .order_by(col(Blob.id))
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def fingerprints(connection: Connection, blob_ids: Iterable[int]) -> dict[int, values.Fingerprint]:
    """Blob → its fingerprint."""
    found: dict[int, values.Fingerprint] = {}
    for part in parts(set(blob_ids)):
        query: Any = (
            select(
                col(Fingerprint.blob_id),
                col(Blob.sha256),
                col(Fingerprint.text_sha),
                col(Fingerprint.stamp),
                col(Fingerprint.sketch),
                col(Fingerprint.rest),
            )
            .join(Blob, col(Blob.id) == col(Fingerprint.blob_id))
            .where(col(Fingerprint.blob_id).in_(part))
        )
        for row in connection.execute(query):
            found[row[0]] = _made(row)
    return found


def texts(connection: Connection, blob_ids: Iterable[int]) -> dict[int, str]:
    """Blob → the beginning of its text, where it has one."""
    found: dict[int, str] = {}
    for part in parts(set(blob_ids)):
        query = select(col(BlobText.blob_id), col(BlobText.text)).where(col(BlobText.blob_id).in_(part))
        found.update({int(key): text for key, text in connection.execute(query)})
    return found


def states(connection: Connection) -> dict[str, int]:
    """How many blobs are in each state."""
    return {
        str(s): int(n) for s, n in connection.execute(select(col(Blob.state), func.count()).group_by(col(Blob.state)))
    }


def _rest(made: values.Fingerprint) -> dict[str, Any]:
    found = {one.name: getattr(made, one.name) for one in fields(made) if one.name not in _COLUMNS}
    found |= {name: sorted(found[name]) for name in _SETS}
    return {name: value for name, value in found.items() if value}


def _made(row: Sequence[Any]) -> values.Fingerprint:
    rest = json.loads(row[5])
    given = {**rest, "kind": Kind(rest["kind"])}
    given |= {name: frozenset(rest[name]) for name in _SETS if name in rest}
    given |= {name: tuple(rest[name]) for name in _TUPLES if name in rest}
    return values.Fingerprint(sha256=row[1], text_sha=row[2], stamp=row[3], sketch=_unpacked(row[4]), **given)


def _packed(numbers: Iterable[int]) -> bytes:
    packed = array("q", numbers)
    if byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _unpacked(data: bytes) -> tuple[int, ...]:
    numbers = array("q")
    numbers.frombytes(bytes(data))
    if byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)
