"""What every edit needs: Office (the company's values), By (who does it, and when), Edit (in its transaction)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.flow import standing
from mailcrm.store import audit, messages
from mailcrm.store.audit import Act
from mailcrm.store.database import Database
from mailcrm.store.visibility import EVERYTHING, Viewer


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
    base_url: str = ""
    """Where the pages are, for links in mail."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where: without a user it is the command line, or a rule."""

    user_id: int | None = None
    ip: str = ""


@dataclass(frozen=True, slots=True)
class By:
    """The user who does it (None for the CLI and for rules), when, and from which address."""

    actor_id: int | None
    at: datetime
    ip: str = ""
    who: Viewer = EVERYTHING
    """What he may see: he may change nothing else."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit in its write transaction."""

    office: Office
    by: By
    connection: Connection

    def note(
        self, act: str, kind: str, record_id: int | None = None, client_id: int | None = None, detail: str = ""
    ) -> None:
        """Write into the audit log what this edit does."""
        what = Act(self.by.actor_id, act, kind, record_id, client_id, detail, self.by.ip)
        audit.note(self.connection, what, self.by.at)


@contextmanager
def editing(office: Office, by: By) -> Iterator[Edit]:
    """A write transaction for one edit: all of it happens, or nothing."""
    with office.database.writing() as connection:
        # A new address and mail that is being decided on must see each other.
        messages.take_turns(connection)
        yield Edit(office, by, connection)
        # Whatever moved messages between clients moved who waits for an answer.
        standing.settle(connection, office.own_domains, office.free_mail)
