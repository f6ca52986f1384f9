"""Webhooks: what a client wrote is told to a real receiver, signed, once, and only as far as its user may see it."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mailcrm.crm.due import Due
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients, people, tasks, webhooks
from mailcrm.flow.clients import NewClient
from mailcrm.flow.edit import By
from mailcrm.flow.people import NewUser
from mailcrm.flow.tasks import NewTask
from mailcrm.net.secrets import Keyring
from mailcrm.store import webhooks as store
from mailcrm.store.database import Database
from mailcrm.store.visibility import Policy
from tests.mailroom import Mailroom, mail
from tests.offering import Offering

EVERYBODY = Policy()


class Receiver:
    """A program of the company that is told of events; answers with `status`."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], str]] = []
        self.status = 204
        receiver = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.told.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_request(self, code: object = "-", size: object = "-") -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server.server_port}/told"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    found = Receiver()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()


class House:
    """A company with one client, one webhook and the clock in the test's hand."""

    def __init__(self, db: Database, now: datetime, folder: Path, url: str) -> None:
        self.db, self.now = db, now
        self.keyring = Keyring.load(folder / "key", create=True)
        self.user = people.add_user(db, NewUser("vera@example.com", "Vera", None, "admin"), now)
        self.room = Mailroom(db, now, folder / "mailroom")
        self.client = clients.add_client(self.room.office, self.room.by, NewClient("Acme", domains=("acme.example",)))
        by = By(self.user, now)
        self.secret = webhooks.add_webhook(self.room.office, by, self.keyring, url, ("message.received",))

    def write(self, subject: str) -> None:
        """A message of the client arrives now."""
        self.room.deliver(mail("joe@acme.example", "anna@example.com", subject, "Hello"))

    def tell(self, later: timedelta = timedelta()) -> int:
        """One turn of the chore."""
        return webhooks.tell(self.db, self.keyring, EVERYBODY, self.now + later)


@pytest.fixture
def house(db: Database, now: datetime, tmp_path: Path, receiver: Receiver) -> House:
    """A company whose webhook leads to the receiver."""
    return House(db, now, tmp_path, receiver.url)


