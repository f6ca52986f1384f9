"""Connection: a signed-in connection as a context manager; waiting for news on it; appending where it is wanted."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from mailcrm.errors import MailcrmError, ServerUnavailable
from mailcrm.net.imap import parse
from mailcrm.net.imap.folders import read_status
from mailcrm.net.imap.opening import Opened, open_connection
from mailcrm.net.imap.replies import bye
from mailcrm.net.imap.uids import NOTHING, UidSet
from mailcrm.net.imap.values import Login, Server, Status
from mailcrm.net.imap.wire import Literal, Quoted, Response

_FLAG = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Connection:
    """What every session can do whatever is selected; closes itself at the end of a `with`."""

    def __init__(self, opened: Opened) -> None:
        self._wire = opened.wire
        self.host = opened.wire.host
        self.capabilities = opened.capabilities
        """In capitals, as after the sign-in."""
        self.quirks = opened.quirks
        self.identity = opened.identity
        self.enabled = opened.enabled
        self._vanished = NOTHING
        self._idle_tag: bytes | None = None
        self._early: list[bytes] = []

    @classmethod
    def open(cls, server: Server, login: Login) -> Self:
        """Connects, signs in, sends ID and ENABLE. Raises ServerUnavailable, CredentialsRefused (the password is
        certainly wrong), ServerRefused or Refused (settings), LimitExceeded."""
        return cls(open_connection(server, login))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def commands(self) -> tuple[str, ...]:
        """Names of the commands sent so far (the last 10,000), without arguments."""
        return tuple(self._wire.commands)

    @property
    def received(self) -> int:
        """Bytes read from the network so far."""
        return self._wire.transport.received

    @property
    def broken(self) -> bool:
        """Whether the connection cannot be used any more."""
        return self._wire.broken

    def close(self) -> None:
        """Signs out and closes; waits two seconds at most and never raises."""
        try:
            if not self._wire.broken and not self._wire.open_tags:
                self._wire.send("LOGOUT")
                self._wire.transport.be_patient(2.0)
                while isinstance(self._wire.read(), list):
                    pass
        except MailcrmError:
            pass
        finally:
            self._wire.broken = True
            self._wire.transport.shutdown()

    def vanished_meanwhile(self) -> UidSet:
        """What the server reported as vanished beside other answers since the last call: with QRESYNC it says so
        only once a session."""
        gone, self._vanished = self._vanished, NOTHING
        return gone

    def _note(self, parts: Response) -> None:
        try:
            if gone := parse.vanished(parts):
                self._vanished = self._vanished | gone.uids
        except ValueError:
            return

    def _note_all(self, untagged: Iterable[Response]) -> None:
        for parts in untagged:
            self._note(parts)

    # Waiting

    def fileno(self) -> int:
        """For a selector. Look at `idle_lines` before waiting: data may already be here."""
        return self._wire.transport.sock.fileno()

    def noop(self) -> None:
        """Keeps the connection alive."""
        self._note_all(self._wire.run("NOOP")[0])

    def notify(self) -> dict[bytes, Status]:
        """NOTIFY (RFC 5465): from now on news of every folder come during `idle`, while none is selected. Returns
        the present counts by raw folder name. Raises ServerRefused where the server has it not."""
        untagged, _ = self._wire.run("NOTIFY", b"SET STATUS (personal (MessageNew MessageExpunge))")
        return statuses(untagged)

    def idle(self) -> None:
        """Begins IDLE (RFC 2177). Lines that come before the server's "+" are kept for `idle_lines`."""
        self._idle_tag = self._wire.send("IDLE")
        self._early += [parts[0] for parts in self._wire.await_go_ahead()]

    def idle_lines(self) -> list[bytes]:
        """The untagged lines (without "* ") that have come during IDLE; never blocks, never loses half a line.
        Raises ServerUnavailable on EOF, BYE, or when the server ended IDLE by itself."""
        lines, self._early = self._early, []
        try:
            came = self._wire.transport.lines_at_hand()
        except OSError as error:
            raise self._wire.lost(error) from None
        for line in came:
            if line[:5].upper() == b"* BYE":
                self._wire.broken = True
                raise bye(self.host, line[5:].strip())
            if self._idle_tag is not None and line.startswith(self._idle_tag + b" "):
                self._wire.broken = True
                raise ServerUnavailable(f"{self.host} ended the waiting for news by itself.")
            if line.startswith(b"* "):
                lines.append(line[2:])
        return lines

    def done(self) -> list[bytes]:
        """Ends IDLE within 15 seconds; returns the lines that came meanwhile."""
        tag, self._idle_tag = self._idle_tag, None
        if tag is None:
            return []
        self._wire.write(b"DONE\r\n")
        self._wire.transport.be_patient(15.0)
        untagged, _ = self._wire.finish("IDLE", tag)
        self._note_all(untagged)
        lines, self._early = self._early + [parts[0] for parts in untagged], []
        return lines

    # Writing, only where the user switched it on

    def append(
        self, raw_name: bytes, raw: bytes, flags: Sequence[str] = (), date: datetime | None = None
    ) -> int | None:
        """Stores a message in a folder; returns its UID where the server tells (UIDPLUS). `raw` has CRLF line ends."""
        for flag in flags:
            if not _FLAG.fullmatch(flag):
                raise ValueError(f"not a flag: {flag!r}")
        listed = [f"({' '.join(flags)})".encode()] if flags else []
        dated = [f'"{date.day:02}-{_MONTHS[date.month - 1]}-{date:%Y %H:%M:%S %z}"'.encode()] if date else []
        _, reply = self._wire.run("APPEND", Quoted(raw_name), *listed, *dated, Literal(raw), expected=len(raw))
        words = reply.data.split() if reply.code == "APPENDUID" else []
        return int(words[1]) if len(words) == 2 and words[1].isdigit() else None


def statuses(untagged: Iterable[Response]) -> dict[bytes, Status]:
    """The counts by raw folder name in responses; those that cannot be read are left out."""
    found: dict[bytes, Status] = {}
    for parts in untagged:
        if parts[0][:7].upper() == b"STATUS ":
            try:
                name, status = read_status(parts)
            except ValueError:
                continue
            found[name] = status
    return found
