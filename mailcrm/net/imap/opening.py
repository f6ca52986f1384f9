"""Opens a connection up to the point where folders can be asked for: TLS, sign-in, ID, ENABLE (imap_sync §1.2)."""

import base64
import imaplib
import ipaddress
import socket
import ssl
from dataclasses import dataclass

from mailcrm.errors import MailcrmError, Refused, ServerRefused, ServerUnavailable
from mailcrm.net.imap.parse import tokens
from mailcrm.net.imap.quirks import Quirks, quirks_of
from mailcrm.net.imap.replies import Reply, login_refusal
from mailcrm.net.imap.transport import Client
from mailcrm.net.imap.values import Login, Server
from mailcrm.net.imap.wire import Quoted, Response, Wire

_IDENTITY = b'("name" "mailcrm")'


@dataclass(frozen=True, slots=True)
class Opened:
    """A signed-in connection and what is known about its server."""

    wire: Wire
    capabilities: frozenset[str]
    quirks: Quirks
    identity: dict[str, str]
    """The server's answer to ID (RFC 2971), keys in lower case."""
    enabled: frozenset[str]
    """QRESYNC and CONDSTORE where they were asked for: both last as long as this connection."""


def open_connection(server: Server, login: Login) -> Opened:
    """Connects and signs in. Raises ServerUnavailable (later may work), CredentialsRefused (definitely wrong),
    ServerRefused or Refused (settings), LimitExceeded. No error and no log contains the password."""
    wire = _connect(server)
    try:
        capabilities = _sign_in(wire, server, login)
        if server.deflate and "COMPRESS=DEFLATE" in capabilities:
            wire.run("COMPRESS", b"DEFLATE")
            wire.transport.start_deflate()
        identity = _identify(wire) if "ID" in capabilities else {}
        quirks = quirks_of(server.host, identity)
        return Opened(wire, capabilities, quirks, identity, _enable(wire, capabilities, quirks))
    except BaseException:
        wire.transport.shutdown()
        raise


def trust(server: Server) -> ssl.SSLContext:
    """The TLS context: verified, TLS 1.2 or newer. Raises Refused where the CA file cannot be read."""
    try:
        context = ssl.create_default_context(cafile=server.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"The CA file {server.ca_file} of {server.host} cannot be used: {error}.") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _connect(server: Server) -> Wire:
    if server.tls == "plain" and not _is_loopback(server.host):
        raise Refused(f"{server.host} is not this machine: set tls to implicit or starttls, plain text is not sent.")
    client = _greet(server)
    transport = client.transport
    if transport.state != "NONAUTH":
        transport.shutdown()
        raise ServerRefused(f"{server.host} greets as already signed in (PREAUTH), which no password protects.")
    wire = Wire(transport, server.patience)
    if server.tls == "starttls":
        _start_tls(wire, server)
    return wire


def _greet(server: Server) -> Client:
    try:
        return Client(server, trust(server) if server.tls == "implicit" else None)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from None
    except ssl.SSLError as error:
        said = f"{server.host}:{server.port} does not speak TLS as expected ({error.reason}): check port and tls."
        raise ServerUnavailable(said) from None
    except TimeoutError:
        raise ServerUnavailable(f"{server.host}:{server.port} did not answer in time.") from None
    except socket.gaierror:
        raise ServerUnavailable(f"The name {server.host} cannot be resolved: check the host.") from None
    except OSError as error:
        raise ServerUnavailable(f"{server.host}:{server.port} cannot be reached: {error}.") from None
    except (imaplib.IMAP4.error, UnicodeError) as error:
        said = " ".join(
            part.decode("ascii", "replace") if isinstance(part, bytes) else str(part) for part in error.args
        )
        raise ServerUnavailable(f"{server.host}:{server.port} did not greet as an IMAP server: {said}.") from None


