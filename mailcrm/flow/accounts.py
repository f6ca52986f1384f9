"""Accounts that mail leaves by: add, edit, seal the password, pause, and ask for a probe."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.addresses import valid_email
from mailcrm.flow.edit import By
from mailcrm.flow.tools import secret_context
from mailcrm.mailing.wire import is_one_line
from mailcrm.net.secrets import Keyring
from mailcrm.store import audit, mailboxes, people, send_accounts
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from mailcrm.store.send_accounts import SendAccountRow

SENT_COPIES = ("append", "server", "off")
_EDITABLE = ("name", "sent_copy", "connections", "per_minute", "per_day", "domain_per_minute", "mailbox_id", "user_id")
_MOST = 10_000_000
_BOUNDS = {"connections": (1, 50), "per_minute": (0, _MOST), "per_day": (0, _MOST), "domain_per_minute": (0, _MOST)}


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is asked of a new account. `secret_source` is env:NAME, file:PATH, none, mailbox, or empty for a sealed
    password; `user` is the login of who sends by it, empty for the company."""

    address: str
    host: str
    port: int = 587
    tls: str = "starttls"
    ca_file: str | None = None
    login: str = ""
    name: str = ""
    user: str = ""
    secret_source: str = ""


def add_account(database: Database, by: By, new: NewAccount) -> int:
    """Add an account; returns its id. A mailbox of the same address gets the copies, and lends its sign-in where
    `secret_source` says so. Raises Refused where something is wrong or the address is there already."""
    address = valid_email(new.address)
    _check_server(new)
    with database.writing() as connection:
        if send_accounts.account_by_address(connection, address):
            raise Refused(f"There is an account {address} already.")
        owner = people.user_by_login(connection, new.user) if new.user else None
        if new.user and owner is None:
            raise Refused(f"There is no user {new.user}: run `mailcrm user add {new.user}` first.")
        mailbox = mailboxes.mailbox_by_address(connection, address)
        if new.secret_source == "mailbox" and mailbox is None:  # noqa: S105  (the name of a source, not a secret)
            raise Refused(f"There is no mailbox {address} whose sign-in could be used.")
        values = {
            **{name: getattr(new, name) for name in ("host", "port", "tls", "ca_file", "login", "secret_source")},
            "address": address,
            "name": _name(new.name),
            "user_id": owner.id if owner else None,
            "mailbox_id": mailbox.id if mailbox else None,
            "sent_copy": "append" if mailbox else "off",
            "created_at": by.at,
        }
        number = send_accounts.add(connection, values)
        audit.note(connection, Act(by.actor_id, "added", "send_account", number, detail=address), by.at)
        return number


def edit_account(database: Database, by: By, account_id: int, changes: Mapping[str, object]) -> None:
    """Change name, limits, copies, mailbox or user; raises Refused, or NotFound."""
    unknown = set(changes) - set(_EDITABLE)
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of an account.")
    values = {**changes, "name": _name(str(changes["name"]))} if "name" in changes else dict(changes)
    for name, (low, high) in _BOUNDS.items():
        if name in values and not low <= int(str(values[name])) <= high:
            raise Refused(f"The number must be between {low} and {high}.")
    with database.writing() as connection:
        row = _known(connection, account_id)
        copies = values.get("sent_copy", row.sent_copy)
        if copies not in SENT_COPIES:
            raise Refused("Copies for Sent: append, server or off.")
        if copies == "append" and values.get("mailbox_id", row.mailbox_id) is None:
            raise Refused("Copies need a mailbox of the same address that mailcrm reads.")
        send_accounts.change(connection, account_id, values)
        changed = ", ".join(sorted(values))
        audit.note(connection, Act(by.actor_id, "changed", "send_account", account_id, detail=changed), by.at)


def set_password(database: Database, by: By, keyring: Keyring, account_id: int, password: str) -> None:
    """Seal a new password; the account sends again at once. Raises Refused where it is empty, or NotFound."""
    if not password or not is_one_line(password):
        raise Refused("Enter the password of the account.")
    with database.writing() as connection:
        row = _known(connection, account_id)
        sealed = keyring.seal(password, secret_context(account_id))
        state = "active" if row.state == "needs-credentials" else row.state
        values = {"secret": sealed, "secret_source": "", "state": state, "breaker_until": None, "breaker_step": 0}
        send_accounts.change(connection, account_id, {**values, "last_error": "", "last_error_at": None})
        audit.note(connection, Act(by.actor_id, "password", "send_account", account_id, detail=row.address), by.at)


def pause(database: Database, by: By, account_id: int) -> None:
    """Send nothing by it any more, within one message; what waits goes on waiting. Raises NotFound."""
    _switch(database, by, account_id, "paused")


def resume(database: Database, by: By, account_id: int) -> None:
    """Send by it again, at once. Raises NotFound."""
    _switch(database, by, account_id, "active")


def ask_probe(database: Database, by: By, account_id: int) -> None:
    """Let the sending process try out what the account's server does. Raises NotFound."""
    with database.writing() as connection:
        _known(connection, account_id)
        send_accounts.change(connection, account_id, {"probe": json.dumps({"state": "asked"}), "probed_at": by.at})


def _switch(database: Database, by: By, account_id: int, state: str) -> None:
    well = {"breaker_until": None, "breaker_step": 0, "last_error": "", "last_error_at": None}
    act = "resumed" if state == "active" else "paused"
    with database.writing() as connection:
        row = _known(connection, account_id)
        send_accounts.change(connection, account_id, {"state": state, **(well if state == "active" else {})})
        audit.note(connection, Act(by.actor_id, act, "send_account", account_id, detail=row.address), by.at)


def _known(connection: Connection, account_id: int) -> SendAccountRow:
    found = send_accounts.account(connection, account_id)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def _name(text: str) -> str:
    if not is_one_line(text):
        raise Refused("A name has one line.")
    return " ".join(text.split())[:120]


def _check_server(new: NewAccount) -> None:
    if new.tls not in ("implicit", "starttls", "plain"):
        raise Refused("The encryption must be one of implicit, starttls, plain.")
    loopback = new.host in ("localhost", "::1") or new.host.startswith("127.")
    if new.tls == "plain" and not loopback:
        raise Refused(f"A password would go to {new.host} in clear: use implicit or starttls.")
