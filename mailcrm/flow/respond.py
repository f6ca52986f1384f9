"""What recipients do on the public pages: look, accept, decline, unsubscribe. Only a form changes anything.

Every answer is written down as it came; the last one counts, and the history keeps the others.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.notifications import NewNotification, queue
from mailcrm.flow.track import Leaving, leave
from mailcrm.mailing import tracking
from mailcrm.store import entries, public_offers, reactions, suppressions
from mailcrm.store.database import Database
from mailcrm.store.entries import NewEntry
from mailcrm.store.public_offers import OfferSeen
from mailcrm.store.reactions import NewEvent
from mailcrm.store.tracking import consents

REASONS = ("price", "timing", "supplier", "other")
"""Why an offer is declined."""
BURST, STEP = timedelta(seconds=60), 0.5
"""Of requests from one network to public pages: two a second, and 120 at once."""
MOST_WORDS = 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as it is kept: the network, truncated, and the family of the browser."""

    at: datetime
    network: str
    family: str
    method: str = "GET"
    has_language: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client decides on the page of his offer."""

    decision: str
    """accepted or declined."""
    name: str
    """As he typed it."""
    nonce: str
    """Of the form: sent twice, it is one answer."""
    document_sha256: str
    """Of the document that the page showed."""
    reason: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The words of the mail to both sides, in the language of the page."""

    subject: str
    text: str


def allowed(database: Database, network: str, now: datetime) -> bool:
    """Whether this network may ask once more."""
    with database.writing() as connection:
        return public_offers.allow(connection, f"public:{network or 'unknown'}", now, now + BURST, STEP)


def is_open(seen: OfferSeen, now: datetime) -> bool:
    """Whether the offer can be answered: it is open, and its last day is not over where it was sent from."""
    if seen.offer_state != "open":
        return False
    return seen.valid_until is None or now.astimezone(ZoneInfo(seen.zone)).date() <= seen.valid_until


def note_counted(database: Database, seen: OfferSeen, kind: str, visitor: Visitor, link_id: int = 0) -> None:
    """Write down a followed link or a loaded picture, where the client agreed to it and still does."""
    wanted = "open" if kind == "open" else "click"
    if wanted not in seen.tracked.split() or seen.client_id is None:
        return
    with database.reading() as connection:
        agreed = consents(connection, [seen.client_id]).get(seen.client_id, ())
    if wanted in agreed:
        note_hit(database, seen, kind, visitor, link_id)


def note_hit(database: Database, seen: OfferSeen, kind: str, visitor: Visitor, link_id: int = 0) -> None:
    """Write down that a page, link or picture was asked for; it changes nothing else."""
    hit = tracking.Hit(0, seen.recipient_id, kind, link_id, visitor.at, visitor.network, visitor.family,
                       visitor.method, visitor.has_language)  # fmt: skip
    (scored,) = tracking.score([hit], {})
    values = {"mailing_id": seen.mailing_id, "recipient_id": hit.recipient_id, "kind": kind, "link_id": link_id,
              "at": hit.at, "network": hit.network, "family": hit.family, "method": hit.method,
              "has_language": hit.has_language, "score": scored.score, "rules": ", ".join(scored.rules)}  # fmt: skip
    with database.writing() as connection:
        public_offers.add_hit(connection, values)


def respond(database: Database, recipient_id: int, answer: Answer, visitor: Visitor, words: Confirmation) -> OfferSeen:
    """Write down what a client decided and confirm it to both sides; returns the offer as it then stands.

    The same decision again, from a second tab or a form sent twice, changes nothing. Raises Refused where the offer
    has run out, is withdrawn, or its document is another one than the page showed; NotFound for no offer.
    """
    now = visitor.at
    with database.writing() as connection:
        seen = _sent(connection, recipient_id)
        _check(seen, answer, now)
        if seen.decision != answer.decision:
            reactions.add_events(connection, [_event(seen, answer, visitor)])
            reactions.decide(connection, recipient_id, answer.decision, now)
            _show(connection, seen, now)
            _confirm(connection, seen, answer, words, now)
        return _sent(connection, recipient_id)


