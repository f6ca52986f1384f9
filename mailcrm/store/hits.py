"""Hits on links, pictures and offers as rows: to be scored again while they are kept, and dropped in time."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlmodel import col

from mailcrm.mailing.tracking import Hit, Scored
from mailcrm.model import Event, Recipient
from mailcrm.model import Hit as HitRow
from mailcrm.store.rows import parts, table

COUNTED = "hit"
"""The method of events that were counted from hits."""


def mailings(connection: Connection, since: datetime) -> list[int]:
    """Mailings with hits since then."""
    query = select(col(HitRow.mailing_id)).where(col(HitRow.at) >= since).distinct()
    return [int(one) for one in connection.execute(query.order_by(col(HitRow.mailing_id))).scalars()]


def of_mailing(connection: Connection, mailing_id: int) -> list[Hit]:
    """The hits of a mailing that are still kept, in their order."""
    columns = (
        col(HitRow.id), col(HitRow.recipient_id), col(HitRow.kind), col(HitRow.link_id), col(HitRow.at),
        col(HitRow.network), col(HitRow.family), col(HitRow.method), col(HitRow.has_language),
    )  # fmt: skip
    query = select(*columns).where(col(HitRow.mailing_id) == mailing_id).order_by(col(HitRow.id))
    return [Hit(int(row[0] or 0), *row[1:]) for row in connection.execute(query)]


def sent_at(connection: Connection, recipient_ids: Iterable[int]) -> dict[int, datetime]:
    """Recipient → when the server took his message."""
    found: dict[int, datetime] = {}
    for some in parts(recipient_ids):
        query = select(col(Recipient.id), col(Recipient.accepted_at)).where(
            col(Recipient.id).in_(some), col(Recipient.accepted_at).is_not(None)
        )
        found.update({int(row[0] or 0): row[1] for row in connection.execute(query) if row[1] is not None})
    return found


def keep_scores(connection: Connection, scored: Sequence[Scored]) -> None:
    """Write the scores and the rules that gave them."""
    rows = [{"number": one.hit.id, "score": one.score, "rules": ", ".join(one.rules)} for one in scored]
    if rows:
        change = update(table(HitRow)).where(table(HitRow).c.id == bindparam("number"))
        connection.execute(change.values(score=bindparam("score"), rules=bindparam("rules")), rows)


def forget_counted(connection: Connection, recipient_ids: Iterable[int]) -> None:
    """Drop what was counted of these recipients, to be counted anew."""
    for some in parts(recipient_ids):
        connection.execute(delete(Event).where(col(Event.recipient_id).in_(some), col(Event.method) == COUNTED))


def drop_before(connection: Connection, at: datetime) -> int:
    """Delete the single hits that are older; what was counted of them stays. Returns how many."""
    return int(connection.execute(delete(HitRow).where(col(HitRow.at) < at)).rowcount)
