"""How the pool and its workers talk: a JSON header and a run of bytes, each after its length in four bytes."""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, BinaryIO

from mailcrm.documents.values import Fingerprint, Kind
from mailcrm.net.extract.values import Comment, Extract, PageWords, Sheet, Word

MAX_ANSWER = 64 << 20
"""Bytes of an answer."""

_LENGTHS = struct.Struct(">II")
_SETS = ("rsids", "media", "comments", "prefixes")
_TUPLES = ("sketch", "sheets", "page_hashes")


def send(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write one frame and flush."""
    head = json.dumps(header, ensure_ascii=False).encode("utf-8", "replace")
    stream.write(_LENGTHS.pack(len(head), len(payload)) + head)
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO) -> tuple[Mapping[str, Any], bytes] | None:
    """Read one frame; None where the stream ended."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head, payload = _LENGTHS.unpack(lengths)
    data = stream.read(head + payload)
    return (json.loads(data[:head]), data[head:]) if len(data) == head + payload else None


def split(data: bytes) -> tuple[Mapping[str, Any], bytes] | None:
    """The one frame in `data`; None where it is cut off."""
    if len(data) < _LENGTHS.size:
        return None
    head, payload = _LENGTHS.unpack_from(data)
    rest = data[_LENGTHS.size :]
    return (json.loads(rest[:head]), rest[head:]) if len(rest) == head + payload else None


def fingerprint_to_json(fingerprint: Fingerprint) -> dict[str, Any]:
    """A fingerprint as JSON: to store it, and to pass it on."""
    found = {field.name: getattr(fingerprint, field.name) for field in fields(fingerprint)}
    return found | {name: sorted(found[name]) for name in _SETS}


def fingerprint_from_json(found: Mapping[str, Any]) -> Fingerprint:
    """The fingerprint that was made into this JSON."""
    values = dict(found) | {"kind": Kind(found["kind"])}
    values |= {name: frozenset(found[name]) for name in _SETS} | {name: tuple(found[name]) for name in _TUPLES}
    return Fingerprint(**values)


def extract_to_json(extract: Extract) -> dict[str, Any]:
    """An extract as JSON."""
    found = {field.name: getattr(extract, field.name) for field in fields(extract)}
    found["fingerprint"] = fingerprint_to_json(extract.fingerprint)
    found["comments"] = [asdict(comment) for comment in extract.comments]
    found["sheets"] = [[sheet.name, sheet.rows] for sheet in extract.sheets]
    return found


def extract_from_json(found: Mapping[str, Any]) -> Extract:
    """The extract that was made into this JSON."""
    values = dict(found)
    values["fingerprint"] = fingerprint_from_json(found["fingerprint"])
    values["comments"] = tuple(Comment(**comment) for comment in found["comments"])
    values["sheets"] = tuple(Sheet(name, tuple(tuple(row) for row in rows)) for name, rows in found["sheets"])
    values["change_authors"] = tuple(found["change_authors"])
    return Extract(**values)


def words_to_json(pages: list[PageWords]) -> dict[str, Any]:
    """Words of pages as JSON: boxes in tenths of a point."""
    return {
        "pages": [
            [page.width, page.height, [[w.text, *(round(x, 1) for x in _box(w))] for w in page.words]] for page in pages
        ]
    }


def words_from_json(found: Mapping[str, Any]) -> tuple[PageWords, ...]:
    """The words of pages that were made into this JSON."""
    return tuple(PageWords(w, h, tuple(Word(*word) for word in words)) for w, h, words in found["pages"])


def _box(word: Word) -> tuple[float, float, float, float]:
    return (word.left, word.bottom, word.right, word.top)
