"""DKIM: what a relay signs on its way still verifies after delivery, headers for leaving included (RFC 8058 §4)."""

import smtplib
from pathlib import Path
from typing import Any

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mailcrm.mail.address import Address
from mailcrm.mailing.wire import Attached, Draft, encoded, serialise
from mailcrm.store.database import Database
from tests.post import Post
from tests.servers import free_port

SIGNED = [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"MIME-Version", b"Content-Type",
          b"Content-Transfer-Encoding", b"List-Unsubscribe", b"List-Unsubscribe-Post"]  # fmt: skip
WAYS = [(header, body) for header in (b"relaxed", b"simple") for body in (b"relaxed", b"simple")]
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
_PUBLIC = b"".join(
    _KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .splitlines()[1:-1]
)


def record(name: bytes, timeout: int = 5) -> bytes:
    """What the DNS would say of our key."""
    return b"v=DKIM1; k=rsa; p=" + _PUBLIC


class Inbox:
    """The server of the client: keeps what it gets, byte for byte."""

    def __init__(self) -> None:
        self.mail: list[bytes] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        self.mail.append(bytes(envelope.original_content))
        return "250 kept"


class Signer:
    """The relay of the company: signs whatever comes and hands it on."""

    def __init__(self, port: int, way: tuple[bytes, bytes]) -> None:
        self.port, self.way = port, way

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        raw = bytes(envelope.original_content)
        mark = dkim.sign(raw, b"s1", b"firm.example", _PRIVATE, canonicalize=self.way, include_headers=SIGNED)
        with smtplib.SMTP("127.0.0.1", self.port) as onward:
            onward.sendmail(envelope.mail_from, envelope.rcpt_tos, mark + raw)
        return "250 signed"


def odd_letter(to: str) -> Draft:
    """Everything at once that is rewritten on the way: long lines, leading dots, trailing blanks, other alphabets."""
    text = ".\n..two dots\n" + "слово " * 400 + "\nblanks at the end   \n\t\n" + "x" * 3000 + "\n\n\n"
    html = '<p style="color:#123">' + "Предложение без переносов " * 200 + "</p>\n.\n"
    leave = "<https://crm.firm.example/u/" + "a" * 120 + ">, <mailto:anna@firm.example?subject=unsubscribe%20abc>"
    return Draft(
        Address("Анна Берг, отдел продаж", "anna@firm.example"), Address("Bob “B.” O’Neil", to),
        "Предложение № 2026-0412 на клапаны 😀 " + "весна " * 30, text, "<o.abcdefghijklmnopqrst@firm.example>", html,
        attachments=(Attached("Прайс 2026.pdf", "application/pdf", encoded(bytes(range(256)) * 40)),),
        references=tuple(f"<{'k' * 90}{n}@mail.client.example>" for n in range(12)),
        headers=(("List-Unsubscribe", leave), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")),
    )  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: b"-".join(way).decode())
def test_a_signature_of_the_relay_verifies_after_delivery(
    db: Database, tmp_path: Path, way: tuple[bytes, bytes]
) -> None:
    post, inbox = Post(db, tmp_path / "post"), Inbox()
    client = Controller(inbox, hostname="127.0.0.1", port=free_port())
    client.start()
    relay = Controller(Signer(client.port, way), hostname="127.0.0.1", port=free_port())
    relay.start()
    try:
        account = post.account(relay.port)
        post.mailing(account, ["plain@client.example", "odd@client.example"])
        raw = serialise(odd_letter("odd@client.example"))
        sha = post.blobs.keep(raw)
        post.blobs.settle()
        size, who = len(raw), "odd@client.example"
        post.run(f"UPDATE recipient SET raw_sha256 = '{sha}', raw_size = {size} WHERE address = '{who}'")
        post.send()
    finally:
        relay.stop()
        client.stop()
    assert post.states() == {"accepted": 2}
    assert len(inbox.mail) == 2
    odd = next(one for one in inbox.mail if b"odd@client.example" in one)
    assert odd.endswith(raw), "not a byte was changed on the way"
    assert max(map(len, odd.split(b"\r\n"))) <= 998
    for one in inbox.mail:
        assert dkim.verify(one, dnsfunc=record)
        assert not dkim.verify(one.replace(b"Subject: ", b"Subject: Re: ", 1), dnsfunc=record)
    head = odd.partition(b"\r\n\r\n")[0]
    names = head.partition(b"h=")[2].partition(b";")[0].lower()
    assert b"list-unsubscribe-post" in names.replace(b"\r\n", b"").replace(b" ", b"")
