"""What sending works with: the tools of a process, and how its accounts sign in."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import Connection

from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import ConfigError
from mailcrm.flow.credentials import Credentials
from mailcrm.mailing.token import TokenKeys
from mailcrm.net.blobs import BlobStore
from mailcrm.net.smtp.values import SmtpLogin, SmtpServer, Tls
from mailcrm.store import queue, rounds
from mailcrm.store.database import Database
from mailcrm.store.send_accounts import SendAccountRow


@dataclass(frozen=True, slots=True)
class CompanyAccount:
    """How mail of mailcrm itself leaves."""

    server: SmtpServer
    address: str
    name: str = "mailcrm"
    login: SmtpLogin | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long servers are waited for, in seconds."""

    connect: float = 30.0
    command: float = 300.0
    dot: float = 600.0


@dataclass(frozen=True, slots=True)
class SendTools:
    """What a sending process works with. `worker` names it in leases; `is_alive` tells of other processes."""

    database: Database
    blobs: BlobStore
    credentials: Credentials
    worker: str
    company: CompanyAccount | None = None
    clock: Callable[[Connection], datetime] = queue.database_now
    is_alive: Callable[[str], bool] = lambda _: True
    chance: Callable[[], float] = random.random
    patience: Patience = field(default_factory=Patience)
    base_url: str = ""
    work: WorkCalendar = field(default_factory=WorkCalendar)

    @property
    def tokens(self) -> TokenKeys:
        """The keys of tokens."""
        return TokenKeys.derived(self.credentials.keyring.derive)


def secret_context(account_id: int) -> str:
    """What the sealed password of an account is bound to."""
    return f"send-account:{account_id}:password"


def server_of(account: SendAccountRow, patience: Patience) -> SmtpServer:
    """The server of an account."""
    times = (patience.connect, patience.command, patience.dot)
    return SmtpServer(account.host, account.port, cast(Tls, account.tls), account.ca_file, *times)


def login_of(connection: Connection, account: SendAccountRow, credentials: Credentials) -> SmtpLogin | None:
    """The sign-in of an account; None where its server asks for none. Raises ConfigError where the password cannot be
    had."""
    source, _, where = account.secret_source.partition(":")
    name = account.login or account.address
    if source == "none":
        return None
    if source == "mailbox":
        mailbox = rounds.account(connection, account.mailbox_id or 0)
        if mailbox is None:
            raise ConfigError(f"{account.address} signs in as its mailbox does, and that is gone.")
        login = credentials.login(mailbox)
        return SmtpLogin(login.name, login.password)
    if source == "env":
        if where not in os.environ:
            raise ConfigError(f"The environment variable {where} with the password of {account.address} is not set.")
        return SmtpLogin(name, os.environ[where])
    if source == "file":
        return SmtpLogin(name, _read(Path(where), account.address))
    if account.secret is None:
        raise ConfigError(f"{account.address} has no password for sending: enter one on its page.")
    return SmtpLogin(name, credentials.keyring.open(account.secret, secret_context(account.id)))


def _read(path: Path, address: str) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ConfigError(f"The password file of {address} cannot be read: {error.strerror}.") from error
