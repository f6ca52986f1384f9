"""The dossier of a client: all that one may see of it on one page that prints well."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template, request

from mailcrm.store import answers, cards, contents, dossier, groups, sendings, timeline
from mailcrm.store.answers import AnswerRow
from mailcrm.store.sendings import SentRow
from mailcrm.store.timeline import Filters, Keyset
from web.access import me, now, number, reading, who
from web.audited import opened
from web.kinds import records
from web.languages import local
from web.pages.clients import known
from web.pages.timeline import PERIODS, Told

pages = Blueprint("dossier", __name__)
SIZES = (50, 100, 200)


@dataclass(frozen=True, slots=True)
class Sent:
    """One version in one message: who got it, and the answers that came to it."""

    one: SentRow
    to: tuple[SentRow, ...]
    answers: tuple[AnswerRow, ...]


@pages.get("/clients/<int:client_id>/dossier")
def overview(client_id: int) -> str:
    """The dossier, with the last `entries` of the timeline in a `period`."""
    row = known(client_id)
    opened("client", [client_id], client_id)
    period = request.args.get("period", "")
    days, asked = PERIODS.get(period), number(request.args.get("entries", ""))
    size = asked if asked in SIZES else SIZES[0]
    since = now() - timedelta(days=days) if days else None
    tasks, deals = dossier.standing(reading(), who(), client_id)
    sent = sendings.to_client(reading(), who(), client_id)
    return render_template(
        "clients/dossier.html",
        client=row,
        client_id=client_id,
        card=cards.card(reading(), client_id),
        groups=groups.of_client(reading(), who(), client_id),
        tasks=tasks,
        deals=deals,
        sent=_sent(sent, answers.of_client(reading(), who(), client_id) if sent else []),
        told=_told(client_id, Filters(since=since), size),
        today=local(now()).date(),
        by=me().name,
        period=period if days else "",
        size=size,
        sizes=SIZES,
    )


def _told(client_id: int, filters: Filters, size: int) -> Told:
    page = timeline.entries(reading(), who(), client_id, filters, Keyset(size=size))
    messages = [entry.message_id for entry in page.entries if entry.level and entry.message_id]
    people = contents.participants(reading(), who(), messages) if messages else {}
    return Told(page.entries, people, {}, {}, *records(reading(), who(), client_id, page.entries))


def _sent(rows: Sequence[SentRow], replies: Sequence[AnswerRow]) -> list[Sent]:
    """The sendings by version and message, a PDF with its original; answers stand where the version went last."""
    together: dict[tuple[int, int, int], list[SentRow]] = {}
    for row in rows:
        together.setdefault((row.document_id, row.number, row.message_id), []).append(row)
    found, told = list[Sent](), set[tuple[int, int]]()
    for (document, version, _), some in together.items():
        came = [one for one in replies if (one.document_id, one.number) == (document, version)]
        people = {row.email: row for row in some}
        found.append(Sent(some[0], tuple(people.values()), tuple(came) if (document, version) not in told else ()))
        told.add((document, version))
    return found
