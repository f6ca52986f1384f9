"""SignIn, Oidc: the ways in besides a local password, as the configuration describes them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.config_values import fail, is_loopback

ROLES = ("staff", "manager", "admin")


@dataclass(frozen=True, slots=True)
class Oidc:
    """An identity provider (OpenID Connect); none without an issuer."""

    issuer: str = ""
    client_id: str = ""
    client_secret_env: str = ""
    """The variable with the client secret; empty for a public client (PKCE alone)."""
    name: str = ""
    """What stands on the button; empty for the host of the issuer."""
    domains: tuple[str, ...] = ()
    """The domains of the addresses that may come; empty for `domains`."""
    provision: bool = False
    """Whether somebody who is no user yet becomes one (staff) by signing in."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How users sign in besides a local password."""

    mailbox_server: str = ""
    """The NAME of the mail server that is asked for the password of users who have no local one; empty for none."""
    second_factor_roles: tuple[str, ...] = ()
    """The roles that must set up an authenticator app before anything else."""
    oidc: Oidc = field(default_factory=Oidc)


def check_sign_in(sign_in: SignIn, servers: Collection[str], path: Path) -> None:
    """Raises ConfigError where the ways in cannot work."""
    if sign_in.mailbox_server and sign_in.mailbox_server not in servers:
        mend = f"there is no [servers.{sign_in.mailbox_server}]; there are: {', '.join(servers) or 'none yet'}"
        raise fail(path, "sign_in.mailbox_server", mend)
    for role in sign_in.second_factor_roles:
        if role not in ROLES:
            raise fail(path, "sign_in.second_factor_roles", f'"{role}" is no role; there are: {", ".join(ROLES)}')
    oidc = sign_in.oidc
    if not oidc.issuer:
        return
    scheme, _, rest = oidc.issuer.partition("://")
    host = rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise fail(path, "sign_in.oidc.issuer", "must begin with https://")
    if not oidc.client_id:
        raise fail(path, "sign_in.oidc.client_id", "is missing; the provider gives it out")


def host_of(address: str) -> str:
    """The host of an address, for people."""
    return address.partition("://")[2].partition("/")[0]
