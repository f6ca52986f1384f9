"""What the readers find in files of every kind."""

import base64
import io

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter

from mailcrm.documents.values import Kind
from mailcrm.net.extract import pdf
from mailcrm.net.extract.reader import read
from mailcrm.net.extract.values import Comment, Unreadable
from tests.net.extract import files
from tests.net.extract.files import deleted, docx, inserted

LINES = [f"Line {number} of the offer with a price of {number * 10} EUR" for number in range(1, 31)]


def test_word_gives_the_final_text_and_the_text_before_the_changes() -> None:
    changed = (
        f"<w:p><w:r><w:t>The price is </w:t></w:r>{deleted('100')}{inserted('90')}<w:r><w:t> EUR</w:t></w:r></w:p>"
    )
    found = read(docx(["Offer", changed]), Kind.DOCX)
    assert found.text == "Offer\nThe price is 90 EUR"
    assert found.original == "Offer\nThe price is 100 EUR"
    assert found.change_authors == ("Vera",)
    assert found.fingerprint.changes == 2
    assert (
        found.fingerprint.original_sha == read(docx(["Offer", "The price is 100 EUR"]), Kind.DOCX).fingerprint.text_sha
    )


def test_word_moves_stand_on_both_sides_once() -> None:
    move = '<w:moveFrom w:author="A"><w:r><w:t>moved</w:t></w:r></w:moveFrom>'
    target = '<w:moveTo w:author="A"><w:r><w:t>moved</w:t></w:r></w:moveTo>'
    found = read(docx([f"<w:p>{move}</w:p>", "middle", f"<w:p>{target}</w:p>"]), Kind.DOCX)
    assert (found.text, found.original) == ("middle\nmoved", "moved\nmiddle")


def test_word_comments_save_ids_and_properties() -> None:
    data = docx(
        ["Text"], ["00AA0001", "00AA0002"], [("Vera", "Too dear")], files.core(title="Offer 12", lastModifiedBy="Vera")
    )
    found = read(data, Kind.DOCX)
    assert found.comments == (Comment("Vera", "Too dear", "2026-03-02T10:00:00Z"),)
    assert found.fingerprint.rsid_root == "00AA0001"
    assert found.fingerprint.rsids == {"00AA0001", "00AA0002"}
    assert (found.fingerprint.title, found.fingerprint.modified_by) == ("Offer 12", "Vera")
    assert len(found.fingerprint.comments) == 1


def test_word_tables_are_rows() -> None:
    cell = "<w:tc>{}</w:tc>"
    row = "<w:tr>" + cell.format(files.paragraph("Chair")) + cell.format(files.paragraph("120")) + "</w:tr>"
    assert read(docx([f"<w:tbl>{row}{row}</w:tbl>", "End"]), Kind.DOCX).text == "Chair\t120\nChair\t120\nEnd"


