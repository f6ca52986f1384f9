"""Files made to kill whoever reads them; small here, and gigabytes once they are unpacked."""

import io
import zipfile
from collections.abc import Callable, Iterator

from tests.net.extract import files

_HEAD = f'<?xml version="1.0"?><w:document xmlns:w="{files.W}"><w:body>'.encode()
_TAIL = b"</w:body></w:document>"


def _streamed(name: str, chunks: Iterator[bytes], parts: dict[str, bytes] | None = None) -> bytes:
    """An archive with one part that is written piece by piece, never whole in memory."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for other, data in (parts or {}).items():
            archive.writestr(other, data)
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as stream:
            for chunk in chunks:
                stream.write(chunk)
    return out.getvalue()


def _paragraphs(size: int) -> Iterator[bytes]:
    block = files.paragraph("a" * 72).encode() * 1000
    yield _HEAD
    for _ in range(size // len(block)):
        yield block
    yield _TAIL


def long_docx(megabytes: int) -> bytes:
    """A Word file of so many megabytes of XML, honest about its size."""
    return _streamed("word/document.xml", _paragraphs(megabytes << 20))


def lying_docx(megabytes: int) -> bytes:
    """The same with a directory that says that the part has 1,000 bytes."""
    data = bytearray(long_docx(megabytes))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    return bytes(data)


def laughs() -> bytes:
    """Ten to the tenth times sixteen letters, by entities."""
    entities = b"".join(b'<!ENTITY %c "%s">' % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9))
    doctype = b'<!DOCTYPE z [<!ENTITY a "aaaaaaaaaaaaaaaa">' + entities + b"]>"
    body = f'<w:document xmlns:w="{files.W}"><w:body><w:p><w:r><w:t>&j;</w:t></w:r></w:p></w:body></w:document>'
    return files.package({"word/document.xml": b'<?xml version="1.0"?>' + doctype + body.encode()})


def deep(levels: int) -> bytes:
    """So many paragraphs inside one another."""
    return files.package({"word/document.xml": _HEAD + b"<w:p>" * levels + b"</w:p>" * levels + _TAIL})


def long_xlsx() -> bytes:
    """A workbook of 600 MB of XML."""
    block = b'<row><c t="inlineStr"><is><t>bombbombbombbombbombbombbomb</t></is></c></row>' * 1000

    def chunks() -> Iterator[bytes]:
        yield b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        for _ in range((600 << 20) // len(block)):
            yield block
        yield b"</sheetData></worksheet>"

    return _streamed("xl/worksheets/sheet1.xml", chunks(), _other_parts())


def _other_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(files.xlsx({"A": [["1"]]}))) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "sheet1" not in name}


def sparse_xlsx() -> bytes:
    """Two cells, in the first and in the last corner of a sheet."""
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<worksheet xmlns="{main}"><dimension ref="A1:B2"/><sheetData>{cells}</sheetData></worksheet>'
    return files.xlsx({"A": [["1"]]}, sheet_xml=xml)


def long_pdf() -> bytes:
    """A page of 390 MB of instructions."""
    return files.pdf_of(b"BT /F1 12 Tf 10 10 Td (A) Tj ET\n" * 12_000_000, packed=True)


HOSTILE: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "docx of 100 MB": ("docx", lambda: long_docx(101), {"inflated"}),
    "docx of 1 GB": ("docx", lambda: long_docx(1024), {"inflated"}),
    "docx that lies": ("docx", lambda: lying_docx(150), {"inflated", "broken"}),
    "billion laughs": ("docx", laughs, {"dtd"}),
    "deep nesting": ("docx", lambda: deep(200_000), {"ratio"}),
    "deep nesting in a small file": ("docx", lambda: deep(60_000), {"broken"}),
    "xlsx of 600 MB": ("xlsx", long_xlsx, {"inflated"}),
    "sparse xlsx": ("xlsx", sparse_xlsx, {"cells"}),
    "pdf of 390 MB": ("pdf", long_pdf, {"memory", "time"}),
}
"""Kind, maker, and the reasons that are right for each."""
