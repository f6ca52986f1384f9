"""Record a batch of messages in one transaction: same or new, thread, links, rows, placements."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.crm import filing
from mailcrm.crm.match import Decision, Verdict, author
from mailcrm.flow import standing
from mailcrm.flow.box import Box, Copy, Row, decision, settled, unstored
from mailcrm.flow.heard import hear
from mailcrm.flow.intake import Intake
from mailcrm.flow.known import Known, identity, known
from mailcrm.flow.shelf import Shelf
from mailcrm.flow.spread import spread
from mailcrm.flow.track import News, note_received
from mailcrm.mail.thread import own_ids, referred_ids
from mailcrm.store import messages, privacy


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many messages of a batch were new, were further copies, were not kept, and asked for again."""

    stored: int = 0
    copies: int = 0
    dropped: int = 0
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is needed to file one message after the other."""

    box: Box
    facts: Known
    shelf: Shelf
    now: datetime
    news: list[News] = field(default_factory=list)
    """What was stored, for those who look whether it answers something that we sent."""


def record(connection: Connection, box: Box, batch: Sequence[tuple[Copy, Intake]], now: datetime) -> Recorded:
    """Record messages of one mailbox, oldest first; a batch that fails leaves nothing behind.

    A placement is settled in the same transaction as its message. Unstored mail that a new message turns out to
    belong with is asked about again.
    """
    messages.take_turns(connection)
    filing_now = _Batch(box, known(connection, batch, now), Shelf(), now)
    shelf = filing_now.shelf
    oldest_first = sorted(batch, key=lambda pair: _time(pair, now))
    outcomes = [_file(filing_now, copy, intake) for copy, intake in oldest_first]
    shelf.write(connection, now)
    messages.narrow_visibility(connection, shelf.seen_again, box.visibility)
    privacy.follow(connection, [row["id"] for row in shelf.messages])
    if box.keys is not None:
        note_received(connection, box.keys, filing_now.news, now)
    reopened = spread(connection, box, {row["thread_id"] for row in shelf.messages}, now)
    hear(connection, shelf.fresh, box.zone, now)
    standing.settle(connection, box.company.domains, box.company.free_mail)
    return Recorded(outcomes.count("stored"), outcomes.count("copy"), outcomes.count("dropped"), reopened)


def _time(pair: tuple[Copy, Intake], now: datetime) -> datetime:
    copy, intake = pair
    return filing.believed_time(intake.parsed.headers, copy.internal_date, now)


def _file(batch: _Batch, copy: Copy, intake: Intake) -> str:
    headers, shelf = intake.parsed.headers, batch.shelf
    decided = decision(batch.box, copy, headers, batch.facts.directory, intake.parsed)
    if decided.verdict is not Verdict.KEEP:
        left = unstored(batch.box, copy, headers, decided, batch.now)
        shelf.placements.append(left.placement)
        shelf.traces.extend(left.traces)
        shelf.triage.extend([left.tray] if left.tray else [])
        return "dropped"
    found = batch.facts.sameness(identity(intake))
    if found.message is not None:
        _file_copy(batch, intake, found.message)
        shelf.wishes.extend((found.message, f) for f in decided.found if f.rule == "explicit")
        shelf.placements.append(settled(batch.box, copy, headers, decided, found.message))
        return "copy"
    row = _row(batch, intake, decided, _time((copy, intake), batch.now))
    row["conflict"] = found.conflict
    row["thread_id"] = _thread(row, intake, batch)
    _shelve(batch, intake, row, decided)
    batch.facts.add(row, identity(intake), headers)
    batch.facts.add_people(headers, [f.client for f in decided.found if not f.suggested])
    shelf.placements.append(settled(batch.box, copy, headers, decided, row["id"]))
    return "stored"


def _file_copy(batch: _Batch, intake: Intake, message: int) -> None:
    # A later copy adds who has it and, for its owner, the Bcc that only it shows; content and links stay.
    mailbox = batch.box.mailbox_id
    batch.shelf.copies.append({"message_id": message, "mailbox_id": mailbox})
    batch.shelf.seen_again.append(message)
    hidden = [p for p in filing.people(intake.parsed.headers) if p[0] == "bcc"]
    batch.shelf.add_people(message, hidden, mailbox, first=1000 * mailbox)


def _row(batch: _Batch, intake: Intake, decided: Decision, at: datetime) -> Row:
    row = filing.message_row(intake.parsed, at, batch.now)
    row.update(
        id=batch.facts.number(at, intake.raw_sha256),
        digest=identity(intake).digest,
        raw_sha256=intake.raw_sha256,
        header_sha256=intake.header_sha256,
        direction=decided.direction,
        author_id=batch.box.company.staff.get(author(intake.parsed.headers).email),
        visibility=batch.box.visibility,
    )
    return row


def _thread(row: Row, intake: Intake, batch: _Batch) -> int:
    placed = batch.facts.thread(intake.parsed.headers, row["at"])
    if placed.thread is None:
        batch.shelf.threads.append({"id": row["id"], "subject": row["subject"], "created_at": row["created_at"]})
        return int(row["id"])
    if placed.joins:
        batch.facts.join(placed.thread, placed.joins)
        batch.shelf.rename_thread(placed.joins, placed.thread)
    return placed.thread


def _shelve(batch: _Batch, intake: Intake, row: Row, decided: Decision) -> None:
    number, parsed, shelf = row["id"], intake.parsed, batch.shelf
    shelf.messages.append(row)
    shelf.add_body(number, parsed)
    shelf.add_report(number, parsed)
    shelf.fresh.append((row, intake))
    shelf.copies.append({"message_id": number, "mailbox_id": batch.box.mailbox_id})
    shelf.add_people(number, filing.people(parsed.headers), batch.box.mailbox_id)
    shelf.add_attachments(number, parsed.attachments)
    shelf.add_links(row, decided, row["created_at"])
    shelf.add_references(number, row["thread_id"], own_ids(parsed.headers), referred_ids(parsed.headers))
    shelf.words.append(replace(intake.words, message_id=number))
    batch.news.append(News(number, parsed, row["direction"], row["at"]))
