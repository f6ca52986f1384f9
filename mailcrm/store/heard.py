"""What was heard in a message, read together with it: an open promise, and the meeting that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, func
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.mail.invitation import Invited
from mailcrm.model import Invitation, Message, SpokenPromise, User

_speaker = aliased(User)
MEETING: tuple[Any, ...] = tuple(col(getattr(Invitation, name)) for name in Invited.__dataclass_fields__)
"""The columns of an invitation, as `meeting` reads them."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """An open promise in a message."""

    sentence: str
    due_on: date
    by_us: bool
    user_id: int | None
    user_name: str
    """Who of us promised, or was promised."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What stands in a message beyond its words."""

    promise: Spoken | None = None
    meeting: Invited | None = None


def columns(readable: Any) -> list[Any]:
    """The columns for a SELECT of messages, empty where the condition `readable` fails."""
    promise = (SpokenPromise.sentence, SpokenPromise.due_on, SpokenPromise.by_us, SpokenPromise.user_id)
    shown = [case((readable, column), else_=None) for column in (*map(col, promise), *MEETING)]
    return [*shown[:4], func.coalesce(col(_speaker.name), ""), *shown[4:]]


def joined(query: Any) -> Any:
    """The SELECT of messages with the tables of `columns`."""
    open_ = and_(col(SpokenPromise.message_id) == col(Message.id), col(SpokenPromise.state) == "open")
    return (
        query.outerjoin(SpokenPromise, open_)
        .outerjoin(_speaker, col(_speaker.id) == col(SpokenPromise.user_id))
        .outerjoin(Invitation, col(Invitation.message_id) == col(Message.id))
    )


def heard(values: Any) -> Heard:
    """What the values of `columns` say."""
    promise = Spoken(*values[:5]) if values[0] else None
    return Heard(promise, meeting(values[5:]))


def meeting(values: Sequence[Any]) -> Invited | None:
    """The meeting of a row of `MEETING`; None where there is none."""
    return Invited(*values) if values[0] is not None else None


WIDTH = 5 + len(MEETING)
"""How many columns there are."""
