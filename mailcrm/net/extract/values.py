"""Extract, Comment, Sheet, PageWords: what the sandbox gives back; and Unreadable, its one error."""

from dataclasses import dataclass, field
from typing import Literal

from mailcrm.documents.values import Fingerprint, Kind

State = Literal["extracted", "refused", "failed"]

MAX_TEXT = 2_000_000
"""Characters kept of each text."""
MAX_PAGES = 500
"""Pages of a PDF that are read."""

REASONS = {
    "": "",
    "protected": "it is protected by a password",
    "entries": "it has too many parts",
    "inflated": "it is too large when unpacked",
    "ratio": "it is packed suspiciously tight",
    "cells": "a sheet reaches over too many cells",
    "dtd": "it contains XML that refers to other files",
    "broken": "it is damaged",
    "memory": "reading it takes too much memory",
    "time": "reading it takes too long",
    "died": "the program that read it broke down",
    "output": "there is too much in it",
    "large": "it is too large to be read",
    "kind": "files of this kind are not read",
    "pixels": "the picture is too large",
}
"""Why a file was not read, by key: a state of the blob in words. Pages look the sentence up in their catalogue."""


class Unreadable(Exception):
    """A file that is not read, with the key of the reason; `refused` before it was tried, failed after."""

    def __init__(self, reason: str, refused: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Comment:
    """A note that somebody put into a document."""

    author: str
    text: str
    at: str = ""
    """As the program wrote it, usually ISO 8601."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: rows of cells as text, from its first cell on."""

    name: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """What is in a file, or why it could not be read."""

    state: State
    fingerprint: Fingerprint
    reason: str = ""
    """A key of `REASONS`."""
    text: str = ""
    """The final text: paragraphs end with a line feed, cells with a tab."""
    original: str = ""
    """The text before tracked changes; empty where nothing is tracked."""
    comments: tuple[Comment, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    change_authors: tuple[str, ...] = ()
    """Who tracked changes."""
    macros: bool = False
    width: int = 0
    height: int = 0
    """Pixels of a picture."""
    truncated: bool = False
    """There is more text, or more pages, than is read."""

    @property
    def sentence(self) -> str:
        """Why it could not be read, in words; empty for one that was."""
        return REASONS[self.reason]


def unread(sha: str, kind: Kind, size: int, reason: str, refused: bool = True) -> Extract:
    """The Extract of a file that was not read."""
    return Extract("refused" if refused else "failed", Fingerprint(sha, kind, size), reason)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a PDF page and its box in points from the lower left corner."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a container."""

    name: str
    """Without folders; empty where the container does not say."""
    data: bytes


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of one page, in reading order, and its size in points."""

    width: float
    height: float
    words: tuple[Word, ...]


@dataclass(slots=True)
class Draft:
    """What a reader finds, before it becomes an Extract and a Fingerprint."""

    text: str = ""
    original: str = ""
    comments: list[Comment] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    change_authors: list[str] = field(default_factory=list)
    changes: int = 0
    macros: bool = False
    size: tuple[int, int] = (0, 0)
    pages: int = 0
    page_hashes: tuple[int, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    """title, creator, modified_by, created, producer, pdf_id, rsid_root, word_id, stamp."""
    rsids: set[str] = field(default_factory=set)
    media: set[str] = field(default_factory=set)
    signatures: int = 0
    prefixes: set[str] = field(default_factory=set)
    truncated: bool = False
