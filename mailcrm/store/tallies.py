"""What reports count of the entries of timelines: read by thread and client, written beside the entry."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlmodel import col

from mailcrm.crm.replies import Line, Tally
from mailcrm.model import Entry, Message
from mailcrm.store.rows import parts, table

_TALLY: tuple[Any, ...] = tuple(col(getattr(Entry, name)) for name in Tally.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Strand:
    """The messages of one thread with one client, and what was written of them so far (None where nothing was)."""

    lines: tuple[Line, ...]
    written: Mapping[int, Tally | None]


def waiting(connection: Connection, limit: int) -> dict[int, int | None]:
    """The newest entries that nothing was written of yet, each with its thread (None for what is no message)."""
    query: Any = select(col(Entry.id), col(Entry.thread_id)).where(col(Entry.tallied).is_(None))
    rows = connection.execute(query.order_by(col(Entry.id).desc()).limit(limit))
    return {int(number): thread for number, thread in rows}


def strands(connection: Connection, threads: Collection[int]) -> list[Strand]:
    """The messages of these threads, client by client."""
    found: dict[tuple[int, int], tuple[list[Line], dict[int, Tally | None]]] = {}
    for part in parts(threads):
        query: Any = (
            select(
                col(Entry.thread_id),
                col(Entry.client_id),
                col(Entry.tallied),
                col(Entry.id),
                col(Entry.message_id),
                col(Entry.at),
                col(Entry.direction),
                col(Entry.message_kind),
                col(Message.author_id),
                *_TALLY,
            )
            .join(Message, col(Message.id) == col(Entry.message_id))
            .where(col(Entry.thread_id).in_(part))
        )
        for thread, client, tallied, number, *rest in connection.execute(query):
            lines, written = found.setdefault((thread, client), ([], {}))
            lines.append(Line(number, *rest[:5]))
            written[number] = Tally(*rest[5:]) if tallied is not None else None
    return [Strand(tuple(lines), written) for lines, written in found.values()]


def write(connection: Connection, found: Mapping[int, Tally]) -> None:
    """Write what reports count of these entries."""
    if not found:
        return
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in Tally.__dataclass_fields__}
    statement = update(table(Entry)).where(table(Entry).c.id == bindparam("entry")).values(tallied=True, **values)
    rows = [{"entry": number, **_named(tally)} for number, tally in found.items()]
    connection.execute(statement, rows)


def settle(connection: Connection, entries: Sequence[int]) -> None:
    """Say of entries that are no messages that there is nothing to count."""
    for part in parts(entries):
        connection.execute(update(Entry).where(col(Entry.id).in_(part)).values(tallied=False))


def again(connection: Connection, threads: Collection[int]) -> None:
    """Let these threads be counted anew: something joined or left them."""
    for part in parts(threads):
        connection.execute(update(Entry).where(col(Entry.thread_id).in_(part)).values(tallied=None))


def again_with(connection: Connection, message_ids: Collection[int]) -> None:
    """Let the threads of these messages be counted anew."""
    for part in parts(message_ids):
        threads = select(col(Message.thread_id)).where(col(Message.id).in_(part))
        connection.execute(update(Entry).where(col(Entry.thread_id).in_(threads)).values(tallied=None))


def forget(connection: Connection) -> None:
    """Let everything be counted anew."""
    connection.execute(update(Entry).values(tallied=None))


def _named(tally: Tally) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in asdict(tally).items()}
