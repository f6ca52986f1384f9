"""The text of a message for reading: new words apart from what is quoted, links made of addresses, nothing compiled."""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

_LINK = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb]{3,2000}|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.I)
_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that turn the direction of writing: with them exe.docx can be shown as xcod.exe."""
_TAIL = ".,;:!?)]}>\u2026"


@dataclass(frozen=True, slots=True)
class Prose:
    """What a person wrote, and what he quoted below or above it."""

    fresh: str
    quoted: str


def prose(text: str, reply_text: str | None) -> Prose:
    """The new words of a text and the rest of it; all of it is new where nothing was quoted."""
    if reply_text is None:
        return Prose(text.strip("\n"), "")
    fresh = reply_text.strip()
    if not fresh:
        return Prose("", text.strip("\n"))
    start = text.find(fresh)
    if start == 0 or (start > 0 and not text[:start].strip()):
        return Prose(fresh, text[start + len(fresh) :].strip("\n"))
    return Prose(fresh, text.strip("\n"))


def linked(text: str) -> Markup:
    """The text escaped, with web and mail addresses made into links."""
    out, last = [], 0
    for found in _LINK.finditer(text):
        address = found[0].rstrip(_TAIL)
        out.append(escape(text[last : found.start()]))
        out.append(_anchor(address))
        last = found.start() + len(address)
    out.append(escape(text[last:]))
    return Markup("").join(out)


def _anchor(address: str) -> Markup:
    if "://" not in address:
        return Markup('<a href="mailto:{0}">{0}</a>').format(address)
    return Markup('<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>').format(address)


def breakable(address: str) -> Markup:
    """An e-mail address that breaks after its @ where a line is too short for it, before it breaks anywhere else."""
    return Markup("@<wbr>").join(address.split("@"))


def clipped(text: str, most: int) -> str:
    """The beginning of a text, on one line, cut between words where there is a blank near."""
    line = " ".join(text[: most * 4].translate(_TURNING).split())
    if len(line) <= most:
        return line
    return line[:most].rsplit(" ", 1)[0].rstrip(_TAIL) + "\u2026"
