"""A scripted IMAP server for faults that no real one shows on demand: every command can be answered as one likes."""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO, Self

from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Login, Server, Tls

CAPABILITIES = "IMAP4rev1 IDLE ENABLE CONDSTORE QRESYNC UNSELECT ID UIDPLUS LITERAL+ SPECIAL-USE LIST-STATUS ESEARCH"
EXAMINED = (
    b"* 5 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 100] x\r\n"
    b"* OK [HIGHESTMODSEQ 90060115205545359] x\r\n"
)


@dataclass
class Call:
    """One command that came in."""

    tag: bytes
    arguments: bytes
    connection: socket.socket
    reader: BinaryIO

    def send(self, *pieces: bytes | float) -> None:
        """Sends the bytes; waits for the seconds."""
        for piece in pieces:
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                self.connection.sendall(piece)

    def ok(self, text: bytes = b"done") -> None:
        """The tagged OK."""
        self.send(self.tag + b" OK " + text + b"\r\n")


Answer = Callable[[Call], bool | None]
"""Answers a command; True closes the connection afterwards."""


def ok(*pieces: bytes | float, text: bytes = b"done") -> Answer:
    """Sends the pieces and an OK."""

    def answer(call: Call) -> None:
        call.send(*pieces)
        call.ok(text)

    return answer


def no(text: bytes, status: bytes = b"NO") -> Answer:
    """Refuses with a text."""
    return lambda call: call.send(call.tag + b" " + status + b" " + text + b"\r\n")


def raw(*pieces: bytes | float, close: bool = False) -> Answer:
    """Sends the pieces and no tagged answer."""

    def answer(call: Call) -> bool:
        call.send(*pieces)
        return close

    return answer


def in_turn(*answers: Answer) -> Answer:
    """The first call gets the first answer, and so on; the last one is repeated."""
    left = list(answers)
    return lambda call: (left.pop(0) if len(left) > 1 else left[0])(call)


class FakeImap:
    """Use as a context manager. `answers` by command name (for UID commands the word after UID); what is not there is
    answered as a well-behaved server would. `lines` holds all that came in, `logins` how many connections came."""

    def __init__(
        self,
        answers: dict[str, Answer] | None = None,
        capabilities: str = CAPABILITIES,
        greeting: bytes = b"* OK hi\r\n",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.answers = {
            "CAPABILITY": lambda call: ok(f"* CAPABILITY {capabilities}\r\n".encode())(call),
            "EXAMINE": ok(EXAMINED, text=b"[READ-ONLY] done"),
            "LOGOUT": lambda call: bool(call.send(b"* BYE bye\r\n", call.tag + b" OK\r\n")) or True,
            "IDLE": _idle,
            **(answers or {}),
        }
        self.greeting = greeting
        self.context = context
        self.lines: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Closes the port and all connections."""
        _close(self._listener)  # closing alone would leave it listening while a thread waits in accept
        self.drop_all()

    def drop_all(self) -> None:
        """Closes all connections without a word."""
        for connection in self._open:
            _close(connection)

    def server(self, patience: float = 2.0, tls: Tls = "plain") -> Server:
        """The address, with short times."""
        return Server("127.0.0.1", self.port, tls, None, 2.0, 2.0, patience)

    def session(self, patience: float = 2.0) -> Session:
        """A signed-in session."""
        return Session.open(self.server(patience), Login("anna", "secret"))

    def examined(self, patience: float = 2.0) -> Session:
        """A session with INBOX open."""
        session = self.session(patience)
        session.examine(b"INBOX")
        return session

    def commands(self, name: str) -> list[bytes]:
        """The arguments of every command of this name that came in."""
        found = (re.match(rb"\S+ (?:UID )?(\S+) ?(.*)", line) for line in self.lines)
        return [match[2] for match in found if match and match[1].decode().upper() == name]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            connection.sendall(self.greeting)
            reader = connection.makefile("rb")
            while line := reader.readline():
                self.lines.append(line.rstrip(b"\r\n"))
                found = re.match(rb"(\S+) (?:UID )?(\S+) ?(.*)", self.lines[-1])
                if found is None:
                    continue
                call = Call(found[1], found[3], connection, reader)
                if self.answers.get(found[2].decode("ascii", "replace").upper(), ok())(call):
                    break
        except OSError:
            pass
        finally:
            _close(connection)


def _idle(call: Call) -> None:
    call.send(b"+ idling\r\n")
    call.reader.readline()
    call.ok()


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        connection.close()
