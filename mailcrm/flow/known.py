"""Known: what the database knows about the messages of one batch; it grows as the batch is filed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mailcrm.crm import filing
from mailcrm.crm.dedupe import Identity, Sameness, same
from mailcrm.crm.domains import lineage
from mailcrm.crm.match import Directory, author
from mailcrm.flow.box import Copy
from mailcrm.flow.intake import Intake
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders
from mailcrm.mail.thread import ThreadPlacement, fallback_key, is_reply, key, own_ids, place, referred_ids
from mailcrm.store import directory as clients
from mailcrm.store import messages

_FALLBACK_WINDOW = timedelta(days=90)


def directory_for(connection: Connection, headers: Iterable[ParsedHeaders], more: Iterable[Address] = ()) -> Directory:
    """The part of the client base that concerns these messages."""
    known = list(headers)
    emails = {a.email for h in known for a in h.participants} | {a.email for a in more}
    domains = {name for email in emails for name in lineage(email.rpartition("@")[2])}
    references = {i for h in known for i in referred_ids(h)}
    return clients.directory(connection, [e for e in emails if e], domains, references)


@dataclass(frozen=True, slots=True)
class Unreferred:
    """A message without references, which only its subject and people can bring into a thread."""

    at: datetime
    is_reply: bool
    thread: int


@dataclass
class Known:
    """Clients, threads, look-alikes and numbers, read once for the batch."""

    directory: Directory
    threads: dict[str, int]
    fallbacks: dict[str, list[Unreferred]]
    alike: dict[str, dict[int, Identity]]
    numbers: set[int]
    people_of: dict[str, dict[int, frozenset[str]]]
    """The `threads` of the directory, open for what the batch adds."""

    def sameness(self, identity: Identity) -> Sameness:
        """Whether a message like this is stored, or was filed earlier in the batch."""
        candidates: dict[int, Identity] = {}
        for mark in _marks(identity):
            candidates.update(self.alike.get(mark, {}))
        return same(identity, candidates.items())

    def number(self, at: datetime, raw_sha256: str) -> int:
        """A free number for a message, taken at once."""
        number = filing.number(at, raw_sha256)
        while number in self.numbers:
            number += 1
        self.numbers.add(number)
        return number

    def thread(self, headers: ParsedHeaders, at: datetime) -> ThreadPlacement:
        """Where a message of that time goes among the threads known so far.

        A reply without references belongs with what has its subject and people and is at most 90 days older,
        whichever of the two is read first.
        """
        reply = is_reply(headers.subject)
        alike = self.fallbacks.get(_fallback(headers) or "", ())
        near = [
            one.thread
            for one in alike
            if (reply and timedelta(0) <= at - one.at <= _FALLBACK_WINDOW)
            or (one.is_reply and timedelta(0) <= one.at - at <= _FALLBACK_WINDOW)
        ]
        return place((*own_ids(headers), *referred_ids(headers)), self.threads, near)

    def add(self, row: Mapping[str, Any], identity: Identity, headers: ParsedHeaders) -> None:
        """Remember a message that was just filed, by its row."""
        _remember(self.alike, row["id"], identity)
        for one in (*own_ids(headers), *referred_ids(headers)):
            self.threads[one] = row["thread_id"]
        mark = _fallback(headers)
        if mark:
            one_more = Unreferred(row["at"], is_reply(headers.subject), row["thread_id"])
            self.fallbacks.setdefault(mark, []).append(one_more)

    def join(self, thread: int, others: Sequence[int]) -> None:
        """Threads became one."""
        self.threads.update({name: thread for name, old in self.threads.items() if old in others})
        for alike in self.fallbacks.values():
            alike[:] = [replace(one, thread=thread) if one.thread in others else one for one in alike]

    def add_people(self, headers: ParsedHeaders, linked: Iterable[int]) -> None:
        """Those who took part in a message just filed, for answers to it later in the batch."""
        emails = frozenset(a.email for a in headers.participants)
        for one in own_ids(headers):
            here = self.people_of.setdefault(one, {})
            for client in linked:
                here[client] = here.get(client, frozenset()) | emails


def identity(intake: Intake) -> Identity:
    """What tells this message from another."""
    headers = intake.parsed.headers
    first = headers.from_[0].email if headers.from_ else author(headers).email
    digest = intake.parsed.digest or filing.unreadable_digest(intake.raw_sha256)
    return Identity(intake.raw_sha256, key(headers.message_id), digest, first, headers.date)


def known(connection: Connection, batch: Sequence[tuple[Copy, Intake]], now: datetime) -> Known:
    """Read what the database knows about the messages of a batch."""
    headers = [intake.parsed.headers for _, intake in batch]
    found = directory_for(connection, headers, [a for _, i in batch for a in i.parsed.inside])
    people_of = {reference: dict(of) for reference, of in found.threads.items()}
    marks = [identity(intake) for _, intake in batch]
    alike: dict[str, dict[int, Identity]] = defaultdict(dict)
    for number, stored in messages.lookalikes(
        connection, {m.raw_sha256 for m in marks}, {m.message_id for m in marks}, {m.digest for m in marks}
    ):
        _remember(alike, number, stored)
    times = [filing.believed_time(i.parsed.headers, c.internal_date, now) for c, i in batch]
    numbers = [filing.number(at, i.raw_sha256) for at, (_, i) in zip(times, batch, strict=True)]
    return Known(
        directory=Directory(found.addresses, found.domains, people_of, found.written_to),
        threads=messages.threads_of(connection, {k for h in headers for k in (*own_ids(h), *referred_ids(h))}),
        fallbacks=_fallbacks(connection, headers, times),
        alike=alike,
        numbers=messages.taken_numbers(connection, numbers),
        people_of=people_of,
    )


def _fallback(headers: ParsedHeaders) -> str | None:
    return None if referred_ids(headers) else fallback_key(headers)


def _fallbacks(
    connection: Connection, headers: Sequence[ParsedHeaders], times: Sequence[datetime]
) -> dict[str, list[Unreferred]]:
    found: dict[str, list[Unreferred]] = defaultdict(list)
    wanted = {mark for one in headers if (mark := _fallback(one))}
    first, last = min(times) - _FALLBACK_WINDOW, max(times) + _FALLBACK_WINDOW
    for mark, at, subject, thread in messages.by_fallback(connection, wanted, first, last):
        found[mark].append(Unreferred(at, is_reply(subject), thread))
    return found


def _marks(one: Identity) -> tuple[str, ...]:
    named = ("i:" + one.message_id,) if one.message_id else ()
    return ("r:" + one.raw_sha256, "d:" + one.digest, *named)


def _remember(alike: dict[str, dict[int, Identity]], number: int, one: Identity) -> None:
    for mark in _marks(one):
        alike.setdefault(mark, {})[number] = one
