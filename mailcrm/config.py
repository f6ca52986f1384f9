"""Config: the TOML file read once into frozen values; every mistake is one line that names file, key and mend.

Only the entry points (cli, daemon, web) read it; everything below them is handed plain values.
"""

import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from mailcrm.config_blobs import BlobSettings, blob_place, check_blobs
from mailcrm.config_servers import VISIBILITIES, mailboxes_of, servers_of
from mailcrm.config_servers import MailboxSource as MailboxSource
from mailcrm.config_servers import Server as Server
from mailcrm.config_sign_in import SignIn, check_sign_in
from mailcrm.config_smtp import SmtpSettings, check_smtp
from mailcrm.config_values import checked, fail, read
from mailcrm.config_work import WorkSettings, check_work
from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.errors import ConfigError
from mailcrm.net.blobs.place import BlobPlace

PLACES = (Path("config.toml"), Path("/etc/mailcrm/config.toml"))


@dataclass(frozen=True, slots=True)
class FreeMail:
    """Domains that never stand for a client: the list that comes with mailcrm, and what is added or taken away."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    @property
    def domains(self) -> frozenset[str]:
        """The list in force, case-folded."""
        return (FREE_MAIL | {d.casefold() for d in self.add}) - {d.casefold() for d in self.remove}


@dataclass(frozen=True, slots=True)
class Web:
    """Where the web UI listens and how it is reached."""

    listen: str = "127.0.0.1"
    port: int = field(default=8025, metadata=checked(low=1, high=65535))
    base_url: str = ""
    """The address people type, where a proxy stands in front; empty for http://LISTEN:PORT."""
    secure_cookies: bool = True
    metrics_token_env: str = ""
    """The variable with the token that lets /metrics be read from elsewhere; empty for this machine alone."""
    workers: int = field(default=2, metadata=checked(low=1, high=64))


@dataclass(frozen=True, slots=True)
class Sync:
    """What is read from the mailboxes, and how."""

    store: str = field(default="matched", metadata=checked(choices=("matched", "all")))
    tray: bool = True
    """Whether mail that no rule can file is listed (its metadata only) for a person to decide."""
    dropboxes: tuple[str, ...] = ()
    """Our own addresses that mail is sent, copied or forwarded to so that it is kept."""
    since_months: int = field(default=0, metadata=checked(low=0, high=1200))
    """0 reads everything that is there."""
    sweep_seconds: int = field(default=60, metadata=checked(low=5, high=3600))
    workers: int = field(default=2, metadata=checked(low=1, high=64))
    message_limit_mb: int = field(default=150, metadata=checked(low=1, high=2000))


@dataclass(frozen=True, slots=True)
class Privacy:
    """What colleagues see of each other's mail, and what is never stored."""

    visibility: str = field(default="full", metadata=checked(choices=VISIBILITIES))
    admin_reads_bodies: bool = False
    clients: str = field(default="all", metadata=checked(choices=("all", "assigned")))
    never: tuple[str, ...] = ()
    tray_days: int = field(default=180, metadata=checked(low=1, high=36500))
    """Lines of the tray that nobody decided on are dropped after so long."""
    sign_in_days: int = field(default=90, metadata=checked(low=1, high=36500))
    """Ended sessions and sign-in attempts are forgotten after so long."""
    audit_days: int = field(default=730, metadata=checked(low=1, high=36500))
    """Lines of the audit log are dropped after so long."""


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to the log (standard error)."""

    level: str = field(default="info", metadata=checked(choices=("debug", "info", "warning", "error")))
    format: str = field(default="text", metadata=checked(choices=("text", "json")))


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the administrator decided; `path` is the file it was read from."""

    domains: tuple[str, ...] = field(default=(), metadata=checked(required=True))
    data_dir: Path = Path("data")
    database: str = ""
    """Empty for SQLite in `data_dir`."""
    key_file: Path | None = None
    """Empty for `key` in `data_dir`."""
    phone_region: str = ""
    """Country (ISO 3166) of telephone numbers written without a country code."""
    web: Web = field(default_factory=Web)
    sync: Sync = field(default_factory=Sync)
    blobs: BlobSettings = field(default_factory=BlobSettings)
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    privacy: Privacy = field(default_factory=Privacy)
    sign_in: SignIn = field(default_factory=SignIn)
    free_mail: FreeMail = field(default_factory=FreeMail)
    work: WorkSettings = field(default_factory=WorkSettings)
    log: Log = field(default_factory=Log)
    servers: tuple[Server, ...] = ()
    mailboxes: tuple[MailboxSource, ...] = ()
    path: Path = Path()

    @property
    def database_url(self) -> str:
        """Where the database is, as SQLAlchemy writes it."""
        return self.database or f"sqlite:///{self.data_dir / 'mailcrm.db'}"

    @property
    def key_path(self) -> Path:
        """The file that holds the key of all sealed passwords and of the web's signatures."""
        return self.key_file or self.data_dir / "key"

    @property
    def blob_dir(self) -> Path:
        """The folder of raw messages and attachments; with a bucket, of files on their way to it."""
        return self.data_dir / "blobs"

    def blob_place(self, kind: str = "") -> BlobPlace:
        """Where blobs lie, or would lie if `blobs.kind` were `kind`; raises ConfigError where no bucket is named."""
        return blob_place(self.blobs, self.blob_dir, self.path, kind)

    @property
    def base_url(self) -> str:
        """How people reach the web UI, without a slash at the end."""
        return (self.web.base_url or f"http://{self.web.listen}:{self.web.port}").rstrip("/")

    def server(self, name: str) -> Server:
        """The mail server called `name`; raises ConfigError where there is none."""
        for server in self.servers:
            if server.name == name:
                return server
        known = ", ".join(s.name for s in self.servers) or "none yet"
        raise ConfigError(f"{self.path}: servers.{name}: no such server; there are: {known}.")