def test_word_takes_a_text_box_once() -> None:
    alternate = (
        '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:Choice><w:t>box</w:t></mc:Choice><mc:Fallback><w:t>box</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert read(docx([alternate]), Kind.DOCX).text == "box"


def test_word_footnotes_and_stamp() -> None:
    notes = f'<w:footnotes xmlns:w="{files.W}"><w:footnote>{files.paragraph("A note")}</w:footnote></w:footnotes>'
    custom = '<P><property name="MailcrmLineage"><lpwstr>01ARZ:3</lpwstr></property></P>'
    found = read(docx(["Text"], extra={"word/footnotes.xml": notes, "docProps/custom.xml": custom}), Kind.DOCX)
    assert found.text == "Text\nA note"
    assert found.fingerprint.stamp == "01ARZ:3"


def test_creation_times_of_generators_say_nothing() -> None:
    made = read(docx(["x"], extra=files.core(created="2013-12-23T23:15:00Z")), Kind.DOCX)
    saved = read(docx(["x"], extra=files.core(created="2026-03-01T08:11:12Z")), Kind.DOCX)
    assert (made.fingerprint.created, saved.fingerprint.created) == ("", "2026-03-01T08:11:12Z")


def test_open_document_text_changes_and_comments() -> None:
    xml = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
     xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:dc="urn:dc"><office:body><office:text>
     <text:tracked-changes><text:changed-region text:id="c1"><text:insertion><office:change-info>
     <dc:creator>Vera</dc:creator></office:change-info></text:insertion></text:changed-region>
     <text:changed-region text:id="c2"><text:deletion><text:p>100</text:p></text:deletion></text:changed-region>
     </text:tracked-changes><text:h>Offer</text:h><text:p>The price is <text:change
     text:change-id="c2"/><text:change-start text:change-id="c1"/>90<text:change-end
     text:change-id="c1"/> EUR<office:annotation><dc:creator>Ivan</dc:creator>
     <text:p>Good</text:p></office:annotation></text:p></office:text></office:body></office:document-content>"""
    found = read(files.package({"content.xml": xml}), Kind.ODT)
    assert found.text == "Offer\nThe price is 90 EUR"
    assert found.original == "Offer\nThe price is 100 EUR"
    assert found.comments == (Comment("Ivan", "Good", ""),)
    assert found.change_authors == ("Vera",)


def test_sheets_give_cells_as_people_read_them() -> None:
    found = read(files.xlsx({"Prices": [["Chair", 120], ["Table", 99.5]], "Terms": [["30 days"]]}), Kind.XLSX)
    assert [(sheet.name, sheet.rows) for sheet in found.sheets] == [
        ("Prices", (("Chair", "120"), ("Table", "99.5"))),
        ("Terms", (("30 days",),)),
    ]
    assert found.text == "Prices\nChair\t120\nTable\t99.5\nTerms\n30 days"
    assert found.fingerprint.sheets == ("Prices", "Terms")


def test_slides_come_in_their_order() -> None:
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    slide = f'<p:sld xmlns:p="urn:p" xmlns:a="{a}"><a:p><a:r><a:t>{{}}</a:t></a:r></a:p></p:sld>'
    parts = {f"ppt/slides/slide{n}.xml": slide.format(f"Slide {n}") for n in (10, 2, 1)}
    assert read(files.package(parts), Kind.PPTX).text == "Slide 1\nSlide 2\nSlide 10"


def test_plain_text_rtf_and_csv() -> None:
    assert read("Цена 100".encode("cp1251"), Kind.TEXT).text == "Цена 100"
    assert read(rb"{\rtf1\ansi\ansicpg1251 \'d6\'e5\'ed\'e0 100\par}", Kind.RTF).text.strip() == "Цена 100"
    assert read("Стул;120\nСтол;99\n".encode(), Kind.CSV).sheets[0].rows == (("Стул", "120"), ("Стол", "99"))


def test_pdf_text_properties_and_stamp() -> None:
    found = read(files.pdf(LINES, "price mailcrm-lineage:01ARZ:3", "00ff" * 8), Kind.PDF)
    assert found.text.splitlines()[0] == LINES[0]
    assert found.fingerprint.tokens > 300
    assert found.fingerprint.stamp == "01ARZ:3"
    assert found.fingerprint.pdf_id == "00ff" * 8
    assert (found.fingerprint.title, found.fingerprint.pages) == ("Offer", 1)
    assert found.fingerprint.producer == "mailcrm tests"


def test_a_pdf_that_was_annotated_begins_with_the_bytes_that_were_sent() -> None:
    sent = files.pdf(LINES)
    writer = PdfWriter(io.BytesIO(sent), incremental=True)
    writer.add_metadata({"/Subject": "signed"})
    out = io.BytesIO()
    writer.write(out)
    returned = out.getvalue()
    assert returned.startswith(sent)
    assert read(sent, Kind.PDF).fingerprint.sha256 in read(returned, Kind.PDF).fingerprint.prefixes
    assert read(sent, Kind.PDF).fingerprint.prefixes == frozenset()


def test_a_pdf_that_needs_a_password_is_refused() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(files.pdf(LINES))))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    found = read(out.getvalue(), Kind.PDF)
    assert (found.state, found.reason) == ("refused", "protected")


def test_page_images_and_words() -> None:
    data = files.pdf(["Hello world"])
    with Image.open(io.BytesIO(pdf.page_image(data, 0, 300))) as image:
        assert (image.format, image.width) == ("WEBP", 300)
    words = pdf.page_words(data)[0]
    assert [word.text for word in words.words] == ["Hello", "world"]
    assert words.words[0].right < words.words[1].left
    with pytest.raises(Unreadable):
        pdf.page_image(data, 7, 300)


def test_pages_without_text_have_hashes_that_survive_scaling() -> None:
    def scan(size: int) -> int:
        image = Image.new("L", (200, 280), 255)
        for y in range(40, 240, 20):
            image.paste(0, (20, y, 20 + (y * 7) % 160, y + 8))
        out = io.BytesIO()
        image.resize((size, size * 7 // 5)).save(out, "PNG")
        found = read(out.getvalue(), Kind.IMAGE)
        assert found.width == size
        return found.fingerprint.page_hashes[0]

    assert (scan(200) ^ scan(431)).bit_count() <= 8
    blank = read(base64.b64decode(_PIXEL), Kind.IMAGE).fingerprint.page_hashes[0]
    assert (scan(200) ^ blank).bit_count() > 8


_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.mark.parametrize("kind", [Kind.DOCX, Kind.XLSX, Kind.PPTX, Kind.ODT, Kind.PDF, Kind.IMAGE])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.4\n", bytes(range(256)) * 20])
def test_damaged_files_say_so(kind: Kind, data: bytes) -> None:
    found = read(data, kind)
    assert (found.state, found.reason) == ("failed", "broken")


def test_old_word_files_are_not_read() -> None:
    assert read(b"\xd0\xcf\x11\xe0", Kind.DOC).reason == "kind"
