"""Who may see how much of a message: decided by copy, in the query, never widened by a colleague."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, exists, literal, select
from sqlmodel import col

from mailcrm.model import Mailbox, Message, MessageCopy

STUB, SUBJECT, FULL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who asks: what he may see follows from his own mailboxes and from what the others allow."""

    user_id: int
    role: str
    mailbox_ids: tuple[int, ...]
    reads_all: bool = False
    """An admin where the company decided that admins may read everything."""


def viewer(connection: Connection, user_id: int, role: str, admin_reads_bodies: bool = False) -> Viewer:
    """The viewer for a signed-in user, with the mailboxes that he owns."""
    ids = connection.execute(select(col(Mailbox.id)).where(col(Mailbox.user_id) == user_id)).scalars()
    return Viewer(user_id, role, tuple(i for i in ids if i is not None), admin_reads_bodies and role == "admin")


def level(who: Viewer) -> ColumnElement[Any]:
    """SQL for how much `who` sees of the row of `message` at hand: 0 stub, 1 subject, 2 all of it.

    His own copy shows everything; otherwise the strictest of the mailboxes that hold a copy decides.
    """
    if who.reads_all:
        return col(Message.visibility) * 0 + FULL
    if not who.mailbox_ids:
        return col(Message.visibility) + literal(0)
    own = exists().where(
        col(MessageCopy.message_id) == col(Message.id), col(MessageCopy.mailbox_id).in_(who.mailbox_ids)
    )
    return case((own, FULL), else_=col(Message.visibility))
