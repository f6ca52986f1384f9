"""A user leaves: what is told before it happens, what happens, and that it can be undone exactly."""

from datetime import datetime
from pathlib import Path

import pytest

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, departures, people, sessions
from mailcrm.flow import mailboxes as flow_mailboxes
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.flow.people import NewUser
from mailcrm.flow.sessions import Origin
from mailcrm.model import ClientGroup
from mailcrm.net.secrets import Keyring
from mailcrm.store import departures as stored
from mailcrm.store import mailboxes, ownership, rounds
from mailcrm.store.database import Database
from mailcrm.store.rows import insert
from tests.mailroom import Mailroom, mail


@pytest.fixture
def anna(db: Database, now: datetime, tmp_path: Path) -> Mailroom:
    """Anna with a mailbox, two clients, a group and a session; Boris and Vera, an admin."""
    room = Mailroom(db, now, tmp_path / "blobs")
    for name in ("Acme", "Bolt"):
        new = NewClient(name, owner_id=room.user_id, domains=(f"{name.lower()}.example",))
        clients.add_client(room.office, room.by, new)
    room.deliver(mail("joe@acme.example", room.owner))
    with db.writing() as connection:
        group = {"name": "South", "name_key": "south", "kind": "hand", "manager_id": room.user_id, "created_at": now}
        insert(connection, ClientGroup, [group])
        sessions.open_session(connection, room.user_id, Origin("192.0.2.1"), now)
    people.add_user(db, NewUser("boris@example.com", "Boris"), now)
    people.add_user(db, NewUser("vera@example.com", "Vera", role="admin"), now)
    return room


def rows(db: Database, query: str) -> list[tuple[object, ...]]:
    with db.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def user(db: Database, name: str) -> int:
    return int(rows(db, f"SELECT id FROM user_account WHERE name = '{name}'")[0][0])  # type: ignore[call-overload]


STATE = (
    "SELECT name, owner_id FROM client ORDER BY id",
    "SELECT name, manager_id FROM client_group",
    "SELECT address, state, visibility FROM mailbox",
    "SELECT name, is_active FROM user_account ORDER BY id",
    "SELECT id, subject, visibility FROM message",
)


def test_a_departure_does_what_it_tells_and_is_undone_exactly(anna: Mailroom, db: Database, now: datetime) -> None:
    boris, vera = user(db, "Boris"), By(user(db, "Vera"), now)
    with db.reading() as connection:
        told = stored.leaving(connection, anna.user_id, now)
    assert (told.clients, told.sessions) == (2, 1)
    assert told.mailboxes == ((anna.mailbox_id, anna.owner, "active", 1),)
    before = [rows(db, query) for query in STATE]
    departures.depart(anna.office, vera, anna.user_id, boris)
    assert rows(db, STATE[0]) == [("Acme", boris), ("Bolt", boris)]
    assert rows(db, STATE[1]) == [("South", boris)]
    assert rows(db, "SELECT state FROM mailbox") == [("frozen",)]
    assert rows(db, "SELECT count(*) FROM user_session WHERE revoked_at IS NULL") == [(0,)]
    assert rows(db, "SELECT count(*) FROM message_body") == [(1,)], "the history stays"
    with db.reading() as connection:
        assert rounds.accounts(connection) == [], "never read again"
    departures.come_back(anna.office, vera, anna.user_id)
    assert [rows(db, query) for query in STATE] == before
    with db.reading() as connection:
        assert [one.owner for one in ownership.history(connection, 1)] == ["Anna", "Boris", "Anna"]
    assert [row[0] for row in rows(db, "SELECT act FROM audit WHERE act IN ('left', 'came back') ORDER BY id")] == [
        "left",
        "came back",
    ]


def test_what_was_given_to_somebody_else_since_stays_there(anna: Mailroom, db: Database, now: datetime) -> None:
    boris, vera = user(db, "Boris"), By(user(db, "Vera"), now)
    departures.depart(anna.office, vera, anna.user_id, boris)
    clients.edit_client(anna.office, vera, 1, {"owner_id": vera.actor_id})
    departures.come_back(anna.office, vera, anna.user_id)
    assert rows(db, STATE[0]) == [("Acme", vera.actor_id), ("Bolt", anna.user_id)]


def test_departures_that_cannot_be(anna: Mailroom, db: Database, now: datetime) -> None:
    boris, vera = user(db, "Boris"), By(user(db, "Vera"), now)
    before = [rows(db, query) for query in STATE]
    with pytest.raises(Refused, match="himself"):
        departures.depart(anna.office, vera, vera.actor_id or 0, boris)
    with pytest.raises(Refused, match="last admin"):
        departures.depart(anna.office, By(boris, now), vera.actor_id or 0, boris)
    with pytest.raises(Refused, match="hand over"):
        departures.depart(anna.office, vera, anna.user_id, anna.user_id)
    with pytest.raises(NotFound):
        departures.depart(anna.office, vera, 4711, boris)
    with pytest.raises(NotFound):
        departures.come_back(anna.office, vera, anna.user_id)
    assert [rows(db, query) for query in STATE] == before
    departures.depart(anna.office, vera, anna.user_id, None)
    assert rows(db, STATE[0]) == [("Acme", anna.user_id), ("Bolt", anna.user_id)]
    with pytest.raises(Refused, match="already"):
        departures.depart(anna.office, vera, anna.user_id, boris)


def test_a_frozen_mailbox_is_not_read_again_by_a_new_password_or_the_configuration(
    anna: Mailroom, db: Database, now: datetime, tmp_path: Path
) -> None:
    vera = By(user(db, "Vera"), now)
    departures.depart(anna.office, vera, anna.user_id, None)
    flow_mailboxes.set_password(db, Keyring.load(tmp_path / "key", create=True), anna.mailbox_id, "new", vera)
    for act in (flow_mailboxes.pause, flow_mailboxes.resume):
        with pytest.raises(Refused, match="left"):
            act(db, anna.mailbox_id, vera)
    with db.reading() as connection:
        found = mailboxes.mailbox(connection, anna.mailbox_id)
    assert found is not None
    assert found.state == "frozen"
