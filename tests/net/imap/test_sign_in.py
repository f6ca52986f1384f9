"""Signing in: which refusals are the password's fault, what TLS must hold, and that no secret leaks."""

import base64
import logging
import ssl
import traceback
import zlib
from pathlib import Path

import pytest
import trustme

from mailcrm.errors import CredentialsRefused, MailcrmError, Refused, ServerRefused, ServerUnavailable
from mailcrm.net.imap.replies import LONGEST_WAIT, Throttled
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Login, Server
from tests.fake_imap import CAPABILITIES, Answer, Call, FakeImap, in_turn, no, raw

ANNA = Login("anna", 'se cr"et\\')


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that nobody else trusts."""
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    """Its certificate as a file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's TLS context with a certificate for the name."""
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(made)
    return made


def starttls(call: Call, made: ssl.SSLContext, too_early: bytes = b"") -> None:
    """Answers STARTTLS and goes on encrypted."""
    call.send(call.tag + b" OK begin\r\n" + too_early)
    encrypted = made.wrap_socket(call.connection, server_side=True)
    for line in iter(encrypted.makefile("rb").readline, b""):
        tag, command = line.split()[:2]
        if command == b"CAPABILITY":
            encrypted.sendall(b"* CAPABILITY IMAP4rev1 INSIDE\r\n")
        encrypted.sendall(tag + b" OK done\r\n")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (no(b"[AUTHENTICATIONFAILED] Authentication failed."), CredentialsRefused),
        (no(b"[AUTHORIZATIONFAILED] not you"), CredentialsRefused),
        (no(b"[EXPIRED] password"), CredentialsRefused),
        (no(b"LOGIN failed"), CredentialsRefused),
        (no(b"[UNAVAILABLE] Temporary authentication failure."), ServerUnavailable),
        (no(b"[AUTHENTICATIONFAILED] failed (Too many simultaneous connections.)"), ServerUnavailable),
        (no(b"[LIMIT] enough"), ServerUnavailable),
        (no(b"User is authenticated but not connected.", b"BAD"), ServerUnavailable),
        (no(b"[PRIVACYREQUIRED] use TLS"), ServerRefused),
        (no(b"what?", b"BAD"), ServerRefused),
        (raw(b'* BYE too busy "now)\r\n'), ServerUnavailable),
        (raw(b"", close=True), ServerUnavailable),
        (raw(b"garbage\r\n"), ServerUnavailable),
        (raw(5.0), ServerUnavailable),
    ],
)
def test_37_only_a_certain_refusal_counts_as_a_wrong_password(answer: Answer, error: type[MailcrmError]) -> None:
    with FakeImap({"LOGIN": answer}) as fake, pytest.raises(error) as caught:
        Session.open(fake.server(patience=0.3), ANNA)
    assert type(caught.value) is error
    assert str(caught.value).endswith(".")


def test_41_a_request_to_wait_is_honoured_and_capped() -> None:
    hour = no(b"Request is throttled. Suggested Backoff Time: 3000000 milliseconds", b"BAD")
    short = no(b"[UNAVAILABLE] throttled. Suggested Backoff Time: 2500 milliseconds")
    with FakeImap({"LOGIN": in_turn(hour, short)}) as fake:
        waits = []
        for _ in range(2):
            with pytest.raises(Throttled) as caught:
                Session.open(fake.server(), ANNA)
            waits.append(caught.value.wait)
        assert waits == [LONGEST_WAIT, 2.5]


@pytest.mark.parametrize(
    "greeting", [b"* BYE too many connections\r\n", b"HTTP/1.1 400\r\n", b"* OK [CAPABILITY \xff\r\n", b""]
)
def test_a_server_that_does_not_greet_is_unavailable(greeting: bytes) -> None:
    with FakeImap({"CAPABILITY": raw(close=True)}, greeting=greeting) as fake, pytest.raises(ServerUnavailable):
        Session.open(fake.server(), ANNA)


def test_nobody_there() -> None:
    with FakeImap() as fake:
        server = fake.server()
    with pytest.raises(ServerUnavailable, match="cannot be reached"):
        Session.open(server, ANNA)
    with pytest.raises(ServerUnavailable, match="resolved"):
        Session.open(Server("no-such-host.invalid", tls="implicit"), ANNA)


def test_login_quotes_and_authenticate_carries_any_letter() -> None:
    with FakeImap() as fake:
        Session.open(fake.server(), ANNA).close()
        assert fake.commands("LOGIN") == [b'"anna" "se cr\\"et\\\\"']
        assert fake.commands("ID") == [b'("name" "mailcrm")']
        assert fake.commands("ENABLE") == [b"QRESYNC"]
        with pytest.raises(Refused, match="line break"):
            Session.open(fake.server(), Login("anna", "a\r\nc9 DELETE INBOX"))
        assert fake.commands("DELETE") == []


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        (Login("анна", "пароль"), "\0анна\0пароль"),
        (Login("anna", "mp", master="boss"), "\0anna*boss\0mp"),
        (Login("boss", "mp", authorise_as="anna"), "anna\0boss\0mp"),
    ],
)
def test_authenticate_plain(login: Login, sent: str) -> None:
    said: list[bytes] = []

    def authenticate(call: Call) -> None:
        call.send(b"+ \r\n")
        said.append(base64.b64decode(call.reader.readline()))
        call.ok(b"[CAPABILITY IMAP4rev1 AFTER]")

    answers = {"AUTHENTICATE": authenticate}
    with FakeImap(answers, CAPABILITIES + " AUTH=PLAIN") as fake, Session.open(fake.server(), login) as session:
        assert "AFTER" in session.capabilities
        assert "IDLE" not in session.capabilities
    assert said == [sent.encode()]


