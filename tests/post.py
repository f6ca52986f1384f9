"""Post: a company with accounts and mailings whose recipients are frozen already, sent by the code of the product."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mailcrm.flow.credentials import Credentials
from mailcrm.flow.sender import Sender
from mailcrm.flow.tools import Patience, SendTools
from mailcrm.mail.address import Address
from mailcrm.mailing.token import TokenKeys, message_id, message_token
from mailcrm.mailing.wire import Draft, serialise
from mailcrm.model import Mailing, Offer, Recipient, SendAccount
from mailcrm.net.blobs import BlobPlace, open_blobs
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database
from mailcrm.store.rows import insert, parts

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Post:
    """The company. The clock stands still unless a test moves it; chance is always a half."""

    db: Database
    folder: Path
    clock: datetime = START
    patience: Patience = field(default_factory=lambda: Patience(5.0, 5.0, 5.0))
    width: int = 2
    """Connections of an account."""
    workers: int = 1
    """Sending processes at once; they share one clock, one database and one event loop."""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.keyring = Keyring.load(self.folder / "key", create=True)
        self.blobs = open_blobs(BlobPlace(self.folder / "blobs"))
        self.keys = TokenKeys.derived(self.keyring.derive)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a query gives."""
        with self.db.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, values or None)]

    def run(self, statement: str) -> None:
        """Change rows as nobody else may."""
        with self.db.writing() as connection:
            connection.exec_driver_sql(statement)

    def account(self, port: int, address: str = "anna@firm.example", **values: Any) -> int:
        """An account at a server of this machine that asks for no password and has no limits."""
        row = {"user_id": None, "name": "Anna Berg", "host": "127.0.0.1", "port": port, "tls": "plain",
               "secret_source": "none", "sent_copy": "off", "connections": self.width, "per_minute": 0, "per_day": 0,
               "created_at": self.clock, **values}  # fmt: skip
        with self.db.writing() as connection:
            insert(connection, SendAccount, [{"address": address, **row}])
        return int(self.rows("SELECT max(id) FROM send_account")[0][0])

    def mailing(self, account: int, addresses: Sequence[str], state: str = "running", **values: Any) -> int:
        """A mailing that runs, with these recipients queued; each gets a message that names him."""
        with self.db.writing() as connection:
            number = len(self.rows("SELECT id FROM offer")) + 1
            row = {"number": f"2026-{number}", "title": "Pumps", "title_key": "pumps"}
            insert(connection, Offer, [{**row, "created_at": self.clock, "updated_at": self.clock}])
            offer = int(connection.exec_driver_sql("SELECT max(id) FROM offer").scalar_one())
            insert(connection, Mailing, [{"offer_id": offer, "name": "Spring", "state": state,
                                          "created_at": self.clock, **values}])  # fmt: skip
            mailing = int(connection.exec_driver_sql("SELECT max(id) FROM mailing").scalar_one())
            first = int(connection.exec_driver_sql("SELECT coalesce(max(id), 0) FROM recipient").scalar_one()) + 1
            rows = [self._recipient(first + n, mailing, account, one) for n, one in enumerate(addresses)]
            for some in parts(rows, 500):
                insert(connection, Recipient, some)
        self.blobs.settle()
        return mailing

    def _recipient(self, number: int, mailing: int, account: int, address: str) -> dict[str, Any]:
        id_ = message_id(self.keys, number, "firm.example")
        anna = Address("Anna Berg", "anna@firm.example")
        raw = serialise(Draft(anna, Address("", address), "Offer", f"For {address}.\n", id_))
        return {"id": number, "mailing_id": mailing, "account_id": account, "address": address, "state": "queued",
                "not_before": self.clock, "token": message_token(self.keys, number), "message_id": id_,
                "raw_sha256": self.blobs.keep(raw), "raw_size": len(raw)}  # fmt: skip

    def tools(self, **changes: Any) -> SendTools:
        """What a sending process works with."""
        tools = SendTools(self.db, self.blobs, Credentials(self.keyring), "send:test:1")
        moved = {"clock": lambda _: self.clock, "chance": lambda: 0.5, "patience": self.patience}
        return replace(tools, **{**moved, **changes})

    def send(self, **changes: Any) -> None:
        """Send, all workers at once, until nothing is due any more at this time."""

        async def run() -> None:
            tools = [self.tools(**{"worker": f"send:test:{n}", **changes}) for n in range(1, self.workers + 1)]
            await asyncio.gather(*(Sender(one, tick=0.02).run(once=True) for one in tools))

        asyncio.run(asyncio.wait_for(run(), 120))

    def send_through(self, until: Callable[[], bool], step: timedelta = timedelta(minutes=5), most: int = 2000) -> None:
        """Send, and let time pass, until something holds."""
        for _ in range(most):
            self.send()
            if until():
                return
            self.clock += step
        raise AssertionError(f"it never came true, up to {self.clock}: {self.states()}")

    def states(self, mailing: int | None = None) -> dict[str, int]:
        """State → how many recipients."""
        where = "" if mailing is None else f"WHERE mailing_id = {mailing}"
        return dict(self.rows(f"SELECT state, count(*) FROM recipient {where} GROUP BY state"))  # type: ignore[arg-type]

    def state(self, address: str) -> tuple[str, str]:
        """The state and the reason of one recipient."""
        where = f"WHERE address = '{address}'"
        found = self.rows(f"SELECT state, reason FROM recipient {where}")[0]
        return str(found[0]), str(found[1])

    def mailing_state(self, mailing: int) -> tuple[str, str]:
        """The state of a mailing and why it is paused."""
        found = self.rows(f"SELECT state, pause_reason FROM mailing WHERE id = {mailing}")[0]
        return str(found[0]), str(found[1])


def addresses(count: int, domain: str = "client.example") -> list[str]:
    """c0@…, c1@…, …"""
    return [f"c{n}@{domain}" for n in range(count)]
