"""Placing: documents and versions are what all messages make in the order of time.

New messages are simply placed at the end. One that is older than what was placed takes the newer ones back and places
them again after it. That costs, so it is done seldom where it costs much: never more than a tenth of the time goes into
it. Until then the older message waits, and new mail is placed at once.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from mailcrm.documents.compare import paragraphs
from mailcrm.documents.place import Closed, Law, Moved
from mailcrm.documents.rules import in_force
from mailcrm.documents.values import Fingerprint
from mailcrm.flow.answering import answer_message
from mailcrm.flow.desk import Desk
from mailcrm.net.blobs import BlobStore
from mailcrm.store import document_rules, document_work, fingerprints, known_contents
from mailcrm.store.message_parts import clients_of
from mailcrm.store.register import Register, log_text, take_back

PATIENCE = 10.0
"""Between two times of placing anew at least so many times as long passes as the last one takes."""
TURN = 1.0
"""Seconds that one transaction places; others want to write too."""
_PORTION = 100
_STEP = 0.02
"""Seconds that placing one message takes, until it is known better."""


@dataclass
class Pace:
    """How long a message takes, and when it is time to place anew."""

    clock: Callable[[], float] = time.monotonic
    step: float = _STEP
    patient_until: float = 0.0

    def may_redo(self) -> bool:
        """Whether enough time has passed since the last time."""
        return self.clock() >= self.patient_until

    def redone(self, messages: int) -> None:
        """So many messages are placed anew."""
        self.patient_until = self.clock() + PATIENCE * messages * self.step

    def measured(self, messages: int, seconds: float) -> None:
        """Learn how long a message takes."""
        if messages:
            self.step = 0.8 * self.step + 0.2 * seconds / messages


def place_ready(desk: Desk, pace: Pace, insist: bool = False) -> int:
    """Place messages for a moment and decide what replies answer; returns how many, 0 where nothing is to be done yet.

    With `insist` older messages do not wait. Raises StorageFailed.
    """
    began = time.monotonic()
    with desk.database.writing() as connection:
        document_work.take_turns(connection)
        after = _after(connection, pace, insist)
        wanted = document_work.ready(connection, _PORTION, after)

        def enough() -> bool:
            return time.monotonic() > began + TURN or desk.stopping()

        placed = _place(connection, desk.blobs, wanted, enough)
        if not wanted:
            placed = _reply(connection, desk.blobs, enough)
    pace.measured(placed, time.monotonic() - began)
    return placed


def _after(connection: Connection, pace: Pace, insist: bool) -> int:
    """From where on messages are placed: from the first that waits, or only what is newer than all that is placed."""
    if redo := document_work.to_redo(connection):
        pace.redone(rewind(connection, redo[0]))
    first, last = document_work.ready(connection, 1), document_work.last_placed(connection)
    if not first or first[0] > last:
        return 0
    if not (insist or pace.may_redo()):
        return last
    pace.redone(rewind(connection, first[0]))
    return 0


def place_from(connection: Connection, blobs: BlobStore, since: int, most: int) -> int:
    """Place every message from the number `since` on anew, under the rules as they are now; where these are more than
    `most` it is left to the daemon. Returns how many were placed."""
    if document_work.count_placed(connection, since) > most:
        document_work.keep_state(connection, since, document_work.REDO)
        return 0
    rewind(connection, since)
    return _place(connection, blobs, document_work.ready(connection, 10 * most, since - 1), lambda: False)


def rewind(connection: Connection, since: int) -> int:
    """Take back every message from the number `since` on; they wait to be placed again. Returns how many."""
    count = 0
    while some := document_work.placed(connection, since, _PORTION):
        for message_id, undo in some:
            take_back(connection, undo)
            document_work.mark_placed(connection, message_id, False)
            document_work.settle(connection, message_id, document_work.READY)
        clients = {client for found in clients_of(connection, [m for m, _ in some]).values() for client in found}
        document_work.ask_for_answers(connection, clients, since)
        count += len(some)
    return count


def _place(connection: Connection, blobs: BlobStore, wanted: list[int], enough: Callable[[], bool]) -> int:
    if not wanted:
        return 0
    register = Register(connection, lambda sha, parent: _changes(connection, register, sha, parent))
    law = Law(in_force(document_rules.rules(connection)))
    done = 0
    for message_id in wanted:
        moved = place_message(connection, register, law, message_id)
        answer_message(connection, blobs, message_id)
        if moved:
            document_work.ask_for_answers(connection, moved, 0)
        done += 1
        if enough():
            break
    return done


def place_message(connection: Connection, register: Register, law: Law, message_id: int) -> frozenset[int]:
    """Place the documents of one message; returns the clients whose older versions went to other documents by it."""
    found = known_contents.of_message(connection, message_id)
    numbers = {one.sha256: register.number(one.sha256) for one in found}
    prints: dict[int, Fingerprint] = fingerprints.fingerprints(connection, numbers.values())
    moved = frozenset[int]()
    for one in found:
        changes = register.take(one, prints[numbers[one.sha256]], law)
        if any(isinstance(change, Moved | Closed) for change in changes):
            contents = [register.known(change.version.sha256) for change in changes if isinstance(change, Moved)]
            moved = moved.union(*(content.clients for content in contents if content is not None))
    document_work.mark_placed(connection, message_id, True)
    document_work.settle(connection, message_id, document_work.PLACED, log_text(register.log))
    register.log.clear()
    return moved


def _reply(connection: Connection, blobs: BlobStore, enough: Callable[[], bool]) -> int:
    """Decide what messages without documents answer."""
    answered: list[int] = []
    for message_id in document_work.replies(connection, _PORTION):
        answer_message(connection, blobs, message_id)
        answered.append(message_id)
        if enough():
            break
    document_work.drop(connection, answered)
    return len(answered)


def _changes(connection: Connection, register: Register, sha: str, parent: str) -> int | None:
    """In how many places two texts differ; None where one of them cannot be read."""
    new, old = register.number(sha), register.number(parent)
    texts = fingerprints.texts(connection, [new, old])
    if new not in texts or old not in texts:
        return None
    before, after = Counter(paragraphs(texts[old])), Counter(paragraphs(texts[new]))
    # Not a comparison in order: that is for the page, and hostile texts could make it last for minutes.
    return max((before - after).total(), (after - before).total())
