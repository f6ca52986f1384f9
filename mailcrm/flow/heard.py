"""What new letters say beyond their words: a promise with a date, a meeting, a reply that a task waited for."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection

from mailcrm.crm.promise import promised
from mailcrm.flow import tasks
from mailcrm.flow.intake import Intake
from mailcrm.mail.message import Kind
from mailcrm.store import invitations, promises, standing

Fresh = Sequence[tuple[dict[str, Any], Intake]]
"""Rows of new messages with what was read of them."""
_LONG_AGO = timedelta(days=14)
"""Promises that were due before are history."""


def hear(connection: Connection, fresh: Fresh, zone: tzinfo, now: datetime) -> None:
    """Note promises and meetings of new messages, and close the tasks that a reply among them answers."""
    _note_promises(connection, fresh, zone, now)
    meetings = [
        {"message_id": row["id"], **invitations.columns(intake.invited)} for row, intake in fresh if intake.invited
    ]
    invitations.add(connection, meetings)
    tasks.close_answered(connection, [row["id"] for row, _ in fresh], now)


def _note_promises(connection: Connection, fresh: Fresh, zone: tzinfo, now: datetime) -> None:
    earliest = (now - _LONG_AGO).astimezone(zone).date()
    letters = [
        (row, intake)
        for row, intake in fresh
        if row["kind"] == Kind.HUMAN and row["direction"] in ("in", "out") and row["at"] >= now - 6 * _LONG_AGO
    ]
    users = standing.users(connection, {a.email for _, intake in letters for a in intake.parsed.headers.to})
    rows = []
    for row, intake in letters:
        found = promised(intake.parsed.reply_text, row["at"].astimezone(zone).date())
        by_us = row["direction"] == "out"
        asked = [users[a.email] for a in intake.parsed.headers.to if a.email in users]
        if found is None or found.due < earliest or not (by_us or asked):
            continue
        rows.append(
            {
                "message_id": row["id"],
                "by_us": by_us,
                "user_id": row["author_id"] if by_us else asked[0],
                "due_on": found.due,
                "sentence": found.sentence,
                "words": found.words,
                "state": "open",
            }
        )
    promises.add(connection, rows)
