"""What people say of the board: nobody waits here, not before that day, seen; each can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import standing
from mailcrm.flow.edit import By, Office, editing
from mailcrm.store import promises, threads, waiting
from mailcrm.store import standing as store
from mailcrm.store.waiting import Said

_REACH = timedelta(days=400)
"""Threads that have been silent for longer wait for nobody, unless they have a row already."""


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes an act back: what had been said of the thread before."""

    thread_id: int
    client_id: int
    said: Said


def not_waiting(office: Office, by: By, thread_id: int, client_id: int) -> Undo:
    """Say that nobody waits for an answer up to the last letter of a thread. Raises NotFound."""
    with editing(office, by) as edit:
        before, message = _said(edit.connection, by, thread_id, client_id)
        waiting.say(edit.connection, thread_id, client_id, Said(settled_id=message, actor_id=by.actor_id))
        return Undo(thread_id, client_id, before)


def put_off(office: Office, by: By, thread_id: int, client_id: int, until: datetime) -> Undo:
    """Take a thread off the board until a time; a new letter brings it back at once. Raises NotFound, Refused."""
    if not by.at < until <= by.at + _REACH:
        raise Refused("Choose a day of the coming year.")
    with editing(office, by) as edit:
        before, message = _said(edit.connection, by, thread_id, client_id)
        said = Said(snoozed_id=message, snoozed_until=until, actor_id=by.actor_id)
        waiting.say(edit.connection, thread_id, client_id, said)
        return Undo(thread_id, client_id, before)


def take_back(office: Office, by: By, act: Undo) -> None:
    """Let it be as it was said before. Raises NotFound."""
    with editing(office, by) as edit:
        _said(edit.connection, by, act.thread_id, act.client_id)
        waiting.say(edit.connection, act.thread_id, act.client_id, act.said)


def dismiss_promise(office: Office, by: By, message_id: int, state: str = "dismissed") -> None:
    """Offer no task for the promise in a message any more, or again (`state` open). Raises NotFound."""
    with editing(office, by) as edit:
        if not threads.message(edit.connection, by.who, message_id):
            raise NotFound("There is no such message, or it is private.")
        promises.set_state(edit.connection, message_id, state)


def rebuild(office: Office, by: By) -> int:
    """Make all rows of the board from the messages anew; what people said stays. How many threads were looked at."""
    with editing(office, by) as edit:
        store.enqueue_since(edit.connection, by.at - _REACH)
        return standing.settle(edit.connection, office.own_domains, office.free_mail)


def _said(connection: Connection, by: By, thread_id: int, client_id: int) -> tuple[Said, int]:
    found = waiting.said(connection, by.who, thread_id, client_id)
    if found is None:
        raise NotFound("Nobody waits in this thread.")
    return found
