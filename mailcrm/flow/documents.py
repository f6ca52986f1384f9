"""The documents step, after receiving and beside it: look at the parts of new messages, place them, find the answers.

The queue is in the database, so that a process killed at any moment loses nothing, and receiving never waits for it.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import Connection

from mailcrm.documents.roles import REPEATED, Role
from mailcrm.documents.values import Kind
from mailcrm.errors import MailcrmError
from mailcrm.flow.desk import Desk
from mailcrm.flow.look import Looked, Reading, look, searchable
from mailcrm.flow.placing import Pace, place_ready, rewind
from mailcrm.mail.thread import key
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import Extract
from mailcrm.store import document_rules, document_work, fingerprints, message_parts, search, sendings
from mailcrm.store.fingerprints import BlobRow
from mailcrm.store.message_parts import Letter, Part

log = logging.getLogger("mailcrm.documents")

PORTION = 24
"""So many messages are looked at and then settled in one transaction."""


@dataclass
class Step:
    """The tools of the documents step. Close the extractor at the end."""

    desk: Desk
    extractor: Extractor
    pace: Pace = field(default_factory=Pace)


def work(step: Step) -> int:
    """Do a portion of what waits, what is new first; returns how many messages. Raises StorageFailed."""
    return look_at_some(step) or place_ready(step.desk, step.pace)


def drain(step: Step) -> int:
    """Do everything that waits; returns how many messages. Raises StorageFailed."""
    done = 0
    while not step.desk.stopping():
        some = look_at_some(step) or place_ready(step.desk, step.pace, insist=True)
        if not some:
            break
        done += some
    return done


def look_at_some(step: Step) -> int:
    """Look at the parts of the newest messages that wait for it; returns how many there were."""
    desk = step.desk
    with desk.database.reading() as connection:
        ids = document_work.to_look_at(connection, PORTION)
        letters = message_parts.letters(connection, ids)
        reading = _reading(connection, step, letters)
    if not ids:
        return 0
    with ThreadPoolExecutor(step.extractor.workers, thread_name_prefix="look") as threads:
        begun = [(one, threads.submit(look, reading, one)) for one in letters]
        looked = [_outcome(one, looking) for one, looking in begun]
    # Members of archives are durable before a row refers to them.
    desk.blobs.settle()
    with desk.database.writing() as connection:
        document_work.take_turns(connection)
        _record(connection, looked)
        document_work.drop(connection, sorted(set(ids) - {one.id for one in letters}))
    return len(ids)


def _outcome(letter: Letter, looking: Future[Looked]) -> Looked:
    """What was found; nothing where our own code failed over a message: the log has the place, the others go on."""
    error = looking.exception()
    if error is None:
        return looking.result()
    if isinstance(error, MailcrmError):
        raise error
    log.error("message not looked at", extra={"number": letter.id}, exc_info=error)
    return Looked(letter)


def _reading(connection: Connection, step: Step, letters: Sequence[Letter]) -> Reading:
    rows = fingerprints.blobs(connection, {piece.sha256 for one in letters for piece in one.pieces})
    unread = fingerprints.unread(connection, [row.id for row in rows.values()])
    known = {sha: row for sha, row in rows.items() if row.id not in unread}
    return Reading(step.desk.blobs, step.extractor, known, document_rules.documents_by_word(connection))


def _record(connection: Connection, looked: Sequence[Looked]) -> None:
    states = document_work.state_of(connection, [one.letter.id for one in looked])
    here = [one for one in looked if one.letter.id in states]
    before = search.stored_words(connection, [one.letter.id for one in here])
    rows = _keep_blobs(connection, here)
    for one in here:
        _settle(connection, one, rows, states[one.letter.id])
    after = {words.message_id: words for words in search.stored_words(connection, [one.letter.id for one in here])}
    changed = [words for words in before if after[words.message_id] != words]
    search.unindex(connection, changed)
    search.index(connection, [after[words.message_id] for words in changed])
    _note_bounces(connection, here)


def _keep_blobs(connection: Connection, looked: Sequence[Looked]) -> dict[str, BlobRow]:
    """Enter the contents with their fingerprints, states and texts."""
    found = {part.sha256: (part.sha256, part.kind, part.size) for one in looked for part in one.parts}
    rows = fingerprints.add_blobs(connection, found.values())
    unread = fingerprints.unread(connection, [row.id for row in rows.values()])
    extracts = {sha: extract for one in looked for sha, extract in one.extracts.items()}
    for sha, extract in sorted(extracts.items()):
        if rows[sha].id in unread:
            _keep(connection, rows[sha].id, extract)
    return rows


def _keep(connection: Connection, blob_id: int, extract: Extract) -> None:
    fingerprints.keep(connection, blob_id, extract.fingerprint, searchable(extract)[: search.FILE_LIMIT])
    outcome = {"state": extract.state, "reason": extract.reason, "width": extract.width, "height": extract.height}
    fingerprints.settle(connection, blob_id, outcome)


def _settle(connection: Connection, looked: Looked, rows: dict[str, BlobRow], state: str) -> None:
    """Write the occurrences of a message, and say what is to be done with it next."""
    letter = looked.letter
    parts = [Part(p.path, rows[p.sha256].id, p.name, str(p.role)) for p in looked.parts]
    wanted = message_parts.wanted_parts(letter, parts)
    if state == document_work.AGAIN:
        if message_parts.stored_parts(connection, letter.id) == wanted:
            document_work.keep_state(connection, letter.id, document_work.PLACED)
            return
        rewind(connection, letter.id)
    message_parts.replace_parts(connection, letter, wanted)
    if any(part.role is Role.DOCUMENT for part in looked.parts):
        document_work.settle(connection, letter.id, document_work.READY)
    elif letter.direction == "in" and letter.clients:
        document_work.settle(connection, letter.id, document_work.REPLY)
    else:
        document_work.drop(connection, [letter.id])
    _look_elsewhere(connection, looked, rows)


def _look_elsewhere(connection: Connection, looked: Looked, rows: dict[str, BlobRow]) -> None:
    """A picture that has come so often that it is a logo was taken for a document the first times."""
    logos = {piece.sha256 for piece in looked.letter.pieces if piece.seen >= REPEATED}
    pictures = [rows[p.sha256].id for p in looked.parts if p.sha256 in logos and p.role is not Role.DOCUMENT]
    if pictures and any(p.kind is Kind.IMAGE for p in looked.parts):
        document_work.enqueue(connection, message_parts.elsewhere(connection, pictures))


def _note_bounces(connection: Connection, looked: Sequence[Looked]) -> None:
    """A report marks what did not arrive, whichever of the two is looked at first."""
    for one in looked:
        if one.bounce is not None:
            failed = [r.email for r in one.bounce.recipients if r.action in ("failed", "")]
            about = message_parts.with_message_id(connection, key(one.bounce.original_message_id))
            sendings.mark_bounced(connection, about, failed)
    sent = {one.letter.thread_id for one in looked if one.letter.direction != "in" and one.parts}
    seen = {one.letter.id for one in looked if one.bounce is not None}
    document_work.enqueue(connection, sorted(set(message_parts.bounces_in(connection, sent)) - seen))
