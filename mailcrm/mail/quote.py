"""Reply text without quote and signature."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """A body in three: the new words, what they quote, the signature; nothing of the body is in none of them."""

    new: str
    quoted: str
    signature: str


def split(text: str) -> Reply:
    """The new words of a plain text body apart from what they quote and the signature."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line in ("-- ", "--") or line.startswith(">"):
            return Reply("\n".join(lines[:at]).strip(), "\n".join(lines[at:]), "")
    return Reply(text.strip(), "", "")
