"""What parts of messages are for, and what sort of file they are."""

import pytest

from mailcrm.documents.roles import Part, Role, kind_of, role, signed_name
from mailcrm.documents.values import Kind

PICTURE = {"filename": "image001.png", "content_type": "image/png", "size": 5000}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Part("Offer.docx", "application/octet-stream", 9), Role.DOCUMENT),
        (Part("Offer.pdf", "application/pdf", 9, disposition="inline"), Role.DOCUMENT),
        (Part("photo.jpg", "image/jpeg", 900_000, disposition="attachment"), Role.DOCUMENT),
        (Part("photo.jpg", "image/jpeg", 900_000, disposition="attachment", content_id="x"), Role.DOCUMENT),
        (Part("photo.jpg", "image/jpeg", 900_000), Role.DOCUMENT),
        (Part(**PICTURE, content_id="x"), Role.INLINE),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="inline"), Role.INLINE),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="attachment", referenced=True), Role.INLINE),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="attachment", seen=3), Role.INLINE),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="attachment", seen=2), Role.DOCUMENT),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="attachment", width=1, height=1), Role.INLINE),  # type: ignore[arg-type]
        (Part(**PICTURE, disposition="attachment", sha256="logo"), Role.INLINE),  # type: ignore[arg-type]
        (Part("plan.png", "image/png", 2_000_000, disposition="attachment", seen=9), Role.DOCUMENT),
        (Part("smime.p7s", "application/pkcs7-signature", 9), Role.SIGNATURE),
        (Part("Offer.pdf.sig", "application/octet-stream", 9), Role.SIGNATURE),
        (Part("winmail.dat", "application/ms-tnef", 9), Role.CONTAINER),
        (Part("", "message/rfc822", 9), Role.CONTAINER),
        (Part("files.zip", "application/zip", 9), Role.CONTAINER),
        (Part("smime.p7m", "application/pkcs7-mime", 9), Role.CONTAINER),
        (Part("invite.ics", "text/calendar; method=REQUEST", 9), Role.CALENDAR),
        (Part("", "text/plain", 9), Role.OTHER),
        (Part("vera.vcf", "text/vcard", 9), Role.OTHER),
        (Part("terms.txt", "text/plain", 9), Role.DOCUMENT),
    ],
)
def test_roles(part: Part, expected: Role) -> None:
    assert role(part, own_logos=("logo",)) is expected


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (b"%PDF-1.7", "x.docx", Kind.PDF),
        (b"junk\n%PDF-1.4", "x.pdf", Kind.PDF),
        (b"PK\x03\x04word/document.xml", "", Kind.DOCX),
        (b"PK\x03\x04", "Offer.docx", Kind.DOCX),
        (b"PK\x03\x04xl/workbook.xml", "x.bin", Kind.XLSX),
        (b"PK\x03\x04", "a.zip", Kind.OTHER),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.text", "", Kind.ODT),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", Kind.DOC),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", Kind.XLS),
        (b"{\\rtf1", "a.doc", Kind.RTF),
        (b"\x89PNG\r\n\x1a\n", "a.pdf", Kind.IMAGE),
        (b"a;b", "a.csv", Kind.CSV),
        (b"hello", "a.txt", Kind.TEXT),
        (b"hello", "a.docx", Kind.OTHER),
        (b"", "", Kind.OTHER),
        (b"RIFF0000WEBP", "a", Kind.IMAGE),
        (b"PK\x03\x04", "a.dat", Kind.OTHER),
    ],
)
def test_kinds_are_told_by_bytes_before_names(head: bytes, name: str, kind: Kind) -> None:
    assert kind_of(head, name) is kind


def test_a_detached_signature_names_its_file() -> None:
    assert signed_name("Offer.pdf.p7s") == "Offer.pdf"
    assert signed_name("smime.p7s") == signed_name("Offer.pdf") == ""
