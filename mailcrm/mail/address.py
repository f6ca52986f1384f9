"""Address: a mailbox of RFC 5322 §3.4 as a value; parse, normalise, compare; the domain of an address."""

import re
from dataclasses import dataclass

import idna

MAX_LENGTH = 320
"""The longest address that is kept: 64 characters, an @ and 255 characters (RFC 5321 §4.5.3.1)."""

_SPEC = re.compile(r"[^\s<>()\[\],;:\"@\\]+@[^\s<>()\[\],;:\"@\\]+")


@dataclass(frozen=True, slots=True)
class Address:
    """One address: `name` as decoded for display (may be empty), `email` normalised (case-folded, IDNA domain)."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        """The part after the last @, or an empty string."""
        return self.email.rpartition("@")[2] if "@" in self.email else ""


def normalise(email: str) -> str:
    """`email` in the one form that is stored and compared: case-folded, without blanks at the ends and without a
    final dot, the domain in ASCII (IDNA, RFC 5891). Empty where it is not an address at all."""
    local, at, domain = email.strip().strip("<>").rpartition("@")
    if not at or not local or not domain or len(email) > MAX_LENGTH:
        return ""
    domain = domain.strip().rstrip(".").lower()
    return f"{local.strip().casefold()}@{domain if domain.isascii() else ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """A domain in its ASCII form (RFC 5891, UTS 46); as it was, lower case, where it is no valid domain."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError, ValueError):
        return domain.lower()


def parse(text: str) -> Address | None:
    """The address in one text such as `Anna <a@b.test>` or `a@b.test`; None where there is none."""
    found = find(text)
    if not found:
        return None
    name = text[: text.find("<")].strip().strip('"').strip() if "<" in text else ""
    return Address(name, found[0])


def find(text: str) -> list[str]:
    """All addresses that occur in a text, normalised, in order, each once."""
    return list(dict.fromkeys(filter(None, (normalise(match.strip(".'")) for match in _SPEC.findall(text)))))
