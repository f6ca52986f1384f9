"""Office files and PDFs made by hand: what the tests read, small and without any library that writes them."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip archive of the parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def paragraph(text: str) -> str:
    """A Word paragraph of one run."""
    return f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx(
    paragraphs: Iterable[str],
    rsids: Sequence[str] = (),
    comments: Sequence[tuple[str, str]] = (),
    extra: Mapping[str, str] | None = None,
) -> bytes:
    """A Word file: paragraphs as text, or as XML where they begin with `<w:`; comments as (author, text)."""
    body = "".join(p if p.startswith("<w:") else paragraph(p) for p in paragraphs)
    parts: dict[str, str] = {
        "word/document.xml": f'{_XML}<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    }
    if rsids:
        saves = f'<w:rsidRoot w:val="{rsids[0]}"/>' + "".join(f'<w:rsid w:val="{rsid}"/>' for rsid in rsids)
        parts["word/settings.xml"] = f'{_XML}<w:settings xmlns:w="{W}"><w:rsids>{saves}</w:rsids></w:settings>'
    if comments:
        notes = "".join(
            f'<w:comment w:id="{n}" w:author="{escape(author)}" w:date="2026-03-02T10:00:00Z">'
            f"{paragraph(text)}</w:comment>"
            for n, (author, text) in enumerate(comments)
        )
        parts["word/comments.xml"] = f'{_XML}<w:comments xmlns:w="{W}">{notes}</w:comments>'
    return package(parts | dict(extra or {}))


def inserted(text: str, author: str = "Vera") -> str:
    """A run that somebody inserted with changes tracked."""
    return f'<w:ins w:id="1" w:author="{author}"><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:ins>'


def deleted(text: str, author: str = "Vera") -> str:
    """A run that somebody deleted with changes tracked."""
    run = f'<w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r>'
    return f'<w:del w:id="2" w:author="{author}">{run}</w:del>'


def core(**properties: str) -> dict[str, str]:
    """docProps/core.xml with properties such as title, creator, created."""
    inside = "".join(f"<p:{name}>{escape(value)}</p:{name}>" for name, value in properties.items())
    return {"docProps/core.xml": f'{_XML}<p:core xmlns:p="urn:p">{inside}</p:core>'}


def xlsx(sheets: Mapping[str, Sequence[Sequence[str | float]]], sheet_xml: str | bytes | None = None) -> bytes:
    """A workbook of inline strings and numbers; `sheet_xml` in place of the first sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    names = "".join(f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{rel}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{pack}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{pack}/relationships"><Relationship Id="rId1" '
        f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{pack}/relationships">{targets}</Relationships>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        lines = "".join(
            f'<row r="{r}">{"".join(_cell(f"{chr(65 + c)}{r}", value) for c, value in enumerate(row))}</row>'
            for r, row in enumerate(rows, 1)
        )
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'{_XML}<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>'
        )
    if sheet_xml is not None:
        parts["xl/worksheets/sheet1.xml"] = sheet_xml
    return package(parts)


def _cell(at: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{at}"><v>{value}</v></c>'


def pdf(lines: Sequence[str], keywords: str = "", identifier: str = "") -> bytes:
    """A PDF with one page of Latin text, one line each."""
    shown = "".join(f"({line}) Tj T* " for line in lines)
    return pdf_of(f"BT /F1 10 Tf 12 TL 40 780 Td {shown}ET".encode("latin-1"), keywords, identifier)


def pdf_of(content: bytes, keywords: str = "", identifier: str = "", packed: bool = False) -> bytes:
    """A PDF of one page with this content stream."""
    stream = zlib.compress(content, 9) if packed else content
    coded = b"/Filter/FlateDecode" if packed else b""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d%s>>stream\n" % (len(stream), coded) + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(Offer)/Producer(mailcrm tests)/Keywords(%s)>>" % keywords.encode("latin-1"),
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + item + b"endobj\n"
    start = len(out)
    table = b"xref\n0 7\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    ids = f"/ID[<{identifier}><{identifier}>]".encode() if identifier else b""
    return out + table + b"trailer<</Size 7/Root 1 0 R/Info 6 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (ids, start)
