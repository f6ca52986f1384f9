"""What single parts of a message become; the pairs in tests/corpus show the rest."""

import base64
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from mailcrm.mail import parse
from mailcrm.mail.address import normalise

_ENTITY = (
    b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\nContent-Type: text/plain\r\n\r\nsigned words\r\n"
    b"--i\r\nContent-Type: text/csv; name=p.csv\r\n\r\na;b\r\n--i--\r\n"
)


def signed() -> bytes:
    """`_ENTITY` signed with a fresh key, as one DER structure with definite lengths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Anna Berg")])
    now = datetime(2024, 1, 15, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=9))
    certificate = builder.sign(key, hashes.SHA256())
    signer = pkcs7.PKCS7SignatureBuilder().set_data(_ENTITY).add_signer(certificate, key, hashes.SHA256())
    return signer.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def streamed() -> bytes:
    """`_ENTITY` as a stream with indefinite lengths and its string in two chunks, without signers."""
    chunks = b"".join(b"\x04" + bytes([len(part)]) + part for part in (_ENTITY[:100], _ENTITY[100:]))
    end = b"\0\0"
    data = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010701") + b"\xa0\x80\x24\x80" + chunks + end * 3
    body = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x31\x00" + end
    return b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80" + body + end * 2


@pytest.mark.parametrize("make", [signed, streamed])
def test_opaque_signed_messages_are_opened(make: Callable[[], bytes]) -> None:
    head = b"From: a@b.test\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
    message = parse.message(head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(make()))
    assert message.security == "signed"
    assert message.text == "signed words"
    attached = {one.filename: one for one in message.attachments}
    assert attached["p.csv"].data == b"a;b"
    assert attached["smime.p7m"].hidden


def test_html_of_an_opaque_signed_message_is_shown() -> None:
    inside = b"Content-Type: text/html\n\n<p>signed words</p>"
    content = b"\x04" + bytes([len(inside)]) + inside
    data = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010701") + b"\xa0\x80" + content + b"\0\0" * 2
    body = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x31\x00\0\0"
    wrapped = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80" + body + b"\0\0" * 2
    head = b"From: a@b.test\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
    raw = head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(wrapped)
    assert parse.message(raw).has_html
    assert parse.message(raw).text == "signed words"
    assert parse.html(raw) == "<p>signed words</p>"


@pytest.mark.parametrize(
    ("name", "words", "html"),
    [("body", "Amendments 1-10", True), ("umlaut", "äöü", False), ("MAPI_OBJECT", "Price List", False)],
)
def test_words_of_winmail_dat_are_shown(corpora: Path, name: str, words: str, html: bool) -> None:
    data = (corpora / "tnefparse" / "tests" / "examples" / f"{name}.tnef").read_bytes()
    raw = b"From: a@b.test\nContent-Type: application/ms-tnef; name=winmail.dat\n"
    raw += b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(data)
    message = parse.message(raw)
    assert words in message.text
    assert (message.has_html, bool(parse.html(raw))) == (html, html)


def test_encrypted_messages_are_shown_as_such() -> None:
    head = b"From: a@b.test\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\n"
    message = parse.message(head + b"\x30\x80\x06\x09")
    assert (message.security, message.text) == ("encrypted", "")


def test_members_of_winmail_dat_are_attachments(corpora: Path) -> None:
    data = (corpora / "tnefparse" / "tests" / "examples" / "two-files.tnef").read_bytes()
    head = b"From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n"
    raw = head + b"Content-Type: application/ms-tnef; name=winmail.dat\n\n" + data + b"\n--b--\n"
    message = parse.message(raw)
    assert [(one.path, one.filename, one.hidden) for one in message.attachments] == [
        ("2/1", "AUTHORS", False), ("2/2", "README", False), ("2", "winmail.dat", True)]  # fmt: skip
    assert parse.part(raw, "2/2") == message.attachments[1].data
    assert message.attachments[0].data


def test_html_of_a_message() -> None:
    raw = (b"From: a@b.test\nContent-Type: multipart/alternative; boundary=b\n\n"
           b"--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>x\n--b--\n")  # fmt: skip
    assert parse.html(raw) == "<p>x"
    assert parse.message(raw).text == "plain"
    assert parse.message(raw).has_html
    assert parse.html(b"From: a@b.test\n\nplain") == ""


def test_two_copies_of_one_message_have_one_digest() -> None:
    one = (b"From: A <a@b.test>\nTo: c@d.test\nSubject: s\nDate: Mon, 15 Jan 2024 12:00:00 +0000\n"
           b"Message-ID: <1@b.test>\n\nhello  \nworld\n")  # fmt: skip
    other = (b"Received: x\nFrom: a@B.test\nTo: c@d.test\nBcc: e@f.test\nSubject:  s\nX-Spam: no\n"
             b"Date: Mon, 15 Jan 2024 15:00:00 +0300\nMessage-ID: <2@b.test>\n\nhello\nworld\n")  # fmt: skip
    other = other.replace(b"\n", b"\r\n")
    assert parse.message(one).digest == parse.message(other).digest
    assert parse.message(one).digest.startswith("1:")
    assert parse.message(one.replace(b"world", b"word")).digest != parse.message(one).digest


def test_addresses_have_one_form() -> None:
    assert normalise(" <Anna.Berg@Acme.TEST.> ") == "anna.berg@acme.test"
    assert normalise("анна@ПРИМЕР.рф") == "анна@xn--e1afmkfd.xn--p1ai"
    assert normalise("nobody") == normalise("@x.test") == normalise("a@") == ""


@pytest.mark.parametrize(("encoding", "unit"), [("base64", b"QUJD" * 19 + b"\n"), ("8bit", b"hello world\n")])
def test_a_message_of_100_megabytes_costs_little_more_than_its_file(encoding: str, unit: bytes) -> None:
    head = f"Content-Disposition: attachment\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    raw = (
        b"From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n" + head + unit * (100_000_000 // len(unit))
    )
    tracemalloc.start()
    try:
        message = parse.message(raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert message.attachments[0].size > 70_000_000
    assert peak < 1.5 * len(raw)  # and the raw bytes themselves: 2.5 times the message
