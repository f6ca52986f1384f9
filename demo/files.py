"""Small real files made from lines of text: PDF, Word, Excel, a picture, a winmail.dat."""

import struct
import zipfile
import zlib
from io import BytesIO
from xml.sax.saxutils import escape

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "csv": "text/csv",
}
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
# cp1251 has its letters in the order of the alphabet, the glyph names of Adobe do not need more.
_CYRILLIC = " ".join(f"/afii{10017 + n}" for n in [*range(6), *range(7, 33)]) + " "
_CYRILLIC += " ".join(f"/afii{10065 + n}" for n in [*range(6), *range(7, 33)])


def made(name: str, lines: list[str]) -> bytes:
    """The bytes of a file whose type is told by its name; raises KeyError for a type that is not made here."""
    writers = {"pdf": pdf, "docx": docx, "xlsx": xlsx, "png": picture, "csv": _csv}
    return writers[name.rpartition(".")[2]](lines)


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page; Latin and Russian letters, and a ToUnicode map so that the text can be found."""
    shown = "\n".join(f"({_pdf_text(line)}) Tj T*" for line in lines)
    content = f"BT /F1 11 Tf 16 TL 60 780 Td\n{shown}\nET".encode("cp1251", "replace")
    encoding = f"<< /BaseEncoding /WinAnsiEncoding /Differences [168 /afii10023 184 /afii10071 192 {_CYRILLIC}] >>"
    font = "<< /Type /Font /Subtype /TrueType /BaseFont /ArialMT /Encoding 6 0 R /ToUnicode 7 0 R >>"
    page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"{page} /Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        _stream(content),
        font.encode(),
        encoding.encode(),
        _stream(_to_unicode()),
    ]
    return _pdf_file(objects)


def _pdf_text(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed)


def _to_unicode() -> bytes:
    pairs = [(code, bytes([code]).decode("cp1251", "replace")) for code in range(32, 256)]
    chunks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    blocks = [
        f"{len(chunk)} beginbfchar\n"
        + "\n".join(f"<{code:02X}> <{ord(char):04X}>" for code, char in chunk)
        + "\nendbfchar"
        for chunk in chunks
    ]
    head = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /demo def /CMapType 2 def\n"
    head += "1 begincodespacerange <00> <FF> endcodespacerange\n"
    return (head + "\n".join(blocks) + "\nendcmap end end").encode()


def _pdf_file(objects: list[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def docx(lines: list[str]) -> bytes:
    """A Word file with one paragraph a line."""
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    document = f'{_XML}<w:document xmlns:w="{name}"><w:body>{paragraphs}</w:body></w:document>'
    main = CONTENT_TYPES["docx"] + ".main+xml"
    return _package({"word/document.xml": (document, main)}, "word/document.xml")


def xlsx(lines: list[str]) -> bytes:
    """An Excel sheet with one row a line; cells are separated by semicolons, numbers are numbers."""
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rows = "".join(f"<row>{''.join(map(_cell, line.split(';')))}</row>" for line in lines)
    sheet = f'{_XML}<worksheet xmlns="{name}"><sheetData>{rows}</sheetData></worksheet>'
    entry = '<sheet name="1" sheetId="1" r:id="rId1"/>'
    book = f'{_XML}<workbook xmlns="{name}" xmlns:r="{_OFFICE}"><sheets>{entry}</sheets></workbook>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relation = f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    parts = {
        "xl/workbook.xml": (book, f"{kind}.sheet.main+xml"),
        "xl/worksheets/sheet1.xml": (sheet, f"{kind}.worksheet+xml"),
        "xl/_rels/workbook.xml.rels": (f'{_XML}<Relationships xmlns="{_RELATIONS}">{relation}</Relationships>', ""),
    }
    return _package(parts, "xl/workbook.xml")


def _cell(text: str) -> str:
    value = text.strip()
    try:
        return f"<c><v>{float(value):g}</v></c>"
    except ValueError:
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _package(parts: dict[str, tuple[str, str]], main: str) -> bytes:
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (_, kind) in parts.items() if kind
    )
    rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    relation = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{main}"/>'
    files = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_TYPES}">{rels}{overrides}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_RELATIONS}">{relation}</Relationships>',
        **{name: text for name, (text, _) in parts.items()},
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            # A fixed date: the same lines are the same bytes, and so the same version of a document.
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def picture(lines: list[str]) -> bytes:
    """A PNG of soft stripes; its colours come from the text, so another text is another picture."""
    seed = zlib.crc32("\n".join(lines).encode())
    width, height = 160, 60
    tint = [seed >> shift & 0x7F for shift in (0, 8, 16)]
    row = bytes(min(255, tint[c] + 90 + (x * (c + 1) // 8) % 40) for x in range(width) for c in range(3))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress((b"\0" + row) * height)), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def winmail(name: str, data: bytes) -> bytes:
    """A winmail.dat (MS-OXTNEF) with one file inside, as Outlook sends it in its own format."""
    rendering = struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)
    attributes = [
        (1, 0x00089006, struct.pack("<I", 0x00010000)),
        (2, 0x00069002, rendering),
        (2, 0x00018010, name.encode("ascii") + b"\0"),
        (2, 0x0006800F, data),
    ]
    out = struct.pack("<IH", 0x223E9F78, 1)
    for level, identity, value in attributes:
        out += struct.pack("<BII", level, identity, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)
    return out


def _csv(lines: list[str]) -> bytes:
    return "\r\n".join(lines).encode("utf-8-sig")
