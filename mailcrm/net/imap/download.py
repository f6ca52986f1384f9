"""Bytes of many messages: batches by size, two commands in flight, one response at a time, nothing lost silently."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcrm.errors import ServerRefused, ServerUnavailable
from mailcrm.net.imap import parse
from mailcrm.net.imap.quirks import Quirks
from mailcrm.net.imap.replies import Reply, refusal, shown
from mailcrm.net.imap.transport import TooLong
from mailcrm.net.imap.uids import UidSet
from mailcrm.net.imap.values import Bad, Fetched, Missing
from mailcrm.net.imap.wire import Response, Wire

LARGE = 8 << 20
"""Bytes above which a message is fetched in parts into a file."""
CHUNK = 1 << 20
LARGEST = 1 << 30
"""No message is larger, whatever a server says."""
_REFUSALS = 12
"""So many refusals without a message between them: it is not one message, the server does not want us now."""


@dataclass(slots=True)
class _Batch:
    uids: list[int]
    size: int
    again: bool = False
    """Whether these were left out of an answer before."""


class Download:
    """One pass over some UIDs of the examined folder. `item` is BODY.PEEK[] or BODY.PEEK[HEADER]; `note` is told
    every response that belongs to something else; `present` tells which UIDs exist."""

    def __init__(
        self, wire: Wire, item: bytes, quirks: Quirks, note: Callable[[Response], None], budget: int = 4 << 20
    ) -> None:
        self._wire = wire
        self._item = item
        self._note = note
        self._budget = budget
        self._depth = 2 if quirks.pipeline else 1
        self._limit = self._most = quirks.batch
        self._good = 0
        self._refused = 0
        self._retry: deque[_Batch] = deque()
        self._flying: dict[bytes, _Batch] = {}
        self._awaited: set[int] = set()
        self.unanswered: list[int] = []
        """UIDs left out twice of answers that said OK: the caller asks UID SEARCH about them."""

    def run(self, wanted: Sequence[tuple[int, int]]) -> Iterator[Fetched | Bad]:
        """Streams what the server sends for (uid, size) pairs, in their order by batches. Raises ServerUnavailable;
        whatever was not yielded until then is simply still to be done."""
        todo = deque(wanted)
        try:
            while todo or self._retry or self._flying:
                while (todo or self._retry) and len(self._flying) < self._depth:
                    self._launch(self._retry.popleft() if self._retry else self._next_batch(todo))
                yield from self._receive()
        finally:
            self._wire.broken = self._wire.broken or bool(self._flying)

    def _next_batch(self, todo: deque[tuple[int, int]]) -> _Batch:
        uids: list[int] = []
        size = 0
        while todo and len(uids) < self._limit and (not uids or size + todo[0][1] <= self._budget):
            uid, bytes_ = todo.popleft()
            uids.append(uid)
            size += bytes_
        return _Batch(uids, size)

    def _launch(self, batch: _Batch) -> None:
        """Sends one FETCH; a set too long for one command is continued by the next."""
        first, *rest = UidSet.of(batch.uids).commands()
        if rest:
            kept = UidSet.parse(first)
            later = [uid for uid in batch.uids if uid not in kept]
            self._retry.appendleft(_Batch(later, batch.size, batch.again))
            batch = _Batch(list(kept), batch.size, batch.again)
        self._awaited.update(batch.uids)
        self._flying[self._wire.send("UID FETCH", first, b"(UID %s)" % self._item, expected=batch.size)] = batch

    def _receive(self) -> Iterator[Fetched | Bad]:
        try:
            got = self._wire.read()
        except TooLong as error:
            yield Bad(parse.uid_hint([error.line]), str(error))
            raise ServerUnavailable(f"The connection to {self._wire.host} was given up: {error}") from None
        if isinstance(got, tuple):
            yield from self._settle(self._flying.pop(got[0]), got[1])
        elif parse.is_fetch(got):
            yield from self._accept(got)
        else:
            self._note(got)

    def _accept(self, parts: Response) -> Iterator[Fetched | Bad]:
        try:
            items = parse.fetch_items(parts)
            raw = parse.body(items)
            uid = parse.number(items[b"UID"]) if raw is not None and b"UID" in items else None
        except ValueError as error:
            uid = parse.uid_hint(parts)
            if uid is None or uid in self._awaited:
                self._awaited.discard(uid or 0)
                yield Bad(uid, f"The server's answer cannot be read: {error}.")
            return
        if raw is None or uid is None or uid not in self._awaited:
            self._note(parts)
            return
        self._awaited.discard(uid)
        self._refused = 0
        self._wire.be_patient_for(sum(batch.size for batch in self._flying.values()))
        yield Fetched(uid, raw, len(raw))

    def _settle(self, batch: _Batch, reply: Reply) -> Iterator[Bad]:
        left = [uid for uid in batch.uids if uid in self._awaited]
        self._awaited.difference_update(left)
        if reply.status == "OK":
            self._grow()
            if left and batch.again:
                self.unanswered += left
            elif left:
                self._retry.append(_Batch(left, batch.size, again=True))
            return
        self._refused += 1
        if self._refused > _REFUSALS or "throttl" in reply.text.lower():
            raise refusal(self._wire.host, "UID FETCH", reply)
        self._limit, self._good = max(1, self._limit // 2), 0
        if len(left) == 1:
            yield Bad(left[0], f"The server does not give this message: {shown(reply)}.")
        elif left:
            half = len(left) // 2
            self._retry.extend((_Batch(left[:half], batch.size, batch.again), _Batch(left[half:], batch.size, True)))

    def _grow(self) -> None:
        """After ten good batches a quarter more."""
        self._good += 1
        if self._good >= 10:
            self._limit, self._good = min(self._most, self._limit + self._limit // 4 + 1), 0


def fetch_large(wire: Wire, uid: int, spool: Path | None, note: Callable[[Response], None]) -> Fetched | Bad | Missing:
    """One message in parts of 1 MB into a new file in `spool` (or the system's folder for such). Missing means only
    that the server sent nothing: ask UID SEARCH. Raises ServerUnavailable."""
    with tempfile.NamedTemporaryFile(dir=spool, prefix="mailcrm-", suffix=".eml", delete=False) as file:
        path = Path(file.name)
        result: Fetched | Bad | Missing = Missing(uid)
        try:
            total = 0
            while isinstance(chunk := _chunk(wire, uid, total, note), bytes):
                file.write(chunk)
                total += len(chunk)
                if len(chunk) != CHUNK:
                    return (result := Fetched(uid, b"", total, path))
                if total > LARGEST:
                    return Bad(uid, f"The message is larger than {LARGEST >> 30} GB.")
            return chunk if chunk is not None else result
        finally:
            if not isinstance(result, Fetched):
                path.unlink()


def _chunk(wire: Wire, uid: int, offset: int, note: Callable[[Response], None]) -> bytes | Bad | None:
    """The bytes from `offset`, at most 1 MB; Exchange may send the whole message instead, which is told by the name
    of the item and taken only as an answer to the first question."""
    try:
        item = b"(UID BODY.PEEK[]<%d.%d>)" % (offset, CHUNK)
        untagged, _ = wire.run("UID FETCH", b"%d" % uid, item, expected=CHUNK)
    except ServerRefused as error:
        return Bad(uid, str(error))
    for parts in untagged:
        if not parse.is_fetch(parts):
            note(parts)
            continue
        try:
            items = parse.fetch_items(parts)
            data = parse.body(items)
        except ValueError as error:
            return Bad(uid, f"The server's answer cannot be read: {error}.")
        if data is None or items.get(b"UID") != b"%d" % uid:
            note(parts)
            continue
        if b"BODY[]<%d>" % offset not in items and (offset or b"BODY[]" not in items):
            return Bad(uid, "The server does not send parts of a message as asked.")
        return data
    return None
