"""Reports: the figures of a period, and the rows behind each of them; as pages to print and as workbooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from mailcrm.crm.replies import FIRST_DAY
from mailcrm.crm.reports import cuts
from mailcrm.errors import NotFound
from mailcrm.flow import report_mail as flow
from mailcrm.store import clients, people, report_figures, report_mail, report_parts, report_rows
from mailcrm.store.people import UserRow
from mailcrm.store.report_figures import MEASURES, SECTIONS, Figures, Traffic, Waits
from mailcrm.store.report_measures import Measure
from mailcrm.store.report_parts import KEYS, Part
from mailcrm.store.report_rows import RowKeyset, RowPage
from mailcrm.store.report_scope import GroupName, Scope, groups
from web import notices
from web import report_words as words
from web.access import by, me, reading, tools, who
from web.audited import taken
from web.languages import bar_name
from web.numbers import whole
from web.plots import Plot, pairs
from web.report_scopes import args, name, scope
from web.security import disposition
from web.workbook import Cell, book

pages = Blueprint("reports", __name__)
SIZE = 50
_MOST_EXPORTED = 20_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Point = tuple[str, int, int, date, date]
"""A bar of the plot: its name, how many messages came and went, its first and last day."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the page of a report says."""

    figures: Figures
    median: int | None
    first_median: int | None
    points: list[Point]
    plot: Plot
    part_key: str
    parts: list[Part]
    users: list[UserRow]
    groups: list[GroupName]


@pages.get("/reports")
def overview() -> str:
    """The whole report of a period."""
    asked = scope()
    return render_template(
        "reports/overview.html",
        scope=asked,
        args=args(),
        period_name=name(),
        words=words,
        sections=_sections(asked),
        shown=_figures(asked),
        client=clients.client(reading(), who(), asked.client_id) if asked.client_id else None,
        mailed=report_mail.of_user(reading(), me().id),
    )


@pages.post("/reports/by-mail")
def by_mail() -> AnyResponse:
    """Let the user get reports by e-mail, each week or each month, or none any more."""
    every = request.form.get("every", "")
    flow.subscribe(tools().office, by(), every, tools().site.work.zone)
    notices.say(gettext("The report will come by e-mail.") if every else gettext("No report comes by e-mail any more."))
    return redirect(notices.back(url_for("reports.overview")))


@pages.get("/reports/rows/<measure>")
def rows(measure: str) -> str:
    """One page of what a number counts, and how many there are."""
    one, asked = _measure(measure), scope()
    found, more = report_rows.page(reading(), who(), asked, one, RowPage(_after(), SIZE))
    return render_template(
        "reports/rows.html",
        measure=one,
        words=words,
        rows=found,
        more=f"{more.at.isoformat()}~{more.id}~{more.sub}~{more.client}" if more else "",
        first="after" not in request.args,
        total=report_figures.counts(reading(), who(), asked, [one])[one.key],
        scope=asked,
        args=args(),
    )


@pages.get("/reports/rows/<measure>/export.xlsx")
def export_rows(measure: str) -> Response:
    """What a number counts as a workbook."""
    one, asked = _measure(measure), scope()
    found, _ = report_rows.page(reading(), who(), asked, one, RowPage(size=_MOST_EXPORTED))
    title = str(words.MEASURES[one.key][0])
    head = [
        gettext("Date"),
        gettext("Client"),
        gettext("Title"),
        gettext("Person"),
        gettext("Minutes"),
        gettext("Value"),
    ]
    lines = ([r.at, r.client, r.title, r.person, r.minutes, r.amount, r.currency or ""] for r in found)
    return _workbook(f"report-{one.key}.xlsx", [(title, [*head, gettext("Currency")], lines)])


