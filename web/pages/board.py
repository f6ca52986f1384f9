"""The board: the start page. Who waits for us, for whom we wait, what is due, what was promised, what came in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from mailcrm.crm import targets
from mailcrm.crm.due import Due, moment
from mailcrm.crm.waiting import THEM, US
from mailcrm.flow import board as flow
from mailcrm.flow import notes as flow_notes
from mailcrm.store import notes, promises, tasks
from mailcrm.store import waiting as store
from mailcrm.store.tasks import TaskFilter, TaskRow
from mailcrm.store.waiting import Span, WaitingList, Whose
from web import notices
from web.access import by, me, now, number, reading, tools, who
from web.languages import local

pages = Blueprint("board", __name__)
HORIZON = timedelta(days=90)
"""What has waited for longer is not on the board: nobody will answer it."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_FEW, _MANY = 20, 50
_SOON = timedelta(days=7)
_MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board, as the viewer sees it."""

    whose: Whose
    us: WaitingList
    them: WaitingList
    tasks: list[TaskRow]
    mentions: list[notes.MentionRow]
    promises: list[promises.PromiseRow]
    offers: list[store.OfferRow]
    choices: list[tuple[str, int, str]]
    today: date


@pages.get("/")
def overview() -> str:
    """The board: the user's own, or `whose` says: all, group-N or user-N."""
    whose, today = _whose(), local(now()).date()
    calendar = tools().site.work
    hours = store.targets(reading(), targets.ANSWER_HOURS)
    cutoffs = {one: targets.overdue_since(calendar, now(), one) for one in hours}
    earliest = now() - HORIZON
    asked_again = targets.days_ago(calendar, now(), targets.ANSWER_DAYS)
    us = Span(now(), earliest, now(), size=_FEW, cutoffs=cutoffs)
    them = Span(now(), earliest, asked_again, size=_FEW // 2)
    return render_template(
        "board/overview.html",
        board=Board(
            whose,
            store.waiting(reading(), who(), US, whose, us),
            store.waiting(reading(), who(), THEM, whose, them),
            tasks.tasks(reading(), who(), _due(whose, today), None, 12),
            notes.mentions(reading(), who()),
            promises.open_ones(reading(), who(), today - timedelta(days=3), 5) if whose.kind == "mine" else [],
            store.expiring(reading(), who(), today, today + _SOON),
            store.choices(reading(), who()),
            today,
        ),
        args=_args(),
        days=targets.ANSWER_DAYS,
    )


@pages.get("/board/<turn>")
def waiting(turn: str) -> str:
    """All that wait for us (`us`) or that we wait for (`them`), the longest first; `off` shows what was put off."""
    whose = _whose()
    hours = store.targets(reading(), targets.ANSWER_HOURS)
    cutoffs = {one: targets.overdue_since(tools().site.work, now(), one) for one in hours}
    turn = THEM if turn == THEM else US
    earliest = _LONG_AGO if "old" in request.args else now() - HORIZON
    span = Span(now(), earliest, now(), _after(), _MANY + 1, "off" in request.args, cutoffs if turn == US else {})
    found = store.waiting(reading(), who(), turn, whose, span)
    more = found.rows[_MANY - 1] if len(found.rows) > _MANY else None
    return render_template(
        "board/waiting.html",
        turn=turn,
        rows=found.rows[:_MANY],
        total=found.total,
        more=f"{more.since.isoformat()}~{more.thread_id}~{more.client_id}" if more else "",
        first="after" not in request.args,
        args={**_args(), **{name: "1" for name in ("off", "old") if name in request.args}},
    )


@pages.post("/board")
def act() -> Response:
    """What a button of a row says: `done` (nobody waits), or `later` (not before so many days), of a thread."""
    done, later = request.form.get("done", ""), request.form.get("later", "")
    thread_id, client_id, days = _numbers(done or later)
    if done:
        undo = flow.not_waiting(tools().office, by(), thread_id, client_id)
        text = gettext("Nobody waits here any more.")
    else:
        morning = Due(local(now()).date() + timedelta(days=max(1, min(days, _MOST_DAYS)) - 1))
        until = moment(morning, local(now()).tzinfo or UTC) + timedelta(hours=7)
        undo = flow.put_off(tools().office, by(), thread_id, client_id, until)
        text = gettext("Put off. A new message brings it back at once.")
    said = undo.said
    notices.say_restorable(
        text,
        url_for(
            "board.take_back",
            thread_id=thread_id,
            client_id=client_id,
            settled=said.settled_id,
            snoozed=said.snoozed_id,
            until=said.snoozed_until.isoformat() if said.snoozed_until else None,
        ),
    )
    return redirect(notices.back(url_for("board.overview")))


@pages.post("/board/<int:thread_id>/<int:client_id>/back")
def take_back(thread_id: int, client_id: int) -> Response:
    """Let a thread be as it was said before."""
    until = _moment(request.args.get("until", ""))
    settled, snoozed = (request.args.get(name, type=int) for name in ("settled", "snoozed"))
    flow.take_back(
        tools().office, by(), flow.Undo(thread_id, client_id, store.Said(settled, snoozed, until, by().actor_id))
    )
    notices.say(gettext("It is as it was before."))
    return redirect(notices.back(url_for("board.overview")))


@pages.post("/promises/<int:message_id>/<state>")
def promise(message_id: int, state: str) -> Response:
    """Offer no task for a promise any more (`dismissed`), or again (`open`)."""
    state = "open" if state == "open" else "dismissed"
    flow.dismiss_promise(tools().office, by(), message_id, state)
    if state == "dismissed":
        again = url_for("board.promise", message_id=message_id, state="open")
        notices.say_restorable(gettext("No task is made of it."), again)
    return redirect(notices.back(url_for("board.overview")))


@pages.post("/mentions/<int:note_id>/<state>")
def mention(note_id: int, state: str) -> Response:
    """Take a note that names the user off his board (`seen`), or put it back (`new`)."""
    flow_notes.mark_seen(tools().office, by(), note_id, state != "new")
    if state != "new":
        notices.say_restorable(gettext("Seen."), url_for("board.mention", note_id=note_id, state="new"))
    return redirect(notices.back(url_for("board.overview")))


def _whose() -> Whose:
    kind, _, chosen = request.args.get("whose", "").partition("-")
    if kind == "all":
        return Whose("all")
    if kind in ("group", "user") and number(chosen):
        return Whose(kind, number(chosen))
    return Whose()


def _args() -> dict[str, str]:
    whose = _whose()
    return {} if whose.kind == "mine" else {"whose": f"{whose.kind}-{whose.number}" if whose.number else whose.kind}


def _due(whose: Whose, today: date) -> TaskFilter:
    end = moment(Due(today), local(now()).tzinfo or UTC)
    if whose.kind == "all":
        return TaskFilter(until=end)
    if whose.kind == "group":
        return TaskFilter(until=end, group_ids=(whose.number,))
    return TaskFilter(until=end, owner_ids=(whose.number,) if whose.kind == "user" else who().stands_for or (me().id,))


def _numbers(text: str) -> tuple[int, int, int]:
    """Thread, client and days of a button's value; zeros for what is none."""
    parts = [number(one) for one in text.split("-")]
    thread, client, days = (*parts, 0, 0, 0)[:3]
    return thread, client, days


def _after() -> tuple[datetime, int, int] | None:
    since, _, rest = request.args.get("after", "").partition("~")
    found, (thread, client, _days) = _moment(since), _numbers(rest.replace("~", "-"))
    return (found, thread, client) if found and thread else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else datetime.combine(found.date(), time(), UTC)
    except (ValueError, OverflowError):
        return None
