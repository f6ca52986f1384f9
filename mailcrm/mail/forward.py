"""Who is named in a message that was forwarded inside the text of another: the header block below a forward mark."""

import re

from mailcrm.mail import address, phrases
from mailcrm.mail.address import Address

MAX_BLOCKS = 20
MAX_LINES = 20_000

_SIGNS = ("forward", "weitergeleitet", "transf", "réexpédié", "reenviad", "inoltrat", "encaminhad", "doorgestuurd",
          "przekazan", "videresend", "vidarebefordrat", "пересыл", "переслан", "переадрес", "转发", "転送")  # fmt: skip
_WORDS = re.compile("|".join(_SIGNS), re.I)


def people(text: str) -> list[Address]:
    """The people in From, To and Cc of the messages forwarded inline in `text`, each once, in order."""
    low = text.lower()
    if not any(word in low for word in _SIGNS):
        return []
    found: dict[str, Address] = {}
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    blocks = [at for at, line in enumerate(lines) if _WORDS.search(line[:200]) and phrases.ORIGINAL.match(line[:200])]
    for at in blocks[:MAX_BLOCKS]:
        for line in _header(lines, at + 1):
            match = phrases.LABEL.match(line)
            if match and (match["from"] or match["to"]):
                for one in named(match["value"]):
                    found.setdefault(one.email, one)
            elif phrases.START.match(line) and line.rstrip().endswith(":"):
                for email in address.find(line):
                    found.setdefault(email, Address("", email))
    return list(found.values())


def _header(lines: list[str], at: int) -> list[str]:
    """The lines of the header block that begins at or one blank line after `at`."""
    while at < len(lines) and not lines[at].strip("> \t*"):
        at += 1
    end = at
    while end < len(lines) and end < at + 12 and lines[end].strip("> \t*"):
        end += 1
    return [line[:1000] for line in lines[at:end]]


def named(value: str) -> list[Address]:
    """The addresses in the value of a header line as people write it: names, brackets, mailto links."""
    out = []
    for piece in re.split(r"[,;]\s", value.replace("[mailto:", "<").replace("]", ">")):
        one = address.parse(piece)
        if one is not None:
            out.append(Address(one.name.strip("* "), one.email))
    return out