def test_a_message_is_told_once_and_signed(house: House, receiver: Receiver) -> None:
    house.write("Prices, please")
    assert house.tell() == 1
    assert house.tell(timedelta(minutes=1)) == 0
    ((headers, body),) = receiver.told
    told = json.loads(body)
    assert told["type"] == "message.received"
    assert told["data"]["client"] == {"id": house.client, "name": "Acme"}
    assert told["data"]["message"]["subject"] == "Prices, please"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    key = base64.b64decode(house.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_tasks_that_come_due_and_accepted_offers_are_told_once(house: House, receiver: Receiver) -> None:
    by, office, hour = By(house.user, house.now), house.room.office, timedelta(hours=1)
    webhooks.add_webhook(office, by, house.keyring, receiver.url, ("task.due", "offer.accepted"))
    due = Due((house.now + 24 * hour).date())
    number = tasks.add_task(office, by, NewTask("Send the drawing", house.user, house.client, due))
    offering = Offering(house.db, house.now)
    values = {"decision": "accepted", "decided_at": house.now + hour}
    offering.recipient("joe@acme.example", house.client, **values)
    assert house.tell(hour * 2) == 1
    assert house.tell(hour * 48) == 1
    assert house.tell(hour * 49) == 0
    offer, task = (json.loads(body) for _, body in receiver.told)
    assert (offer["type"], offer["data"]["offer"]["title"]) == ("offer.accepted", "Valves for spring")
    assert offer["data"]["client"] == {"id": house.client, "name": "Acme"}
    assert (task["type"], task["data"]["task"]["id"]) == ("task.due", number)
    later = Due((house.now + 72 * hour).date())
    tasks.edit_task(office, by, number, NewTask("Send the drawing", house.user, house.client, later))
    assert house.tell(hour * 50) == 0
    assert house.tell(hour * 97) == 1, "what is put off comes due again"


def test_what_was_there_before_is_not_told(house: House, receiver: Receiver) -> None:
    room = house.room
    old = mail(
        "joe@acme.example",
        "anna@example.com",
        "Long ago",
        "Hello",
        Date=format_datetime(house.now - timedelta(days=40)),
    )
    room.deliver(old)
    assert house.tell() == 0
    assert receiver.told == []


def test_a_private_message_is_told_without_its_subject(house: House, receiver: Receiver) -> None:
    house.write("Between us")
    with house.db.writing() as connection:
        connection.exec_driver_sql("UPDATE message SET visibility = 0")
    house.tell()
    assert json.loads(receiver.told[0][1])["data"]["message"]["subject"] is None


def test_nothing_is_told_of_clients_that_its_user_may_not_see(house: House, receiver: Receiver, now: datetime) -> None:
    people.edit_user(house.db, people.add_user(house.db, NewUser("b@example.com", "B", None, "admin"), now), {}, now)
    people.edit_user(house.db, house.user, {"role": "staff"}, now)
    house.write("Not for Vera")
    assert webhooks.tell(house.db, house.keyring, Policy(clients="assigned"), now) == 0
    assert receiver.told == []


@pytest.mark.parametrize("status", [500, 404, 302])
def test_a_refusal_is_tried_again_later(house: House, receiver: Receiver, status: int) -> None:
    house.write("Once more")
    receiver.status = status
    assert house.tell() == 0
    assert house.tell(timedelta(seconds=4)) == 0
    assert len(receiver.told) == 1
    receiver.status = 200
    assert house.tell(timedelta(seconds=6)) == 1
    assert receiver.told[0][0]["webhook-id"] == receiver.told[1][0]["webhook-id"]
    with house.db.reading() as connection:
        (row,) = store.webhooks(connection)
    assert (row.failures, row.last_error) == (0, "")


def test_it_is_given_up_in_the_end_and_goes_on_when_asked(house: House, receiver: Receiver) -> None:
    house.write("In vain")
    receiver.status = 503
    for day in range(8):
        for hour in range(24):
            house.tell(timedelta(days=day, hours=hour))
    with house.db.reading() as connection:
        states = connection.exec_driver_sql("SELECT state, attempts FROM delivery").all()
    assert [tuple(row) for row in states] == [("failed", 11)]
    receiver.status = 200
    house.now += timedelta(days=8)
    house.room.now = house.now
    house.write("A new day")
    assert house.tell() == 1


def test_a_paused_webhook_is_told_nothing(house: House, receiver: Receiver) -> None:
    with house.db.reading() as connection:
        (row,) = store.webhooks(connection)
    webhooks.pause_webhook(house.room.office, row.id, "paused")
    house.write("Quiet")
    assert house.tell() == 0
    webhooks.pause_webhook(house.room.office, row.id, "active")
    assert house.tell() == 1
    webhooks.remove_webhook(house.room.office, row.id)
    with pytest.raises(NotFound):
        webhooks.remove_webhook(house.room.office, row.id)


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a.example", "http://a.example/", "https://", "https://u:p@a.example", "https://a b.example",
     "javascript:alert(1)", "https://[::1", "https://a.example/\r\nX: y"],
)  # fmt: skip
def test_only_addresses_that_can_be_told_are_taken(house: House, url: str) -> None:
    with pytest.raises(Refused):
        webhooks.add_webhook(house.room.office, By(house.user, house.now), house.keyring, url, ("message.received",))


def test_a_receiver_that_is_not_there_costs_words_only(house: House, receiver: Receiver) -> None:
    receiver.server.shutdown()
    receiver.server.server_close()
    house.write("Nobody home")
    assert house.tell() == 0
    with house.db.reading() as connection:
        (row,) = store.webhooks(connection)
    assert (row.failures, row.state) == (1, "active")
    assert row.last_error
