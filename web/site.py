"""Site: what the web UI needs to know, as one frozen value made from the configuration at the entry point."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.config import Config, Server
from mailcrm.config_sign_in import Oidc, host_of
from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.errors import ConfigError
from mailcrm.flow.doors import Welcome
from mailcrm.net.blobs import BlobPlace
from mailcrm.net.oidc import Provider


@dataclass(frozen=True, slots=True)
class Site:
    """The company's values for the pages; pickled into every process that answers requests."""

    database_url: str
    blobs: BlobPlace
    key_file: Path
    domains: tuple[str, ...]
    free_mail: frozenset[str] = frozenset()
    phone_region: str = ""
    secure_cookies: bool = True
    servers: tuple[Server, ...] = ()
    visibility: str = "full"
    """What colleagues see of a mailbox that is added here, unless its owner says otherwise."""
    never: frozenset[str] = frozenset()
    """Addresses and domains that the configuration says are never stored."""
    dropboxes: tuple[str, ...] = ()
    admin_reads_bodies: bool = False
    clients: str = "all"
    """all, or assigned: staff and managers see only clients that they look after."""
    base_url: str = ""
    """How people reach the pages, without a slash at the end; empty for as they ask."""
    mailbox_server: Server | None = None
    """The mail server that is asked for the password of users who have no local one."""
    second_factor_roles: frozenset[str] = frozenset()
    provider: Provider | None = None
    provider_name: str = ""
    welcome: Welcome | None = None
    """Whom the provider may send; none without one."""
    metrics_token: str = ""
    """Lets Prometheus read /metrics from elsewhere; without it only this machine may."""
    work: WorkCalendar = field(default_factory=WorkCalendar)
    """When the company works."""
    streams: int = 24
    """How many pages one process keeps told of new mail; the others ask from time to time."""
    stream_seconds: float = 55.0
    """How long one stream lasts before the page opens the next."""


def from_config(config: Config) -> Site:
    """The site that a configuration describes."""
    return Site(
        database_url=config.database_url,
        blobs=config.blob_place(),
        key_file=config.key_path,
        domains=config.domains,
        free_mail=config.free_mail.domains,
        phone_region=config.phone_region,
        secure_cookies=config.web.secure_cookies and not config.base_url.startswith("http://"),
        servers=config.servers,
        visibility=config.privacy.visibility,
        never=frozenset(n.casefold() for n in config.privacy.never),
        dropboxes=tuple(d.casefold() for d in config.sync.dropboxes),
        admin_reads_bodies=config.privacy.admin_reads_bodies,
        work=config.work.calendar,
        clients=config.privacy.clients,
        base_url=config.base_url,
        mailbox_server=config.server(config.sign_in.mailbox_server) if config.sign_in.mailbox_server else None,
        second_factor_roles=frozenset(config.sign_in.second_factor_roles),
        provider=_provider(config.sign_in.oidc),
        provider_name=config.sign_in.oidc.name or host_of(config.sign_in.oidc.issuer),
        welcome=_welcome(config),
        metrics_token=os.environ.get(config.web.metrics_token_env, "") if config.web.metrics_token_env else "",
    )


def _provider(oidc: Oidc) -> Provider | None:
    if not oidc.issuer:
        return None
    if oidc.client_secret_env and oidc.client_secret_env not in os.environ:
        raise ConfigError(f"sign_in.oidc: the environment variable {oidc.client_secret_env} is not set.")
    secret = os.environ[oidc.client_secret_env] if oidc.client_secret_env else ""
    return Provider(oidc.issuer, oidc.client_id, secret)


def _welcome(config: Config) -> Welcome | None:
    if not config.sign_in.oidc.issuer:
        return None
    domains = config.sign_in.oidc.domains or config.domains
    return Welcome(frozenset(domain.casefold() for domain in domains), config.sign_in.oidc.provision)
