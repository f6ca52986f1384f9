"""Values of terms: defaults, those of a group, those of clients; set one by one or as a sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.offers import editable, touch
from mailcrm.mailing.grid import SheetRow, TermSheet, understood
from mailcrm.mailing.terms import BadValue, parsed
from mailcrm.store import freezing, offers, terms
from mailcrm.store.clients import name_key
from mailcrm.store.visibility import Viewer


@dataclass(frozen=True, slots=True)
class Matched:
    """A sheet whose lines were matched with clients."""

    sheet: TermSheet
    found: tuple[tuple[SheetRow, int], ...]
    """Lines that name one client, with its id."""
    unknown: tuple[SheetRow, ...]
    """Lines that name no client, or several."""


def set_values(office: Office, by: By, offer_id: int, scope: str, rows: Mapping[int, Mapping[str, str]]) -> int:
    """Set what people typed for scope ids of an offer: key → text, an empty one takes the value away. Keys that are
    not named stay as they are. Returns how many rows changed. Raises Refused, and then nothing is changed."""
    with editing(office, by) as edit:
        editable(edit, offer_id)
        if scope == "client" and terms.seen(edit.connection, by.who, rows) != set(rows):
            raise NotFound("There is no such client.")
        if scope == "group" and not set(rows) <= {number for number, *_ in freezing.groups(edit.connection)}:
            raise NotFound("There is no such group.")
        return _set(edit, offer_id, scope, rows)


def matched(connection: Connection, who: Viewer, offer_id: int, rows: Sequence[Sequence[str]]) -> Matched:
    """What a pasted sheet would set, for whom of those that the viewer may see."""
    sheet = understood(rows, offers.specs(connection, offer_id))
    words = {_word(one) for row in sheet.rows for one in row.who}
    known = terms.known_clients(connection, who, words)
    found, unknown = [], []
    for row in sheet.rows:
        named = next((known[_word(one)] for one in row.who if known.get(_word(one))), [])
        if len(named) == 1:
            found.append((row, named[0]))
        else:
            unknown.append(row)
    return Matched(sheet, tuple(found), tuple(unknown))


def import_values(office: Office, by: By, offer_id: int, rows: Sequence[Sequence[str]]) -> int:
    """Set the values of a pasted sheet for the clients it names; cells left empty change nothing, cells that are no
    value neither. Returns how many clients changed. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        editable(edit, offer_id)
        given: dict[int, dict[str, str]] = {}
        for row, client_id in matched(edit.connection, by.who, offer_id, rows).found:
            given.setdefault(client_id, {}).update(row.values)
        return _set(edit, offer_id, "client", given)


def _set(edit: Edit, offer_id: int, scope: str, rows: Mapping[int, Mapping[str, str]]) -> int:
    specs = {spec.key: spec for spec in offers.specs(edit.connection, offer_id)}
    stored = terms.of_scope(edit.connection, offer_id, scope, rows)
    changed: dict[int, dict[str, str]] = {}
    for number, given in rows.items():
        values = dict(stored.get(number, {}))
        for key, text in given.items():
            if key not in specs:
                raise Refused("There is no such term.")
            values[key] = _value(specs[key].kind, specs[key].label, text)
        values = {key: value for key, value in values.items() if value}
        if values != stored.get(number, {}):
            changed[number] = values
    terms.save(edit.connection, offer_id, scope, changed)
    if changed:
        touch(edit, offer_id)
    return len(changed)


def _value(kind: str, label: str, text: str) -> str:
    try:
        return parsed(kind, text)
    except BadValue:
        raise Refused(f'"{text[:60]}" is no value for {label}.') from None


def _word(text: str) -> str:
    return name_key(text)
