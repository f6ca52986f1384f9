"""Decisions: what is kept is settled on headers alone, before any body is fetched."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm.explicit import explicit
from mailcrm.crm.match import Decision, Found, Verdict
from mailcrm.flow.box import Box, Copy, Row, decision, settled, unstored
from mailcrm.flow.desk import Desk
from mailcrm.flow.failures import note_failures
from mailcrm.flow.intake import Glance, glance
from mailcrm.flow.known import directory_for
from mailcrm.flow.readers import ReaderDied
from mailcrm.mail.message import ParsedHeaders
from mailcrm.model import MessageCopy, Triage
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Bad, Fetched, Missing
from mailcrm.store import ledger, links, messages, triage
from mailcrm.store.ledger import FolderRow, Work
from mailcrm.store.rows import insert_missing


def decide_next(desk: Desk, box: Box, session: Session, folder: FolderRow) -> int:
    """Decide on the next undecided copies of the examined folder, newest first; returns how many there were."""
    with desk.database.reading() as connection:
        todo = ledger.work(connection, folder, "todo", desk.limits.headers, desk.now())
        marks = {w.email_id for w in todo if w.email_id}
        _, by_email_id = messages.copies(connection, box.mailbox_id, (), marks)
        taken_out = ledger.purged(connection, box.mailbox_id, (), marks)
    moved = {w: by_email_id[w.email_id] for w in todo if w.email_id in by_email_id}
    old = [w for w in todo if w not in moved and _is_old(w, desk.limits.since)]
    out = [w for w in todo if w not in moved and w not in old and w.email_id in taken_out]
    asked = {w.uid: w for w in todo if w not in moved and w not in old and w not in out}
    glances, failed = _glances(desk, session, asked)
    with desk.recording(box.mailbox_id) as connection:
        messages.take_turns(connection)
        _attach(connection, box, folder, moved, desk.now())
        ledger.update_placements(connection, [_left_alone(w, "too old") for w in old])
        ledger.update_placements(connection, [_left_alone(w, taken_out[w.email_id or ""]) for w in out])
        note_failures(connection, folder, failed, desk.now())
        _decide(connection, box, folder, [(w, glances[w.id]) for w in asked.values() if w.id in glances], desk.now())
    return len(todo)


def _is_old(work: Work, since: datetime | None) -> bool:
    return since is not None and work.internal_date is not None and work.internal_date < since


def _glances(
    desk: Desk, session: Session, asked: dict[int, Work]
) -> tuple[dict[int, Glance], list[tuple[Work, Bad | Missing]]]:
    blocks: list[tuple[int, bytes]] = []
    failed: list[tuple[Work, Bad | Missing]] = []
    for answer in session.headers(sorted(asked)):
        work = asked.get(answer.uid or 0)
        if work is None:
            continue
        if isinstance(answer, Fetched):
            blocks.append((work.id, answer.raw))
        else:
            failed.append((work, answer))
    share = -(-len(blocks) // desk.readers.processes) or 1
    shares = [blocks[i : i + share] for i in range(0, len(blocks), share)]
    futures = [desk.readers.submit(glance, part) for part in shares]
    read: list[Glance] = []
    for part, future in zip(shares, futures, strict=True):
        try:
            found = desk.readers.result(future)
            read += found
        except ReaderDied:
            read += _one_by_one(desk, part, {w.id: w for w in asked.values()}, failed)
    return {one.placement: one for one in read}, failed


def _one_by_one(
    desk: Desk, blocks: list[tuple[int, bytes]], works: dict[int, Work], failed: list[tuple[Work, Bad | Missing]]
) -> list[Glance]:
    # A worker died over these: find the header that did it by reading each alone.
    read: list[Glance] = []
    for placement, raw in blocks:
        try:
            read += desk.readers.result(desk.readers.submit(glance, [(placement, raw)]))
        except ReaderDied as error:
            work = works[placement]
            failed.append((work, Bad(work.uid, str(error))))
    return read


def _decide(
    connection: Connection, box: Box, folder: FolderRow, glances: list[tuple[Work, Glance]], now: datetime
) -> None:
    marks = {g.header_sha256 for _, g in glances}
    known, _ = messages.copies(connection, box.mailbox_id, marks, ())
    taken_out = ledger.purged(connection, box.mailbox_id, marks, ())
    directory = directory_for(connection, [g.headers for _, g in glances])
    moved: dict[Work, int] = {}
    rows: list[Row] = []
    traces: list[dict[str, int]] = []
    tray: list[Row] = []
    for work, one in glances:
        message = known.get((one.header_sha256, work.size))
        if message is not None:
            moved[work] = message
            continue
        if one.header_sha256 in taken_out:
            rows.append({**_left_alone(work, taken_out[one.header_sha256]), "header_sha256": one.header_sha256})
            continue
        copy = copy_of(work, folder)
        decided = decision(box, copy, one.headers, directory)
        if decided.verdict is Verdict.KEEP or decided.needs_body:
            rows.append(_wanted(box, copy, one, decided))
            continue
        left = unstored(box, copy, one.headers, decided, now)
        rows.append({**left.placement, "header_sha256": one.header_sha256})
        traces.extend(left.traces)
        tray.extend([left.tray] if left.tray else [])
    _attach(connection, box, folder, moved, now)
    ledger.update_placements(connection, rows)
    ledger.add_traces(connection, traces)
    insert_missing(connection, Triage, tray)
    written_to = {row["counterpart"] for row in tray if row["direction"] == "out"}
    ledger.reopen_halves(connection, [box.fingerprint("a:" + email) for email in written_to])


def copy_of(work: Work, folder: FolderRow) -> Copy:
    """The copy behind a placement, as matching and recording want it."""
    return Copy(work.id, folder.name, frozenset(work.flags.split()), work.internal_date)


def _wanted(box: Box, copy: Copy, one: Glance, decided: Decision) -> Row:
    row = settled(box, copy, one.headers, decided)
    return {**row, "state": "wanted", "header_sha256": one.header_sha256}


def _left_alone(work: Work, rule: str) -> Row:
    return {"id": work.id, "state": "done", "verdict": "ignore", "rule": rule}


def _attach(connection: Connection, box: Box, folder: FolderRow, moved: dict[Work, int], now: datetime) -> None:
    # The same message at another place of the same mailbox: no body is fetched twice. The place may be a wish.
    copies = [{"message_id": message, "mailbox_id": box.mailbox_id} for message in moved.values()]
    insert_missing(connection, MessageCopy, copies)
    messages.narrow_visibility(connection, list(moved.values()), box.visibility)
    rows: Iterable[Row] = (
        {"id": work.id, "state": "done", "verdict": "keep", "rule": "copy", "message_id": message}
        for work, message in moved.items()
    )
    ledger.update_placements(connection, list(rows))
    wishes = {work: explicit(ParsedHeaders(), folder.name, frozenset(work.flags.split()), box.wishes) for work in moved}
    found = [
        (moved[work], Found(client, "explicit", wish.evidence, 1.0))
        for work, wish in wishes.items()
        for client in wish.clients
    ]
    links.add_found(connection, found, now)
    triage.settle_stored(connection, [work.id for work in moved], now)
