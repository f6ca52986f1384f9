"""Compressed RTF: the packing that Microsoft documents, bytes of any kind, time on hostile ones."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mail import rtf


def packed(runs: bytes, size: int, kind: bytes = b"LZFu") -> bytes:
    """The header of compressed RTF before its runs."""
    return (len(runs) + 12).to_bytes(4, "little") + size.to_bytes(4, "little") + kind + b"\0\0\0\0" + runs


def literal(source: bytes) -> bytes:
    """Runs that refer to nothing."""
    return b"".join(b"\0" + source[at : at + 8] for at in range(0, len(source), 8))


def test_references_reach_into_the_dictionary_and_overlap() -> None:
    # Eight tokens: a reference to the six bytes "{\rtf1" that the dictionary begins with, " ", a, b, c, then a
    # reference to the three last ones that is nine bytes long, "}", and the end.
    start = len(rtf._START) + 6 + 1
    runs = b"\xa1" + (0 << 4 | 4).to_bytes(2, "big") + b" abc" + (start << 4 | 7).to_bytes(2, "big") + b"}"
    end = ((start + 3 + 9 + 1) << 4).to_bytes(2, "big")
    assert rtf.unpacked(packed(runs + end, 20)) == b"{\\rtf1 abcabcabcabc}"
    assert rtf.words(packed(runs + end, 20)) == "abcabcabcabc"


def test_words_in_any_encoding_and_not_packed() -> None:
    source = b"{\\rtf1\\ansi\\ansicpg1251 \\'d6\\'e5\\'ed\\'e0\\par\\u8364?5}"
    assert rtf.words(packed(literal(source), len(source))) == "Цена\n€5"
    assert rtf.words(packed(source, len(source), b"MELA")) == "Цена\n€5"


@given(st.binary(max_size=300), st.sampled_from([b"LZFu", b"MELA", b"else"]))
def test_any_bytes_are_read_without_an_error(runs: bytes, kind: bytes) -> None:
    assert isinstance(rtf.words(packed(runs, 2**31, kind)), str)
    assert isinstance(rtf.words(runs), str)


@pytest.mark.parametrize(
    "runs",
    [
        b"\xff\xff\xff" * 700_000,
        b"\0" * 2_000_000,
        b"\xff" + b"\x00\x0f" * 1_000_000,
        literal(b"{\\rtf1" + b"{" * 990_000),
    ],
    ids=["references", "zeroes", "dictionary", "braces"],
)
def test_hostile_bytes_are_bounded(runs: bytes) -> None:
    started = time.process_time()
    rtf.words(packed(runs, 2**31))
    assert len(rtf.unpacked(packed(runs, 2**31))) <= rtf.MAX_RTF
    assert time.process_time() - started < 10
