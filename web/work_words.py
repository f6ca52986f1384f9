"""The words for tasks, notes and the board: the names of their codes, and what is refused of them."""

from flask_babel import lazy_gettext as _l

LATER = {2: _l("Tomorrow"), 4: _l("In three days"), 8: _l("In a week"), 31: _l("In a month")}
"""Put off: the button's number of days, the first of them being today."""
TASK_OWNERS = {"mine": _l("Mine"), "groups": _l("My groups'"), "all": _l("All")}
TASK_SPANS = {
    "": _l("Open"),
    "overdue": _l("Overdue"),
    "today": _l("Today"),
    "week": _l("This week"),
    "later": _l("Later"),
    "undated": _l("Without a day"),
    "done": _l("Done"),
}
TASK_ORDERS = {"due": _l("By day"), "newest": _l("Newest first")}
TASK_CHANGES = {
    "made": _l("added"),
    "done": _l("done"),
    "open": _l("opened again"),
    "dropped": _l("deleted"),
    "reminded": _l("reminder sent"),
    "title": _l("words"),
    "owner_id": _l("who does it"),
    "due_on": _l("day"),
    "due_time": _l("time"),
    "repeat": _l("repetition"),
    "client_id": _l("client"),
    "note": _l("note"),
}
REMINDERS = {
    "": _l("No reminder"),
    "at": _l("At the time, or in the morning"),
    "hour": _l("An hour before"),
    "day": _l("In the morning of the day before"),
}
REPEATS = {
    "": _l("Not again"),
    "day": _l("Days"),
    "week": _l("Weeks"),
    "month": _l("Months, the same day"),
    "weekday": _l("Months, the same weekday"),
}
NOTE_KINDS = {"note": _l("Note"), "call": _l("Call"), "meeting": _l("Meeting")}
CALLS = {"": _l("Call"), "in": _l("Call from the client"), "out": _l("Call to the client")}
CALLERS = {"": _l("not a call"), "in": _l("the client"), "out": _l("we")}


def _m(text: str) -> str:
    """Marks a sentence for the catalogue of translations."""
    return text


REFUSALS = (
    _m("There is no such task."),
    _m("There is no such note."),
    _m("This task is done already."),
    _m("A report comes each week or each month."),
    _m("A task needs a few words that say what is to be done."),
    _m("A task comes again every so many days, weeks or months."),
    _m("A task that comes again needs a first day."),
    _m("This day is too far away."),
    _m("This is no day: write it like 2026-01-31."),
    _m("This is no time: write it like 14:30."),
    _m("This is no time: write it like 2026-01-31 14:30."),
    _m("A note needs words."),
    _m("This is a note, a call or a meeting."),
    _m("Nobody waits in this thread."),
    _m("Choose a day of the coming year."),
)
"""Of `flow.tasks`, `flow.notes` and `flow.board`: among the SENTENCES of `web.sentences`."""
