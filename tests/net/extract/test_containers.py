"""Zips and opaque signatures give their files, within limits."""

import io
import zipfile
from collections.abc import Iterator

import pytest

from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import Member, Unreadable
from tests.net.extract import files


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    pool = Extractor(1)
    yield pool
    pool.close()


def test_files_of_a_zip_without_folders_and_noise(extractor: Extractor) -> None:
    data = files.package(
        {"dir/Offer.docx": b"one", "КП.pdf": b"two", "__MACOSX/x": b"no", "dir/.DS_Store": b"no", "d/": b""}
    )
    assert extractor.members(data) == (Member("Offer.docx", b"one"), Member("КП.pdf", b"two"))


def test_russian_names_of_old_archives(extractor: Extractor) -> None:
    data = files.package({"QQQQQQQ.doc": b"x"}).replace(b"QQQQQQQ", "Договор".encode("cp866"))
    assert extractor.members(data) == (Member("Договор.doc", b"x"),)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _signed(content: bytes) -> bytes:
    inside = _der(0x30, bytes.fromhex("06092a864886f70d010701") + content)
    return _der(0x30, bytes.fromhex("06092a864886f70d010702") + _der(0xA0, _der(0x30, _der(0x02, b"\x01") + inside)))


def test_the_content_of_an_opaque_signature(extractor: Extractor) -> None:
    text = b"%PDF-1.4 " + bytes(300)
    assert extractor.members(_signed(_der(0xA0, _der(0x04, text)))) == (Member("", text),)
    pieces = _der(0x24, _der(0x04, text[:100]) + _der(0x04, text[100:]))
    assert extractor.members(_signed(_der(0xA0, pieces))) == (Member("", text),)
    indefinite = b"\x24\x80" + _der(0x04, text[:100]) + _der(0x04, text[100:]) + b"\x00\x00"
    assert extractor.members(_signed(b"\xa0\x80" + indefinite + b"\x00\x00")) == (Member("", text),)


def _zip_of(count: int, size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", bytes(size))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (_zip_of(101, 1), "entries"),
        (_zip_of(6, 10 << 20), "inflated"),
        (b"PK\x03\x04broken", "broken"),
        (b"hello", "kind"),
        (bytes.fromhex("06092a864886f70d010702"), "kind"),
        (_signed(b"\xa0"), "broken"),
    ],
)
def test_containers_that_are_not_opened_say_why(data: bytes, reason: str, extractor: Extractor) -> None:
    with pytest.raises(Unreadable) as caught:
        extractor.members(data)
    assert caught.value.reason == reason