def find(path: Path | None = None) -> Path:
    """The configuration file: `path`, else $MAILCRM_CONFIG, ./config.toml, /etc/mailcrm/config.toml.

    Raises ConfigError where none of them exists.
    """
    named = path or (Path(os.environ["MAILCRM_CONFIG"]) if os.environ.get("MAILCRM_CONFIG") else None)
    for place in (named,) if named else PLACES:
        if place.is_file():
            return place
    if named:
        raise ConfigError(f"{named}: no such file; run `mailcrm init` to write one.")
    raise ConfigError("No config.toml here and no /etc/mailcrm/config.toml: run `mailcrm init` to write one.")


def load(path: Path | None = None) -> Config:
    """The configuration read from `path` or from the first place that has one; raises ConfigError."""
    found = find(path)
    try:
        return parse(found.read_text("utf-8"), found)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{found}: cannot be read: {error}.") from error


def parse(text: str, path: Path) -> Config:
    """The configuration that `text` says; relative paths are relative to the folder of `path`. Raises ConfigError."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}.") from error
    servers = table.pop("servers", {})
    mailboxes = table.pop("mailboxes", [])
    config = read(Config, table, path, "", hidden=("path", "servers", "mailboxes"))
    config = replace(
        config,
        path=path,
        data_dir=path.absolute().parent / config.data_dir,
        smtp=check_smtp(config.smtp, path),
        servers=servers_of(servers, path),
        mailboxes=mailboxes_of(mailboxes, path),
    )
    _check(config)
    return config


def _check(config: Config) -> None:
    try:
        make_url(config.database_url)
    except ArgumentError:
        raise fail(config.path, "database", "write sqlite:///PATH or postgresql://USER@HOST/NAME") from None
    for name in config.domains:
        if "@" in name or "." not in name:
            raise fail(config.path, "domains", f'"{name}" is not a domain; write for instance "example.com"')
    check_blobs(config.blobs, config.path)
    check_sign_in(config.sign_in, [server.name for server in config.servers], config.path)
    check_work(config.work, config.path)
    if config.web.base_url and not config.web.base_url.startswith(("http://", "https://")):
        raise fail(config.path, "web.base_url", "must begin with https:// or http://")
    seen: set[str] = set()
    for number, mailbox in enumerate(config.mailboxes, 1):
        _check_mailbox(config, mailbox, f"mailboxes[{number}]")
        if mailbox.address.casefold() in seen:
            raise fail(config.path, f"mailboxes[{number}].address", f"{mailbox.address} is there twice; keep one")
        seen.add(mailbox.address.casefold())


def _check_mailbox(config: Config, mailbox: MailboxSource, where: str) -> None:
    names = [server.name for server in config.servers]
    if mailbox.server not in names:
        mend = f"there is no [servers.{mailbox.server}]; there are: {', '.join(names) or 'none yet'}"
        raise fail(config.path, f"{where}.server", mend)
    sources = [bool(mailbox.password_env), bool(mailbox.password_file), mailbox.master]
    if sum(sources) > 1:
        raise fail(config.path, where, "give one of password_env, password_file or master, not several")
    if mailbox.master and not config.server(mailbox.server).master_user:
        raise fail(config.path, f"{where}.master", f"needs master_user in [servers.{mailbox.server}]")
