"""What entries of timelines that are no messages tell: rows of many tables in one shape, so that one query has all.

A page of a timeline holds notes, tasks, deals and offers between its messages; each kind is a SELECT with the columns
of `Told`, and `told` asks for all kinds at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Date, String, cast, func, literal, null, or_, select, union_all
from sqlalchemy import type_coerce as seen_as
from sqlmodel import col

from mailcrm.model import Deal, DealStage, Mailing, Note, Offer, Recipient, SendAccount, Task, User
from mailcrm.model.columns import Money, UtcTime
from mailcrm.store.tasks import sees_task
from mailcrm.store.visibility import Viewer, sees_client


@dataclass(frozen=True, slots=True)
class Told:
    """One record. What a field means for a kind stands where its SELECT is made; fields that it lacks are empty."""

    kind: str
    id: int
    title: str
    text: str
    name: str
    """Of the user who did it, or does it."""
    state: str
    at: datetime | None
    on: date | None
    detail: str
    number: int | None
    flag: bool
    pinned: bool
    part: int | None
    """The number of what it belongs to, where its page is another's."""
    amount: Decimal | None
    currency: str


_TYPES: dict[str, Any] = {
    "kind": String(),
    "id": BigInteger(),
    "title": String(),
    "text": String(),
    "name": String(),
    "state": String(),
    "at": UtcTime(),
    "on": Date(),
    "detail": String(),
    "number": BigInteger(),
    "flag": Boolean(),
    "pinned": Boolean(),
    "part": BigInteger(),
    "amount": Money(),
    "currency": String(),
}
_EMPTY: dict[str, Any] = {
    "title": "",
    "text": "",
    "name": "",
    "state": "",
    "detail": "",
    "flag": False,
    "pinned": False,
    "currency": "",
}
_minutes: Any = cast(col(Note.minutes), BigInteger())
Select = Callable[[Viewer, Sequence[int]], Any]
"""Makes the SELECT of a kind for the records with these numbers."""


def columns(**given: Any) -> list[Any]:
    """The columns of a SELECT in the order of `Told`; those that are not given are empty."""
    found: list[Any] = []
    for name, kind in _TYPES.items():
        value: Any = given[name] if name in given else cast(_empty(name), kind)
        found.append(value.label(f"told_{name}"))
    return found


def _empty(name: str) -> Any:
    return literal(_EMPTY[name]) if name in _EMPTY else null()


def told(connection: Connection, selects: Sequence[Any]) -> list[Told]:
    """The records of some SELECTs, in one query; none for no SELECT."""
    if not selects:
        return []
    query: Any = selects[0] if len(selects) == 1 else union_all(*selects)
    return [Told(*row) for row in connection.execute(query)]


def notes(client_id: int) -> Select:
    """Notes, calls and meetings: those asked for and the pinned ones of the client. `at` is when it was or will be,
    `state` the direction of a call, `detail` the place of a meeting, `number` its minutes."""

    def made(who: Viewer, ids: Sequence[int]) -> Any:
        chosen = or_(col(Note.id).in_(ids), col(Note.pinned_at).is_not(None))
        return (
            select(
                *columns(
                    kind=col(Note.kind),
                    id=col(Note.id),
                    text=col(Note.text),
                    name=func.coalesce(col(User.name), ""),
                    state=col(Note.direction),
                    at=col(Note.at),
                    detail=col(Note.place),
                    number=_minutes,
                    pinned=col(Note.pinned_at).is_not(None),
                )
            )
            .outerjoin(User, col(User.id) == col(Note.author_id))
            .where(col(Note.client_id) == client_id, chosen, col(Note.deleted_at).is_(None))
            .where(sees_client(who, col(Note.client_id)))
        )

    return made


def tasks(who: Viewer, ids: Sequence[int]) -> Any:
    """Tasks: `at` is when it is overdue, `on` its day, `detail` its time, `flag` whether it is a promise."""
    return (
        select(
            *columns(
                kind=literal("task"),
                id=col(Task.id),
                title=col(Task.title),
                name=col(User.name),
                state=col(Task.state),
                at=col(Task.due_at),
                on=col(Task.due_on),
                detail=col(Task.due_time),
                flag=col(Task.is_promise),
            )
        )
        .join(User, col(User.id) == col(Task.owner_id))
        .where(col(Task.id).in_(ids), col(Task.state) != "dropped", sees_task(who))
    )


def deals(who: Viewer, ids: Sequence[int]) -> Any:
    """Deals: `name` has its owner, `state` is the kind of its stage and `detail` its name, `on` when it is expected,
    `text` why it was lost."""
    return (
        select(
            *columns(
                kind=literal("deal"),
                id=col(Deal.id),
                title=col(Deal.title),
                text=col(Deal.lost_reason),
                name=func.coalesce(col(User.name), ""),
                state=col(DealStage.kind),
                on=col(Deal.expected_on),
                detail=col(DealStage.name),
                amount=col(Deal.value),
                currency=col(Deal.currency),
            )
        )
        .join(DealStage, col(DealStage.id) == col(Deal.stage_id))
        .outerjoin(User, col(User.id) == col(Deal.owner_id))
        .where(col(Deal.id).in_(ids), col(Deal.archived_at).is_(None), sees_client(who, col(Deal.client_id)))
    )


def offers(who: Viewer, ids: Sequence[int]) -> Any:
    """Offers that a server took, by recipient: `title` and `text` are title and document, `name` who sent it, `detail`
    the address, `part` the offer, `state` its number."""
    sent = {"text": col(Recipient.document_name), "name": func.coalesce(col(SendAccount.name), "")}
    query = _of_recipients("offer", who, ids, part=col(Offer.id), state=col(Offer.number), **sent)
    return query.outerjoin(SendAccount, col(SendAccount.id) == col(Recipient.account_id))


def decisions(who: Viewer, ids: Sequence[int]) -> Any:
    """Decisions of clients on offers, by recipient: `state` is the decision, `text` the offer's number, `part` the
    mailing, `detail` the address."""
    query = _of_recipients(
        "decision", who, ids, part=col(Mailing.id), state=col(Recipient.decision), text=col(Offer.number)
    )
    return query.where(col(Recipient.decision) != "")


def _of_recipients(kind: str, who: Viewer, ids: Sequence[int], **more: Any) -> Any:
    same = {"title": col(Offer.title), "detail": col(Recipient.address), "currency": col(Offer.currency)}
    amount: Any = seen_as(col(Recipient.total), Money())
    return (
        select(*columns(kind=literal(kind), id=col(Recipient.id), amount=amount, **same, **more))
        .select_from(Recipient)
        .join(Mailing, col(Mailing.id) == col(Recipient.mailing_id))
        .join(Offer, col(Offer.id) == col(Mailing.offer_id))
        .where(col(Recipient.id).in_(ids), sees_client(who, col(Recipient.client_id)))
    )


def by_kind(rows: Sequence[Told]) -> dict[str, Mapping[int, Told]]:
    """Kind → number → record."""
    found: dict[str, dict[int, Told]] = {}
    for row in rows:
        found.setdefault(row.kind, {})[row.id] = row
    return {**found}
