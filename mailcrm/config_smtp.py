"""The `[smtp]` of the configuration: how mail of the company itself leaves, such as reminders and confirmations."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from mailcrm.config_values import checked, fail, is_loopback

TLS = ("implicit", "starttls", "plain")
_PORTS = {"implicit": 465, "starttls": 587, "plain": 25}


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The company's own account; without a host nothing of it is sent, and it waits."""

    host: str = ""
    port: int = field(default=0, metadata=checked(low=0, high=65535))
    """0 stands for the usual port of `tls`: 465, 587, or 25."""
    tls: str = field(default="starttls", metadata=checked(choices=TLS))
    ca_file: Path | None = None
    login: str = ""
    """Empty for a server that asks for none."""
    password_env: str = ""
    password_file: Path | None = None
    """Used instead of the variable."""
    address: str = ""
    """What stands in From."""
    name: str = "mailcrm"


def smtp_port(port: int, tls: str) -> int:
    """The port that is meant: the usual one of `tls` where it is 0."""
    return port or _PORTS[tls]


def check_smtp(settings: SmtpSettings, path: Path) -> SmtpSettings:
    """The settings with their port; raises ConfigError, in words that name the file, the key and the mend."""
    if not settings.host:
        return settings
    check_smtp_server(settings.host, settings.tls, path, "smtp.tls")
    if "@" not in settings.address or "\n" in settings.address:
        raise fail(path, "smtp.address", 'must be the address in From, such as "crm@example.com"')
    if settings.login and not (settings.password_env or settings.password_file):
        raise fail(path, "smtp.login", "needs password_env or password_file beside it")
    if settings.ca_file and not settings.ca_file.is_file():
        raise fail(path, "smtp.ca_file", f"{settings.ca_file} does not exist")
    return replace(settings, port=smtp_port(settings.port, settings.tls))


def check_smtp_server(host: str, tls: str, path: Path, key: str) -> None:
    """Raises ConfigError where a password would travel in clear."""
    if tls == "plain" and not is_loopback(host):
        raise fail(path, key, '"plain" is only for this machine itself; use "implicit" or "starttls"')
