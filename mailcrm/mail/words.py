"""Header text: RFC 2047 encoded words as senders really write them, raw 8 bit, folding; RFC 2231 names.

Lenient by design: words split inside a multibyte character are joined before decoding, words without the spaces
that RFC 2047 §2 asks for are decoded, and a word that cannot be decoded stays as it was written.
"""

import binascii
import re
from collections.abc import Iterator

from mailcrm.mail import charset

_WORD = re.compile(rb"=\?([A-Za-z0-9_\-:.+'()]{1,64})(?:\*[A-Za-z0-9\-]*)?\?([bBqQ])\?([^?\r\n]*)\?=")
_RUN = re.compile(_WORD.pattern + rb"(?:\s*" + _WORD.pattern + rb")*")
_FOLD = re.compile(rb"\s*[\r\n]+\s*")
_CONTROL = re.compile("[\x00-\x1f\x7f]+")


def text(value: bytes) -> str:
    """A header value as clean text on one line: unfolded, encoded words and raw 8 bit decoded. Never raises."""
    if b"\n" in value or b"\r" in value:
        value = _FOLD.sub(b" ", value)
    if b"=?" not in value:
        return one_line(value.decode("ascii") if value.isascii() else charset.guess(value))
    return one_line("".join(_decoded(value)))


def one_line(value: str) -> str:
    """`value` without control characters and without white space at its ends."""
    return _CONTROL.sub(" ", charset.clean(value)).strip()


def _decoded(value: bytes) -> Iterator[str]:
    """The pieces of `value`: runs of adjacent words of one charset are joined as bytes first."""
    end, pending, name = 0, b"", ""
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        word = match[1].decode("ascii").lower()
        if between.strip() or (end == 0 and between) or word != name:
            if pending:
                yield charset.decode(pending, name)[0]
            pending = b""
        if between.strip() or (end == 0 and between):
            yield charset.guess(between)
        pending, name, end = pending + _bytes(match), word, match.end()
    if pending:
        yield charset.decode(pending, name)[0]
    yield charset.guess(value[end:])


def _bytes(match: re.Match[bytes]) -> bytes:
    """The bytes of one encoded word; the word as written where its base64 is beyond repair."""
    if match[2] in b"qQ":
        return binascii.a2b_qp(match[3].replace(b"_", b" "))
    return base64_bytes(match[3])


def base64_bytes(data: bytes) -> bytes:
    """Base64 decoded as mail clients do: foreign bytes ignored, missing padding added, a lone last digit dropped."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    digits = re.sub(rb"[^A-Za-z0-9+/]", b"", data.split(b"=", 1)[0])
    digits = digits[: len(digits) - 1] if len(digits) % 4 == 1 else digits
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def quoted(value: bytes) -> str:
    """An address header as text in which every encoded word is a quoted string, so that its commas do not count."""
    if b"\n" in value or b"\r" in value:
        value = _FOLD.sub(b" ", value)
    if b"=?" not in value:
        return one_line(value.decode("ascii") if value.isascii() else charset.guess(value))
    out, end = [], 0
    for match in _RUN.finditer(value):
        before = value[end : match.start()]
        out.append(charset.guess(before))
        inside = before.count(b'"') % 2 == 1
        name = "".join(_decoded(match[0])).replace("\\", "\\\\").replace('"', '\\"')
        out.append(name if inside else f'"{name}"')
        end = match.end()
    out.append(charset.guess(value[end:]))
    return one_line("".join(out))


def line(value: bytes) -> str:
    """A header value on one line with raw 8 bit decoded and encoded words left alone, for values with parameters."""
    if b"\n" in value or b"\r" in value:
        value = _FOLD.sub(b" ", value)
    return one_line(value.decode("ascii") if value.isascii() else charset.guess(value))
