"""Blind copies are cut out of raw bytes, and nothing else is."""

import pytest

from mailcrm.mail.raw import header_block, without_bcc


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        (b"From: a\nBcc: x@y\nTo: b\n\nBcc: stays\n", b"From: a\nTo: b\n\nBcc: stays\n"),
        (b"BCC: x@y,\r\n z@y\r\nTo: b\r\n\r\ntext", b"To: b\r\n\r\ntext"),
        (b"Resent-Bcc : x\nSubject: Bcc: no\n\n", b"Subject: Bcc: no\n\n"),
        (b"To: b\nBcc: x@y", b"To: b\n"),
        (b"To: b\r\nBcc: x\r\n\r\n\xff\x00", b"To: b\r\n\r\n\xff\x00"),
    ],
)
def test_bcc_is_cut_out_of_the_headers_alone(raw: bytes, left: bytes) -> None:
    assert without_bcc(raw) == left


def test_the_header_block_ends_at_the_first_empty_line() -> None:
    assert header_block(b"A: 1\r\nB: \xff\r\n\r\nC: 2") == "A: 1\nB: \ufffd"
