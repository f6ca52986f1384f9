"""How much of a message colleagues may see, worked out from the mailboxes and wishes behind its copies.

The least that any copy allows: a copy allows what its owner decided on the thread, else what its mailbox says.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, select, update
from sqlmodel import col

from mailcrm.model import Mailbox, Message, MessageCopy, ThreadPrivacy
from mailcrm.store.rows import insert, parts
from mailcrm.store.visibility import FULL, STUB, SUBJECT

LEVELS = {"stub": STUB, "subject": SUBJECT, "full": FULL}


def override(connection: Connection, thread_id: int, user_id: int) -> int | None:
    """What the user decided on the thread; None where his mailboxes decide."""
    query = select(col(ThreadPrivacy.visibility)).where(
        col(ThreadPrivacy.thread_id) == thread_id, col(ThreadPrivacy.user_id) == user_id
    )
    return connection.execute(query).scalar_one_or_none()


def has_copy(connection: Connection, thread_id: int, user_id: int) -> bool:
    """Whether a mailbox of the user holds or held a message of the thread."""
    query = (
        select(col(MessageCopy.message_id))
        .join(Message, col(Message.id) == col(MessageCopy.message_id))
        .join(Mailbox, col(Mailbox.id) == col(MessageCopy.mailbox_id))
        .where(col(Message.thread_id) == thread_id, col(Mailbox.user_id) == user_id)
    )
    return connection.execute(query.limit(1)).first() is not None


def set_override(connection: Connection, thread_id: int, user_id: int, level: int | None, at: datetime) -> None:
    """Decide on a thread, or leave it to the mailboxes again; its messages follow."""
    mine = (col(ThreadPrivacy.thread_id) == thread_id, col(ThreadPrivacy.user_id) == user_id)
    connection.execute(delete(ThreadPrivacy).where(*mine))
    if level is not None:
        row = {"thread_id": thread_id, "user_id": user_id, "visibility": level, "changed_at": at}
        insert(connection, ThreadPrivacy, [row])
    renew(connection, col(Message.thread_id) == thread_id)


def follow(connection: Connection, messages: Collection[int]) -> None:
    """Let messages that were just recorded follow what was decided on their threads."""
    decided = exists().where(col(ThreadPrivacy.thread_id) == col(Message.thread_id))
    for part in parts(messages):
        renew(connection, and_(col(Message.id).in_(part), decided))


def keep_for_join(connection: Connection, thread: int, others: Sequence[int]) -> bool:
    """Before threads become one: of what a user decided on several of them the strictest holds; True where any did."""
    here = col(ThreadPrivacy.thread_id).in_([thread, *others])
    query = select(
        col(ThreadPrivacy.user_id), func.min(col(ThreadPrivacy.visibility)), func.max(col(ThreadPrivacy.changed_at))
    )
    found = connection.execute(query.where(here).group_by(col(ThreadPrivacy.user_id))).all()
    if found:
        connection.execute(delete(ThreadPrivacy).where(here))
        names = ("user_id", "visibility", "changed_at")
        insert(connection, ThreadPrivacy, [{"thread_id": thread, **dict(zip(names, r, strict=True))} for r in found])
    return bool(found)


def renew(connection: Connection, which: ColumnElement[bool]) -> None:
    """Work out anew how much of these messages colleagues may see; a message without any copy stays as it is."""
    copied = exists().where(col(MessageCopy.message_id) == col(Message.id))
    statement = update(Message).where(which, copied).values(visibility=_least())
    connection.execute(statement.execution_options(synchronize_session=False))


def _least() -> Any:
    said = case(LEVELS, value=col(Mailbox.visibility), else_=STUB)
    decided = and_(
        col(ThreadPrivacy.thread_id) == col(Message.thread_id), col(ThreadPrivacy.user_id) == col(Mailbox.user_id)
    )
    return (
        select(func.min(func.coalesce(col(ThreadPrivacy.visibility), said)))
        .select_from(MessageCopy)
        .join(Mailbox, col(Mailbox.id) == col(MessageCopy.mailbox_id))
        .join(ThreadPrivacy, decided, isouter=True)
        .where(col(MessageCopy.message_id) == col(Message.id))
        .correlate(Message)
        .scalar_subquery()
    )


def named(level: int | None) -> str:
    """The word for a level: full, subject or stub; "" for none."""
    return next((name for name, number in LEVELS.items() if number == level), "")