def _untrusted(server: Server, error: ssl.SSLCertVerificationError) -> MailcrmError:
    return ServerRefused(
        f"The certificate of {server.host} is not trusted ({error.verify_message}): correct it there, or name the "
        "authority that issued it as ca_file."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _start_tls(wire: Wire, server: Server) -> None:
    """STARTTLS is required, never tried: without it nothing is sent. What came in clear is forgotten."""
    try:
        wire.run("STARTTLS")
    except ServerRefused:
        wire.transport.shutdown()
        raise ServerRefused(f"{server.host} offers no STARTTLS: use implicit TLS, usually on port 993.") from None
    try:
        wire.transport.start_tls(trust(server))
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(server, error) from None
    except OSError as error:
        raise ServerUnavailable(f"TLS with {server.host} failed: {error}.") from None


def _sign_in(wire: Wire, server: Server, login: Login) -> frozenset[str]:
    """Signs in and returns the capabilities that hold afterwards."""
    before = _ask_capabilities(wire)
    if "LOGINDISABLED" in before and "AUTH=PLAIN" not in before and login.mechanism == "password":
        raise ServerRefused(f"{server.host} does not allow passwords on this connection: set tls.")
    if login.mechanism == "xoauth2":
        untagged, reply = _authenticate(wire, "XOAUTH2", f"user={login.user}\1auth=Bearer {login.password}\1\1")
    elif login.authorise_as or "AUTH=PLAIN" in before or not f"{login.name}{login.password}".isascii():
        untagged, reply = _authenticate(wire, "PLAIN", f"{login.authorise_as}\0{login.name}\0{login.password}")
    else:
        untagged, reply = _plain_login(wire, login)
    if reply.status != "OK":
        raise login_refusal(server.host, login.name, reply)
    told = reply.data if reply.code == "CAPABILITY" else _told(untagged)
    return frozenset(told.decode("ascii", "replace").upper().split()) if told else _ask_capabilities(wire)


def _plain_login(wire: Wire, login: Login) -> tuple[list[Response], Reply]:
    try:
        wire.send("LOGIN", Quoted(login.name.encode()), Quoted(login.password.encode()))
    except ValueError:
        raise Refused("A user name or password contains a line break or a NUL: enter it again.") from None
    untagged: list[Response] = []
    while isinstance(got := wire.read(), list):
        untagged.append(got)
    return untagged, got[1]


def _authenticate(wire: Wire, mechanism: str, secret: str) -> tuple[list[Response], Reply]:
    """AUTHENTICATE with one client response (RFC 4616, XOAUTH2); a challenge after it tells of an error and is
    answered with an empty line, so that the refusal follows."""
    tag = wire.send("AUTHENTICATE", mechanism.encode())
    untagged: list[Response] = []
    answers = [base64.b64encode(secret.encode()), b"", b"*"]
    while True:
        got = wire.read_any()
        if got is None:
            if not answers:
                raise ServerUnavailable(f"{wire.host} never ends its questions at sign-in.")
            wire.write(answers.pop(0) + b"\r\n")
        elif isinstance(got, list):
            untagged.append(got)
        elif got[0] == tag:
            return untagged, got[1]


def _ask_capabilities(wire: Wire) -> frozenset[str]:
    untagged, _ = wire.run("CAPABILITY")
    return frozenset(_told(untagged).decode("ascii", "replace").upper().split())


def _told(untagged: list[Response]) -> bytes:
    for parts in untagged:
        if parts[0][:11].upper() == b"CAPABILITY ":
            return parts[0][11:]
    return b""


def _identify(wire: Wire) -> dict[str, str]:
    """Tells who we are (163.com lets nobody in without) and reads who answers; a refusal does not matter."""
    try:
        untagged, _ = wire.run("ID", _IDENTITY)
    except ServerRefused:
        return {}
    for parts in untagged:
        if parts[0][:3].upper() == b"ID ":
            return _pairs(parts)
    return {}


def _pairs(parts: Response) -> dict[str, str]:
    try:
        fields = tokens(parts)[1]
    except (ValueError, IndexError):
        return {}
    if not isinstance(fields, list):
        return {}
    words = [word.decode("utf-8", "replace") if isinstance(word, bytes) else "" for word in fields]
    return {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=False)}


def _enable(wire: Wire, capabilities: frozenset[str], quirks: Quirks) -> frozenset[str]:
    """ENABLE before the first EXAMINE. iCloud enables and answers with an empty list, so the answer is not read:
    whether a folder has modification sequences is seen when it is examined."""
    wanted = "QRESYNC" if "QRESYNC" in capabilities and quirks.qresync else "CONDSTORE"
    if "ENABLE" not in capabilities or wanted not in capabilities:
        return frozenset()
    try:
        wire.run("ENABLE", wanted.encode())
    except ServerRefused:
        return frozenset()
    return frozenset({"CONDSTORE", wanted})
