"""Address: a mailbox of RFC 5322 §3.4 as a value; parse, normalise, compare; the domain of an address."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One address: `name` as decoded for display (may be empty), `email` normalised (case-folded, IDNA domain)."""

    name: str
    email: str

    @property
    def domain(self) -> str:
        """The part after the last @, or an empty string."""
        return self.email.rpartition("@")[2] if "@" in self.email else ""
