"""Lists of clients taken in: uploaded, looked through, and carried out batch by batch, each with its way back."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from mailcrm.crm.importing import columns
from mailcrm.crm.importing.values import EXISTING, TARGETS, Line, Settings, Table
from mailcrm.errors import MailcrmError, NotFound, Refused
from mailcrm.flow import fields as flow_fields
from mailcrm.flow import import_rows, rematch_many
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.import_rows import Batch, Work
from mailcrm.net import sheets
from mailcrm.net.blobs import BlobStore
from mailcrm.net.extract.pool import Extractor
from mailcrm.store import client_records, fields, imports, journal
from mailcrm.store.imports import ImportRow

BATCH = 1000
"""Rows that are stored in one transaction: about a second's work."""
_READY = ("open", "checked", "failed")


@dataclass(frozen=True, slots=True)
class Tools:
    """What an import works with."""

    office: Office
    blobs: BlobStore
    extractor: Extractor
    clock: Callable[[], datetime]
    tell: Callable[[int, int], None] = lambda done, total: None
    """Hears how many rows of how many are through."""


@dataclass(frozen=True, slots=True)
class List:
    """An uploaded list: how it was read, and its sheets."""

    kind: str
    encoding: str
    tables: tuple[Table, ...]

    def table(self, settings: Settings) -> Table:
        """The sheet that is wanted."""
        return self.tables[settings.sheet if 0 <= settings.sheet < len(self.tables) else 0]

    def lines(self, settings: Settings) -> tuple[Line, ...]:
        """The lines with data: those below the headings."""
        return self.table(settings).lines[settings.header + 1 :]


def upload(tools: Tools, by: By, name: str, data: bytes) -> int:
    """Take a file in and guess how it is to be read, as it was the last time where the columns are the same.

    Returns the id of the import; nothing is changed yet. Raises Refused.
    """
    _allow(by)
    kind, encoding, tables = sheets.read(tools.extractor, data)
    sha = tools.blobs.keep(data)
    tools.blobs.settle()
    found = List(kind, encoding, tuple(tables))
    with editing(tools.office, by) as edit:
        sheet = max(range(len(tables)), key=lambda at: len(tables[at].lines))
        settings = suggested(edit, found, sheet)
        total = len(found.lines(settings))
        row = {"name": name[:200], "sha256": sha, "size": len(data), "settings": written(settings), "total": total}
        number = imports.add(edit.connection, {**row, "actor_id": by.actor_id, "created_at": by.at})
        edit.note("added", "import", number, detail=name[:200])
        return number


def suggested(edit: Edit, found: List, sheet: int) -> Settings:
    """How a sheet is likely to be read."""
    known = {name: row.key for row in fields.fields(edit.connection) for name in (row.key, row.label)}
    guess = columns.suggested(found.tables[sheet], known)
    guess = replace(guess, sheet=sheet, region=edit.office.phone_region)
    before = imports.mapping(edit.connection, columns.signature(guess.names)) if guess.header >= 0 else None
    if before is None:
        return guess
    last = settings_of(before)
    return replace(
        guess, columns=last.columns, region=last.region, existing=last.existing, add_domains=last.add_domains
    )


def opened(tools: Tools, sha256: str, encoding: str = "") -> List:
    """The list in a stored file; raises Refused, or NotFound where the file is gone."""
    kind, used, tables = sheets.read(tools.extractor, tools.blobs.read(sha256), encoding)
    return List(kind, used, tuple(tables))


def configure(tools: Tools, by: By, import_id: int, settings: Settings) -> None:
    """Set how a list is read, and remember it for the next list with such columns. Raises Refused, or NotFound."""
    wrong = [one for one in settings.columns if one not in TARGETS and not one.startswith("field:")]
    if wrong or settings.existing not in EXISTING:
        raise Refused("A column cannot mean that.")
    with editing(tools.office, by) as edit:
        row = known(edit, import_id)
        if row.state not in _READY or row.position:
            raise Refused("This import has begun: undo it to read the list in another way.")
        values = {"settings": written(settings), "state": "open"}
        imports.change(edit.connection, import_id, values)
        imports.drop_problems(edit.connection, import_id)
        if settings.header >= 0:
            last = replace(settings, answers={})
            imports.remember(edit.connection, columns.signature(settings.names), written(last), by.at)


def preview(tools: Tools, found: List, settings: Settings, most: int = 20) -> Batch:
    """What the first rows would do; changes nothing."""
    with tools.office.database.reading() as connection:
        work = import_rows.begun(connection, tools.office, settings)
    return import_rows.look(work, found.lines(settings)[:most])


def check(tools: Tools, by: By, import_id: int) -> None:
    """Go through the whole list without changing a client: counts and problems are noted. Raises NotFound."""
    row = _claimed(tools, by, import_id, _READY, "checking")
    if row is None:
        return
    try:
        settings = settings_of(row.settings)
        found = opened(tools, row.sha256, settings.encoding)
        total = len(found.lines(settings))
        with tools.office.database.reading() as connection:
            work = import_rows.begun(connection, tools.office, settings)
            batches = [import_rows.read(work, connection, part) for part in _told(tools, found.lines(settings))]
        with editing(tools.office, by) as edit:
            imports.drop_problems(edit.connection, import_id)
            for batch in batches:
                imports.add_problems(edit.connection, import_id, batch.problems)
            counts = import_rows.counted(batches)
            imports.change(edit.connection, import_id, {**counts, "state": "checked", "total": total})
    except MailcrmError as error:
        _fail(tools, by, import_id, error)


