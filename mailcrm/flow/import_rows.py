"""The rows of an import: read, matched against the clients, and put into drafts; nothing is written here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from mailcrm.crm.importing import drafts, reading
from mailcrm.crm.importing.drafts import ClientDraft
from mailcrm.crm.importing.match import Index, Match
from mailcrm.crm.importing.reading import Known
from mailcrm.crm.importing.values import Line, Problem, Record, Settings
from mailcrm.errors import Refused
from mailcrm.flow.addresses import phone, valid_domain, valid_email
from mailcrm.flow.edit import Office
from mailcrm.store import client_records, directory, fields, people

_MOST_JOINED = 300
"""Rows that are shown as being of known clients."""


@dataclass(slots=True)
class Work:
    """What an import keeps in memory while it runs."""

    settings: Settings
    known: Known
    index: Index
    real: dict[int, int] = field(default_factory=dict)
    """Minus the row that brought a client → its id."""
    made: set[int] = field(default_factory=set)
    """Clients that this run has added."""
    drafted: dict[int, ClientDraft] = field(default_factory=dict)
    """New clients that are not stored, where nothing is to be stored."""
    joined: int = 0


@dataclass(slots=True)
class Batch:
    """What some rows come to."""

    drafts: list[ClientDraft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    records: list[tuple[Record, Match]] = field(default_factory=list)
    added: int = 0
    changed: int = 0
    same: int = 0
    skipped: int = 0


def begun(connection: Connection, office: Office, settings: Settings) -> Work:
    """The start of an import: every known client in memory, for a list is compared with all of them."""
    index = Index()
    for face in client_records.faces(connection):
        index.add(face)
    for kind, pairs in client_records.reaches(connection).items():
        index.reach(kind, pairs)
    return Work(settings, _known(connection, office), index)


def _known(connection: Connection, office: Office) -> Known:
    users = people.users(connection, active_only=True)
    return Known(
        email=_checked(valid_email),
        domain=_checked(lambda text: valid_domain(text, office.free_mail)),
        phone=_checked_phone,
        own_domains=office.own_domains,
        own_emails=frozenset(directory.staff(connection)),
        free_mail=office.free_mail,
        owners={name.casefold(): user.id for user in users for name in (user.login, user.name)},
        fields={row.key: (row.id, row.takes) for row in fields.fields(connection)},
    )


def read(work: Work, connection: Connection, lines: Iterable[Line]) -> Batch:
    """What these lines do: drafts of the clients that they change, problems and counts."""
    batch, todo = Batch(), list[tuple[int, Record, Match]]()
    for line in lines:
        record, problems = reading.record(line, work.settings, work.known)
        batch.problems += problems
        found = _matched(work, record, batch) if record else None
        if record is None or found is None:
            batch.skipped += 1
        else:
            todo.append((work.real.get(found[0], found[0]), record, found[1]))
    wanted = {client for client, _, _ in todo if client > 0}
    touched = client_records.drafts(connection, sorted(wanted))
    for client, record, match in todo:
        _draft(work, batch, touched, (client, record, match))
    batch.drafts = [one for one in touched.values() if one.is_changed]
    return batch


def look(work: Work, lines: Iterable[Line]) -> Batch:
    """What these lines say and whose they are, without looking at what the clients have already."""
    batch = Batch()
    for line in lines:
        record, problems = reading.record(line, work.settings, work.known)
        batch.problems += problems
        found = _matched(work, record, batch) if record else None
        if record is not None and found is not None:
            batch.records.append((record, found[1]))
    return batch


def _matched(work: Work, record: Record, batch: Batch) -> tuple[int, Match] | None:
    """The client that a row is of, and why; None where it is left out."""
    match = work.index.match(record, work.settings.add_similar)
    if match.question:
        shown = "" if match.question == "decision" else record.name
        batch.problems.append(Problem(record.row, "", match.question, shown or record.decision, match.candidates))
        return None
    if match.reason == "skip":
        return None
    client = match.client or -record.row
    work.index.learn(client, record)
    return client, match


def _draft(work: Work, batch: Batch, touched: dict[int, ClientDraft], row: tuple[int, Record, Match]) -> None:
    client, record, match = row
    batch.records.append((record, match))
    draft = touched.get(client) or work.drafted.get(client)
    if draft is None:
        draft = drafts.started(record)
        batch.added += 1
    else:
        existing = "fill" if client in work.made else work.settings.existing
        changes = drafts.add(draft, record, existing)
        batch.changed += changes
        batch.same += not changes
        work.joined += 1
        if work.joined <= _MOST_JOINED:
            batch.problems.append(Problem(record.row, "", "joined", match.reason, (match.client,)))
    touched[client] = draft
    if client < 0:
        work.drafted[client] = draft


def resolved(problems: Iterable[Problem], real: Mapping[int, int]) -> list[Problem]:
    """Problems whose candidates are clients that are stored."""
    return [replace(one, candidates=tuple(real.get(c, c) for c in one.candidates)) for one in problems]


def counted(batches: Iterable[Batch]) -> dict[str, int]:
    """The sums of batches, as columns of an import."""
    every = list(batches)
    return {name: sum(getattr(one, name) for one in every) for name in ("added", "changed", "same", "skipped")}


def _checked(read_one: Callable[[str], str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            return read_one(text)
        except Refused as error:
            raise ValueError(str(error)) from None

    return checked


def _checked_phone(text: str, region: str) -> str:
    try:
        return phone(text, region)
    except Refused as error:
        raise ValueError(str(error)) from None
