"""`clients import|undo|export`: the whole list of clients, in and out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mailcrm.cli.setting import Setting
from mailcrm.cli.tables import show
from mailcrm.crm.importing import errors
from mailcrm.crm.importing.values import EXISTING, REASONS, TARGETS, WRONG, Problem, Settings
from mailcrm.daemon import utc_now
from mailcrm.errors import Refused
from mailcrm.flow import import_undo
from mailcrm.flow import imports as flow
from mailcrm.flow.reading import note_reading
from mailcrm.net.extract.pool import Extractor
from mailcrm.store import fields, imports
from mailcrm.store.audit import Act
from mailcrm.store.clients import ClientFilter
from mailcrm.store.visibility import EVERYTHING
from web import client_lists, workbook

_SHOWN = 200
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("clients")
def clients() -> None:
    """The list of all clients: taken in from sheets and address books, and written into such."""


@clients.command("import")
@click.argument("file", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and change nothing.")
@click.option("--mapping", type=_FILE, help="A JSON file: column → what it means.")
@click.option("--errors", "sheet", type=click.Path(path_type=Path), help="Write the rows with problems into this xlsx.")
@click.option("--existing", type=click.Choice(EXISTING), help="What happens to known clients (default: fill).")
@click.option("--region", default="", help="The country of short phone numbers, such as RU.")
@click.pass_obj
def import_(setting: Setting, /, file: Path, dry_run: bool, mapping: Path | None, **more: object) -> None:
    """Take clients in from FILE: xlsx, xls, ods, csv, vCard or LDIF."""
    with _tools(setting) as (tools, progress):
        number = flow.upload(tools, setting.by, file.name, file.read_bytes())
        settings = _settings(_row(setting, number), mapping, more)
        flow.configure(tools, setting.by, number, settings)
        act = flow.check if dry_run else flow.run
        act(tools, setting.by, number)
        progress.stop()
        _tell(setting, number, dry_run, settings)
        if more["sheet"]:
            _write_errors(setting, tools, number, Path(str(more["sheet"])))
        if dry_run:
            flow.discard(tools, setting.by, number)


@clients.command()
@click.argument("number", type=int)
@click.pass_obj
def undo(setting: Setting, number: int) -> None:
    """Take the import NUMBER back: what it added goes, what it changed is as before."""
    with _tools(setting) as (tools, progress):
        import_undo.undo(tools, setting.by, number)
        progress.stop()
    row = _row(setting, number)
    if row.state != "undone":
        raise Refused(f"The import {number} cannot be undone: it is {row.state}.")
    click.echo(f"The import {number} is undone; {row.kept} clients stay, because somebody has worked on them since.")


@clients.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--words", default="", help="Only clients that fit these words.")
@click.pass_obj
def export(setting: Setting, file: Path, words: str) -> None:
    """Write all clients into FILE: xlsx, csv or vcf (vCard), by its ending."""
    form = file.suffix.removeprefix(".").lower()
    if form not in client_lists.TYPES:
        raise Refused(f"{file.name} must end with {', '.join(client_lists.TYPES)}.")
    with setting.database.reading() as connection:
        known = fields.fields(connection)
        data = client_lists.made(connection, EVERYTHING, ClientFilter(words), known, form)
    file.write_bytes(data)
    note_reading(setting.database, [Act(None, "exported", "client", detail=form)], utc_now())
    click.echo(f"Wrote {file}.")


@contextmanager
def _tools(setting: Setting) -> Iterator[tuple[flow.Tools, Progress]]:
    bar = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    extractor = Extractor(1)
    with Progress(*bar, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("rows", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        try:
            yield flow.Tools(setting.office, setting.blobs, extractor, utc_now, tell), progress
        finally:
            extractor.close()


def _row(setting: Setting, number: int) -> imports.ImportRow:
    with setting.database.reading() as connection:
        found = imports.one(connection, number)
    if found is None:
        raise Refused(f"There is no import {number}.")
    return found


def _settings(row: imports.ImportRow, mapping: Path | None, more: dict[str, object]) -> Settings:
    settings = flow.settings_of(row.settings)
    if more["existing"]:
        settings = replace(settings, existing=str(more["existing"]))
    if more["region"]:
        settings = replace(settings, region=str(more["region"]).upper())
    if mapping is None:
        return settings
    try:
        wanted = json.loads(mapping.read_text("utf-8"))
        meant = {str(name): str(target) for name, target in wanted.items()}
    except (ValueError, AttributeError) as error:
        raise Refused(f"{mapping} is not a JSON object of columns and what they mean: {error}") from None
    unknown = [name for name in meant if name not in settings.names]
    wrong = [one for one in meant.values() if one not in TARGETS and not one.startswith("field:")]
    if unknown or wrong:
        raise Refused(f"{mapping}: there is no {', '.join(unknown + wrong)}.")
    columns = (meant.get(name, column) for name, column in zip(settings.names, settings.columns, strict=True))
    return replace(settings, columns=tuple(columns))


def _tell(setting: Setting, number: int, dry_run: bool, settings: Settings) -> None:
    row = _row(setting, number)
    if row.error:
        raise Refused(row.error)
    if dry_run:
        table = Table("Column", "Means")
        for name, column in zip(settings.names, settings.columns, strict=True):
            table.add_row(name, column or "left out")
        show(table)
    with setting.database.reading() as connection:
        problems = imports.problems(connection, number, WRONG, _SHOWN)
        counts = imports.counts(connection, number)
    if problems:
        table = Table("Row", "Column", "Problem", "Value", "Clients")
        for one in problems:
            known = " ".join(str(client) for client in one.candidates if client > 0)
            table.add_row(str(one.row), one.column, REASONS[one.reason], one.value, known)
        show(table)
    left = sum(count for reason, count in counts.items() if reason != "joined") - len(problems)
    if left > 0:
        click.echo(f"{left} more problems: --errors FILE writes all of them.")
    what = "Would be" if dry_run else f"Import {number}:"
    click.echo(f"{what} added {row.added}, completed {row.changed}, nothing new {row.same}, left out {row.skipped}.")


def _write_errors(setting: Setting, tools: flow.Tools, number: int, target: Path) -> None:
    row = _row(setting, number)
    settings = flow.settings_of(row.settings)
    with setting.database.reading() as connection:
        stored = imports.problems(connection, number, WRONG)
    problems = [Problem(one.row, one.column, one.reason, one.value, one.candidates) for one in stored]
    lines = flow.opened(tools, row.sha256, settings.encoding).lines(settings)
    rows = errors.rows(lines, problems, REASONS)
    target.write_bytes(workbook.sheet("mailcrm", [*errors.HEAD, *settings.names], rows))
