"""Setting: everything a command may need, made from the configuration when it is first asked for."""

import os
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from mailcrm import config
from mailcrm.config import Config, MailboxSource, Server
from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.daemon import utc_now
from mailcrm.errors import ConfigError
from mailcrm.flow import mailboxes
from mailcrm.flow.chores import ChoreTools
from mailcrm.flow.credentials import Credentials, Master
from mailcrm.flow.desk import Desk, Limits
from mailcrm.flow.edit import By, Office
from mailcrm.flow.mailboxes import NewMailbox
from mailcrm.flow.readers import Readers
from mailcrm.flow.rounds import Firm
from mailcrm.flow.tidy import Retention
from mailcrm.mailing.token import TokenKeys
from mailcrm.net.blobs import BlobStore, open_blobs
from mailcrm.net.process import own_name
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.visibility import Policy

_MONTH = timedelta(days=30.44)


class Setting:
    """The parts of the product as the configuration wants them; each raises ConfigError or OldSchema when used."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    @cached_property
    def config(self) -> Config:
        """The configuration."""
        return config.load(self.path)

    @cached_property
    def keyring(self) -> Keyring:
        """The keys of sealed passwords; raises ConfigError where there is no key file."""
        return Keyring.load(self.config.key_path)

    @cached_property
    def database(self) -> Database:
        """The database with the schema of this program; raises OldSchema otherwise."""
        database = Database(self.config.database_url)
        database.require_current_schema()
        return database

    @cached_property
    def blobs(self) -> BlobStore:
        """The store of raw messages and attachments."""
        return open_blobs(self.config.blob_place())

    @property
    def office(self) -> Office:
        """What edits need."""
        settings = self.config
        own = frozenset(d.casefold() for d in settings.domains)
        return Office(
            self.database,
            self.keyring.fingerprint,
            own,
            settings.free_mail.domains,
            settings.phone_region,
            self.firm.never,
            self.config.base_url,
        )

    @property
    def by(self) -> By:
        """Who edits: the administrator at the command line, now."""
        return By(None, utc_now())

    @property
    def firm(self) -> Firm:
        """The company, for matching."""
        settings = self.config
        return Firm(
            domains=frozenset(d.casefold() for d in settings.domains),
            free_mail=settings.free_mail.domains,
            never=frozenset(value.casefold() for value in settings.privacy.never),
            store_all=settings.sync.store == "all",
            tray=settings.sync.tray,
            keys=TokenKeys.derived(self.keyring.derive),
            zone=self.work.zone,
        )

    @cached_property
    def work(self) -> WorkCalendar:
        """When the company works, for answer times and targets in working hours."""
        return self.config.work.calendar

    @property
    def retention(self) -> Retention:
        """How long things are kept that nobody asked to keep."""
        days = self.config.privacy
        return Retention(*(timedelta(days=n) for n in (days.tray_days, days.sign_in_days, days.audit_days)))

    def desk(self) -> Desk:
        """The tools of a round; close its `readers` afterwards."""
        settings = self.config.sync
        since = utc_now() - settings.since_months * _MONTH if settings.since_months else None
        limits = Limits(message_bytes=settings.message_limit_mb << 20, since=since)
        readers = Readers(settings.workers)
        return Desk(self.database, self.blobs, readers, own_name("sync"), utc_now, limits)

    def chore_tools(self) -> ChoreTools:
        """What the work by the clock needs."""
        privacy = self.config.privacy
        policy = Policy(privacy.admin_reads_bodies, privacy.clients)
        return ChoreTools(
            self.office, self.blobs, self.keyring, self.config.base_url, self.retention, policy, self.work
        )

    @property
    def credentials(self) -> Credentials:
        """What opens mailboxes; raises ConfigError where the password of a master user cannot be had."""
        servers = [server for server in self.config.servers if server.master_user]
        masters = {(s.host, s.port): Master(s.master_user, _master_password(s)) for s in servers}
        return Credentials(self.keyring, masters)

    def declare_mailboxes(self) -> None:
        """Bring the mailboxes of the configuration into the database; raises Refused."""
        wanted = [self.new_mailbox(source) for source in self.config.mailboxes]
        mailboxes.declare(self.database, wanted, utc_now())

    def new_mailbox(self, source: MailboxSource, origin: str = "config") -> NewMailbox:
        """A mailbox of the configuration as `flow` wants it."""
        server = self.config.server(source.server)
        since = datetime.combine(source.since, datetime.min.time(), UTC) if source.since else None
        return NewMailbox(
            source.address,
            server.host,
            server.port,
            server.tls,
            str(server.ca_file) if server.ca_file else None,
            source.login,
            source.owner,
            _secret_source(source),
            source.visibility or self.config.privacy.visibility,
            since,
            origin,
        )


def _secret_source(source: MailboxSource) -> str:
    if source.master:
        return "master"
    if source.password_env:
        return f"env:{source.password_env}"
    return f"file:{source.password_file}" if source.password_file else ""


def _master_password(server: Server) -> str:
    if server.master_password_file is not None:
        try:
            return server.master_password_file.read_text("utf-8").rstrip("\n")
        except OSError as error:
            what = f"servers.{server.name}.master_password_file cannot be read: {error.strerror}."
            raise ConfigError(what) from error
    if server.master_password_env not in os.environ:
        raise ConfigError(f"servers.{server.name}: the environment variable {server.master_password_env} is not set.")
    return os.environ[server.master_password_env]
