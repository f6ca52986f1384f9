"""The IMAP and the SMTP server of the demo company, on the loopback interface only."""

from argparse import Namespace
from asyncio import AbstractServer, get_running_loop
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import format_datetime, make_msgid
from logging import ERROR, getLogger

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.imap import IMAPService
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Seen
from pymap.user import Passwords, UserMetadata

from demo.mailboxes import SPECIAL_USE, KeptAccount
from demo.shelf import Shelf

_HOST = "127.0.0.1"
_MAX_SIZE = 50 * 1024 * 1024


@dataclass(frozen=True)
class MailServer:
    """What both servers share: the accounts, and who may use them with which password."""

    hostname: str
    passwords: Mapping[str, str]
    accounts: dict[str, KeptAccount] = field(default_factory=dict)

    async def deliver(self, account: str, raw: bytes) -> None:
        """Put a message into the inbox of an account."""
        inbox = await self.accounts[account].get_mailbox("INBOX")
        await inbox.append(AppendMessage(raw, datetime.now(UTC)), recent=True)

    async def keep_sent(self, account: str, raw: bytes) -> None:
        """Put a message into the folder of sent mail of an account."""
        tree = await self.accounts[account].list_mailboxes()
        name = next(entry.name for entry in tree.list() if SPECIAL_USE.get(entry.name) == b"Sent")
        sent = await self.accounts[account].get_mailbox(name)
        await sent.append(AppendMessage(raw, datetime.now(UTC), frozenset([Seen])))


@asynccontextmanager
async def serving(server: MailServer, shelf: Shelf, imap_port: int, smtp_port: int) -> AsyncIterator[None]:
    """Both servers answer as long as the block runs; raises OSError where a port is taken."""
    async with AsyncExitStack() as stack:
        await _start_imap(server, shelf, imap_port, stack)
        smtp = await _start_smtp(server, smtp_port)
        stack.callback(smtp.close)
        yield


class _Config(Config):
    @property
    def greeting(self) -> bytes:
        # pymap asks the DNS for the name of this machine, which takes long where it has none.
        return b"The mail server of the mailcrm demo"


async def _start_imap(server: MailServer, shelf: Shelf, port: int, stack: AsyncExitStack) -> None:
    none = dict.fromkeys(("cert", "key", "inherited_sockets", "proxy_protocol", "passlib_cfg", "demo_data"))
    args = Namespace(debug=False, host=_HOST, port=port, tls=False, demo_user="", demo_password="", **none)
    config = _Config.from_args(args)
    config.apply_context()
    login = Login(config)
    for account, password in server.passwords.items():
        secret = await Passwords(config).hash_password(password)
        login.users_dict[account] = UserMetadata(config, account, password=secret)
        server.accounts[account] = kept = KeptAccount(shelf, account)
        await kept.load()
        config.set_cache[account] = (kept, FilterSet())
    await IMAPService(DictBackend(login, config), config).start(stack)


async def _start_smtp(server: MailServer, port: int) -> AbstractServer:
    delivery = Delivery(server)

    def protocol() -> SMTP:
        return SMTP(
            delivery,
            hostname=server.hostname,
            data_size_limit=_MAX_SIZE,
            enable_SMTPUTF8=True,
            authenticator=delivery.sign_in,
            auth_require_tls=False,
        )

    # aiosmtpd warns at each sign-in about an attribute that it sets itself.
    getLogger("mail.log").setLevel(ERROR)
    return await get_running_loop().create_server(protocol, _HOST, port)


@dataclass(frozen=True)
class Delivery:
    """What the SMTP server does with mail: into the inboxes of staff, and a copy into the sender's sent mail.

    Mail to anybody else is accepted and goes nowhere: the demo never sends anything to the outside.
    """

    server: MailServer

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Deliver one message; returns the answer to the client."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        raw = completed(content, self.server.hostname)
        for recipient in {address.lower() for address in envelope.rcpt_tos}:
            if recipient in self.server.accounts:
                await self.server.deliver(recipient, raw)
        sender = (envelope.mail_from or "").lower()
        if sender in self.server.accounts:
            await self.server.keep_sent(sender, raw)
        return "250 2.0.0 delivered"

    def sign_in(self, _smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        """Whether name and password are those of an account; signing in is possible, not required."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        known = self.server.passwords.get(data.login.decode(errors="replace").lower())
        return AuthResult(success=known is not None and known.encode() == data.password, handled=False)


def completed(raw: bytes, hostname: str) -> bytes:
    """The message with the Date and the Message-ID that a submission server adds where they are missing."""
    headers = message_from_bytes(raw)
    added = "" if headers["date"] else f"Date: {format_datetime(datetime.now(UTC))}\r\n"
    added += "" if headers["message-id"] else f"Message-ID: {make_msgid(domain=hostname)}\r\n"
    return added.encode() + raw
