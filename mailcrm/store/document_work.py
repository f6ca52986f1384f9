"""The queue of the documents step: messages whose parts are to be looked at, and those that wait to be placed."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, text, update
from sqlmodel import col

from mailcrm.model import DocumentWork, Link, Message, Occurrence
from mailcrm.store.rows import insert_missing, parts, table

_TURN = 7233105
NEW, READY, PLACED, AGAIN, REDO, REPLY = "new", "ready", "placed", "again", "redo", "reply"
_DONE = (PLACED, AGAIN, REDO)


def take_turns(connection: Connection) -> None:
    """Let one transaction at a time change documents; SQLite's write lock does that anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})


def enqueue(connection: Connection, message_ids: Iterable[int]) -> None:
    """Let the documents step look at messages, again where it did before: something about them has changed."""
    wanted = list(message_ids)
    for part in parts(wanted):
        for before, after in ((PLACED, AGAIN), (READY, NEW), (REPLY, NEW)):
            known = (col(DocumentWork.message_id).in_(part), col(DocumentWork.state) == before)
            connection.execute(update(DocumentWork).where(*known).values(state=after))
    insert_missing(connection, DocumentWork, [{"message_id": one, "state": NEW, "undo": ""} for one in wanted])


def requeue_thread(connection: Connection, thread_ids: Collection[int]) -> None:
    """The same for the messages with documents of threads that are about to become others."""
    query = select(col(Occurrence.message_id)).where(col(Occurrence.thread_id).in_(list(thread_ids))).distinct()
    enqueue(connection, list(connection.execute(query).scalars()))


def enqueue_all(connection: Connection) -> None:
    """Look at every stored message again."""
    missing = select(col(Message.id), literal(NEW), literal("")).where(
        col(Message.id).not_in(select(col(DocumentWork.message_id)))
    )
    connection.execute(insert(table(DocumentWork)).from_select(["message_id", "state", "undo"], missing))
    for before, after in ((PLACED, AGAIN), (READY, NEW), (REPLY, NEW)):
        connection.execute(update(DocumentWork).where(col(DocumentWork.state) == before).values(state=after))


def to_look_at(connection: Connection, limit: int) -> list[int]:
    """The newest messages whose parts are to be looked at."""
    return _ids(connection, (NEW, AGAIN), limit, newest=True)


def ready(connection: Connection, limit: int, after: int = 0) -> list[int]:
    """The oldest messages that wait to be placed, above `after`."""
    return _ids(connection, (READY,), limit, after=after)


def replies(connection: Connection, limit: int) -> list[int]:
    """The oldest messages without documents that may answer something."""
    return _ids(connection, (REPLY,), limit)


def to_redo(connection: Connection) -> list[int]:
    """The oldest message from which on everything is to be placed anew, for a rule that a person made."""
    return _ids(connection, (REDO,), 1)


def ask_for_answers(connection: Connection, clients: Collection[int], since: int) -> None:
    """Decide anew what the messages of these clients answer, from the number `since` on."""
    query = (
        select(col(Link.message_id))
        .join(Message, col(Message.id) == col(Link.message_id))
        .where(
            col(Link.client_id).in_(list(clients)),
            col(Link.state) == "active",
            col(Message.direction) == "in",
            col(Message.id) >= since,
        )
        .distinct()
    )
    rows = [{"message_id": one, "state": REPLY, "undo": ""} for one in connection.execute(query).scalars()]
    insert_missing(connection, DocumentWork, rows)


def placed(connection: Connection, since: int, limit: int) -> list[tuple[int, str]]:
    """The newest placed messages from the number `since` on, each with what takes it back."""
    query = (
        select(col(DocumentWork.message_id), col(DocumentWork.undo))
        .where(col(DocumentWork.state).in_(_DONE), col(DocumentWork.message_id) >= since)
        .order_by(col(DocumentWork.message_id).desc())
        .limit(limit)
    )
    return [(int(number), str(undo)) for number, undo in connection.execute(query)]


def count_placed(connection: Connection, since: int) -> int:
    """How many messages would have to be placed anew to begin at `since`."""
    here = (col(DocumentWork.state).in_(_DONE), col(DocumentWork.message_id) >= since)
    return int(connection.execute(select(func.count()).where(*here)).scalar_one())


def last_placed(connection: Connection) -> int:
    """The newest placed message; 0 where there is none."""
    query = select(func.max(col(DocumentWork.message_id))).where(col(DocumentWork.state).in_(_DONE))
    return int(connection.execute(query).scalar_one() or 0)


def state_of(connection: Connection, message_ids: Collection[int]) -> dict[int, str]:
    """Message → the state of its row."""
    found: dict[int, str] = {}
    for part in parts(message_ids):
        query = select(col(DocumentWork.message_id), col(DocumentWork.state))
        found.update(
            {int(k): str(v) for k, v in connection.execute(query.where(col(DocumentWork.message_id).in_(part)))}
        )
    return found


def settle(connection: Connection, message_id: int, state: str, undo: str = "") -> None:
    """The new state of a message."""
    row: dict[str, Any] = {"state": state, "undo": undo}
    connection.execute(update(DocumentWork).where(col(DocumentWork.message_id) == message_id).values(**row))


def keep_state(connection: Connection, message_id: int, state: str) -> None:
    """The new state of a message; what takes it back stays."""
    connection.execute(update(DocumentWork).where(col(DocumentWork.message_id) == message_id).values(state=state))


def drop(connection: Connection, message_ids: Collection[int]) -> None:
    """These messages have no documents and need nothing more."""
    for part in parts(message_ids):
        connection.execute(delete(DocumentWork).where(col(DocumentWork.message_id).in_(part)))


def backlog(connection: Connection) -> tuple[int, int]:
    """How many messages are to be looked at, and how many wait to be placed."""
    query = select(col(DocumentWork.state), func.count()).where(col(DocumentWork.state) != PLACED)
    counts = {str(state): int(n) for state, n in connection.execute(query.group_by(col(DocumentWork.state)))}
    return sum(counts.get(s, 0) for s in (NEW, AGAIN)), sum(counts.get(s, 0) for s in (READY, REPLY, REDO))


def mark_placed(connection: Connection, message_id: int, is_placed: bool) -> None:
    """Whether documents and versions take the parts of a message into account."""
    mine = (col(Occurrence.message_id) == message_id, col(Occurrence.role) == "document")
    connection.execute(update(Occurrence).where(*mine).values(placed=is_placed))


def _ids(
    connection: Connection, states: Collection[str], limit: int, newest: bool = False, after: int = 0
) -> list[int]:
    order = col(DocumentWork.message_id).desc() if newest else col(DocumentWork.message_id)
    found: list[int] = []
    for state in states:
        here = (col(DocumentWork.state) == state, col(DocumentWork.message_id) > after)
        query = select(col(DocumentWork.message_id)).where(*here).order_by(order).limit(limit)
        found.extend(connection.execute(query).scalars())
    return sorted(found, reverse=newest)[:limit]
