"""Handover: clients pass from their owners to another user, now or at a date, and back again.

`plan` writes down what is to pass; what is due at once is done in the same transaction, the rest by a chore
(`carry_out_due`). Each client keeps who owned it from when to when (`store.ownership`).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import groups as flow_groups
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import bulk, clients, groups, handovers, ownership, people
from mailcrm.store.bulk import Chosen
from mailcrm.store.handovers import HandoverRow, Subject
from mailcrm.store.ownership import Change
from mailcrm.store.visibility import EVERYTHING, Viewer

_LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class NewHandover:
    """What is asked of a handover; without `due_at` it is done at once."""

    subject: Subject
    to_id: int
    due_at: datetime | None = None
    manages: bool = False
    """The new owner also becomes the manager of the group, or of the groups that the user managed."""
    note: str = ""


def plan(office: Office, by: By, new: NewHandover) -> int:
    """Write down a handover, and do it where it is due; returns its id. Raises Refused, NotFound."""
    with editing(office, by) as edit:
        handover_id = _plan(edit, new)
    flow_groups.refresh(office, by.at)
    return handover_id


def leave(edit: Edit, user_id: int, to_id: int) -> HandoverRow:
    """Hand over all that a user owns and manages, because he leaves, in the transaction at hand; raises Refused."""
    return _changeable(edit, _plan(edit, NewHandover(Subject("user", user_id), to_id, manages=True)))


def pick(office: Office, by: By, which: Chosen, to_id: int) -> tuple[int | None, int]:
    """Hand over the clients that were chosen from the list, at once, of those that he may hand over.

    Returns the id of the handover (None where nothing passed) and how many clients were left out. Raises Refused.
    """
    with editing(office, by) as edit:
        heir = people.user(edit.connection, to_id)
        if heir is None or not heir.is_active:
            raise Refused("There is no such user to hand over to.")
        meant = bulk.chosen(edit.connection, by.who, which)
        if not meant:
            raise Refused("Choose clients first.")
        allowed = handovers.givable(edit.connection, by.who, meant)
        row = {"kind": "clients", "to_id": to_id, "due_at": by.at, "created_by": by.actor_id, "created_at": by.at}
        number = handovers.add_handover(edit.connection, {**row, "state": "done", "done_at": by.at})
        change = Change(to_id, by.at, by.actor_id, number)
        moved = sum(ownership.give(edit.connection, part, change) for part in handovers.among(allowed))
        if not moved:
            handovers.remove(edit.connection, number)
        else:
            handovers.settle(edit.connection, number, "done", {"moved": moved})
            edit.note("handed over", "handover", number, detail=f"{moved} → {heir.name}")
    flow_groups.refresh(office, by.at)
    return (number if moved else None), len(meant) - len(allowed)


def cancel(office: Office, by: By, handover_id: int) -> None:
    """Drop a planned handover; raises Refused where it is done already, NotFound."""
    with editing(office, by) as edit:
        row = _changeable(edit, handover_id)
        if not handovers.settle(edit.connection, row.id, "planned", {"state": "cancelled"}):
            raise Refused("This handover is not planned any more.")
        edit.note("cancelled", "handover", row.id, row.client_id)


def resume(office: Office, by: By, handover_id: int) -> None:
    """Plan a dropped handover again; raises Refused, NotFound."""
    with editing(office, by) as edit:
        row = _changeable(edit, handover_id)
        if not handovers.settle(edit.connection, row.id, "cancelled", {"state": "planned"}):
            raise Refused("This handover was not cancelled.")
        edit.note("planned", "handover", row.id, row.client_id)


def undo(office: Office, by: By, handover_id: int) -> int:
    """Give the clients back to those who owned them, but for those that got yet another owner since; returns how many.

    Raises Refused where it is not done, NotFound.
    """
    with editing(office, by) as edit:
        row = _changeable(edit, handover_id)
        if row.state != "done":
            raise Refused("Only a handover that is done can be undone.")
        count = take_back(edit, row)
    flow_groups.refresh(office, by.at)
    return count


def take_back(edit: Edit, row: HandoverRow) -> int:
    """What `undo` does, in the transaction at hand; a handover that is not done any more is left alone."""
    if not handovers.settle(edit.connection, row.id, "done", {"state": "undone"}):
        return 0
    count = ownership.give_back(edit.connection, row.id, edit.by.at, edit.by.actor_id)
    for group_id, manager_id in json.loads(row.groups_before or "[]"):
        handovers.restore_manager(edit.connection, group_id, manager_id, row.to_id)
    edit.note("undone", "handover", row.id, row.client_id, str(count))
    return count


def carry_out_due(office: Office, now: datetime) -> None:
    """Do what is due, each once: a handover that another process did meanwhile is left alone."""
    with office.database.reading() as connection:
        wanted = handovers.due(connection, now)
    for handover_id in wanted:
        with editing(office, By(None, now)) as edit:
            _carry_out(edit, handover_id)
    if wanted:
        flow_groups.refresh(office, now)


def may_plan(who: Viewer, subject: Subject, manager_id: int | None = None, owner_id: int | None = None) -> bool:
    """Whether he may hand this over: admins all, users their own clients, managers of a group its clients."""
    if who.role == "admin":
        return True
    if subject.kind == "user":
        return subject.id == who.user_id
    if subject.kind == "group":
        return manager_id in who.stands_for
    return owner_id in who.stands_for


def may_change(who: Viewer, row: HandoverRow) -> bool:
    """Whether he may undo or cancel it: who planned it, and admins."""
    return who.role == "admin" or (row.created_by is not None and row.created_by == who.user_id)


def _plan(edit: Edit, new: NewHandover) -> int:
    _check(edit, new)
    by, due_at = edit.by, max(new.due_at or edit.by.at, edit.by.at)
    if due_at > by.at + _LONGEST:
        raise Refused("A handover is planned three years ahead at most.")
    subject = {f"{'from' if new.subject.kind == 'user' else new.subject.kind}_id": new.subject.id}
    row = {"kind": new.subject.kind, **subject, "to_id": new.to_id, "manages": new.manages, "due_at": due_at}
    row |= {"note": new.note.strip(), "created_by": by.actor_id, "created_at": by.at}
    handover_id = handovers.add_handover(edit.connection, row)
    if due_at <= by.at:
        _carry_out(edit, handover_id)
    else:
        edit.note("planned", "handover", handover_id, _client_id(new.subject))
    return handover_id


def _carry_out(edit: Edit, handover_id: int) -> None:
    row = handovers.handover(edit.connection, EVERYTHING, handover_id)
    if row is None or row.to_id is None or not row.subject.id:
        handovers.settle(edit.connection, handover_id, "planned", {"state": "cancelled"})
        return
    heir = people.user(edit.connection, row.to_id)
    state = "done" if heir and heir.is_active else "cancelled"
    at = edit.by.at
    if not handovers.settle(edit.connection, row.id, "planned", {"state": state, "done_at": at}) or state != "done":
        return
    actor = edit.by.actor_id or row.created_by
    before = handovers.change_managers(edit.connection, row.subject, row.to_id) if row.manages else []
    which = handovers.which(row.subject)
    moved = ownership.give(edit.connection, which, Change(row.to_id, at, actor, row.id))
    told = {"moved": moved, "groups_before": json.dumps(before) if before else ""}
    handovers.settle(edit.connection, row.id, "done", told)
    edit.note("handed over", "handover", row.id, row.client_id, f"{moved}")


def _check(edit: Edit, new: NewHandover) -> None:
    heir = people.user(edit.connection, new.to_id)
    if heir is None or not heir.is_active:
        raise Refused("There is no such user to hand over to.")
    subject, who, allowed = new.subject, edit.by.who, False
    if subject.kind == "client":
        client = clients.client(edit.connection, who, subject.id)
        if client is None:
            raise NotFound("There is no such client.")
        allowed = may_plan(who, subject, owner_id=client.owner_id) or _manages(edit, subject.id)
    elif subject.kind == "group":
        group = groups.group(edit.connection, who, subject.id)
        if group is None:
            raise NotFound("There is no such group.")
        allowed = may_plan(who, subject, manager_id=group.manager_id)
    elif people.user(edit.connection, subject.id) is None:
        raise NotFound("There is no such user.")
    else:
        allowed = may_plan(who, subject)
    if not allowed:
        raise Refused("Clients are handed over by their owner, the manager of their group, and admins.")
    if subject.kind == "user" and subject.id == new.to_id:
        raise Refused("He owns them already: choose somebody else.")


def _manages(edit: Edit, client_id: int) -> bool:
    """Whether he manages a group that the client is in."""
    found = groups.of_client(edit.connection, edit.by.who, client_id)
    return any(group.manager_id in edit.by.who.stands_for for group in found)


def _client_id(subject: Subject) -> int | None:
    return subject.id if subject.kind == "client" else None


def _changeable(edit: Edit, handover_id: int) -> HandoverRow:
    found = handovers.handover(edit.connection, edit.by.who, handover_id)
    if found is None:
        raise NotFound("There is no such handover.")
    if not may_change(edit.by.who, found):
        raise Refused("A handover is changed by who planned it and by admins.")
    return found
