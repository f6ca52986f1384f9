"""Tally: what reports count is found out once, soon after a message was filed, and written beside its entry.

It is apart from receiving, which need not know when the company works; a report counts a message when this was done.
"""

from datetime import datetime

from mailcrm.crm.replies import Tally, tallies
from mailcrm.crm.work_calendar import WorkCalendar
from mailcrm.flow.edit import By, Office, editing
from mailcrm.store import tallies as stored

PORTION = 1000
"""Entries in one transaction."""


def tally(office: Office, calendar: WorkCalendar, now: datetime) -> int:
    """Count everything that waits; returns how many entries. Raises StorageFailed."""
    done = 0
    while portion := _portion(office, calendar, now):
        done += portion
    return done


def rebuild(office: Office, calendar: WorkCalendar, now: datetime) -> int:
    """Count everything anew, as after a change of the work calendar; returns how many entries."""
    with editing(office, By(None, now)) as edit:
        stored.forget(edit.connection)
    return tally(office, calendar, now)


def _portion(office: Office, calendar: WorkCalendar, now: datetime) -> int:
    # Looked for by reading: a look every few seconds must not take turns with those who write.
    with office.database.reading() as connection:
        if not stored.waiting(connection, 1):
            return 0
    with editing(office, By(None, now)) as edit:
        waiting = stored.waiting(edit.connection, PORTION)
        changed: dict[int, Tally] = {}
        for strand in stored.strands(edit.connection, {thread for thread in waiting.values() if thread}):
            wanted = tallies(calendar, strand.lines)
            changed |= {number: one for number, one in wanted.items() if strand.written[number] != one}
        stored.write(edit.connection, changed)
        stored.settle(edit.connection, [number for number in waiting if number not in changed])
        return len(waiting)
