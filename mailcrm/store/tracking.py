"""Consents of clients to being counted, and the links of mailings that are: as rows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlmodel import col

from mailcrm.model import Client, Recipient, TrackedLink, TrackingConsent, User
from mailcrm.store.rows import insert_missing, parts
from mailcrm.store.visibility import Viewer, sees


@dataclass(frozen=True, slots=True)
class NewConsent:
    """What a client agreed to, in the words that were shown, when and how."""

    kind: str
    text: str
    how: str
    given_on: date


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent with who recorded it and when, and when it was withdrawn."""

    kind: str
    text: str
    how: str
    given_on: date | None
    at: datetime
    withdrawn_at: datetime | None
    actor: str


_CLIENT: Any = col(TrackingConsent.client_id)
_CONSENT: Any = (
    col(TrackingConsent.kind), col(TrackingConsent.text), col(TrackingConsent.how), col(TrackingConsent.given_on),
    col(TrackingConsent.at), col(TrackingConsent.withdrawn_at), func.coalesce(col(User.name), ""),
)  # fmt: skip
_COUNTS = col(TrackingConsent.withdrawn_at).is_(None)


def consents(connection: Connection, client_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """Client → the kinds of counting to which it agrees now; those without any are missing."""
    found: dict[int, frozenset[str]] = {}
    query = select(_CLIENT, col(TrackingConsent.kind)).where(_COUNTS)
    for part in parts(client_ids):
        for number, kind in connection.execute(query.where(_CLIENT.in_(part))):
            found[number] = found.get(number, frozenset()) | {kind}
    return found


def of_client(connection: Connection, client_id: int) -> list[ConsentRow]:
    """The consents of a client, withdrawn ones as well, with who recorded them."""
    query = select(*_CONSENT).join(User, col(User.id) == col(TrackingConsent.actor_id), isouter=True)
    rows = connection.execute(query.where(client_id == _CLIENT).order_by(col(TrackingConsent.kind)))
    return [ConsentRow(*row) for row in rows]


def agreed(connection: Connection, who: Viewer) -> int:
    """How many clients, of those that the viewer may see, agree to any counting."""
    mine = select(func.count(_CLIENT.distinct())).join(Client, col(Client.id) == _CLIENT)
    return int(connection.execute(mine.where(_COUNTS, sees(who), col(Client.archived_at).is_(None))).scalar_one())


def record(connection: Connection, client_id: int, new: NewConsent, actor_id: int | None, at: datetime) -> None:
    """Record a consent in the place of an earlier one of its kind."""
    mine = delete(TrackingConsent).where(client_id == _CLIENT, col(TrackingConsent.kind) == new.kind)
    connection.execute(mine)
    values = {"kind": new.kind, "text": new.text, "how": new.how, "given_on": new.given_on, "source": "staff"}
    connection.execute(insert(TrackingConsent).values(client_id=client_id, actor_id=actor_id, at=at, **values))


def withdraw(connection: Connection, client_id: int, kinds: Collection[str], at: datetime) -> int:
    """Withdraw consents of a client; returns how many there were."""
    mine = update(TrackingConsent).where(client_id == _CLIENT, col(TrackingConsent.kind).in_(kinds), _COUNTS)
    return connection.execute(mine.values(withdrawn_at=at)).rowcount


def put_back(connection: Connection, client_id: int, kind: str, at: datetime) -> int:
    """Take back a withdrawal of that time; returns how many there were."""
    mine = update(TrackingConsent).where(client_id == _CLIENT, col(TrackingConsent.kind) == kind)
    return connection.execute(mine.where(col(TrackingConsent.withdrawn_at) == at).values(withdrawn_at=None)).rowcount


def links(connection: Connection, mailing_id: int) -> dict[str, int]:
    """Address → its place among the links of a mailing."""
    query = select(col(TrackedLink.url), col(TrackedLink.position)).where(col(TrackedLink.mailing_id) == mailing_id)
    return {url: position for url, position in connection.execute(query).all()}  # noqa: C416  # no pairs to mypy


def keep_links(connection: Connection, mailing_id: int, new: Mapping[str, int]) -> bool:
    """Keep the places of new links; False where another process gave one of these places away meanwhile."""
    rows = [{"mailing_id": mailing_id, "position": place, "url": url, "trap": False} for url, place in new.items()]
    insert_missing(connection, TrackedLink, rows)
    wanted = select(col(TrackedLink.position), col(TrackedLink.url)).where(col(TrackedLink.mailing_id) == mailing_id)
    kept = connection.execute(wanted.where(col(TrackedLink.position).in_(list(new.values())))).all() if new else []
    return all(new.get(url) == position for position, url in kept)


def counted(connection: Connection, mailing_id: int) -> int:
    """How many recipients of a mailing have messages in which anything is counted."""
    mine = select(func.count()).where(col(Recipient.mailing_id) == mailing_id, col(Recipient.tracked) != "")
    return int(connection.execute(mine).scalar_one())