@pages.get("/reports/export.xlsx")
def export() -> Response:
    """The whole report as a workbook."""
    asked = scope()
    found = _figures(asked)
    counts, earlier = found.figures.counts, found.figures.earlier
    lines: list[list[Cell]] = [
        [str(words.SECTIONS[section]), str(words.MEASURES[one.key][0]), counts[one.key], earlier.get(one.key)]
        for section, measures in _sections(asked).items()
        for one in measures
    ]
    table = [[p.name, p.incoming, p.outgoing, p.answers, p.median] for p in found.parts]
    first, last = asked.period.first.isoformat(), asked.period.last.isoformat()
    head = [gettext("Section"), gettext("Number"), f"{first} – {last}", gettext("Period before")]
    columns = [gettext("Name"), gettext("From clients"), gettext("To clients"), gettext("Answers"), gettext("Minutes")]
    sheets = [(gettext("Report"), head, lines), (str(words.PARTS[found.part_key]), columns, table)]
    return _workbook(f"report-{first}-{last}.xlsx", sheets)


def _figures(asked: Scope) -> Shown:
    measures = [one for section in _sections(asked).values() for one in section]
    traffic = report_figures.traffic(reading(), who(), asked)
    waits = report_figures.waits(reading(), who(), asked)
    key = request.args.get("parts", "user")
    key = key if key in KEYS else "user"
    points = _points(asked, traffic)
    everybody, known = people.users(reading()), groups(reading(), who())
    names = {one.id: one.name for one in (known if key == "group" else everybody)}
    return Shown(
        figures=report_figures.figures(reading(), who(), asked, measures, report_figures.mail(traffic, waits)),
        median=report_figures.median(waits),
        first_median=report_figures.median(waits, first=True),
        points=points,
        plot=pairs([(label, came, went) for label, came, went, _, _ in points]),
        part_key=key,
        parts=_parts(asked, key, (traffic, waits), names),
        users=[one for one in everybody if one.is_active],
        groups=known,
    )


def _parts(
    asked: Scope, key: str, found: tuple[Sequence[Traffic], Sequence[Waits]], names: Mapping[int, str]
) -> list[Part]:
    if key == "user":
        # How quickly a colleague answers is for him and for those who lead.
        everybody = report_parts.users(*found, names)
        return [one for one in everybody if me().role != "staff" or one.id == me().id]
    parts = report_parts.parts(reading(), who(), asked, key)
    return [replace(one, name=one.name or names.get(one.id or 0, "")) for one in parts]


def _sections(asked: Scope) -> dict[str, list[Measure]]:
    """The measures of each section; of one person's work those that say who did it."""
    found = {key: [m for m in some if m.personal or asked.actor_id is None] for key, some in SECTIONS.items()}
    return {key: some for key, some in found.items() if some}


def _points(asked: Scope, traffic: Sequence[Traffic]) -> list[Point]:
    """The bars of the plot."""
    kind, starts = cuts(asked.period)
    ends = [one - timedelta(days=1) for one in starts[1:]] + [asked.period.last]
    sums = {start: [0, 0] for start in starts}
    order = iter(sorted(traffic, key=lambda one: one.day))
    one = next(order, None)
    for start, end in zip(starts, ends, strict=True):
        while one is not None and FIRST_DAY + timedelta(days=one.day) <= end:
            if one.direction in ("in", "out"):
                sums[start][one.direction == "out"] += one.count
            one = next(order, None)
    return [(bar_name(start, kind), *sums[start], start, end) for start, end in zip(starts, ends, strict=True)]  # type: ignore[misc]


def _measure(key: str) -> Measure:
    if key not in MEASURES:
        raise NotFound("There is no such page.")
    return MEASURES[key]


def _after() -> RowKeyset | None:
    at, *rest = request.args.get("after", "").split("~")
    try:
        number, sub, client = (whole(one) or 0 for one in rest)
        return RowKeyset(datetime.fromisoformat(at).astimezone(UTC), number, sub, client)
    except (ValueError, OverflowError):
        return None


def _workbook(filename: str, sheets: Sequence[tuple[str, Sequence[str], object]]) -> Response:
    taken("exported", "client", detail=filename)
    response = Response(book(sheets), mimetype=_XLSX)  # type: ignore[arg-type]
    response.headers["Content-Disposition"] = disposition(filename, "report.xlsx")
    return response
