"""Groups of clients: add, edit, archive; members by hand, and members that a rule finds.

Admins edit every group, its manager his own; its deputies put clients in and take them out. Where clients are seen by
those alone who look after them, only admins give a group a rule: it would open to its manager whatever he asks for.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm import group_rules
from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import clients, fields, groups, people
from mailcrm.store import group_rules as stored_rules
from mailcrm.store.groups import GroupRow
from mailcrm.store.visibility import Viewer

MOST_HOURS = 1000
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class GroupForm:
    """What is asked of a group; with a `rule` (JSON, see `crm.group_rules`) its members are those that fit."""

    name: str
    rule: str = ""
    manager_id: int | None = None
    deputies: tuple[int, ...] = ()
    answer_hours: int = 0
    note: str = ""


def may_add(who: Viewer) -> bool:
    """Whether he may make groups."""
    return who.role in ("manager", "admin")


def may_rule(who: Viewer) -> bool:
    """Whether he may say by a rule who is in a group."""
    return who.role == "admin" or not who.assigned


def may_edit(who: Viewer, row: GroupRow) -> bool:
    """Whether he may change a group."""
    return who.role == "admin" or row.manager_id in who.stands_for


def may_fill(who: Viewer, row: GroupRow) -> bool:
    """Whether he may put clients in and take them out."""
    return row.kind == "hand" and (may_edit(who, row) or row.id in who.group_ids)


def add_group(office: Office, by: By, form: GroupForm) -> int:
    """Add a group and find its members; returns the id. Raises Refused."""
    if not may_add(by.who):
        raise Refused("Groups are made by managers and admins.")
    with editing(office, by) as edit:
        values = _values(edit, form, None)
        row = {**values, "created_by": by.actor_id, "created_at": by.at}
        group_id = groups.add_group(edit.connection, row)
        groups.set_deputies(edit.connection, group_id, _deputies(edit.connection, form))
        _settle(edit.connection, group_id, str(values["rule"]), by.at)
        edit.note("added", "client_group", group_id, detail=form.name.strip())
        return group_id


def edit_group(office: Office, by: By, group_id: int, form: GroupForm) -> None:
    """Make a group what the form says; one by hand stays so, and one with a rule too. Raises Refused, NotFound."""
    with editing(office, by) as edit:
        before = _editable(edit, group_id)
        if (before.kind == "rule") != bool(form.rule):
            raise Refused("A group by hand stays one, and a group by rule keeps a rule.")
        values = _values(edit, form, before)
        groups.change_group(edit.connection, group_id, values)
        groups.set_deputies(edit.connection, group_id, _deputies(edit.connection, form))
        _settle(edit.connection, group_id, str(values["rule"]), by.at)
        edit.note("changed", "client_group", group_id, detail=form.name.strip())


def archive(office: Office, by: By, group_id: int) -> None:
    """Put a group out of use; its members stay noted. Raises Refused, NotFound."""
    _set_archived(office, by, group_id, by.at)


def restore(office: Office, by: By, group_id: int) -> None:
    """Take a group into use again; raises Refused, NotFound."""
    _set_archived(office, by, group_id, None)


def put(office: Office, by: By, group_id: int, client_ids: Collection[int]) -> None:
    """Put clients into a group by hand; raises Refused, NotFound."""
    with editing(office, by) as edit:
        fillable(edit, group_id)
        for client_id in client_ids:
            _client(edit, client_id)
            edit.note("put into group", "client_group", group_id, client_id)
        groups.add_members(edit.connection, group_id, list(dict.fromkeys(client_ids)), by.at)


def take_out(office: Office, by: By, group_id: int, client_id: int) -> None:
    """Take a client out of a group by hand; raises Refused, NotFound."""
    with editing(office, by) as edit:
        fillable(edit, group_id)
        _client(edit, client_id)
        groups.remove_member(edit.connection, group_id, client_id)
        edit.note("taken out of group", "client_group", group_id, client_id)


def refresh(office: Office, now: datetime) -> None:
    """Look up the members of every rule anew, each group in a transaction of its own: time alone moves clients."""
    with office.database.reading() as connection:
        wanted = [group_id for group_id, _ in groups.rules(connection)]
    for group_id in wanted:
        with editing(office, By(None, now)) as edit:
            rule = dict(groups.rules(edit.connection)).get(group_id, "")
            _settle(edit.connection, group_id, rule, now)


def refresh_client(edit: Edit, client_id: int) -> None:
    """See to it that a client that was changed is in the groups whose rules it fits, and in no other."""
    wanted = groups.rules(edit.connection)
    known = kinds(edit.connection) if wanted else {}
    for group_id, rule in wanted:
        fits = stored_rules.where(group_rules.parsed(rule, known), edit.by.at, known)
        groups.settle_members(edit.connection, group_id, fits, edit.by.at, client_id)


def kinds(connection: Connection) -> dict[str, str]:
    """Key → kind of the fields that the company added: what rules may ask besides."""
    return {one.key: one.kind for one in fields.fields(connection, archived=True)}


def _settle(connection: Connection, group_id: int, rule: str, now: datetime) -> None:
    if rule:
        known = kinds(connection)
        fits = stored_rules.where(group_rules.parsed(rule, known), now, known)
        groups.settle_members(connection, group_id, fits, now)
        groups.change_group(connection, group_id, {"refreshed_at": now})


def _set_archived(office: Office, by: By, group_id: int, at: datetime | None) -> None:
    with editing(office, by) as edit:
        before = _editable(edit, group_id)
        groups.change_group(edit.connection, group_id, {"archived_at": at})
        if at is None:
            _settle(edit.connection, group_id, before.rule, by.at)
        edit.note("archived" if at else "restored", "client_group", group_id, detail=before.name)


def _known(edit: Edit, group_id: int) -> GroupRow:
    found = groups.group(edit.connection, edit.by.who, group_id)
    if found is None:
        raise NotFound("There is no such group.")
    return found


def _editable(edit: Edit, group_id: int) -> GroupRow:
    found = _known(edit, group_id)
    if not may_edit(edit.by.who, found):
        raise Refused("A group is changed by its manager and by admins.")
    return found


def fillable(edit: Edit, group_id: int) -> GroupRow:
    """The group, where he may put clients in and take them out; raises Refused, NotFound."""
    found = _known(edit, group_id)
    if found.kind != "hand":
        raise Refused("Who is in this group is said by its rule.")
    if not may_fill(edit.by.who, found):
        raise Refused("Clients are put into a group by its manager, its deputies and admins.")
    return found


def _client(edit: Edit, client_id: int) -> None:
    if clients.client(edit.connection, edit.by.who, client_id) is None:
        raise NotFound("There is no such client.")


def _values(edit: Edit, form: GroupForm, before: GroupRow | None) -> dict[str, object]:
    name = " ".join(form.name.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused(f"A group needs a name of at most {_LONGEST_NAME} characters.")
    other = groups.named(edit.connection, name)
    if other is not None and (before is None or other != before.id):
        raise Refused(f'There is a group "{name}" already.')
    if not 0 <= form.answer_hours <= MOST_HOURS:
        raise Refused(f"The hours within which a group is answered are between 0 and {MOST_HOURS}.")
    _check_user(edit.connection, form.manager_id)
    rule = group_rules.written(group_rules.parsed(form.rule, kinds(edit.connection))) if form.rule else ""
    if rule != (before.rule if before else "") and not may_rule(edit.by.who):
        raise Refused("Here only admins say by a rule who is in a group, for its manager sees all of them.")
    values = {"name": name, "rule": rule, "manager_id": form.manager_id, "note": form.note.strip()}
    return {**values, "kind": "rule" if rule else "hand", "answer_hours": form.answer_hours}


def _deputies(connection: Connection, form: GroupForm) -> list[int]:
    for user_id in form.deputies:
        _check_user(connection, user_id)
    return [user for user in dict.fromkeys(form.deputies) if user != form.manager_id]


def _check_user(connection: Connection, user_id: int | None) -> None:
    if user_id is not None and people.user(connection, user_id) is None:
        raise Refused("There is no such user to look after the group.")
