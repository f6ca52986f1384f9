"""Fields of one's own: added, changed, archived, put in order; and their values at a client, with its tags."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mailcrm.crm import fields as rules
from mailcrm.crm.fields import KINDS, Unfit
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import clients as flow_clients
from mailcrm.flow import groups
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import fields, tags
from mailcrm.store.fields import FieldRow

_MOST = 100
_LONGEST_TAG = 60


@dataclass(frozen=True, slots=True)
class NewField:
    """What is asked of a new field; without a key it gets one made of the label."""

    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    in_list: bool = False
    key: str = ""


def add_field(office: Office, by: By, new: NewField) -> int:
    """Add a field at the end; returns the id. Raises Refused."""
    with editing(office, by) as edit:
        return add_one(edit, new)


def add_one(edit: Edit, new: NewField) -> int:
    """Add a field in the transaction at hand; raises Refused."""
    known = fields.fields(edit.connection, archived=True)
    if len(known) >= _MOST:
        raise Refused(f"More than {_MOST} fields are too many.")
    if new.kind not in KINDS:
        raise Refused(f"The kind of a field must be one of {', '.join(KINDS)}, not {new.kind}.")
    label = _label(new.label)
    key = new.key.strip() or rules.key_of(label, frozenset(one.key for one in known))
    if not rules.is_key(key) or any(one.key == key for one in known):
        raise Refused(f'A field cannot have the key "{key}": use small Latin letters, and each key once.')
    row = {
        "key": key,
        "label": label,
        "kind": new.kind,
        "choices": _choices(new.kind, new.choices),
        "position": max((one.position for one in known), default=0) + 1,
        "in_list": new.in_list,
        "created_at": edit.by.at,
        "archived_at": None,
    }
    number = fields.add_field(edit.connection, row)
    edit.note("added", "field", number, detail=key)
    return number


def edit_field(office: Office, by: By, field_id: int, changes: Mapping[str, object]) -> None:
    """Change label, choices (texts) or in_list; raises Refused, or NotFound. Choices that clients have must stay."""
    if unknown := set(changes) - {"label", "choices", "in_list"}:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a field.")
    with editing(office, by) as edit:
        before = _known(edit, field_id)
        row = dict(changes)
        if "label" in row:
            row["label"] = _label(str(row["label"]))
        if "choices" in row:
            texts = row["choices"]
            choices = _choices(before.kind, texts if isinstance(texts, list | tuple) else ())
            row["choices"] = choices
            lost = fields.used_choices(edit.connection, field_id) - set(choices)
            if before.kind == "choice" and lost:
                raise Refused(f"Clients have {', '.join(sorted(lost))}: these choices must stay.")
        if row:
            fields.change_field(edit.connection, field_id, row)
            edit.note("changed", "field", field_id, detail=before.key)


def archive_field(office: Office, by: By, field_id: int, archived: bool = True) -> None:
    """No longer ask for a field, or ask for it again; its values stay. Raises NotFound."""
    with editing(office, by) as edit:
        before = _known(edit, field_id)
        fields.change_field(edit.connection, field_id, {"archived_at": by.at if archived else None})
        edit.note("archived" if archived else "restored", "field", field_id, detail=before.key)


def move_field(office: Office, by: By, field_id: int, up: bool) -> None:
    """Let a field and its neighbour change places; raises NotFound."""
    with editing(office, by) as edit:
        _known(edit, field_id)
        order = [one.id for one in fields.fields(edit.connection)]
        at = order.index(field_id) if field_id in order else -1
        other = at - 1 if up else at + 1
        if at >= 0 and 0 <= other < len(order):
            order[at], order[other] = order[other], order[at]
        for position, number in enumerate(order, 1):
            fields.change_field(edit.connection, number, {"position": position})


def set_values(office: Office, by: By, client_id: int, new: Mapping[str, str]) -> None:
    """Set fields of a client: key → what a person typed (empty takes the value away). Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        flow_clients.known(edit, client_id)
        known = {one.key: one for one in fields.fields(edit.connection)}
        if unknown := set(new) - set(known):
            raise NotFound(f"There is no field {', '.join(sorted(unknown))}.")
        before = fields.texts(edit.connection, client_id)
        values = {known[key].id: stored(known[key], text) for key, text in new.items()}
        changed = {number: value for number, value in values.items() if value[0] != before.get(number, "")}
        if changed:
            fields.set_values(edit.connection, client_id, changed)
            groups.refresh_client(edit, client_id)
            edit.note("changed", "client", client_id, client_id, "fields")


def set_tags(office: Office, by: By, client_id: int, names: Collection[str]) -> None:
    """Give a client these tags and no others; raises Refused, or NotFound."""
    wanted = [tag_name(name) for name in names if name.strip()]
    with editing(office, by) as edit:
        flow_clients.known(edit, client_id)
        tags.set_tags(edit.connection, client_id, wanted)
        groups.refresh_client(edit, client_id)


def tag_name(text: str) -> str:
    """A tag as it is stored; raises Refused for none and for one that is too long."""
    name = " ".join(text.split())
    if not name:
        raise Refused("Write the name of the tag.")
    if len(name) > _LONGEST_TAG:
        raise Refused(f"A tag has at most {_LONGEST_TAG} characters.")
    return name


def stored(field: FieldRow, text: str) -> tuple[str, str]:
    """(value, sort key) as they are stored of what a person typed; raises Refused."""
    try:
        value = rules.written(field.takes, text)
    except Unfit as error:
        raise Refused(_sentence(field, text, error.reason)) from None
    return value, rules.sort_key(field.kind, value) if value else ""


def _sentence(field: FieldRow, text: str, reason: str) -> str:
    if reason == "number":
        return f'{field.label}: "{text}" is not a number.'
    if reason == "date":
        return f'{field.label}: "{text}" is not a date; write it like 2026-01-31.'
    if reason == "choice":
        return f'{field.label}: "{text}" is not one of {", ".join(field.choices)}.'
    if reason == "yesno":
        return f'{field.label}: write yes or no, not "{text}".'
    return f"{field.label}: that is too long."


def _known(edit: Edit, field_id: int) -> FieldRow:
    for one in fields.fields(edit.connection, archived=True):
        if one.id == field_id:
            return one
    raise NotFound("There is no such field.")


def _label(text: str) -> str:
    label = " ".join(text.split())
    if not label:
        raise Refused("A field needs a name.")
    return label[:100]


def _choices(kind: str, texts: Collection[object]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(" ".join(str(text).split()) for text in texts if str(text).strip()))
    if kind == "choice" and len(found) < 2:
        raise Refused("A choice needs at least two texts to choose from, one a line.")
    return found if kind == "choice" else ()
