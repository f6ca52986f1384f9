"""What goes into and comes out of an IMAP session: inert values."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from mailcrm.net.imap.uids import NOTHING, UidSet

Role = Literal["inbox", "sent", "drafts", "archive", "junk", "trash", "all", "other"]
Tls = Literal["implicit", "starttls", "plain"]


@dataclass(frozen=True, slots=True)
class Server:
    """An IMAP server. `tls`: implicit (993), starttls (143, required), plain (only for a loopback address).
    `ca_file` is a PEM file of the authorities to trust instead of the system's. Times are in seconds."""

    host: str
    port: int = 993
    tls: Tls = "implicit"
    ca_file: str | None = None
    connect_timeout: float = 15.0
    read_timeout: float = 60.0
    patience: float = 60.0
    """How long one command may keep us waiting in all, on top of one second for every 50 kB asked for."""
    deflate: bool = False
    """COMPRESS (RFC 4978): for links below 100 Mbit/s; off, as strangers' mail shares the compressed stream."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs in. With `master`, the name sent is `user*master` (Dovecot's master user) and the password the
    master's; with `authorise_as`, AUTHENTICATE PLAIN asks to act as that user (RFC 4616)."""

    user: str
    password: str = field(repr=False)
    master: str = ""
    authorise_as: str = ""
    mechanism: Literal["password", "xoauth2"] = "password"
    """xoauth2: `password` is an OAuth 2 access token."""

    @property
    def name(self) -> str:
        """The sign-in name as it is sent."""
        return f"{self.user}*{self.master}" if self.master else self.user


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to STATUS; None where the server left a count out (163.com has no UIDNEXT)."""

    messages: int | None = None
    uidnext: int | None = None
    uidvalidity: int | None = None
    highestmodseq: int | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """One line of LIST. `raw_name` is the only thing to name the folder by to the server; `name` is for people."""

    raw_name: bytes
    name: str
    delimiter: str
    attributes: tuple[str, ...]
    role: Role
    selectable: bool
    status: Status | None = None
    """Filled by servers with LIST-STATUS (RFC 5819)."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags a message has now; `modseq` where the server has CONDSTORE."""

    uid: int
    flags: tuple[str, ...]
    modseq: int | None = None


@dataclass(frozen=True, slots=True)
class Vanished:
    """UIDs that are gone (RFC 7162 §3.2.10). May contain `12:*`, so ask `uid in uids`. `earlier`: not just now."""

    uids: UidSet
    earlier: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """A folder opened with EXAMINE: all counts are of that one answer."""

    raw_name: bytes
    uidvalidity: int
    """0 where the server gave none: nothing may then be remembered by UID."""
    uidnext: int | None
    exists: int
    highestmodseq: int | None
    """None where the folder has no modification sequences."""
    mode: Literal["qresync", "condstore", "plain"]
    flags: tuple[str, ...] = ()
    mailbox_id: str | None = None
    vanished: UidSet = NOTHING
    """Gone since the known modseq (QRESYNC only)."""
    changed: tuple[Flags, ...] = ()
    """Flags changed since the known modseq (QRESYNC only)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as discovery sees it. `size` is the server's word, often wrong; `internal_date` is in UTC and
    None where the server sent nonsense; `email_id` is EMAILID (RFC 8474) or X-GM-MSGID."""

    uid: int
    size: int
    internal_date: datetime | None
    flags: tuple[str, ...]
    modseq: int | None = None
    email_id: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """Bytes of one message (or of its header). Above 8 MB `raw` is empty and `file` names a temporary file that
    the receiver removes."""

    uid: int
    raw: bytes
    size: int
    """Bytes really received."""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A UID that the server left out twice and that UID SEARCH confirms to be gone."""

    uid: int


@dataclass(frozen=True, slots=True)
class Bad:
    """A response that could not be used, or a message that the server holds and does not give."""

    uid: int | None
    reason: str
