"""Kind, Fingerprint, Occurrence, Rule, Version, Document: the frozen values of `documents`.

A document is known by the SHA-256 of the version that founded it, a version by the SHA-256 of its bytes: both stay
the same through every rebuild, so rules of people, which name contents, can never lose what they were said about.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from mailcrm.documents.names import NameKey

Relation = Literal["first", "edit", "resave", "rendition", "client_edit", "commented", "signed", "scan"]

INTERNAL = "internal"
"""The scope of a document that no client has seen."""
BROADCAST = "broadcast"
"""The scope of a document that goes to many clients: a price list."""


class Kind(StrEnum):
    """What sort of file it is, told by its bytes."""

    DOCX = "docx"
    ODT = "odt"
    DOC = "doc"
    RTF = "rtf"
    TEXT = "text"
    PDF = "pdf"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"
    PPTX = "pptx"
    ODP = "odp"
    IMAGE = "image"
    OTHER = "other"

    @property
    def family(self) -> Literal["text", "sheet", "slides", "pdf", "image", "other"]:
        """What it can be a rendition of: kinds of one family are written by programs of one sort."""
        return _FAMILIES[self]


_FAMILIES: dict[Kind, Literal["text", "sheet", "slides", "pdf", "image", "other"]] = {
    **dict.fromkeys((Kind.DOCX, Kind.ODT, Kind.DOC, Kind.RTF, Kind.TEXT), "text"),
    **dict.fromkeys((Kind.XLSX, Kind.XLS, Kind.ODS, Kind.CSV), "sheet"),
    **dict.fromkeys((Kind.PPTX, Kind.ODP), "slides"),
    Kind.PDF: "pdf",
    Kind.IMAGE: "image",
    Kind.OTHER: "other",
}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What comparing contents needs to know of one blob; made once from what was extracted, never from the name."""

    sha256: str
    kind: Kind
    size: int = 0
    text_sha: str = ""
    """SHA-256 of the normalised final text; empty where there is no text."""
    original_sha: str = ""
    """The same of the text as it was before tracked changes; empty where nothing was tracked."""
    tokens: int = 0
    """Words in the text."""
    shingles: int = 0
    """Distinct runs of four words."""
    sketch: tuple[int, ...] = ()
    """The smallest 512 hashes (63 bits) of the shingles, ascending."""
    language: str = ""
    rsid_root: str = ""
    rsids: frozenset[str] = frozenset()
    word_id: str = ""
    """w15:docId: stays through saves, and through Save As."""
    created: str = ""
    """The creation time that the program wrote, as it wrote it; empty for constants of generators."""
    modified_by: str = ""
    title: str = ""
    sheets: tuple[str, ...] = ()
    media: frozenset[str] = frozenset()
    """Hashes of the embedded pictures."""
    pdf_id: str = ""
    """The first half of /ID of a PDF (ISO 32000-1 §14.4)."""
    producer: str = ""
    pages: int = 0
    page_hashes: tuple[int, ...] = ()
    """Perceptual hashes (64 bits) of the first pages of a PDF without text."""
    comments: frozenset[str] = frozenset()
    """Hashes of the comments with their authors."""
    changes: int = 0
    """Tracked insertions and deletions."""
    signatures: int = 0
    """Signature fields of a PDF that hold a signature."""
    prefixes: frozenset[str] = frozenset()
    """SHA-256 of every earlier revision that an incrementally saved PDF still begins with."""
    stamp: str = ""
    """The lineage that mailcrm itself wrote into a file that it made."""

    @property
    def rare(self) -> tuple[int, ...]:
        """The hashes of the sketch that are counted over clients: the smallest 128."""
        return self.sketch[:128]

    @property
    def marks(self) -> Mapping[str, int]:
        """Hashes (63 bits) by name of what a program or a template left in the file; counted over clients too."""
        return _marks(self.rsid_root, self.word_id, self.created, self.pdf_id, self.media)


@lru_cache(maxsize=4096)
def _marks(root: str, word: str, created: str, pdf: str, media: frozenset[str]) -> Mapping[str, int]:
    values = {"root": root, "word": word, "created": created, "pdf": pdf, **{f"media {name}": name for name in media}}
    return {name: hash63(f"{name.split()[0]}:{value}") for name, value in values.items() if value}


