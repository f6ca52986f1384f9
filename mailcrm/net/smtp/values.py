"""What goes into and comes out of an SMTP connection: inert values."""

from dataclasses import dataclass, field
from typing import Literal

from mailcrm.errors import Temporary
from mailcrm.mailing.answer import Answer

Tls = Literal["implicit", "starttls", "plain"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A submission server. `tls`: implicit (465), starttls (587, required), plain (only for a loopback address).
    `ca_file` is a PEM file of the authorities to trust instead of the system's. Times are in seconds."""

    host: str
    port: int = 587
    tls: Tls = "starttls"
    ca_file: str | None = None
    connect_timeout: float = 30.0
    command_timeout: float = 300.0
    """RFC 5321 §4.5.3.2 asks for five minutes."""
    dot_timeout: float = 600.0
    """For the reply to the final dot: ten minutes, since a spurious end would make two copies (RFC 1047)."""


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Who signs in."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Features:
    """What EHLO offered."""

    names: frozenset[str] = frozenset()
    """In lower case: pipelining, dsn, smtputf8, 8bitmime, size, …"""
    size: int = 0
    """The largest message in bytes; 0 where none is told."""
    auth: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a message is from and to, as addresses for the wire; `id` comes back in delivery reports (RFC 3461)."""

    sender: str
    recipient: str
    id: str = ""
    size: int = 0

    @property
    def needs_utf8(self) -> bool:
        """Whether a local part is outside ASCII, so that only SMTPUTF8 (RFC 6531) carries it."""
        return not (self.sender.isascii() and self.recipient.isascii())


class SmtpFailed(Temporary):
    """The connection cannot be used any more, or never came up; `answer` says at which step and why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer
