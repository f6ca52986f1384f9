"""A user leaves: he signs in no more, his mailboxes are read no more and keep their history, his clients pass on.

It can be undone: then he signs in again, his mailboxes are what they were, and the clients come back that nobody else
was given since.
"""

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import groups, handover, people
from mailcrm.flow.edit import Actor, By, Edit, Office, editing
from mailcrm.store import departures, handovers, mailboxes
from mailcrm.store import people as stored
from mailcrm.store.visibility import EVERYTHING


def depart(office: Office, by: By, user_id: int, successor_id: int | None) -> None:
    """Let a user go; his clients pass to the successor, or without one stay with him for the time being.

    Raises Refused for oneself, the last admin and a successor who cannot be one, NotFound.
    """
    with office.database.reading() as connection:
        user, heir = stored.user(connection, user_id), stored.user(connection, successor_id or 0)
    if user is None:
        raise NotFound("There is no such user.")
    if user_id == by.actor_id:
        raise Refused("Nobody lets himself go: ask another admin.")
    if not user.is_active:
        raise Refused(f"{user.name} has left already.")
    if successor_id is not None and (heir is None or not heir.is_active or successor_id == user_id):
        raise Refused("There is no such user to hand over to.")
    people.edit_user(office.database, user_id, {"is_active": False}, by.at, Actor(by.actor_id, by.ip))
    with editing(office, by) as edit:
        passed = handover.leave(edit, user_id, successor_id) if successor_id is not None else None
        row = {"user_id": user_id, "successor_id": successor_id, "at": by.at, "actor_id": by.actor_id}
        frozen = {"handover_id": passed.id if passed else None, "mailboxes": _freeze(edit, user_id)}
        departures.add(edit.connection, {**row, **frozen})
        edit.note("left", "user", user_id, detail=f"{passed.moved} → {passed.heir}" if passed else "")
    groups.refresh(office, by.at)


def come_back(office: Office, by: By, user_id: int) -> None:
    """Undo a departure; raises NotFound where the user has not left."""
    with office.database.reading() as connection:
        row = departures.last(connection, user_id)
    if row is None:
        raise NotFound("This user has not left.")
    people.edit_user(office.database, user_id, {"is_active": True}, by.at, Actor(by.actor_id, by.ip))
    with editing(office, by) as edit:
        departures.undone(edit.connection, row.id, by.at)
        for one in row.mailboxes.split():
            number, _, state = one.partition(":")
            box = mailboxes.mailbox(edit.connection, int(number))
            if box is not None and box.state == "frozen":
                mailboxes.change_mailbox(edit.connection, box.id, {"state": state})
        passed = handovers.handover(edit.connection, EVERYTHING, row.handover_id or 0)
        if passed is not None:
            handover.take_back(edit, passed)
        edit.note("came back", "user", user_id)
    groups.refresh(office, by.at)


def _freeze(edit: Edit, user_id: int) -> str:
    """Freeze the mailboxes; returns what each was before."""
    boxes = mailboxes.mailboxes(edit.connection, user_id)
    for box in boxes:
        mailboxes.change_mailbox(edit.connection, box.id, {"state": "frozen"})
    return " ".join(f"{box.id}:{box.state}" for box in boxes)
