"""Bodies as plain text: HTML made readable, format=flowed joined (RFC 3676). Fast, linear, never raises."""

import re

from selectolax.lexbor import LexborHTMLParser

from mailcrm.mail import charset

_SPACES = re.compile(r"[ \t\f\v]+")


def flowed(text: str, delsp: bool = False) -> str:
    """Text of format=flowed (RFC 3676) with its paragraphs joined; `delsp` deletes the space before each soft break."""
    out: list[str] = []
    depth, open_ = -1, False
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        rest = line[marks:]
        rest = rest[1:] if rest.startswith(" ") else rest
        soft = rest.endswith(" ") and rest != "-- "
        if open_ and marks == depth and rest != "-- ":
            out[-1] += rest
        else:
            out.append(f"{'>' * marks} {rest}" if marks else rest)
        if soft and delsp:
            out[-1] = out[-1][:-1]
        depth, open_ = marks, soft
    return "\n".join(line if line == "-- " else line.rstrip() for line in out)


def from_html(html: str) -> str:
    """The readable text of an HTML body."""
    node = LexborHTMLParser(html).body
    return charset.clean(node.text(separator="\n")) if node else ""