def run(tools: Tools, by: By, import_id: int) -> None:
    """Carry an import out, or go on with one that was interrupted. Raises NotFound."""
    row = _claimed(tools, by, import_id, _READY, "running")
    if row is None:
        return
    try:
        settings = _prepared(tools, by, row)
        found = opened(tools, row.sha256, settings.encoding)
        lines = found.lines(settings)
        with tools.office.database.reading() as connection:
            work = import_rows.begun(connection, tools.office, settings)
        done = row.position
        for part in _parts(lines[done:]):
            done += len(part)
            _carry_out(tools, by, import_id, work, (part, done, len(lines)))
            tools.tell(done, len(lines))
        with editing(tools.office, by) as edit:
            imports.change(edit.connection, import_id, {"state": "done", "finished_at": tools.clock()})
            edit.note("imported", "import", import_id, detail=row.name)
    except MailcrmError as error:
        _fail(tools, by, import_id, error)


def _carry_out(tools: Tools, by: By, import_id: int, work: Work, portion: tuple[tuple[Line, ...], int, int]) -> None:
    lines, done, total = portion
    with editing(tools.office, by) as edit:
        batch = import_rows.read(work, edit.connection, lines)
        saved = client_records.save(edit.connection, batch.drafts, by.at, by.actor_id)
        work.real |= saved.real
        work.made |= set(saved.real.values())
        changes = saved.changes + (rematch_many.added(edit, saved.names) if saved.names else [])
        journal.write(edit.connection, changes, {"import_id": import_id})
        imports.add_problems(edit.connection, import_id, import_rows.resolved(batch.problems, work.real))
        row = imports.one(edit.connection, import_id)
        if row is None or row.state != "running":
            raise Refused("The import was stopped.")
        counts = import_rows.counted([batch])
        sums = {name: getattr(row, name) + number for name, number in counts.items()}
        now = {"position": done, "total": total, "beat_at": tools.clock()}
        imports.change(edit.connection, import_id, {**sums, **now})


def _prepared(tools: Tools, by: By, row: ImportRow) -> Settings:
    """The settings, with a field made of every column that is to become one; what a look before noted is forgotten."""
    settings = settings_of(row.settings)
    if row.position:
        return settings
    with editing(tools.office, by) as edit:
        imports.drop_problems(edit.connection, row.id)
        before = journal.rows(edit.connection, "field", "id", [f.id for f in fields.fields(edit.connection, True)])
        meant = []
        for at, target in enumerate(settings.columns):
            meant.append(_field(edit, settings.names[at]) if target == "new" else target)
        after = journal.rows(edit.connection, "field", "id", [f.id for f in fields.fields(edit.connection, True)])
        journal.write(edit.connection, journal.differences("field", before, after), {"import_id": row.id})
        settings = replace(settings, columns=tuple(meant))
        zero = {"added": 0, "changed": 0, "same": 0, "skipped": 0, "kept": 0}
        imports.change(edit.connection, row.id, {**zero, "settings": written(settings)})
    return settings


def _field(edit: Edit, name: str) -> str:
    number = flow_fields.add_one(edit, flow_fields.NewField(name or "Column"))
    return next(f"field:{row.key}" for row in fields.fields(edit.connection) if row.id == number)


def known(edit: Edit, import_id: int) -> ImportRow:
    """The import; raises NotFound where there is none that the user may see: his own, or any for an admin."""
    row = imports.one(edit.connection, import_id)
    if row is None or (edit.by.who.role != "admin" and row.actor_id != edit.by.actor_id):
        raise NotFound("There is no such import.")
    return row


def discard(tools: Tools, by: By, import_id: int) -> None:
    """Forget an uploaded list that has changed nothing. Raises Refused, or NotFound."""
    with editing(tools.office, by) as edit:
        row = known(edit, import_id)
        if row.position or row.state not in (*_READY, "checking"):
            raise Refused("This import has begun: undo it instead.")
        imports.remove(edit.connection, import_id)


def written(settings: Settings) -> str:
    """Settings as JSON."""
    return json.dumps(asdict(settings), ensure_ascii=False)


def settings_of(text: str) -> Settings:
    """The settings that were made into this JSON."""
    found = json.loads(text)
    for name in ("columns", "names"):
        found[name] = tuple(found.get(name, ()))
    found["answers"] = {int(row): answer for row, answer in found.get("answers", {}).items()}
    return Settings(**found)


def _claimed(tools: Tools, by: By, import_id: int, states: tuple[str, ...], new: str) -> ImportRow | None:
    """The import, now in its new state; None where another process is at work on it or it is not in the right state."""
    _allow(by)
    with editing(tools.office, by) as edit:
        known(edit, import_id)
        now = tools.clock()
        mine = imports.claim(edit.connection, import_id, states, new, now)
        return imports.one(edit.connection, import_id) if mine else None


def _fail(tools: Tools, by: By, import_id: int, error: MailcrmError) -> None:
    with editing(tools.office, by) as edit:
        imports.change(edit.connection, import_id, {"state": "failed", "error": str(error)})


def _allow(by: By) -> None:
    if by.who.assigned:
        raise Refused("A list is compared with all clients: ask somebody who may see them all to import it.")


def _told(tools: Tools, lines: tuple[Line, ...]) -> Iterable[tuple[Line, ...]]:
    done = 0
    for part in _parts(lines):
        yield part
        done += len(part)
        tools.tell(done, len(lines))


def _parts(lines: tuple[Line, ...]) -> Iterable[tuple[Line, ...]]:
    return (lines[at : at + BATCH] for at in range(0, len(lines), BATCH))
