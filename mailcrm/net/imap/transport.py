"""The transport under IMAPClient: bounded lines and literals, patience, an own buffer, lines of IDLE without loss.

IMAPClient and imaplib read without bounds, keep the last commands (with the password) for debugging, and lose bytes
that arrive together with an answer; here everything they read goes through `Transport`.
"""

import imaplib
import socket
import ssl
import time
import zlib

from imapclient import IMAPClient, SocketTimeout

from mailcrm.errors import LimitExceeded, Refused, ServerUnavailable
from mailcrm.net.imap.values import Server

MAX_LINE = 16 << 20
"""Bytes of one line: a UID SEARCH of two million messages fits."""
MAX_LITERAL = 64 << 20
"""Bytes of one literal; larger messages are fetched in parts."""
MAX_LITERALS = 1000
"""Literals in one response."""
_RECEIVE = 1 << 18
_STATUSES = (b"* OK", b"* NO", b"* BAD", b"* BYE", b"* PREAUTH")


class TooLong(LimitExceeded):
    """A line or literal beyond the bounds; `line` is what came before it. The connection cannot go on."""

    def __init__(self, message: str, line: bytes = b"") -> None:
        super().__init__(message)
        self.line = line


class Transport(imaplib.IMAP4):
    """The socket of one connection and its buffer. Raises OSError (TimeoutError, ssl.SSLError, EOF as
    ConnectionResetError) and TooLong."""

    def __init__(self, server: Server, context: ssl.SSLContext | None) -> None:
        """Connects; with a context TLS comes first. Reads greeting and capabilities."""
        self._server = server
        self._context = context
        self._buffer = bytearray()
        self._inflate: zlib._Decompress | None = None
        self._deflate: zlib._Compress | None = None
        self._patience: float | None = None
        self.received = 0
        """Bytes read from the socket so far, before inflating."""
        self.sent = 0
        self.be_patient(server.connect_timeout)
        super().__init__(server.host, server.port)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Called by imaplib's constructor."""
        self.host, self.port = host, port
        plain = socket.create_connection((host, port), timeout or self._server.connect_timeout)
        _keep_alive(plain)
        self.sock = plain
        if self._context is not None:
            self.start_tls(self._context)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Wraps the socket. Bytes that came before TLS could be an attacker's (CVE-2011-0411): then it refuses."""
        if self._buffer:
            self.shutdown()
            raise Refused(f"{self.host} sent data before encryption began: someone may be tampering with the line.")
        try:
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        except OSError:
            self.shutdown()
            raise

    def start_deflate(self) -> None:
        """From here on both directions are compressed (RFC 4978)."""
        if self._buffer:
            raise ServerUnavailable(f"{self.host} sent data before compression began: the connection was given up.")
        self._inflate, self._deflate = zlib.decompressobj(-15), zlib.compressobj(6, zlib.DEFLATED, -15)

    def be_patient(self, seconds: float | None) -> None:
        """How long reading may block in all from now on; None: only each single read is limited. The time the
        caller spends between reads does not count."""
        self._patience = seconds

    def _receive(self) -> bytes:
        if self._inflate is not None and self._inflate.unconsumed_tail:
            return self._inflate.decompress(self._inflate.unconsumed_tail, _RECEIVE)
        raw = self.sock.recv(_RECEIVE)
        if not raw:
            raise ConnectionResetError("the server closed the connection")
        self.received += len(raw)
        return self._inflate.decompress(raw, _RECEIVE) if self._inflate is not None else raw

    def _fill(self) -> None:
        """Appends what comes next to the buffer, blocking within the patience left."""
        if self._patience is None:
            self._buffer += self._receive()
            return
        if self._patience <= 0:
            raise TimeoutError("the server took too long")
        self.sock.settimeout(min(self._server.read_timeout, self._patience))
        began = time.monotonic()
        try:
            self._buffer += self._receive()
        finally:
            self._patience -= time.monotonic() - began

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def line(self) -> bytes:
        """The next line without its end, be that CRLF or a bare LF."""
        scanned = 0
        while (end := self._buffer.find(b"\n", scanned)) < 0:
            scanned = len(self._buffer)
            if scanned > MAX_LINE:
                raise TooLong(f"{self.host} sent a line of more than {MAX_LINE >> 20} MB.", bytes(self._buffer[:200]))
            self._fill()
        return self._take(end + 1).rstrip(b"\r\n")

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes of a literal; refuses an absurd size before anything is allocated."""
        if size > MAX_LITERAL:
            raise TooLong(f"{self.host} announced a literal of {size} bytes, more than {MAX_LITERAL >> 20} MB.")
        while len(self._buffer) < size:
            self._fill()
        return self._take(size)

    def readline(self) -> bytes:
        """For imaplib (greeting, capabilities): a line as it wants it, a tagged OK without text completed."""
        line = self.line()
        return line + (b" .\r\n" if line.count(b" ") == 1 and line.endswith((b" OK", b" NO", b" BAD")) else b"\r\n")

    def next_response(self) -> list[bytes]:
        """One whole response: its line, then by turns a literal and the rest of the line after it."""
        parts = [self.line()]
        while parts[-1].endswith(b"}") and parts[0].startswith(b"* ") and not parts[0].startswith(_STATUSES):
            opened = parts[-1].rfind(b"{")
            count = parts[-1][opened + 1 : -1].rstrip(b"+")
            if opened < 0 or not count.isdigit():
                break
            if len(parts) > 2 * MAX_LITERALS or sum(map(len, parts)) > 2 * MAX_LITERAL:
                raise TooLong(f"{self.host} sent one response without an end.", parts[0])
            parts.append(self._literal(int(count[:20]), parts[0]))
            parts.append(self.line())
        return parts

    def _literal(self, size: int, before: bytes) -> bytes:
        try:
            return self.read(size)
        except TooLong as error:
            error.line = before
            raise

    def send(self, data: bytes) -> None:  # type: ignore[override]
        """Writes all of it, every part of 256 kB within the read timeout."""
        self.sent += len(data)
        self.sock.settimeout(self._server.read_timeout)
        wire = self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH) if self._deflate else data
        for start in range(0, len(wire), _RECEIVE):
            self.sock.sendall(wire[start : start + _RECEIVE])

    def lines_at_hand(self) -> list[bytes]:
        """The complete lines that can be had without blocking; half a line stays for the next call."""
        self.sock.setblocking(False)
        try:
            while len(self._buffer) <= MAX_LINE:
                self._buffer += self._receive()
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError:
            if b"\n" not in self._buffer:
                raise
        finally:
            self.sock.settimeout(self._server.read_timeout)
        if len(self._buffer) > MAX_LINE:
            raise TooLong(f"{self.host} sent more than {MAX_LINE >> 20} MB unasked.")
        whole, newline, rest = bytes(self._buffer).rpartition(b"\n")
        self._buffer[:] = rest
        return [line.rstrip(b"\r") for line in whole.split(b"\n")] if newline else []

    def shutdown(self) -> None:
        """Closes the socket; never raises."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        finally:
            self.sock.close()

    def _log(self, line: str) -> None:
        """Imaplib keeps the last ten commands here, passwords included; nothing is kept."""


class Client(IMAPClient):  # type: ignore[misc]
    """IMAPClient over our transport, with its logging off."""

    def __init__(self, server: Server, context: ssl.SSLContext | None) -> None:
        self._server = server
        super().__init__(
            server.host,
            server.port,
            ssl=context is not None,
            ssl_context=context,
            timeout=SocketTimeout(server.connect_timeout, server.read_timeout),
        )
        self._imap.debug = 0

    def _create_IMAP4(self) -> Transport:  # noqa: N802
        return Transport(self._server, self.ssl_context)

    @property
    def transport(self) -> Transport:
        """The connection under this client."""
        transport: Transport = self._imap
        return transport


def _keep_alive(sock: socket.socket) -> None:
    """Finds a dead peer within two minutes even while nothing is asked."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    options = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 60_000}
    for option, value in options.items():
        if hasattr(socket, option):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
