"""Tagged answers and what a refusal means: wait, give up, or ask a person for a new password (RFC 5530)."""

import re
from dataclasses import dataclass

from mailcrm.errors import CredentialsRefused, MailcrmError, ServerRefused, ServerUnavailable

LONGEST_WAIT = 15 * 60.0
"""Seconds; servers ask for up to an hour, which would hide new mail for too long."""

_TEMPORARY_CODES = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "THROTTLED", "CORRUPTION"}
_CREDENTIAL_CODES = {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"}
_TEMPORARY = re.compile(
    r"throttl|too many|try again|temporar|not connected|unavailable|backoff|rate limit|maximum number of connections"
    r"|internal (server )?error|server (is )?busy|connection limit|timed? ?out|bandwidth",
    re.IGNORECASE,
)
_HINT = re.compile(
    r"backoff time: *(\d{1,9}) *milliseconds|(?:try again|wait)\D{0,20}(\d{1,6}) *seconds", re.IGNORECASE
)
_CODE = re.compile(rb"\[([A-Za-z0-9-]+)(?: ((?:[^\]()]|\([^)]*\))*))?\] ?")
_LONGEST_CODE = 4096


class Throttled(ServerUnavailable):
    """A server that asks us to come back later; `wait` is in seconds and never more than 15 minutes."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = min(max(wait, 0.0), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Reply:
    """A tagged answer: status OK, NO or BAD; response code in capitals with its data, or empty; text for people."""

    status: str
    code: str
    data: bytes
    text: str


def read_reply(status: bytes, rest: bytes) -> Reply:
    """Reads what follows a tag; the text may be missing altogether."""
    code, data = read_code(rest)
    found = _CODE.match(rest, 0, _LONGEST_CODE)
    text = rest[found.end() :] if found else rest
    return Reply(status.decode("ascii", "replace").upper(), code, data, _plain(text))


def read_code(rest: bytes) -> tuple[str, bytes]:
    """The response code (RFC 3501 §7.1) at the start of a text, and its data; empty strings if there is none."""
    found = _CODE.match(rest, 0, _LONGEST_CODE)
    return (found[1].decode("ascii").upper(), found[2] or b"") if found else ("", b"")


def refusal(host: str, command: str, reply: Reply) -> MailcrmError:
    """The error that a NO or BAD to an ordinary command stands for."""
    said = f"{host} refused {command}: {shown(reply)}"
    if reply.code in _TEMPORARY_CODES or _TEMPORARY.search(reply.text):
        return _temporary(said, reply.text)
    return ServerRefused(f"{said}.")


def login_refusal(host: str, user: str, reply: Reply) -> MailcrmError:
    """The error of a refused sign-in. Servers send connection limits as AUTHENTICATIONFAILED, and a throttled
    mailbox as BAD: the text is read before a password counts as wrong."""
    said = f"{host} did not let {user} in: {shown(reply)}"
    if reply.code in _TEMPORARY_CODES or _TEMPORARY.search(reply.text):
        return _temporary(said, reply.text)
    if reply.code == "PRIVACYREQUIRED":
        return ServerRefused(f"{said}. Set tls to implicit or starttls for this server.")
    if reply.status == "NO" or reply.code in _CREDENTIAL_CODES:
        return CredentialsRefused(f"{said}. Enter the password again; it will not be tried any more until then.")
    return ServerRefused(f"{said}.")


def bye(host: str, text: bytes) -> ServerUnavailable:
    """The error for an untagged BYE."""
    said = f"{host} ended the connection: {_plain(text) or 'without a reason'}"
    return _temporary(said, said)


def shown(reply: Reply) -> str:
    """Code and text as one phrase without a full stop at its end."""
    code = f"[{reply.code}] " if reply.code else ""
    return f"{code}{reply.text.rstrip('. ') or reply.status}"


def _temporary(said: str, text: str) -> ServerUnavailable:
    hint = _HINT.search(text)
    if hint is not None:
        return Throttled(f"{said}.", int(hint[1]) / 1000 if hint[1] else float(hint[2]))
    return ServerUnavailable(f"{said}.")


def _plain(text: bytes) -> str:
    """At most 300 printable characters of what a server wrote."""
    decoded = text.decode("utf-8", "replace")[:300]
    return "".join(sign if sign.isprintable() else " " for sign in decoded).strip()
