"""What comes back by mail: whom of our recipients a message concerns, and what follows from it.

`note_received` is called with every batch of recorded messages, in its transaction: one query says whether any of them
concerns a recipient.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mailcrm.crm.match import Found
from mailcrm.flow.alerts import tell_admins
from mailcrm.mail.message import Kind, ParsedMessage
from mailcrm.mail.thread import own_ids
from mailcrm.mailing import alarm_wording, reaction
from mailcrm.mailing.reaction import Told
from mailcrm.mailing.replies import Candidate, Clues, Match, choose, clues
from mailcrm.mailing.token import TokenKeys, recipient_of
from mailcrm.store import links, reactions, suppressions
from mailcrm.store.reactions import Asked, Concerned, NewEvent
from mailcrm.store.suppressions import NewSuppression

log = logging.getLogger("mailcrm.track")

BY_SENDER = timedelta(days=60)
"""So long after a sending its recipient's mail may be an answer by sender and subject alone."""
_ROBOTS = (Kind.AUTO_REPLY, Kind.BULK)


@dataclass(frozen=True, slots=True)
class News:
    """One message that was just stored: its number, its values, in, out or internal, and its time."""

    number: int
    parsed: ParsedMessage
    direction: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Read:
    """One message with what it names."""

    news: News
    clues: Clues
    reported: tuple[str, ...]
    """Addresses that a report is about."""


@dataclass(frozen=True, slots=True)
class _Matched:
    """One message with the recipient it concerns."""

    read: _Read
    match: Match
    recipient: Concerned


def note_received(connection: Connection, keys: TokenKeys, news: Sequence[News], now: datetime) -> int:
    """Write down what a batch of stored messages says about recipients; returns how many messages concerned one."""
    _learn(connection, keys, [one for one in news if one.direction == "out"])
    read = [_read(one, keys) for one in news if one.direction == "in"]
    if not read:
        return 0
    found = reactions.concerned(connection, _asked(read), min(one.at for one in news) - BY_SENDER)
    if not found:
        return 0
    matched = [pair for one in read if (pair := _match(one, found)) is not None]
    _write(connection, matched, now)
    _leave(connection, read, found, now)
    return len(matched)


def _read(news: News, keys: TokenKeys) -> _Read:
    report = news.parsed.bounce
    return _Read(news, clues(news.parsed, keys), tuple(r.email for r in report.recipients if r.email) if report else ())


def _asked(read: Sequence[_Read]) -> Asked:
    named = {number for one in read for _, number in one.clues.named}
    leaving = {one.clues.leaving for one in read if one.clues.leaving is not None}
    return Asked(
        recipients=named | leaving,
        aliases={i for one in read for i in one.clues.ids},
        senders={e for one in read for e in (one.clues.sender, *one.reported) if e},
        files={sha for one in read for _, sha in one.clues.files},
    )


def _match(one: _Read, found: Sequence[Concerned]) -> _Matched | None:
    """The recipient that a message concerns, by the layers."""
    by_id = {row.id: row for row in found}
    match = choose([*(Candidate(n, layer) for layer, n in one.clues.named), *_candidates(one, found)], by_id)
    return None if match is None else _Matched(one, match, by_id[match.recipient_id])


def _candidates(one: _Read, found: Sequence[Concerned]) -> Iterable[Candidate]:
    files = {sha for _, sha in one.clues.files}
    is_report = one.news.parsed.kind in (Kind.BOUNCE, Kind.COMPLAINT, Kind.RECEIPT)
    for row in sorted(found, key=lambda r: r.id, reverse=True):
        if row.layer == "alias" and row.value in one.clues.ids:
            yield Candidate(row.id, "alias")
        elif row.layer == "document" and row.value in files:
            yield Candidate(row.id, "document")
        elif row.layer == "sender" and row.value in one.reported and is_report:
            yield Candidate(row.id, "reported")
        elif row.layer == "sender" and row.value == one.clues.sender and not is_report and _may_answer(one, row):
            yield Candidate(row.id, "sender")


def _may_answer(one: _Read, row: Concerned) -> bool:
    """Whether sender and subject make it likely that a message answers this offer; robots need no subject."""
    if one.news.parsed.kind in _ROBOTS:
        return True
    subject = one.clues.subject
    number, title = row.offer_number.casefold(), row.offer_title.casefold()
    return not row.decision and bool((number and number in subject) or (len(title) > 5 and title in subject))


def _write(connection: Connection, matched: Sequence[_Matched], now: datetime) -> None:
    told = [(one, what) for one in matched for what in reaction.told(one.read.news.parsed, _address(one), _at(one))]
    reactions.add_events(connection, [_event(one, what) for one, what in told])
    certain = [one for one in matched if one.match.certain]
    reactions.settle_uncertain(
        connection, [(one.recipient.id, str(one.read.news.parsed.kind), _at(one)) for one in certain]
    )
    final = [_suppression(one, what) for one, what in told if what.suppress and one.match.certain]
    soft = [one for one, what in told if what.kind == "soft-bounce" and one.match.certain]
    suppressions.add(connection, [*final, *_given_up(connection, soft)], now)
    clients = [
        (one.read.news.number, Found(one.recipient.client_id, "explicit", _evidence(one), one.match.confidence))
        for one in certain
        if one.recipient.client_id is not None
    ]
    links.add_found(connection, clients, now)
    complaints = [one for one, what in told if what.kind == "complaint" and one.match.certain]
    reactions.pause_for_complaints(connection, {one.recipient.mailing_id for one in complaints})
    for one in complaints:
        _alert(connection, one, now)
    for one, what in told:
        log.info("came back", extra={"what": what.kind, "recipient": one.recipient.id, "by": one.match.layer})


