"""Words outside ASCII in headers, names of files, and bodies: RFC 2047, RFC 2231, RFC 2045; each only where needed."""

import base64
import binascii
import re
from urllib.parse import quote

_ENCODED_BYTES = 42
"""Of UTF-8 in one encoded word: 75 columns at most (RFC 2047 §2), with its frame of 12."""
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")
_PLAIN_NAME = re.compile(r"[ !#-\[\]-~]+")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_LONGEST_PLAIN = 78
_SEGMENT = 60


def words(text: str) -> str:
    """An unstructured value: as it is in ASCII, else as encoded words with blanks between them."""
    if text.isascii() and "=?" not in text and all(len(word) < 900 for word in text.split(" ")):
        return text
    return " ".join(_encoded_words(text))


def phrase(name: str) -> str:
    """A display name: bare atoms, a quoted string, or encoded words (RFC 5322 §3.2.5)."""
    if not name.isascii() or "=?" in name:
        return " ".join(_encoded_words(name))
    if not name or (_ATOM.fullmatch(name) and "  " not in name):
        return name
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def parameter(name: str, value: str) -> str:
    """`; name="value"`, or RFC 2231 where the value is not ASCII, in segments where it is long."""
    if _PLAIN_NAME.fullmatch(value) and len(value) <= _LONGEST_PLAIN:
        return f';\r\n {name}="{value}"'
    coded = "UTF-8''" + quote(value.encode("utf-8", "replace"), safe="")
    if len(coded) <= 200:
        return f";\r\n {name}*={coded}"
    pieces = _segments(coded)
    return "".join(f";\r\n {name}*{number}*={piece}" for number, piece in enumerate(pieces))


def body_part(kind: str, text: str) -> bytes:
    """A text/`kind` part with its headers. Line ends of any sort become CRLF; what is not plain ASCII in short lines
    becomes quoted-printable, or base64 where that is shorter."""
    content = _LINE_ENDS.sub("\r\n", text).encode("utf-8", "replace")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if _is_plain(content):
        return _text_head(kind, "us-ascii", "7bit") + content
    quoted = binascii.b2a_qp(content, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if len(quoted) <= len(content) * 4 // 3 + len(content) // 50 + 100:
        return _text_head(kind, "utf-8", "quoted-printable") + quoted
    coded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return _text_head(kind, "utf-8", "base64") + coded


def _text_head(kind: str, charset: str, encoding: str) -> bytes:
    lines = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return lines.encode("ascii")


def _is_plain(content: bytes) -> bool:
    # A line that begins with "From " or a blank before the end of a line is changed by some relays.
    if not content.isascii() or b"\0" in content or b"=_" in content:
        return False
    lines = content.split(b"\r\n")
    return not any(len(line) > _LONGEST_PLAIN or line.startswith(b"From ") or line.endswith(b" ") for line in lines)


def _encoded_words(text: str) -> list[str]:
    """RFC 2047 words in base64, cut between characters: blanks between the words are not part of the text."""
    pieces, current = [], b""
    for sign in text:
        coded = sign.encode("utf-8", "replace")
        if len(current) + len(coded) > _ENCODED_BYTES:
            pieces.append(current)
            current = b""
        current += coded
    return [f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in [*pieces, current]]


def _segments(coded: str) -> list[str]:
    """Cut anywhere but inside a %XX."""
    pieces = []
    while coded:
        end = _SEGMENT
        while len(coded) > end and "%" in coded[end - 2 : end]:
            end -= 1
        pieces.append(coded[:end])
        coded = coded[end:]
    return pieces
