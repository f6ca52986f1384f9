"""What staff do with the answers to a mailing: record a decision, confirm or refuse a suggestion, send again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.flow.track import Leaving, leave
from mailcrm.store import audit, board, entries, reactions
from mailcrm.store.audit import Act
from mailcrm.store.board import BoardRow
from mailcrm.store.entries import NewEntry
from mailcrm.store.reactions import NewEvent
from mailcrm.store.visibility import Viewer

DECISIONS = {"accepted": "accept", "declined": "decline", "": "note"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a user knows of a client's decision: by telephone, or by reading a reply."""

    decision: str
    """accepted, declined, or empty to take the last one back."""
    words: str = ""
    event_id: int | None = None
    """The reply that says so."""


@dataclass(frozen=True, slots=True)
class ShareChosen:
    """The share of a variant in the next batch, with the numbers that spoke for it."""

    variant_id: int
    name: str
    share: float
    accepted: int
    matured: int


def approve_shares(office: Office, by: By, mailing_id: int, chosen: Sequence[ShareChosen]) -> None:
    """Take over shares for the next batch; the decision is kept with the numbers that were seen."""
    with editing(office, by) as edit:
        board.set_shares(edit.connection, {one.variant_id: one.share for one in chosen}, mailing_id)
        detail = json.dumps([asdict(one) for one in chosen], ensure_ascii=False)
        board.note_decision(edit.connection, mailing_id, by.at, by.actor_id, detail)
        audit.note(edit.connection, Act(by.actor_id, "approved", "mailing", mailing_id, None, "shares"), by.at)


def record(office: Office, by: By, who: Viewer, recipient_id: int, told: Told) -> str:
    """Write down a decision in the name of the user; returns the one before, for undo. Raises Refused, or NotFound."""
    if told.decision not in DECISIONS:
        raise Refused("Choose whether the client accepts or declines.")
    with editing(office, by) as edit:
        mailing_id, row = _known(edit, who, recipient_id)
        if row.state not in reactions.SENT:
            raise Refused("Nothing was sent to this recipient.")
        _add(edit, recipient_id, DECISIONS[told.decision], told)
        reactions.decide(edit.connection, recipient_id, told.decision, by.at)
        note_decision(edit, row, told.decision)
        _audit(edit, "changed", mailing_id, row, told.decision or "taken back")
        return row.decision


def note_decision(edit: Edit, row: BoardRow, decision: str) -> None:
    """Put a decision on the timeline of the client, or take it off."""
    entries.remove(edit.connection, "decision", row.id)
    if decision and row.client_id is not None:
        new = NewEntry(row.client_id, edit.by.at, "decision", row.id, edit.by.actor_id, "in")
        entries.add(edit.connection, new)


def not_so(office: Office, by: By, who: Viewer, recipient_id: int) -> None:
    """Put a suggestion aside: what the reply looks like is not what it says. Raises NotFound."""
    with editing(office, by) as edit:
        _known(edit, who, recipient_id)
        _add(edit, recipient_id, "note", Told("", "suggestion refused"))


def belongs(office: Office, by: By, who: Viewer, event_id: int, recipient_id: int) -> None:
    """Confirm that a message found by sender and subject answers this offer: from now on it counts. Raises NotFound."""
    with editing(office, by) as edit:
        _known(edit, who, recipient_id)
        found = [one for one in board.evidence(edit.connection, [recipient_id])[recipient_id] if one.id == event_id]
        if not found:
            raise NotFound("There is no such suggestion.")
        event = NewEvent(
            recipient_id, found[0].kind, found[0].at, "staff", f"staff:{event_id}:belongs", "person",
            message_id=found[0].message_id, detail=tuple(found[0].detail.items()),
        )  # fmt: skip
        reactions.add_events(edit.connection, [event])


def take_out(office: Office, by: By, who: Viewer, recipient_id: int, scope: str) -> None:
    """Unsubscribe a recipient whose reply asks for it in words. Raises NotFound."""
    with editing(office, by) as edit:
        _, row = _known(edit, who, recipient_id)
        key = f"staff:{recipient_id}:unsubscribe"
        leave(edit.connection, Leaving(recipient_id, row.address, scope, "staff", key), by.at)


def send_failed_again(office: Office, by: By, who: Viewer, mailing_id: int) -> int:
    """Put those to whom sending failed back into the queue, but for suppressed addresses; returns how many."""
    with editing(office, by) as edit:
        again = board.failed(edit.connection, who, mailing_id)
        count = board.send_again(edit.connection, again, by.at)
        if count:
            board.reopen(edit.connection, mailing_id)
            act = Act(by.actor_id, "sent", "mailing", mailing_id, None, f"{count} failed again")
            audit.note(edit.connection, act, by.at)
        return count


def _known(edit: Edit, who: Viewer, recipient_id: int) -> tuple[int, BoardRow]:
    found = board.row(edit.connection, who, recipient_id)
    if found is None:
        raise NotFound("There is no such recipient.")
    return found


def _add(edit: Edit, recipient_id: int, kind: str, told: Told) -> None:
    detail = {"words": told.words.strip()[:1000], "decision": told.decision, "by": str(edit.by.actor_id or "")}
    key = f"staff:{recipient_id}:{kind}:{edit.by.at.isoformat()}:{told.event_id or 0}"
    event = NewEvent(
        recipient_id, kind, edit.by.at, "staff", key, "person",
        detail=tuple((name, value) for name, value in detail.items() if value),
    )  # fmt: skip
    reactions.add_events(edit.connection, [event])


def _audit(edit: Edit, act: str, mailing_id: int, row: BoardRow, detail: str) -> None:
    audit.note(edit.connection, Act(edit.by.actor_id, act, "mailing", mailing_id, row.client_id, detail), edit.by.at)
