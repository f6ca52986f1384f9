"""PDF files by pdfium: text, properties, annotations, signatures, earlier revisions; page images and words.

pdfium must not be used by two threads of a process: every file has a process of its own.
"""

import ctypes
import hashlib
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import Image

from mailcrm.net.extract import looks
from mailcrm.net.extract.values import MAX_PAGES, MAX_TEXT, Comment, Draft, PageWords, Unreadable, Word

_NOTES = {
    raw.FPDF_ANNOT_TEXT,
    raw.FPDF_ANNOT_FREETEXT,
    raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE,
    raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_CARET,
    raw.FPDF_ANNOT_INK,
    raw.FPDF_ANNOT_STAMP,
}
_HASHED_PAGES = 3
_MAX_REVISIONS = 64
_STAMP = "mailcrm-lineage:"
"""What precedes our stamp among the keywords of a PDF."""
_MAX_PIXELS = 4_000


def read(data: bytes) -> Draft:
    """Everything in a PDF that lineage and comparison use. Raises Unreadable."""
    document, draft = _opened(data), Draft()
    texts: list[str] = []
    length = 0
    draft.pages = len(document)
    for page in _pages(document):
        text = _text(page)
        length += len(text)
        texts.append(text)
        draft.comments += _annotations(page)
        page.close()
        if length > MAX_TEXT:
            break
    draft.text = "\n".join(texts)[:MAX_TEXT].replace("\r\n", "\n").replace("\x00", "")
    draft.truncated = length > MAX_TEXT or len(document) > MAX_PAGES
    _properties(document, draft)
    draft.signatures = max(0, raw.FPDF_GetSignatureCount(document.raw))
    draft.prefixes = set(revisions(data))
    if not draft.text.strip():
        draft.page_hashes = tuple(_page_hash(page) for page in islice(_pages(document), _HASHED_PAGES))
    return draft


def page_image(data: bytes, number: int, width: int) -> bytes:
    """A page (from 0) as WebP, so many pixels wide. Raises Unreadable."""
    document = _opened(data)
    if not 0 <= number < len(document):
        raise Unreadable("broken", refused=False)
    page = document[number]
    width = max(16, min(width, _MAX_PIXELS))
    scale = min(width / max(1.0, page.get_width()), _MAX_PIXELS / max(1.0, page.get_height()))
    image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    out = io.BytesIO()
    image.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def page_words(data: bytes) -> list[PageWords]:
    """The words of every page with their boxes, for marking changes on page images. Raises Unreadable."""
    found = []
    for page in _pages(_opened(data)):
        found.append(PageWords(page.get_width(), page.get_height(), tuple(_words(page))))
        page.close()
    return found


def revisions(data: bytes) -> Iterator[str]:
    """SHA-256 of every earlier revision that the file begins with (ISO 32000-1 §7.5.6): up to each %%EOF but the last,
    with each number of line ends that may belong to it."""
    digest, done, start = hashlib.sha256(), 0, 0
    for _ in range(_MAX_REVISIONS):
        at = data.find(b"%%EOF", start)
        if at < 0 or at + 7 >= len(data):
            return
        start = end = at + 5
        while end < len(data) and end < start + 4 and data[end] in b"\r\n \t":
            end += 1
        for size in range(start, end + 1):
            digest.update(data[done:size])
            done = size
            if size < len(data):
                yield digest.hexdigest()


def _opened(data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        protected = "assword" in str(error) or "ecurity" in str(error)
        raise Unreadable("protected" if protected else "broken", refused=protected) from None


def _pages(document: Any) -> Iterator[Any]:
    for number in range(min(len(document), MAX_PAGES)):
        try:
            yield document[number]
        except pdfium.PdfiumError:
            continue


def _text(page: Any) -> str:
    text = page.get_textpage()
    found = str(text.get_text_bounded())
    text.close()
    return found


def _words(page: Any) -> Iterator[Word]:
    text = page.get_textpage()
    characters = text.get_text_range()
    word, box = "", (0.0, 0.0, 0.0, 0.0)
    for at in range(min(text.count_chars(), len(characters))):
        character = characters[at]
        if character.isspace():
            if word:
                yield Word(word, *box)
            word = ""
            continue
        left, bottom, right, top = text.get_charbox(at)
        if word:
            box = (min(box[0], left), min(box[1], bottom), max(box[2], right), max(box[3], top))
        else:
            box = (left, bottom, right, top)
        word += character
    if word:
        yield Word(word, *box)
    text.close()


def _annotations(page: Any) -> list[Comment]:
    """The notes that people put on a page: not links, and not the fields of forms."""
    found = []
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 1000)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation and raw.FPDFAnnot_GetSubtype(annotation) in _NOTES:
            text = _value(annotation, b"Contents")
            found.append(Comment(_value(annotation, b"T"), text, _value(annotation, b"M")))
        raw.FPDFPage_CloseAnnot(annotation)
    return found


def _value(annotation: Any, key: bytes) -> str:
    size = raw.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if size <= 2:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    raw.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "replace")


def _properties(document: Any, draft: Draft) -> None:
    said = document.get_metadata_dict()
    draft.properties["title"] = said.get("Title", "")[:300]
    draft.properties["creator"] = said.get("Author", "")[:300]
    draft.properties["producer"] = f"{said.get('Creator', '')} {said.get('Producer', '')}".strip()[:300]
    # The creation time of a PDF is that of the export: two exports of one document never share it, templates may.
    size = raw.FPDF_GetFileIdentifier(document.raw, raw.FILEIDTYPE_PERMANENT, None, 0)
    if size > 1:
        buffer = ctypes.create_string_buffer(size)
        raw.FPDF_GetFileIdentifier(document.raw, raw.FILEIDTYPE_PERMANENT, buffer, size)
        draft.properties["pdf_id"] = buffer.raw[: size - 1].hex()
    for word in said.get("Keywords", "").replace(",", " ").split():
        if word.startswith(_STAMP):
            draft.properties["stamp"] = word.removeprefix(_STAMP)[:100]


def _page_hash(page: Any) -> int:
    image: Image.Image = page.render(scale=96 / max(1.0, page.get_width()), grayscale=True).to_pil()
    return looks.page_hash(image)
