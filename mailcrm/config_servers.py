"""The `[servers.NAME]` and `[[mailboxes]]` of the configuration: mail servers, and the mailboxes that are read."""

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from mailcrm.config_smtp import TLS, check_smtp_server, smtp_port
from mailcrm.config_values import checked, fail, is_loopback, read

VISIBILITIES = ("full", "subject", "stub")
_PORTS = {"implicit": 993, "starttls": 143, "plain": 143}


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server; `name` is the NAME of its `[servers.NAME]`."""

    name: str = ""
    host: str = field(default="", metadata=checked(required=True))
    port: int = field(default=0, metadata=checked(low=0, high=65535))
    """0 stands for the usual port of `tls`: 993, or 143."""
    tls: str = field(default="implicit", metadata=checked(choices=TLS))
    ca_file: Path | None = None
    master_user: str = ""
    master_separator: str = "*"
    master_password_env: str = ""
    master_password_file: Path | None = None
    smtp_host: str = ""
    """Where mail of its mailboxes leaves; empty where nobody sends through mailcrm."""
    smtp_port: int = field(default=0, metadata=checked(low=0, high=65535))
    """0 stands for the usual port of `smtp_tls`: 465, 587, or 25."""
    smtp_tls: str = field(default="starttls", metadata=checked(choices=TLS))


@dataclass(frozen=True, slots=True)
class MailboxSource:
    """A mailbox named in the configuration; others are added by the CLI or on the web."""

    address: str = field(default="", metadata=checked(required=True))
    server: str = field(default="", metadata=checked(required=True))
    login: str = ""
    """What the server is told; empty for the address."""
    password_env: str = ""
    password_file: Path | None = None
    master: bool = False
    """Sign in as the master user of its server."""
    owner: str = ""
    """The login of the user it belongs to; empty for a shared mailbox."""
    visibility: str = field(default="", metadata=checked(choices=("", *VISIBILITIES)))
    """Empty for `privacy.visibility`."""
    since: date | None = None
    """Older mail is not read; empty for `sync.since_months`."""


def servers_of(table: object, path: Path) -> tuple[Server, ...]:
    """`[servers.NAME]`, or `[[servers]]` with a `name` each; raises ConfigError."""
    if isinstance(table, dict):
        rows = [(name, {"name": name, **row} if isinstance(row, dict) else row) for name, row in table.items()]
    elif isinstance(table, list):
        rows = [(str(row.get("name") if isinstance(row, dict) else n), row) for n, row in enumerate(table)]
    else:
        raise fail(path, "servers", "write it as [servers.NAME]")
    servers = tuple(read(Server, row, path, f"servers.{name}") for name, row in rows)
    for server in servers:
        _check_server(server, path)
    return tuple(
        replace(one, port=one.port or _PORTS[one.tls], smtp_port=smtp_port(one.smtp_port, one.smtp_tls))
        for one in servers
    )


def _check_server(server: Server, path: Path) -> None:
    where = f"servers.{server.name}"
    if not server.name:
        raise fail(path, "servers", "give each server a name: [servers.NAME]")
    if server.tls == "plain" and not is_loopback(server.host):
        raise fail(path, f"{where}.tls", '"plain" is only for this machine itself; use "implicit" or "starttls"')
    check_smtp_server(server.smtp_host or "localhost", server.smtp_tls, path, f"{where}.smtp_tls")
    if server.ca_file and not server.ca_file.is_file():
        raise fail(path, f"{where}.ca_file", f"{server.ca_file} does not exist")
    if server.master_user and not (server.master_password_env or server.master_password_file):
        raise fail(path, f"{where}.master_user", "needs master_password_env or master_password_file beside it")


def mailboxes_of(rows: object, path: Path) -> tuple[MailboxSource, ...]:
    """The mailboxes as written; raises ConfigError."""
    if not isinstance(rows, list):
        raise fail(path, "mailboxes", "write each one as [[mailboxes]]")
    return tuple(read(MailboxSource, row, path, f"mailboxes[{n}]") for n, row in enumerate(rows, 1))
