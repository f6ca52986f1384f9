"""The raw bytes of a message for who may read it, without the blind copies that are not his to see."""

import re

_BCC = re.compile(rb"^(?:resent-)?bcc[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_END = re.compile(rb"\r?\n\r?\n")


def without_bcc(raw: bytes) -> bytes:
    """The message without Bcc and Resent-Bcc fields (RFC 5322 §3.6.3, §3.6.6); all else is byte for byte as it was."""
    end = _END.search(raw)
    head = raw[: end.end()] if end else raw + b"\n"
    return _BCC.sub(b"", head) + (raw[end.end() :] if end else b"")


def header_block(raw: bytes) -> str:
    """The header lines of a message as text."""
    end = _END.search(raw)
    return raw[: end.start() if end else len(raw)].replace(b"\r\n", b"\n").decode("utf-8", "replace")