def _alert(connection: Connection, one: _Matched, now: datetime) -> None:
    """Complaints decide what becomes of all mail of a domain: admins hear of each at once."""
    to = one.recipient
    key = f"complaint:{to.id}:{one.read.news.number}"
    offer = (to.address, to.offer_number, to.offer_title)
    tell_admins(connection, key, lambda language: alarm_wording.complaint(language, *offer), now)


def _address(one: _Matched) -> str:
    return one.recipient.address


def _at(one: _Matched) -> datetime:
    return one.read.news.at


def _evidence(one: _Matched) -> str:
    return f"{one.match.layer} of offer {one.recipient.offer_number}"


def _event(one: _Matched, what: Told) -> NewEvent:
    number = one.read.news.number
    detail = [*what.detail]
    sender = one.read.clues.sender
    if what.kind == "reply" and sender != one.recipient.address:
        detail.append(("answered_by", sender))
    if one.match.others:
        detail.append(("others", " ".join(map(str, one.match.others[:10]))))
    return NewEvent(
        recipient_id=one.recipient.id,
        kind=what.kind,
        at=one.read.news.at,
        source="mail",
        source_key=f"mail:{number}:{one.recipient.id}:{what.kind}",
        method=one.match.layer,
        confidence=one.match.confidence,
        message_id=number,
        detail=tuple(detail),
    )


def _suppression(one: _Matched, what: Told) -> NewSuppression:
    words = dict(what.detail).get("words", "") or dict(what.detail).get("status", "")
    return NewSuppression(one.recipient.address, what.suppress, detail=words, recipient_id=one.recipient.id)


def _given_up(connection: Connection, soft: Sequence[_Matched]) -> list[NewSuppression]:
    """Addresses whose mail was returned three times over at least two weeks."""
    times = reactions.soft_bounces(connection, [one.recipient.address for one in soft])
    words = f"{reaction.SOFT_LIMIT} soft bounces"
    return [
        NewSuppression(one.recipient.address, "bounced", detail=words, recipient_id=one.recipient.id)
        for one in soft
        if reaction.given_up(times.get(one.recipient.address, []))
    ]


def _leave(connection: Connection, read: Sequence[_Read], found: Sequence[Concerned], now: datetime) -> None:
    """Unsubscribe whom a message to the List-Unsubscribe address names: its token is proof enough (RFC 8058 §3.2)."""
    by_id = {row.id: row for row in found}
    for one in read:
        row = by_id.get(one.clues.leaving) if one.clues.leaving is not None else None
        if row is not None:
            key = f"mail:{one.news.number}:{row.id}:unsubscribe"
            leave(connection, Leaving(row.id, row.address, row.scope, "mail", key, one.news.number), now)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody who asks not to be written to any more: for which mail, and how he said so."""

    recipient_id: int
    address: str
    scope: str
    source: str
    source_key: str
    message_id: int | None = None


def leave(connection: Connection, who: Leaving, at: datetime) -> None:
    """Write down that a recipient unsubscribed, and suppress his address in the scope of the mailing."""
    event = NewEvent(
        who.recipient_id, "unsubscribe", at, who.source, who.source_key, "token", 1.0, who.message_id,
        detail=(("scope", who.scope),),
    )  # fmt: skip
    reactions.add_events(connection, [event])
    new = NewSuppression(who.address, "unsubscribed", who.scope, recipient_id=who.recipient_id)
    suppressions.add(connection, [new], at)


def _learn(connection: Connection, keys: TokenKeys, ours: Sequence[News]) -> None:
    """Our own copies are never replies: they prove that a message left, and teach under which id others know it."""
    aliases: list[tuple[str, int]] = []
    seen: list[tuple[int, str, datetime]] = []
    for one in ours:
        names = own_ids(one.parsed.headers)
        proven = next((n for name in names if (n := recipient_of(keys, name)) is not None), None)
        number = proven if proven is not None else _by_link(one, keys)
        if number is not None:
            seen.append((number, "our copy", one.at))
            aliases += [(name, number) for name in names if recipient_of(keys, name) is None]
    if not seen:
        return
    known = {r.id for r in reactions.concerned(connection, Asked(recipients={n for n, _, _ in seen}), seen[0][2])}
    reactions.add_aliases(connection, [(name, number) for name, number in aliases if number in known])
    reactions.settle_uncertain(connection, [one for one in seen if one[0] in known])


def _by_link(one: News, keys: TokenKeys) -> int | None:
    """The recipient of a copy whose ids the server rewrote: by the link to his offer in the new words of a message to
    him alone; a later message of ours shows that link only in its quote."""
    if len(one.parsed.headers.to) != 1:
        return None
    named = clues(replace(one.parsed, text=one.parsed.reply_text), keys).named
    return next((number for layer, number in named if layer == "offer-link"), None)
