"""Lists of clients: uploaded, read as the user says, looked through, taken in, and taken back."""

from dataclasses import replace

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.crm.importing import columns, errors
from mailcrm.crm.importing.text import ENCODINGS
from mailcrm.crm.importing.values import QUESTIONS, TARGETS, WRONG, Problem, Settings
from mailcrm.errors import NotFound, Refused
from mailcrm.flow import import_undo
from mailcrm.flow import imports as flow
from mailcrm.flow.imports import List, settings_of
from mailcrm.store import client_records, fields, imports
from mailcrm.store.imports import ImportRow, ProblemRow
from web import labels, notices, workbook
from web.access import by, me, reading
from web.lists import lists, work
from web.security import disposition

pages = Blueprint("imports", __name__)
_BUSY = ("checking", "running", "undoing")
_SHOWN = 50
_SEEN = 12
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pages.get("/imports")
def overview() -> str:
    """The imports so far, one's own or for admins all, and the form to upload a list."""
    mine = None if me().role == "admin" else me().id
    return render_template("imports/overview.html", rows=imports.imports(reading(), mine))


@pages.post("/imports")
def add() -> AnyResponse:
    """Take a file in; nothing is changed yet."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Refused("Choose a file first.")
    number = flow.upload(lists().tools, by(), file.filename, file.read())
    return redirect(url_for("imports.show", import_id=number))


@pages.get("/imports/<int:import_id>")
def show(import_id: int) -> Response:
    """What is to be done with the list, how far it has come, or what came of it."""
    row = _known(import_id)
    if row.state in _BUSY and not _is_stale(row):
        answer = make_response(render_template("imports/busy.html", row=row))
        answer.headers["Refresh"] = "2"
        return answer
    if row.state == "open":
        return make_response(_reading(row))
    return make_response(_result(row))


def _reading(row: ImportRow) -> str:
    """The page that asks what each column means, with the first rows as they would be taken."""
    found, settings = lists().opened(row), settings_of(row.settings)
    batch = flow.preview(lists().tools, found, settings, _SEEN)
    samples = [[line.cells[at] if at < len(line.cells) else "" for line in found.lines(settings)[:200]]
               for at in range(len(settings.columns))]  # fmt: skip
    return render_template(
        "imports/reading.html",
        row=row,
        found=found,
        settings=settings,
        samples=[[cell for cell in column if cell][:2] for column in samples],
        targets=_targets(),
        encodings=ENCODINGS,
        records=batch.records,
        wrong=[problem for problem in batch.problems if problem.reason != "joined"],
    )


def _result(row: ImportRow) -> str:
    questions = imports.problems(reading(), row.id, tuple(QUESTIONS), _SHOWN)
    joined = imports.problems(reading(), row.id, ("joined",), _SHOWN)
    wrong = imports.problems(reading(), row.id, tuple(r for r in WRONG if r not in QUESTIONS), _SHOWN)
    clients = {client for one in (*questions, *joined) for client in one.candidates if client > 0}
    return render_template(
        "imports/result.html",
        row=row,
        stale=_is_stale(row),
        settings=settings_of(row.settings),
        counts=imports.counts(reading(), row.id),
        questions=questions,
        joined=joined,
        wrong=wrong,
        names=client_records.names(reading(), clients),
    )


@pages.post("/imports/<int:import_id>/reading")
def configure(import_id: int) -> AnyResponse:
    """Save what the columns mean, and look through the list; or read it anew from another sheet or line."""
    row = _known(import_id)
    settings = _entered(row)
    flow.configure(lists().tools, by(), import_id, settings)
    if request.form.get("act") != "again":
        work(flow.check, import_id)
    return redirect(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<int:import_id>/back")
def back(import_id: int) -> AnyResponse:
    """Go back to what the columns mean."""
    row = _known(import_id)
    flow.configure(lists().tools, by(), import_id, settings_of(row.settings))
    return redirect(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<int:import_id>/answers")
def answer(import_id: int) -> AnyResponse:
    """Say whose the doubtful rows are, and look through the list again."""
    settings = settings_of(_known(import_id).settings)
    said = {int(name[4:]): value[:20] for name, value in request.form.items()
            if name.startswith("row-") and name[4:].isdigit() and value}  # fmt: skip
    flow.configure(lists().tools, by(), import_id, replace(settings, answers={**settings.answers, **said}))
    work(flow.check, import_id)
    return redirect(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<int:import_id>/run")
def run(import_id: int) -> AnyResponse:
    """Take the list in, or go on with it."""
    _known(import_id)
    work(flow.run, import_id)
    return redirect(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<int:import_id>/undo")
def undo(import_id: int) -> AnyResponse:
    """Take the import back."""
    _known(import_id)
    work(import_undo.undo, import_id)
    return redirect(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<int:import_id>/discard")
def discard(import_id: int) -> AnyResponse:
    """Forget a list that has changed nothing."""
    flow.discard(lists().tools, by(), import_id)
    notices.say(gettext("The list is forgotten."))
    return redirect(url_for("imports.overview"))


@pages.get("/imports/<int:import_id>/errors.xlsx")
def errors_sheet(import_id: int) -> Response:
    """The rows with problems as a workbook: to be mended and uploaded again."""
    row = _known(import_id)
    found, settings = lists().opened(row), settings_of(row.settings)
    problems = [_problem(one) for one in imports.problems(reading(), import_id, WRONG)]
    words = {key: str(text) for key, text in labels.IMPORT_REASONS.items()}
    head = [*errors.HEAD, *(name or f"{at + 1}" for at, name in enumerate(settings.names))]
    data = workbook.sheet("mailcrm", head, errors.rows(found.lines(settings), problems, words))
    name = f"{row.name.rpartition('.')[0] or row.name} errors.xlsx"
    return Response(data, mimetype=_XLSX, headers={"Content-Disposition": disposition(name, "errors.xlsx")})


def _problem(one: ProblemRow) -> Problem:
    return Problem(one.row, one.column, one.reason, one.value, one.candidates)


def _known(import_id: int) -> ImportRow:
    row = imports.one(reading(), import_id)
    if row is None or (me().role != "admin" and row.actor_id != me().id):
        raise NotFound("There is no such import.")
    return row


def _is_stale(row: ImportRow) -> bool:
    return row.state in _BUSY and (row.beat_at is None or row.beat_at < by().at - imports.STALE)


def _targets() -> dict[str, str]:
    own = {f"field:{row.key}": gettext("Field: %(name)s", name=row.label) for row in fields.fields(reading())}
    return {**{name: str(labels.IMPORT_TARGETS[name]) for name in TARGETS if name != "new"}, **own,
            "new": str(labels.IMPORT_TARGETS["new"])}  # fmt: skip


def _entered(row: ImportRow) -> Settings:
    """What the form says; from another sheet, line or encoding the columns are guessed anew."""
    form, before = request.form, settings_of(row.settings)
    settings = replace(
        before,
        sheet=_number("sheet", before.sheet),
        header=_number("header", before.header + 1) - 1,
        encoding=form.get("encoding", "") if form.get("encoding", "") in ("", *ENCODINGS) else "",
        region=form.get("region", "").strip().upper()[:2],
        existing=form.get("existing", before.existing),
        add_similar="add_similar" in form,
        add_domains="add_domains" in form,
        answers={},
    )
    placed = (settings.sheet, settings.header, settings.encoding) == (before.sheet, before.header, before.encoding)
    if placed:
        return replace(settings, columns=tuple(form.get(f"column-{at}", "") for at in range(len(before.columns))))
    found: List = flow.opened(lists().tools, row.sha256, settings.encoding)
    return _guessed(found, settings)


def _guessed(found: List, settings: Settings) -> Settings:
    table = found.table(settings)
    header = max(-1, min(settings.header, len(table.lines) - 1))
    known = {name: one.key for one in fields.fields(reading()) for name in (one.key, one.label)}
    width = max((len(line.cells) for line in table.lines), default=0)
    names = (table.lines[header].cells if header >= 0 else ()) + ("",) * width
    names = names[:width]
    guess = columns.meanings(names, known) if header >= 0 else columns.suggested(table, known).columns
    return replace(settings, header=header, names=names, columns=(guess + ("more",) * width)[:width])


def _number(name: str, fallback: int) -> int:
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else fallback
