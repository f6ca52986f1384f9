"""One act on many clients of the list: a tag, a group by hand, the archive; taken back exactly for a day.

All of it happens in one transaction, in portions, and only to clients that the user may see. What was so already is not
touched, and so stays when the act is taken back. Owners change through `flow.handover`.
"""

from dataclasses import dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import groups as flow_groups
from mailcrm.flow import rematch_many
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.fields import tag_name
from mailcrm.store import bulk, tags
from mailcrm.store.bulk import BulkRow, Changed, Chosen

_ACTS = {"tag": "changed", "untag": "changed", "put": "put into group", "take": "taken out of group"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done: tag and untag with the name of a tag, put and take with a group, or archive."""

    kind: str
    tag: str = ""
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it."""

    id: int | None
    """What takes it back; None where nothing changed."""
    changed: int
    same: int
    """Clients that were so already."""


def carry_out(office: Office, by: By, which: Chosen, asked: Asked) -> Done:
    """Do one thing to all clients that were chosen, of those that he may see; raises Refused, NotFound."""
    name = tag_name(asked.tag) if asked.kind in ("tag", "untag") else ""
    with editing(office, by) as edit:
        if asked.group_id is not None:
            flow_groups.fillable(edit, asked.group_id)
        ids = bulk.chosen(edit.connection, by.who, which)
        if not ids:
            raise Refused("Choose clients first.")
        changed = _change(edit, ids, asked, name)
        row = {"kind": asked.kind, "tag": name, "group_id": asked.group_id, "actor_id": by.actor_id, "at": by.at}
        number = bulk.add(edit.connection, row, changed) if changed else None
        if changed:
            _note(edit, asked, f"{len(changed)} {name}".strip())
    _refresh(office, by, asked.kind)
    return Done(number, len(changed), len(ids) - len(changed))


def undo(office: Office, by: By, bulk_id: int) -> int:
    """Take an act of his own back, as far as nobody changed it since; returns of how many clients.

    Raises NotFound, and Refused where it is too late.
    """
    with editing(office, by) as edit:
        row = bulk.one(edit.connection, bulk_id)
        if row is None or row.actor_id != by.actor_id:
            raise NotFound("There is no such act.")
        if by.at - row.at > bulk.UNDOABLE or not bulk.settle(edit.connection, bulk_id, by.at):
            raise Refused("This can no longer be undone here.")
        if row.group_id is not None:
            flow_groups.fillable(edit, row.group_id)
        count = _take_back(edit, row, bulk.changed(row))
        edit.note("undone", "client", detail=f"{count} {row.tag}".strip())
    _refresh(office, by, row.kind)
    return count


def _change(edit: Edit, ids: list[int], asked: Asked, name: str) -> Changed:
    connection, group_id = edit.connection, asked.group_id or 0
    if asked.kind == "tag":
        (number,) = tags.tag_ids(connection, [name]).values()
        return bulk.tag(connection, number, ids)
    if asked.kind == "untag":
        changed = bulk.untag(connection, name, ids)
        tags.drop_unused(connection)
        return changed
    if asked.kind == "put":
        return bulk.put(connection, group_id, ids, edit.by.at)
    if asked.kind == "take":
        return bulk.take(connection, group_id, ids)
    return bulk.archive(connection, ids, edit.by.at)


def _take_back(edit: Edit, row: BulkRow, changed: Changed) -> int:
    connection, group_id = edit.connection, row.group_id or 0
    ids = [client for client, _ in changed]
    if row.kind == "tag":
        count = len(bulk.untag(connection, row.tag, ids))
        tags.drop_unused(connection)
        return count
    if row.kind == "untag":
        (number,) = tags.tag_ids(connection, [row.tag]).values()
        return len(bulk.tag(connection, number, [client for client, _ in bulk.existing(connection, changed)]))
    if row.kind == "put":
        return bulk.leave(connection, group_id, changed, row.at)
    if row.kind == "take":
        return bulk.come_back(connection, group_id, changed)
    back = bulk.restore(connection, changed, row.at)
    # What came meanwhile is looked for, as for one client that comes back.
    if names := bulk.names(connection, back):
        rematch_many.added(edit, names)
    return len(back)


def _note(edit: Edit, asked: Asked, detail: str) -> None:
    kind = "client" if asked.group_id is None else "client_group"
    edit.note(_ACTS.get(asked.kind, "archived"), kind, asked.group_id, detail=detail)


def _refresh(office: Office, by: By, kind: str) -> None:
    """Rules may ask for tags."""
    if kind in ("tag", "untag"):
        flow_groups.refresh(office, by.at)
