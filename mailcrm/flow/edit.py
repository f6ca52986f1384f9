"""What every edit needs: Office (the company's values), By (who does it, and when), Edit (in its transaction)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.store import messages
from mailcrm.store.database import Database


@dataclass(frozen=True, slots=True)
class Office:
    """The database and what is the same for every edit; `fingerprint` is that of net.secrets, with our key."""

    database: Database
    fingerprint: Callable[[str], int]
    own_domains: frozenset[str]
    free_mail: frozenset[str] = FREE_MAIL
    phone_region: str = ""
    never: frozenset[str] = frozenset()
    """Addresses and domains that the configuration says are never stored."""


@dataclass(frozen=True, slots=True)
class By:
    """The user who does it (None for the CLI and for rules), and when."""

    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit in its write transaction."""

    office: Office
    by: By
    connection: Connection


@contextmanager
def editing(office: Office, by: By) -> Iterator[Edit]:
    """A write transaction for one edit: all of it happens, or nothing."""
    with office.database.writing() as connection:
        # A new address and mail that is being decided on must see each other.
        messages.take_turns(connection)
        yield Edit(office, by, connection)