def test_38_an_expired_token_is_refused_with_the_servers_reason() -> None:
    answered: list[bytes] = []

    def authenticate(call: Call) -> None:
        call.send(b"+ \r\n")
        answered.append(base64.b64decode(call.reader.readline()))
        call.send(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
        answered.append(call.reader.readline())
        no(b"[AUTHENTICATIONFAILED] Invalid credentials (Failure)")(call)

    with (
        FakeImap({"AUTHENTICATE": authenticate}) as fake,
        pytest.raises(CredentialsRefused, match="Invalid credentials"),
    ):
        Session.open(fake.server(), Login("anna", "token", mechanism="xoauth2"))
    assert answered == [b"user=anna\1auth=Bearer token\1\1", b"\r\n"]


def test_a_password_is_nowhere_to_be_found(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    login = Login("anna", "hunter2")
    assert "hunter2" not in repr(login)
    for answers in ({"LOGIN": no(b"no")}, {"LOGIN": raw(close=True)}, {}):
        with FakeImap(answers) as fake:
            try:
                session = Session.open(fake.server(), login)
            except MailcrmError as error:
                assert "hunter2" not in "".join(traceback.format_exception(error))  # noqa: PT017
            else:
                assert "hunter2" not in repr(vars(session._wire.transport))
                assert "LOGIN" in session.commands
    assert "hunter2" not in caplog.text


def test_plain_text_stays_on_this_machine() -> None:
    for host in ("192.0.2.1", "mail.example.com", "10.0.0.1"):
        with pytest.raises(Refused, match="implicit or starttls"):
            Session.open(Server(host, 143, "plain"), ANNA)


def test_a_preauth_greeting_is_refused() -> None:
    with FakeImap(greeting=b"* PREAUTH welcome\r\n") as fake:
        for tls in ("plain", "starttls"):
            with pytest.raises(ServerRefused, match="PREAUTH"):
                Session.open(fake.server(tls=tls), ANNA)
        assert fake.commands("LOGIN") == []


def test_starttls_is_required_and_what_came_before_is_forgotten(authority: trustme.CA, ca_file: str) -> None:
    made = context(authority)
    with FakeImap({"STARTTLS": lambda call: starttls(call, made)}) as fake:
        with Session.open(Server("127.0.0.1", fake.port, "starttls", ca_file), ANNA) as session:
            assert session.capabilities == {"IMAP4REV1", "INSIDE"}
        assert fake.commands("LOGIN") == []  # not in clear
    with FakeImap({"STARTTLS": no(b"not here", b"BAD")}) as fake:
        with pytest.raises(ServerRefused, match="no STARTTLS"):
            Session.open(Server("127.0.0.1", fake.port, "starttls", ca_file), ANNA)
        assert fake.commands("LOGIN") == []


def test_what_is_injected_before_tls_is_fatal(authority: trustme.CA, ca_file: str) -> None:
    made = context(authority)
    answers = {"STARTTLS": lambda call: starttls(call, made, b"* CAPABILITY EVIL\r\n")}
    with FakeImap(answers) as fake, pytest.raises(Refused, match="tampering"):
        Session.open(Server("127.0.0.1", fake.port, "starttls", ca_file), ANNA)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_wrong_certificate_is_refused(authority: trustme.CA, ca_file: str, tls: str) -> None:
    stranger = context(authority, "other.example.com")
    untrusted = context(trustme.CA())
    for made in (stranger, untrusted):
        implicit = tls == "implicit"
        answers = {} if implicit else {"STARTTLS": lambda call, made=made: starttls(call, made)}
        with FakeImap(answers, context=made if implicit else None) as fake:
            with pytest.raises(ServerRefused, match="not trusted"):
                Session.open(Server("127.0.0.1", fake.port, tls, ca_file), ANNA)  # type: ignore[arg-type]
            assert fake.commands("LOGIN") == []


def test_implicit_tls(authority: trustme.CA, ca_file: str) -> None:
    with FakeImap(context=context(authority)) as fake:
        Session.open(Server("127.0.0.1", fake.port, "implicit", ca_file), ANNA).noop()
    with FakeImap() as fake, pytest.raises(ServerUnavailable, match="TLS"):
        Session.open(Server("127.0.0.1", fake.port, "implicit", ca_file), ANNA)
    with FakeImap() as fake, pytest.raises(Refused, match="CA file"):
        Session.open(Server("127.0.0.1", fake.port, "implicit", "/nowhere/ca.pem"), ANNA)


def test_deflate_both_ways() -> None:
    def compress(call: Call) -> bool:
        call.ok()
        inflate, deflate = zlib.decompressobj(-15), zlib.compressobj(6, zlib.DEFLATED, -15)
        while data := call.connection.recv(4096):
            for line in inflate.decompress(data).splitlines():
                tag, command = line.split()[:2]
                untagged = b"* 1 EXISTS\r\n" * 10_000 if command == b"NOOP" else b""
                answer = untagged + tag + b" OK done\r\n"
                call.send(deflate.compress(answer) + deflate.flush(zlib.Z_SYNC_FLUSH))
        return True

    with FakeImap({"COMPRESS": compress}, "IMAP4rev1 COMPRESS=DEFLATE") as fake:
        server = Server("127.0.0.1", fake.port, "plain", deflate=True, patience=2)
        with Session.open(server, ANNA) as session:
            session.noop()
            assert session.received < 20_000
