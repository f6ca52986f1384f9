"""Reports by e-mail: asked for and stopped by who gets them, sent once for each period when it is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from mailcrm.crm.report_wording import ReportWords, report_mail
from mailcrm.crm.reports import Period, period
from mailcrm.errors import Refused
from mailcrm.flow.edit import By, Office
from mailcrm.flow.notifications import NewNotification, queue
from mailcrm.store import people, report_figures
from mailcrm.store import report_mail as store
from mailcrm.store.database import Database
from mailcrm.store.people import UserRow
from mailcrm.store.report_figures import SECTIONS
from mailcrm.store.report_mail import MailRow
from mailcrm.store.report_scope import Scope
from mailcrm.store.visibility import Policy, viewer


@dataclass(frozen=True, slots=True)
class ReportPost:
    """How reports are sent: where the pages are, when days begin, and who sees which client."""

    base_url: str
    zone: tzinfo
    policy: Policy


EVERY = ("week", "month")
_MORNING = timedelta(hours=7)
"""A period is told of in the morning of the day after it."""


def subscribe(office: Office, by: By, every: str, zone: tzinfo) -> None:
    """Send the user who asks a report of each week or month, from the one at hand on; empty: none any more.

    Raises Refused.
    """
    if every and every not in EVERY:
        raise Refused("A report comes each week or each month.")
    with office.database.writing() as connection:
        if not every or by.actor_id is None:
            store.take_away(connection, by.actor_id or 0)
            return
        store.put(connection, MailRow(by.actor_id, every, _over(every, by.at, zone).last), by.at)


def send(database: Database, post: ReportPost, now: datetime) -> int:
    """Queue the reports of periods that are over, each once for each user, in one transaction a user; how many.

    What marks it is the row of the user, changed in that transaction: no restart, second daemon or clock that is put
    back sends one twice. Of several periods that passed while nothing ran, the last one is told.
    """
    total = 0
    for every in EVERY:
        over = _over(every, now, post.zone)
        with database.reading() as connection:
            wanted = store.behind(connection, every, over.last)
        for one in wanted:
            with database.writing() as connection:
                total += _send(connection, one, over, post, now)
    return total


def _over(every: str, now: datetime, zone: tzinfo) -> Period:
    return period(f"last-{every}", (now.astimezone(zone) - _MORNING).date(), zone)


def _send(connection: Connection, one: MailRow, over: Period, post: ReportPost, now: datetime) -> bool:
    user = people.user(connection, one.user_id)
    if user is None or not user.is_active or not store.told(connection, one.user_id, one.every, over.last):
        return False
    subject, text = _mail(connection, user, over, post, now)
    key = f"report-{user.id}-{one.every}-{over.last.isoformat()}"
    queue(connection, NewNotification(key, user.login, subject, text), now)
    return True


def _mail(connection: Connection, user: UserRow, over: Period, post: ReportPost, now: datetime) -> tuple[str, str]:
    """The numbers that this user would find on the page."""
    who = viewer(connection, user.id, user.role, now, post.policy)
    measures = [one for section in SECTIONS.values() for one in section]
    found = report_figures.figures(connection, who, Scope(over, now), measures)
    sections = {key: [one.key for one in some] for key, some in SECTIONS.items()}
    link = f"{post.base_url}/reports?since={over.first.isoformat()}&until={over.last.isoformat()}"
    return report_mail(user.language, ReportWords(over, sections, found.counts, found.earlier, found.sums, link))