def _sent(connection: Connection, recipient_id: int) -> OfferSeen:
    seen = public_offers.offer(connection, recipient_id)
    if seen is None:
        raise NotFound("There is no such page.")
    return seen


def _check(seen: OfferSeen, answer: Answer, now: datetime) -> None:
    if not is_open(seen, now):
        raise Refused("This offer has run out. Ask us for a new one.")
    if answer.decision not in ("accepted", "declined"):
        raise Refused("Choose whether you accept or decline.")
    if len(answer.name.strip()) < 2:
        raise Refused("Type your name, so that we know who decided.")
    if answer.document_sha256 != seen.document_sha256:
        raise Refused("The document has changed since this page was opened. Look at it again.")


def _event(seen: OfferSeen, answer: Answer, visitor: Visitor) -> NewEvent:
    detail = {
        "name": " ".join(answer.name.split())[:120],
        "document": seen.document_sha256,
        "network": visitor.network,
        "browser": visitor.family,
        "reason": answer.reason if answer.reason in REASONS else "",
        "words": answer.words.strip()[:MOST_WORDS],
    }
    key = hashlib.sha256(f"{seen.recipient_id}:{answer.nonce}".encode()).hexdigest()[:32]
    return NewEvent(
        seen.recipient_id,
        {"accepted": "accept", "declined": "decline"}[answer.decision],
        visitor.at,
        "web",
        f"web:{key}:{answer.decision}",
        method="token",
        detail=tuple((name, value) for name, value in detail.items() if value),
    )


def _show(connection: Connection, seen: OfferSeen, now: datetime) -> None:
    """The decision on the timeline of the client: the last one, at its own time."""
    entries.remove(connection, "decision", seen.recipient_id)
    if seen.client_id is not None:
        entries.add(connection, NewEntry(seen.client_id, now, "decision", seen.recipient_id, None, "in"))


def _confirm(connection: Connection, seen: OfferSeen, answer: Answer, words: Confirmation, now: datetime) -> None:
    """A mail to the client and one to whoever sent the offer and owns the client."""
    key = f"decision:{seen.recipient_id}:{answer.decision}:{answer.nonce}"
    staff = {number for number in (seen.sender_id, seen.owner_id) if number is not None}
    found = [public_offers.user_address(connection, number) for number in sorted(staff)]
    addresses = dict.fromkeys([seen.address, *(one[0] for one in found if one)])
    for address in addresses:
        queue(connection, NewNotification(f"{key}:{address}", address, words.subject, words.text), now)


def unsubscribe(database: Database, recipient_id: int, everything: bool, now: datetime) -> OfferSeen:
    """Take a recipient out of mail of this sort, or of all mail; again and again it stays one. Raises NotFound."""
    with database.writing() as connection:
        seen = _sent(connection, recipient_id)
        scope = suppressions.ALL if everything else seen.scope
        key = f"web:{recipient_id}:unsubscribe:{scope}"
        leave(connection, Leaving(recipient_id, seen.address, scope, "web", key), now)
        return seen


def come_back(database: Database, recipient_id: int, now: datetime) -> OfferSeen:
    """Undo what this recipient himself asked for; nothing else that forbids to write to him. Raises NotFound."""
    with database.writing() as connection:
        seen = _sent(connection, recipient_id)
        for row in suppressions.of_address(connection, seen.address):
            if row.recipient_id == recipient_id and row.reason == "unsubscribed":
                suppressions.remove(connection, row.id)
        key = f"web:{recipient_id}:came-back:{now.isoformat()}"
        reactions.add_events(
            connection, [NewEvent(recipient_id, "note", now, "web", key, "token", detail=(("what", "came back"),))]
        )
        return seen


def terms_of(seen: OfferSeen) -> dict[str, str]:
    """The values of the terms as they were frozen."""
    try:
        found = json.loads(seen.terms or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
