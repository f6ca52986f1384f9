"""Absences: who covers for a user while he is away. The cover sees the clients and groups of who is away, and they
count as his for that time; nothing changes its owner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.store import absences, people
from mailcrm.store.absences import AbsenceRow

_LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """What is asked of an absence; `ends_at` is the first moment at which he is back."""

    user_id: int
    cover_id: int
    starts_at: datetime
    ends_at: datetime
    note: str = ""


def plan(office: Office, by: By, new: NewAbsence) -> int:
    """Note an absence; returns its id. Raises Refused."""
    if not new.starts_at < new.ends_at or new.ends_at <= by.at:
        raise Refused("An absence ends after it begins, and not in the past.")
    if new.ends_at - new.starts_at > _LONGEST:
        raise Refused("An absence lasts three years at most.")
    if new.user_id == new.cover_id:
        raise Refused("Nobody covers for himself.")
    with editing(office, by) as edit:
        _permit(edit, new.user_id)
        cover = people.user(edit.connection, new.cover_id)
        if cover is None or not cover.is_active:
            raise Refused("There is no such user to cover.")
        _alone(edit, new.user_id, new.starts_at, new.ends_at)
        times = {"starts_at": new.starts_at, "ends_at": new.ends_at, "created_by": by.actor_id, "created_at": by.at}
        row = {"user_id": new.user_id, "cover_id": new.cover_id, "note": new.note.strip(), **times}
        absence_id = absences.add_absence(edit.connection, row)
        edit.note("planned", "absence", absence_id, detail=f"{new.user_id} {new.cover_id}")
        return absence_id


def cancel(office: Office, by: By, absence_id: int) -> None:
    """He is not away after all, or back already; raises Refused, NotFound."""
    with editing(office, by) as edit:
        row = _known(edit, absence_id)
        absences.set_cancelled(edit.connection, row.id, by.at)
        edit.note("cancelled", "absence", row.id)


def restore(office: Office, by: By, absence_id: int) -> None:
    """Note again an absence that was cancelled; raises Refused, NotFound."""
    with editing(office, by) as edit:
        row = _known(edit, absence_id)
        if row.cancelled_at is not None:
            _alone(edit, row.user_id, row.starts_at, row.ends_at)
            absences.set_cancelled(edit.connection, row.id, None)
            edit.note("planned", "absence", row.id, detail=f"{row.user_id} {row.cover_id}")


def _known(edit: Edit, absence_id: int) -> AbsenceRow:
    found = absences.absence(edit.connection, absence_id)
    if found is None or not _may_plan(edit, found.user_id):
        raise NotFound("There is no such absence.")
    return found


def _permit(edit: Edit, user_id: int) -> None:
    if not _may_plan(edit, user_id):
        raise Refused("Absences are noted by oneself, by one's manager and by admins.")


def _may_plan(edit: Edit, user_id: int) -> bool:
    return any(number == user_id for number, _ in absences.charges(edit.connection, edit.by.who))


def _alone(edit: Edit, user_id: int, starts_at: datetime, ends_at: datetime) -> None:
    other = absences.overlapping(edit.connection, user_id, starts_at, ends_at)
    if other is not None:
        raise Refused(f"{other.name} is noted as away in that time already, with {other.cover} as the cover.")
