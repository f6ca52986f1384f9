"""A bounce from our own mail server lands on the timeline of the client whom the message did not reach."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from mailcrm.flow import clients
from mailcrm.flow.clients import NewClient
from mailcrm.model import Link, Message
from mailcrm.store.database import Database
from tests.mailroom import Mailroom

REPORT = b"""From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: anna@example.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; max@acme.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user
--b
Content-Type: text/rfc822-headers

From: anna@example.com
To: max@acme.example
Subject: Offer
Message-ID: <1@example.com>
--b--
"""


def test_our_own_servers_bounce_is_filed_under_the_client(db: Database, now: datetime, tmp_path: Path) -> None:
    room = Mailroom(db, now, tmp_path)
    acme = clients.add_client(room.office, room.by, NewClient("Acme", domains=("acme.example",)))

    room.deliver(REPORT)

    with db.reading() as connection:
        assert connection.execute(select(col(Message.kind), col(Message.direction))).all() == [("bounce", "in")]
        found = connection.execute(select(col(Link.client_id), col(Link.rule))).all()
    assert found == [(acme, "report")]
