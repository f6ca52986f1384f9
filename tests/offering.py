"""Offering: an offer that went to many, with its recipients entered as rows, for tests of what comes back."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from mailcrm.mailing.replies import OFFER
from mailcrm.mailing.token import TokenKeys, message_id, public_token
from mailcrm.model import Client, Event, Mailing, Offer, Recipient, Variant
from mailcrm.store.database import Database
from mailcrm.store.rows import insert

KEYS = TokenKeys(((1, b"offering" * 4),))


@dataclass
class Offering:
    """One mailing of one offer; recipients are accepted by the server at `now` unless a test says otherwise."""

    db: Database
    now: datetime
    keys: TokenKeys = KEYS
    mailing: dict[str, Any] = field(default_factory=dict)
    mailing_id: int = 0
    offer_id: int = 0

    def __post_init__(self) -> None:
        offer = {"number": "2026-0412", "title": "Valves for spring", "title_key": "valves for spring", "state": "open",
                 "created_at": self.now, "updated_at": self.now, "currency": "EUR"}  # fmt: skip
        given = {"name": "Spring", "state": "done", "created_at": self.now, "started_at": self.now, **self.mailing}
        with self.db.writing() as connection:
            known = connection.exec_driver_sql("SELECT count(*) FROM offer").scalar_one()
            offer["number"] = f"2026-{412 + known:04d}"
            insert(connection, Offer, [offer])
            self.offer_id = connection.exec_driver_sql("SELECT max(id) FROM offer").scalar_one()
            insert(connection, Mailing, [{"offer_id": self.offer_id, **given}])
            self.mailing_id = connection.exec_driver_sql("SELECT max(id) FROM mailing").scalar_one()

    def client(self, name: str, owner_id: int | None = None) -> int:
        """A client without addresses."""
        with self.db.writing() as connection:
            row = {"name": name, "name_key": name.casefold(), "owner_id": owner_id, "created_at": self.now}
            insert(connection, Client, [{**row, "updated_at": self.now}])
            return int(connection.exec_driver_sql("SELECT max(id) FROM client").scalar_one())

    def variant(self, name: str, baseline: bool = False, **data: object) -> int:
        """A variant of the terms."""
        with self.db.writing() as connection:
            row = {"mailing_id": self.mailing_id, "name": name, "data": json.dumps(data), "baseline": baseline}
            insert(connection, Variant, [row])
            return int(connection.exec_driver_sql("SELECT max(id) FROM variant").scalar_one())

    def recipient(self, address: str, client_id: int | None = None, **values: Any) -> int:
        """A recipient, with the Message-ID and the token that sending would have given him."""
        with self.db.writing() as connection:
            row = {"mailing_id": self.mailing_id, "client_id": client_id, "address": address, "state": "accepted",
                   "not_before": self.now, "accepted_at": self.now, "dated_at": self.now, "attempts": 1}  # fmt: skip
            insert(connection, Recipient, [{**row, **values}])
            number = int(connection.exec_driver_sql("SELECT max(id) FROM recipient").scalar_one())
            names = {"message_id": self.message_id(number), "token": self.token(number)}
            connection.execute(update(Recipient).where(col(Recipient.id) == number).values(**names))
            return number

    def event(self, recipient_id: int, kind: str, after: timedelta = timedelta(hours=1), **values: Any) -> None:
        """An event of a recipient, so long after the sending."""
        with self.db.writing() as connection:
            count = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
            row = {"recipient_id": recipient_id, "kind": kind, "at": self.now + after, "source": "mail"}
            insert(connection, Event, [{**row, "source_key": f"test:{count}", **values}])

    def message_id(self, recipient_id: int) -> str:
        """The Message-ID of what a recipient got."""
        return message_id(self.keys, recipient_id, "example.com")

    def token(self, recipient_id: int, purpose: str = OFFER) -> str:
        """His token for a public page."""
        return public_token(self.keys, purpose, recipient_id)

    def events(self) -> list[tuple[Any, ...]]:
        """Recipient, kind, method of every event, in their order."""
        query = "SELECT recipient_id, kind, method FROM event ORDER BY id"
        with self.db.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]
