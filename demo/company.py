"""The demo company as mailcrm knows it: its configuration, its users, its clients, its never-lists."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demo.duties import assign
from demo.offering import lend, offer
from demo.people import CLIENTS, DOMAIN, EVERYBODY, FREE_MAIL, STAFF, Client, Staff
from demo.sales import sell
from mailcrm.config import Config, load
from mailcrm.flow.clients import NewClient, add_client
from mailcrm.flow.contacts import NewContact, add_contact
from mailcrm.flow.edit import By, Office
from mailcrm.flow.links import never_again
from mailcrm.flow.migrate import migrate
from mailcrm.flow.people import NewUser, add_user
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_NEVER = ("riverside-clinic.example", "ulybka.example")
_FRIENDS = {"daniel": "mike", "olga": "lena"}


@dataclass(frozen=True)
class Ports:
    """Where the demo listens, all on this machine."""

    web: int
    imap: int
    smtp: int


def write_config(folder: Path, ports: Ports) -> Path:
    """Write the configuration for these ports, and the password files it names; returns its path."""
    lines = [
        "# Written by `make demo` at each start.",
        f'domains = ["{DOMAIN}"]',
        'data_dir = "data"',
        "[web]",
        f"port = {ports.web}",
        "secure_cookies = false",
        "workers = 1",
        "[sync]",
        "sweep_seconds = 5",
        f'dropboxes = ["crm@{DOMAIN}"]',
        "[privacy]",
        f"never = {_list(_NEVER)}",
        "[free_mail]",
        f"add = {_list(FREE_MAIL)}",
        "[log]",
        'level = "warning"',
        "[servers.demo]",
        'host = "127.0.0.1"',
        f"port = {ports.imap}",
        'tls = "plain"',
        'smtp_host = "127.0.0.1"',
        f"smtp_port = {ports.smtp}",
        'smtp_tls = "plain"',
    ]
    for member in STAFF:
        secret = folder / f"{member.person.key}.password"
        secret.write_text(member.password + "\n", encoding="utf-8")
        secret.chmod(0o600)
        address = member.person.email
        lines += ["[[mailboxes]]", f'address = "{address}"', 'server = "demo"', f'owner = "{address}"']
        lines.append(f'password_file = "{secret.name}"')
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _list(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def furnish(path: Path, now: datetime) -> bool:
    """Bring the database up and fill it with users and clients; returns False where they are there already."""
    config = load(path)
    furnished = path.with_name("furnished")
    is_new = not furnished.exists()
    if is_new:
        # Whatever an interrupted start has left.
        shutil.rmtree(config.data_dir, ignore_errors=True)
    config.data_dir.mkdir(parents=True, exist_ok=True)
    keyring = Keyring.load(config.key_path, create=True)
    database = Database(config.database_url)
    migrate(database)
    if is_new:
        users = {member.person.key: _user(database, member, now) for member in STAFF}
        lend(database, keyring, config, By(users["igor"], now))
        _fill(_office(config, database, keyring), users, now)
        furnished.touch()
    database.close()
    return is_new


def _user(database: Database, member: Staff, now: datetime) -> int:
    person = member.person
    return add_user(database, NewUser(person.email, person.name, member.password, member.role, member.language), now)


def _office(config: Config, database: Database, keyring: Keyring) -> Office:
    domains = frozenset(config.domains)
    return Office(database, keyring.fingerprint, domains, config.free_mail.domains, config.phone_region)


def _fill(office: Office, users: dict[str, int], now: datetime) -> None:
    clients = {client.name: _client(office, client, By(users[client.owner], now)) for client in CLIENTS}
    assign(office, users, clients, now)
    owners = {client.name: users[client.owner] for client in CLIENTS}
    sell(office, By(None, now), clients, owners)
    offer(office, users, clients, now)
    for key, friend in _FRIENDS.items():
        never_again(office, By(users[key], now), EVERYBODY[friend].email, for_user=users[key])


def _client(office: Office, client: Client, by: By) -> int:
    new = NewClient(client.name, client.kind, by.actor_id, client.domains, note=client.note)
    client_id = add_client(office, by, new)
    for person in client.people:
        phones = (person.phone,) if person.phone else ()
        add_contact(office, by, client_id, NewContact(person.name, person.position, "", (person.email,), phones))
    return client_id
