"""Consents to being counted: recorded by staff with when and how, withdrawn by them or by the client, never assumed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.clients import known
from mailcrm.flow.edit import By, Office, editing
from mailcrm.mailing.tracking import CONSENTS
from mailcrm.store import public_offers, tracking
from mailcrm.store.audit import Act, note
from mailcrm.store.database import Database
from mailcrm.store.tracking import NewConsent

LONGEST = 300


def record(office: Office, by: By, client_id: int, given: Sequence[NewConsent]) -> None:
    """Record what a client agrees to. Raises Refused, or NotFound."""
    if not given or any(one.kind not in CONSENTS for one in given):
        raise Refused("Choose what the client agrees to.")
    if any(not one.how.strip() for one in given):
        raise Refused("Say how the client agreed: in which letter or contract, or to whom.")
    if any((one.given_on - by.at.date()).days > 1 for one in given):
        # A day to spare: by.at is in UTC, and the day of the form is one of the user's zone.
        raise Refused("A consent cannot be of a day to come.")
    with editing(office, by) as edit:
        known(edit, client_id)
        for one in given:
            new = replace(one, how=" ".join(one.how.split())[:LONGEST])
            tracking.record(edit.connection, client_id, new, by.actor_id, by.at)
            edit.note("added", "consent", None, client_id, f"{new.kind}: {new.how}"[:200])


def withdraw(office: Office, by: By, client_id: int, kind: str) -> None:
    """Withdraw a consent of a client; `by.at` names this withdrawal for `put_back`. Raises NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        if not tracking.withdraw(edit.connection, client_id, [kind], by.at):
            raise NotFound("There is no such consent.")
        edit.note("removed", "consent", None, client_id, kind)


def put_back(office: Office, by: By, client_id: int, kind: str, at: datetime) -> None:
    """Take back the withdrawal of that time. Raises NotFound."""
    with editing(office, by) as edit:
        known(edit, client_id)
        if not tracking.put_back(edit.connection, client_id, kind, at):
            raise NotFound("There is no such consent.")
        edit.note("restored", "consent", None, client_id, kind)


def refuse_counting(database: Database, recipient_id: int, now: datetime) -> None:
    """What a recipient asks for on his page: nothing of his company is counted any more. Raises NotFound."""
    with database.writing() as connection:
        seen = public_offers.offer(connection, recipient_id)
        if seen is None:
            raise NotFound("There is no such page.")
        if seen.client_id is not None and tracking.withdraw(connection, seen.client_id, CONSENTS, now):
            note(connection, Act(None, "removed", "consent", None, seen.client_id, seen.address), now)
