"""How to sign in to a mailbox: a sealed password, an environment variable, a file, or the server's master user."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.errors import ConfigError
from mailcrm.net.imap.values import Login, Server
from mailcrm.net.secrets import Keyring
from mailcrm.store.rounds import Account


@dataclass(frozen=True, slots=True)
class Master:
    """The master user of one server, who may open every mailbox."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens mailboxes: the keys of the sealed passwords, and master users by (host, port)."""

    keyring: Keyring
    masters: Mapping[tuple[str, int], Master] = field(default_factory=dict)

    def server(self, account: Account) -> Server:
        """The server of a mailbox."""
        return Server(account.host, account.port, account.tls, account.ca_file)  # type: ignore[arg-type]

    def login(self, account: Account) -> Login:
        """The sign-in for a mailbox; raises ConfigError where the password cannot be had."""
        name = account.login or account.address
        if account.secret_source == "master":  # noqa: S105  (the name of a source, not a secret)
            master = self.masters.get((account.host, account.port))
            if master is None:
                raise ConfigError(f"{account.host} has no master user: add master_user to its server.")
            return Login(name, master.password, master=master.user)
        return Login(name, self._password(account))

    def _password(self, account: Account) -> str:
        source, _, where = account.secret_source.partition(":")
        if source == "env":
            if where not in os.environ:
                raise ConfigError(
                    f"The environment variable {where} with the password of {account.address} is not set."
                )
            return os.environ[where]
        if source == "file":
            try:
                return Path(where).read_text(encoding="utf-8").rstrip("\n")
            except OSError as error:
                why = f"The password file of {account.address} cannot be read: {error.strerror}."
                raise ConfigError(why) from error
        if account.secret is None:
            raise ConfigError(f"{account.address} has no password: run `mailcrm mailbox password` for it.")
        return self.keyring.open(account.secret, secret_context(account.id))


def secret_context(mailbox_id: int) -> str:
    """What the sealed password of a mailbox is bound to."""
    return f"mailbox:{mailbox_id}:password"
