"""An empty mailcrm with a company in it: one user, its mailbox, and the clients that the mail concerns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.flow.migrate import migrate
from mailcrm.flow.people import NewUser, add_user
from mailcrm.model import Client, ClientDomain, ContactAddress, Mailbox
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.rows import insert

PASSWORD = "a password for benchmarks"


@dataclass(frozen=True, slots=True)
class Company:
    """Whose mail it is."""

    domains: frozenset[str]
    staff: str
    """The address of the one user, who owns the one mailbox."""
    client_domains: tuple[str, ...] = ()
    client_addresses: tuple[str, ...] = ()


def found(folder: Path, company: Company, port: int = 143, login: str = "bench") -> Database:
    """A migrated SQLite database in `folder` with the company in it; the key file of its secrets beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    Keyring.load(folder / "keys", create=True)
    database = Database(f"sqlite:///{folder / 'mailcrm.db'}")
    migrate(database)
    now = datetime.now(UTC)
    add_user(database, NewUser(company.staff, "Bench", role="admin", password=PASSWORD), now)
    with database.writing() as connection:
        insert(connection, Mailbox, [_mailbox(company, port, login, now)])
        names = [*company.client_domains, *company.client_addresses]
        insert(connection, Client, [_client(number, name, now) for number, name in enumerate(names, 1)])
        domains = enumerate(company.client_domains, 1)
        insert(connection, ClientDomain, [{"client_id": n, "domain": d} for n, d in domains])
        people = enumerate(company.client_addresses, len(company.client_domains) + 1)
        insert(connection, ContactAddress, [{"client_id": n, "email": e} for n, e in people])
    return database


def _mailbox(company: Company, port: int, login: str, now: datetime) -> dict[str, object]:
    signing_in = {"login": login, "secret_source": "env:MAILCRM_BENCH_PASSWORD"}
    server = {"host": "127.0.0.1", "port": port, "tls": "plain", **signing_in}
    return {"id": 1, "address": company.staff, "user_id": 1, "visibility": "full", "created_at": now, **server}


def free_mail() -> frozenset[str]:
    """The domains that strangers share."""
    return frozenset(FREE_MAIL)


def _client(number: int, name: str, now: datetime) -> dict[str, object]:
    texts = dict.fromkeys(("note", "website", "tax_id", "postal_address"), "")
    values = {
        "id": number,
        "name": name,
        "name_key": name,
        "kind": "company",
        "message_count": 0,
        "created_at": now,
        "updated_at": now,
    }
    return {**texts, **values}