def hash63(text: str) -> int:
    """A hash that fits a signed 64-bit column and is never negative."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One document part of one message. They are folded in their natural order: time, then id."""

    at: datetime
    id: str
    """Unique: the message and the path of the part."""
    sha256: str = field(compare=False)
    name: str = field(compare=False)
    message: int = field(compare=False)
    thread: int = field(compare=False, default=0)
    clients: frozenset[int] = field(compare=False, default=frozenset())
    inbound: bool = field(compare=False, default=False)
    """A client sent it to us."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a person said about contents. Rules are only ever added; of two on the same pair the later one counts."""

    kind: Literal["must", "cannot", "title", "scope", "not_a_document", "document"]
    """must, cannot: `sha` and `other` are (not) versions of one document. title, scope: of the document of `sha`.
    not_a_document, document: the role of `sha`."""
    sha: str
    other: str = ""
    value: str = ""
    """The title, or the scope: "broadcast", "internal" or "client:12"."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for or against two contents being versions of one document."""

    name: str
    """A key of `explain.SENTENCES`."""
    weight: float
    detail: tuple[tuple[str, str], ...] = ()
    """The values that the sentence names."""
    veto: bool = False
    """With a veto nothing is joined automatically, however much speaks for it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A content and what is known of it so far: its fingerprint, its names, and where it occurred."""

    print: Fingerprint
    keys: tuple[NameKey, ...]
    """Of the names it had, each once, the first first."""
    at: datetime
    """When it was first seen."""
    messages: frozenset[int] = frozenset()
    threads: frozenset[int] = frozenset()
    clients: frozenset[int] = frozenset()
    inbound: bool = False
    """A client sent it first."""
    sent: bool = False
    """We have sent it to a client."""
    document: str = ""
    """The document that it is a version of; empty for one that is yet to be placed."""

    @property
    def sha(self) -> str:
        """The SHA-256 of the content."""
        return self.print.sha256

    @property
    def flags(self) -> frozenset[str]:
        """What its names say of it: signed, draft, …"""
        return frozenset[str]().union(*(key.flags for key in self.keys))

    def again(self, occurrence: Occurrence, key: NameKey) -> "Known":
        """The same content with one more occurrence."""
        return replace(
            self,
            keys=self.keys if key in self.keys else (*self.keys, key),
            messages=self.messages | {occurrence.message},
            threads=self.threads | {occurrence.thread},
            clients=self.clients | occurrence.clients,
            sent=self.sent or not occurrence.inbound,
        )


def known(occurrence: Occurrence, fingerprint: Fingerprint, key: NameKey) -> Known:
    """A content that occurs for the first time."""
    return Known(
        fingerprint,
        (key,),
        occurrence.at,
        frozenset({occurrence.message}),
        frozenset({occurrence.thread}),
        occurrence.clients,
        occurrence.inbound,
        not occurrence.inbound,
    )


@dataclass(frozen=True, slots=True)
class Version:
    """One content of a document."""

    sha256: str
    document: str
    """The SHA-256 of the version that founded the document."""
    number: int
    """v1, v2, …: a re-save and a rendition have the number of the version that they repeat."""
    relation: Relation
    parent: str = ""
    """The SHA-256 of the version that it was made from; empty for the first."""
    theirs: bool = False
    """Made by the client."""
    at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    score: float = 0.0
    decided_by: Literal["auto", "proof", "user"] = "auto"


@dataclass(frozen=True, slots=True)
class Document:
    """A thing exchanged with clients."""

    key: str
    scope: str
    """"client:12", `BROADCAST` or `INTERNAL`."""
    title: str
    kind: Kind
    versions: tuple[str, ...] = ()
    """SHA-256 of the versions in the order in which they were first seen."""
    last: int = 0
    """The highest number of a version."""
    pinned: bool = False
    """A person set the scope."""


def client_scope(clients: frozenset[int]) -> str:
    """The scope of a document that these clients have seen first."""
    return f"client:{min(clients)}" if clients else INTERNAL
