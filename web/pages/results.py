"""What came of mailings: the board of each, its statistics, and what staff do with the answers."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.errors import NotFound
from mailcrm.flow import outcomes as flow
from mailcrm.flow.outcomes import ShareChosen, Told
from mailcrm.mailing import optimise
from mailcrm.mailing.advice import advise
from mailcrm.store import board, statistics
from mailcrm.store.board import BoardRow, Wanted
from mailcrm.store.statistics import MailingRow, Part
from web import notices, offering, results_view, workbook
from web.access import by, now, reading, tools, who
from web.audited import taken
from web.pages.clients import known
from web.security import disposition
from web.standing import EVENTS, LOOKS, STANDINGS, TONES, servers_words, standing, suggestion, why

pages = Blueprint("results", __name__)
SIZE = 50
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/results")
def overview() -> str:
    """Mailings that began, newest first, with what came of each."""
    rows = statistics.mailings(reading(), _number("before"), 31)
    counts = statistics.counts(reading(), who(), [row.id for row in rows[:30]], now()) if rows else {}
    older = rows[29].id if len(rows) > 30 else None
    return render_template("results/overview.html", rows=rows[:30], counts=counts, older=older)


@pages.get("/mailings/<int:mailing_id>/board")
def board_of(mailing_id: int) -> str:
    """Who got what, how far it came, and why we say so."""
    mailing = _mailing(mailing_id)
    only = request.args.get("only", "")
    rows = board.rows(reading(), who(), mailing_id, Wanted(only, _number("after") or 0, SIZE + 1))
    shown = rows[:SIZE]
    return render_template(
        "results/board.html", mailing=mailing, rows=list(_told(shown)), only=only,
        counts=statistics.counts(reading(), who(), [mailing_id], now()).get(str(mailing_id)),
        further=shown[-1].id if len(rows) > SIZE else None, standings=STANDINGS, tones=TONES, events=EVENTS,
        looks=LOOKS, why=why, filters=results_view.FILTERS, paused=offering.paused,
    )  # fmt: skip


@pages.get("/mailings/<int:mailing_id>/board.xlsx")
def export(mailing_id: int) -> Response:
    """The board as a sheet: every recipient that the filter lets through."""
    return _export(mailing_id, "xlsx")


@pages.get("/mailings/<int:mailing_id>/board.csv")
def export_csv(mailing_id: int) -> Response:
    """The same as comma-separated values."""
    return _export(mailing_id, "csv")


def _export(mailing_id: int, kind: str) -> Response:
    mailing = _mailing(mailing_id)
    rows = board.rows(reading(), who(), mailing_id, Wanted(request.args.get("only", "")))
    head = [gettext("Client"), gettext("Address"), gettext("State"), gettext("Variant"), gettext("Handed over at"),
            gettext("The server's words"), gettext("Evidence"), gettext("Document")]  # fmt: skip
    body = [_line(told) for some in _portions(rows) for told in _told(some)]
    taken("exported", "mailing", mailing_id, detail=f"board, {len(body)} rows")
    data = workbook.sheet(mailing.name, head, body) if kind == "xlsx" else results_view.csv_of(head, body)
    response = Response(data, mimetype=_XLSX if kind == "xlsx" else "text/csv")
    response.headers["Content-Disposition"] = disposition(f"{mailing.name}.{kind}", f"board.{kind}")
    return response


def _portions(rows: list[BoardRow]) -> Iterator[list[BoardRow]]:
    return (rows[i : i + 500] for i in range(0, len(rows), 500))


def _line(told: dict[str, Any]) -> list[workbook.Value]:
    row, events = told["row"], told["events"]
    evidence = "; ".join(f"{EVENTS.get(e.kind, e.kind)} {e.at:%Y-%m-%d %H:%M}" for e in events[:5])
    sent: workbook.Value = row.accepted_at if row.accepted_at is not None else ""
    return [row.client, row.address, str(STANDINGS[told["standing"]]), row.variant, sent, told["words"], evidence,
            row.document_name]  # fmt: skip


def _told(rows: list[BoardRow]) -> Iterator[dict[str, Any]]:
    """Each row with its evidence."""
    ids = [row.id for row in rows]
    happened, said = board.evidence(reading(), ids), board.said(reading(), ids)
    for row in rows:
        events = happened.get(row.id, [])
        yield {
            "row": row, "events": events, "standing": standing(row, events, now()),
            "suggestion": suggestion(row, events), "words": servers_words(row, events, said.get(row.id)),
        }  # fmt: skip


@pages.get("/mailings/<int:mailing_id>/statistics")
def statistics_of(mailing_id: int) -> str:
    """What came of a mailing in numbers, by variant, group or terms, and what can be said of the terms."""
    mailing, asked = _mailing(mailing_id), request.args.get("by", "variant")
    dimension = asked if asked in ("variant", "group", "terms") else "variant"
    counts = statistics.counts(reading(), who(), [mailing_id], now()).get(str(mailing_id))
    parts = statistics.parts(reading(), who(), mailing_id, now(), dimension)
    return render_template(
        "results/statistics.html", mailing=mailing, counts=counts, parts=parts, by=dimension,
        ranking=_ranking(mailing, parts), reasons=statistics.reasons(reading(), who(), mailing_id), view=results_view,
        dimensions=results_view.DIMENSIONS, decided=board.shares_decided(reading(), mailing_id),
    )  # fmt: skip


def _ranking(mailing: MailingRow, parts: list[Part]) -> results_view.Ranked | None:
    """The arms that were drawn by lot, ranked; None where there are fewer than two."""
    drawn = [part for part in parts if part.randomised and part.counts.matured]
    if len(drawn) < 2:
        return None
    before = statistics.past(reading(), mailing.id, now())
    totals = [sum(pair[i] for pair in before.values()) for i in (0, 1)]
    prior = optimise.prior((totals[0], totals[1]), list(before.values()))
    arms = results_view.arms(drawn)
    return results_view.Ranked(optimise.rank(arms, prior, results_view.chance(mailing.id)), prior, mailing.currency)


@pages.get("/results/preview")
def preview() -> str:
    """What a list of so many clients can prove, before anything is sent."""
    clients = min(max(_number("clients") or 160, 1), 100_000)
    low = min(max(_number("low") or 5, 1), 90) / 100
    high = min(max(_number("high") or 10, 1), 95) / 100
    found = optimise.preview(clients, low, high, 4, results_view.chance(1)) if high > low else []
    return render_template("results/preview.html", clients=clients, low=low, high=high, found=found, view=results_view)


@pages.post("/mailings/<int:mailing_id>/recipients/<int:recipient_id>/decision")
def decide(mailing_id: int, recipient_id: int) -> AnyResponse:
    """Record what the client decided, as a colleague knows it; the one before can be put back."""
    # Undo has the decision in its address, for its form has none of its own.
    decision = request.form.get("decision", request.args.get("decision", ""))
    before = flow.record(tools().office, by(), who(), recipient_id, Told(decision, request.form.get("words", "")))
    undo = url_for("results.decide", mailing_id=mailing_id, recipient_id=recipient_id, decision=before)
    notices.say_restorable(_recorded(decision), undo)
    return _back(mailing_id)


@pages.post("/mailings/<int:mailing_id>/recipients/<int:recipient_id>/suggestion")
def suggestion_of(mailing_id: int, recipient_id: int) -> AnyResponse:
    """What a person makes of a suggestion: it counts, it is a wish to leave, or it is nothing."""
    event, what = _form_number("event"), request.form.get("what", "")
    if what == "belongs":
        flow.belongs(tools().office, by(), who(), event, recipient_id)
        notices.say(gettext("The message now counts as an answer to this offer."))
    elif what in ("accepted", "declined"):
        flow.record(tools().office, by(), who(), recipient_id, Told(what, "", event))
        undo = url_for("results.decide", mailing_id=mailing_id, recipient_id=recipient_id, decision="")
        notices.say_restorable(_recorded(what), undo)
    elif what == "leaves":
        flow.take_out(tools().office, by(), who(), recipient_id, _mailing(mailing_id).scope)
        notices.say(gettext("The address is unsubscribed."))
    else:
        flow.not_so(tools().office, by(), who(), recipient_id)
        notices.say(gettext("The suggestion is put aside."))
    return _back(mailing_id)


@pages.post("/mailings/<int:mailing_id>/again")
def again(mailing_id: int) -> AnyResponse:
    """Send again to those to whom sending failed; suppressed addresses stay out."""
    _mailing(mailing_id)
    count = flow.send_failed_again(tools().office, by(), who(), mailing_id)
    notices.say(
        ngettext("%(num)s recipient is in the queue again.", "%(num)s recipients are in the queue again.", count)
        if count
        else gettext("Nobody is left to whom it could be sent again.")
    )
    return _back(mailing_id)


def _recorded(decision: str) -> str:
    words = {"accepted": gettext("Recorded as accepted."), "declined": gettext("Recorded as declined.")}
    return str(words.get(decision, gettext("The decision is taken back.")))


def _mailing(mailing_id: int) -> MailingRow:
    found = statistics.mailing(reading(), mailing_id)
    if found is None:
        raise NotFound("There is no such mailing.")
    return found


def _back(mailing_id: int) -> AnyResponse:
    return redirect(notices.back(url_for("results.board_of", mailing_id=mailing_id)))


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _form_number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@pages.get("/clients/<int:client_id>/terms")
def advice(client_id: int) -> str:
    """What terms worked for clients who share a group with this one, and what that suggests."""
    client = known(client_id)
    tried = statistics.of_like_clients(reading(), who(), client_id, now())
    past = list(statistics.past(reading(), 1 << 62, now()).values())
    arms = results_view.terms_arms(tried)
    found = advise(arms, past, results_view.chance(client_id))
    return render_template("results/advice.html", client=client, advice=found, view=results_view)


@pages.post("/mailings/<int:mailing_id>/shares")
def approve_shares(mailing_id: int) -> AnyResponse:
    """Take over the shares that are proposed for the next batch; the numbers seen then are kept with the decision."""
    mailing = _mailing(mailing_id)
    parts = statistics.parts(reading(), who(), mailing_id, now(), "variant")
    ranked = _ranking(mailing, parts)
    if ranked is None:
        raise NotFound("There is no such mailing.")
    drawn = [part for part in parts if part.randomised and part.counts.matured]
    shares = results_view.next_shares(ranked)
    numbers = [
        ShareChosen(int(part.key), part.name, share, part.counts.accepted_in_time, part.counts.matured)
        for part, share in zip(drawn, shares, strict=True)
    ]
    flow.approve_shares(tools().office, by(), mailing_id, numbers)
    notices.say(gettext("The next batch is drawn with these shares."))
    return redirect(url_for("results.statistics_of", mailing_id=mailing_id))
