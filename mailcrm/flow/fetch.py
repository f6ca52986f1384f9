"""Bodies of wanted messages: streamed, kept, parsed in worker processes, recorded in batches."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from mailcrm.errors import Unstorable
from mailcrm.flow.box import Box, Copy
from mailcrm.flow.decide import copy_of
from mailcrm.flow.desk import Desk
from mailcrm.flow.failures import fail, note_failures
from mailcrm.flow.intake import Intake, take_in
from mailcrm.flow.readers import ReaderDied
from mailcrm.flow.record import record
from mailcrm.net.imap.session import Session
from mailcrm.net.imap.values import Bad, Fetched, Missing
from mailcrm.store import leases, ledger
from mailcrm.store.ledger import FolderRow, Work

Source = bytes | Path


@dataclass
class _Task:
    """Messages on their way through a worker."""

    sources: list[tuple[int, Source]]
    size: int
    future: "Future[list[Intake]]"


@dataclass
class _Line:
    """The line of one call: what is being read, what is ready to be recorded."""

    desk: Desk
    box: Box
    folder: FolderRow
    works: dict[int, Work]
    gathered: list[tuple[int, Source]] = field(default_factory=list)
    gathered_size: int = 0
    tasks: deque[_Task] = field(default_factory=deque)
    ready: list[Intake] = field(default_factory=list)
    ready_size: int = 0

    def add(self, placement: int, fetched: Fetched) -> None:
        """Take one message; full tasks go to the workers, and the oldest is awaited when too much is under way."""
        self.gathered.append((placement, fetched.file or fetched.raw))
        self.gathered_size += fetched.size
        limits = self.desk.limits
        if self.gathered_size >= limits.task_bytes or len(self.gathered) >= limits.task_messages:
            self.hand_over()
        while self.tasks and sum(t.size for t in self.tasks) > limits.in_flight_bytes:
            self.await_oldest()
        while self.tasks and self.tasks[0].future.done():
            self.await_oldest()

    def hand_over(self) -> None:
        """Give what is gathered to a worker."""
        if self.gathered:
            future = self.desk.readers.submit(take_in, self.gathered, self.desk.blobs.place)
            self.tasks.append(_Task(self.gathered, self.gathered_size, future))
            self.gathered, self.gathered_size = [], 0

    def await_oldest(self) -> None:
        """Take what the oldest task made of its messages, and record once there is enough."""
        task = self.tasks.popleft()
        try:
            read = self.desk.readers.result(task.future)
        except ReaderDied:
            read = list(_one_by_one(self, task))
        self.ready.extend(read)
        self.ready_size += task.size
        if len(self.ready) >= self.desk.limits.bodies:
            self.record()

    def record(self) -> None:
        """Make the blobs durable, then write everything about them in one transaction."""
        if not self.ready:
            return
        pairs = [(copy_of(self.works[i.placement], self.folder), i) for i in self.ready]
        self.desk.blobs.settle()
        try:
            _record(self, pairs)
        except (Unstorable, ValueError):
            for pair in pairs:
                _record_alone(self, pair)
        self.desk.note(len(self.ready), self.ready_size)
        self.ready, self.ready_size = [], 0

    def finish(self) -> None:
        """Record whatever is still under way."""
        self.hand_over()
        while self.tasks:
            self.await_oldest()
        self.record()


def fetch_next(desk: Desk, box: Box, session: Session, folder: FolderRow, budget: int) -> tuple[int, int]:
    """Fetch, read and record the next wanted messages of the examined folder, newest first, up to `budget` bytes.

    Returns how many messages and bytes that were.
    """
    with desk.database.reading() as connection:
        works = _within(ledger.work(connection, folder, "wanted", desk.limits.wanted, desk.now()), budget)
    large = [w for w in works if w.size > desk.limits.message_bytes]
    line = _Line(desk, box, folder, {w.id: w for w in works})
    by_uid = {w.uid: w for w in works if w not in large}
    failed: list[tuple[Work, Bad | Missing]] = [
        (w, Bad(w.uid, f"The message has {w.size} bytes, more than mailcrm reads.")) for w in large
    ]
    pairs = [(w.uid, w.size) for w in by_uid.values()]
    for answer in session.bodies(pairs, spool=desk.blobs.place.spool):
        work = by_uid.get(answer.uid or 0)
        if work is None:
            continue
        if isinstance(answer, Fetched):
            line.add(work.id, answer)
        else:
            failed.append((work, answer))
    line.finish()
    if failed:
        with desk.recording(box.mailbox_id) as connection:
            note_failures(connection, folder, failed, desk.now())
    return len(works), sum(w.size for w in works)


def _within(works: list[Work], budget: int) -> list[Work]:
    taken = 0
    for count, work in enumerate(works):
        taken += work.size
        if taken >= budget:
            return works[: count + 1]
    return works


def _record(line: _Line, pairs: Iterable[tuple[Copy, Intake]]) -> None:
    batch = list(pairs)
    size = sum(intake.parsed.size for _, intake in batch)
    with line.desk.recording(line.box.mailbox_id) as connection:
        record(connection, line.box, batch, line.desk.now())
        leases.note_progress(connection, line.box.mailbox_id, len(batch), size)


def _record_alone(line: _Line, pair: tuple[Copy, Intake]) -> None:
    try:
        _record(line, [pair])
    except (Unstorable, ValueError) as error:
        # Its bytes are kept already: quarantine points at them, and the folder goes on.
        work = line.works[pair[0].placement]
        with line.desk.recording(line.box.mailbox_id) as connection:
            fail(connection, work, f"The message could not be stored: {error}", line.desk.now())
            ledger.update_placements(connection, [{"id": work.id, "raw_sha256": pair[1].raw_sha256}])


def _one_by_one(line: _Line, task: _Task) -> Iterable[Intake]:
    # A worker died over this batch: find the message that did it by reading each alone.
    for placement, source in task.sources:
        if isinstance(source, Path) and not source.exists():
            continue
        try:
            alone = line.desk.readers.submit(take_in, [(placement, source)], line.desk.blobs.place)
            yield line.desk.readers.result(alone)[0]
        except ReaderDied as error:
            _quarantine(line, placement, source, error)


def _quarantine(line: _Line, placement: int, source: Source, error: ReaderDied) -> None:
    sha = line.desk.blobs.keep(source) if isinstance(source, bytes) or source.exists() else None
    line.desk.blobs.settle()
    with line.desk.recording(line.box.mailbox_id) as connection:
        fail(connection, line.works[placement], str(error), line.desk.now())
        ledger.update_placements(connection, [{"id": placement, "raw_sha256": sha}])
    if isinstance(source, Path):
        source.unlink(missing_ok=True)
