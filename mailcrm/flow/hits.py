"""Hits are counted by the clock: scored together, so that scanners show, and deleted after 90 days."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mailcrm.mailing.tracking import RAW_DAYS, Scored, score
from mailcrm.store import hits, reactions
from mailcrm.store.database import Database
from mailcrm.store.reactions import NewEvent

LOOK_BACK = timedelta(days=2)
"""So long a mailing is looked at again after its last hit: scanners come late, and then tell on earlier hits."""


def count(database: Database, now: datetime) -> int:
    """Score the hits of mailings that had some lately, count each recipient's most human one of each kind as an event,
    and delete what is older than 90 days; returns how many hits were scored."""
    with database.writing() as connection:
        total = 0
        for mailing_id in hits.mailings(connection, now - LOOK_BACK):
            found = hits.of_mailing(connection, mailing_id)
            people = {one.recipient_id for one in found}
            scored = score(found, hits.sent_at(connection, people))
            hits.keep_scores(connection, scored)
            hits.forget_counted(connection, people)
            reactions.add_events(connection, _events(scored))
            total += len(scored)
        hits.drop_before(connection, now - timedelta(days=RAW_DAYS))
        return total


def _events(scored: Sequence[Scored]) -> list[NewEvent]:
    best: dict[tuple[int, str], Scored] = {}
    for one in scored:
        key = (one.hit.recipient_id, one.hit.kind)
        if one.hit.kind != "trap" and (key not in best or one.score < best[key].score):
            best[key] = one
    return [
        NewEvent(
            recipient, kind, one.hit.at, "web", f"hit:{recipient}:{kind}", hits.COUNTED, machine_score=one.score,
            detail=(("rules", ", ".join(one.rules)),) if one.rules else (),
        )
        for (recipient, kind), one in sorted(best.items(), key=lambda pair: pair[0])
    ]  # fmt: skip
