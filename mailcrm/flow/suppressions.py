"""Suppressions by hand: enter one, lift one, put it back. Bounces, complaints and refusals enter theirs in `track`."""

from collections.abc import Callable
from datetime import datetime

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.addresses import valid_domain, valid_email
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import audit, suppressions
from mailcrm.store.audit import Act
from mailcrm.store.suppressions import NewSuppression, SuppressionRow

REASONS = ("unsubscribed", "bounced", "complained", "objection", "by-hand")
MAX_SCOPE = 80


def hashed(fingerprint: Callable[[str], int], address: str) -> str:
    """The keyed hash under which an erased address stays suppressed."""
    return f"hash:{fingerprint('suppressed:' + address):016x}"


def suppress(office: Office, by: By, what: str, scope: str = suppressions.ALL, reason: str = "by-hand") -> int:
    """Forbid mail to an address or, with a leading @, to a whole domain; returns the id of the row.

    One that is there already stays as it is. Raises Refused for what is neither address nor domain.
    """
    text, scope = what.strip(), " ".join(scope.split()) or suppressions.ALL
    if reason not in REASONS:
        raise Refused(f"The reason must be one of {', '.join(REASONS)}, not {reason}.")
    if len(scope) > MAX_SCOPE:
        raise Refused("The scope of a suppression is all, marketing or the name of a group.")
    address = "@" + valid_domain(text[1:], frozenset()) if text.startswith("@") else valid_email(text)
    with editing(office, by) as edit:
        new = NewSuppression(address, reason, scope, actor_id=by.actor_id)
        suppressions.add(edit.connection, [new], by.at)
        here = suppressions.of_address(edit.connection, address)
        number = next(row.id for row in here if row.scope == scope)
        _note(edit, "added", number, address)
        return number


def lift(office: Office, by: By, suppression_id: int) -> SuppressionRow:
    """Allow mail again; returns what was removed, for putting it back. Raises NotFound."""
    with editing(office, by) as edit:
        found = suppressions.find(edit.connection, suppression_id)
        if found is None:
            raise NotFound("There is no such suppression.")
        suppressions.remove(edit.connection, suppression_id)
        _note(edit, "removed", suppression_id, found.address)
        return found


def put_back(office: Office, by: By, row: SuppressionRow) -> None:
    """Undo `lift`: the suppression with its own reason and date."""
    with editing(office, by) as edit:
        suppressions.restore(edit.connection, row)
        _note(edit, "restored", None, row.address)


def lifted(address: str, scope: str, reason: str, detail: str, *more: int | str | None) -> SuppressionRow:
    """What `lift` removed, from plain values: then recipient, user and time follow."""
    recipient_id, actor_id, at = more
    numbers = [one if isinstance(one, int) else None for one in (recipient_id, actor_id)]
    return SuppressionRow(
        0, address, scope, reason, detail, numbers[0], numbers[1], datetime.fromisoformat(str(at)), ""
    )


def forget(office: Office, by: By, address: str) -> None:
    """Erase an address from the list, but not that it must not be written to: the keyed hash stays."""
    with editing(office, by) as edit:
        suppressions.erase(edit.connection, address, hashed(office.fingerprint, address))


def _note(edit: Edit, act: str, number: int | None, address: str) -> None:
    audit.note(edit.connection, Act(edit.by.actor_id, act, "suppression", number, None, address), edit.by.at)
