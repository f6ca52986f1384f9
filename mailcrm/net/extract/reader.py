"""From the bytes of one file to an Extract: which reader, and what lineage keeps of what it found."""

import hashlib
from collections.abc import Callable

from striprtf.striprtf import rtf_to_text

from mailcrm.documents.fingerprint import text_print, text_sha
from mailcrm.documents.values import Fingerprint, Kind
from mailcrm.mail.charset import guess
from mailcrm.net.extract import looks, open_document, pdf, sheets, slides, word
from mailcrm.net.extract.values import MAX_TEXT, Draft, Extract, Unreadable, unread

_READERS: dict[Kind, Callable[[bytes], Draft]] = {
    Kind.DOCX: word.read,
    Kind.ODT: open_document.read,
    Kind.ODP: open_document.read,
    Kind.PPTX: slides.read,
    Kind.XLSX: sheets.read,
    Kind.XLS: sheets.read,
    Kind.ODS: sheets.read,
    Kind.CSV: lambda data: sheets.read_csv(guess(data)),
    Kind.PDF: pdf.read,
    Kind.IMAGE: looks.read,
    Kind.TEXT: lambda data: Draft(text=guess(data)[:MAX_TEXT], truncated=len(data) > MAX_TEXT),
    Kind.RTF: lambda data: _rtf(data),
}


def read(data: bytes, kind: Kind) -> Extract:
    """The content of a file; its state is refused or failed where a reader says so. Other errors end the process."""
    sha = hashlib.sha256(data).hexdigest()
    reader = _READERS.get(kind)
    if reader is None:
        return unread(sha, kind, len(data), "kind")
    try:
        return _extract(reader(data), sha, kind, len(data))
    except Unreadable as error:
        return unread(sha, kind, len(data), error.reason, error.refused)


def _extract(draft: Draft, sha: str, kind: Kind, size: int) -> Extract:
    return Extract(
        "extracted",
        _fingerprint(draft, sha, kind, size),
        text=draft.text,
        original=draft.original,
        comments=tuple(draft.comments),
        sheets=tuple(draft.sheets),
        change_authors=tuple(draft.change_authors),
        macros=draft.macros,
        width=draft.size[0],
        height=draft.size[1],
        truncated=draft.truncated,
    )


def _fingerprint(draft: Draft, sha: str, kind: Kind, size: int) -> Fingerprint:
    text, said = text_print(draft.text), draft.properties.get
    notes = (f"{comment.author}\n{comment.text}" for comment in draft.comments)
    return Fingerprint(
        sha,
        kind,
        size,
        text.sha,
        text_sha(draft.original),
        text.tokens,
        text.shingles,
        text.sketch,
        text.language,
        said("rsid_root", ""),
        frozenset(draft.rsids),
        said("word_id", ""),
        said("created", ""),
        said("modified_by", ""),
        said("title", ""),
        tuple(sheet.name for sheet in draft.sheets),
        frozenset(draft.media),
        said("pdf_id", ""),
        said("producer", ""),
        draft.pages,
        draft.page_hashes,
        frozenset(hashlib.sha256(note.encode("utf-8", "replace")).hexdigest()[:16] for note in notes),
        draft.changes,
        draft.signatures,
        frozenset(draft.prefixes),
        said("stamp", ""),
    )


def _rtf(data: bytes) -> Draft:
    try:
        text = rtf_to_text(data.decode("latin-1"), errors="replace")  # type: ignore[no-untyped-call]
        return Draft(text=str(text)[:MAX_TEXT])
    except (ValueError, LookupError, IndexError):
        raise Unreadable("broken", refused=False) from None
