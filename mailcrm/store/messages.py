"""Messages, their bodies, copies, people, attachments and threads: what is known, and recording what is new."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, or_, select, text, update
from sqlmodel import col

from mailcrm.crm.dedupe import Identity
from mailcrm.model import (
    Client,
    Entry,
    MailAddress,
    Message,
    MessageAddress,
    MessageCopy,
    Placement,
    Thread,
    ThreadReference,
)
from mailcrm.model.columns import UtcTime
from mailcrm.store import document_work, privacy, tallies
from mailcrm.store.rows import insert_missing, parts

_RECORDING = 7233104


def take_turns(connection: Connection) -> None:
    """Let one transaction at a time record messages, so that no message is stored twice by two mailboxes.

    SQLite's write lock does that anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _RECORDING})


def lookalikes(
    connection: Connection, raw: Collection[str], ids: Collection[str], digests: Collection[str]
) -> list[tuple[int, Identity]]:
    """Stored messages with one of these hashes of raw bytes, Message-IDs or digests."""
    found: dict[int, Identity] = {}
    for column, values in ((Message.raw_sha256, raw), (Message.message_id, ids), (Message.digest, digests)):
        for part in parts(v for v in values if v):
            rows = connection.execute(
                select(
                    col(Message.id),
                    col(Message.raw_sha256),
                    col(Message.message_id),
                    col(Message.digest),
                    col(MailAddress.email),
                    col(Message.header_date),
                )
                .join(
                    MessageAddress,
                    (col(MessageAddress.message_id) == col(Message.id)) & (col(MessageAddress.position) == 0),
                    isouter=True,
                )
                .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id), isouter=True)
                .where(col(column).in_(part))
            )
            found.update({int(row[0] or 0): Identity(row[1], row[2], row[3], row[4] or "", row[5]) for row in rows})
    return list(found.items())


def taken_numbers(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Those of the numbers that a stored message has already."""
    taken: set[int] = set()
    for part in parts(numbers):
        taken.update(
            n for n in connection.execute(select(col(Message.id)).where(col(Message.id).in_(part))).scalars() if n
        )
    return taken


def threads_of(connection: Connection, keys: Iterable[str]) -> dict[str, int]:
    """Key of a Message-ID → the thread that it belongs to."""
    found: dict[str, int] = {}
    for part in parts(keys):
        rows = connection.execute(
            select(col(ThreadReference.reference), col(ThreadReference.thread_id)).where(
                col(ThreadReference.reference).in_(part)
            )
        )
        found.update({str(reference): int(thread) for reference, thread in rows})
    return found


def by_fallback(
    connection: Connection, keys: Iterable[str], first: datetime, last: datetime
) -> list[tuple[str, datetime, str, int]]:
    """Messages with one of these fallback keys between two times: (key, time, subject, thread)."""
    columns = (col(Message.fallback_key), col(Message.at), col(Message.subject), col(Message.thread_id))
    found: list[tuple[str, datetime, str, int]] = []
    for part in parts(keys):
        rows = connection.execute(
            select(*columns).where(col(Message.fallback_key).in_(part), col(Message.at).between(first, last))
        )
        found.extend((str(fallback), at, subject, int(thread)) for fallback, at, subject, thread in rows)
    return found


def ids_of_threads(connection: Connection, threads: Iterable[int]) -> list[str]:
    """Every Message-ID that leads to one of these threads, of messages stored or not."""
    found: list[str] = []
    for part in parts(threads):
        rows = connection.execute(
            select(col(ThreadReference.reference)).where(col(ThreadReference.thread_id).in_(part))
        )
        found.extend(rows.scalars())
    return found


def copies(
    connection: Connection, mailbox_id: int, headers: Collection[str], email_ids: Collection[str]
) -> tuple[dict[tuple[str, int], int], dict[str, int]]:
    """Messages of this mailbox by (hash of header, size), and by EMAILID: copies that need no download."""
    from_header: dict[tuple[str, int], int] = {}
    from_email_id: dict[str, int] = {}
    columns = (col(Placement.header_sha256), col(Placement.size), col(Placement.email_id), col(Placement.message_id))
    mine = select(*columns).join(
        MessageCopy,
        (col(MessageCopy.message_id) == col(Placement.message_id)) & (col(MessageCopy.mailbox_id) == mailbox_id),
    )
    for part in parts(headers):
        rows = connection.execute(mine.where(col(Placement.header_sha256).in_(part)))
        from_header.update({(str(header), int(size)): int(message or 0) for header, size, _, message in rows})
    for part in parts(email_ids):
        rows = connection.execute(mine.where(col(Placement.email_id).in_(part)))
        from_email_id.update({str(email_id): int(message or 0) for _, _, email_id, message in rows})
    return from_header, from_email_id


def address_numbers(connection: Connection, names: dict[str, str]) -> dict[str, int]:
    """E-mail address → its number, adding those not yet known with the display name given."""
    rows = [{"email": email, "domain": email.rpartition("@")[2], "name": name} for email, name in names.items()]
    insert_missing(connection, MailAddress, rows)
    found: dict[str, int] = {}
    for part in parts(names):
        known = connection.execute(
            select(col(MailAddress.email), col(MailAddress.id)).where(col(MailAddress.email).in_(part))
        )
        found.update({str(email): int(number) for email, number in known if number is not None})
    return found


def join_threads(connection: Connection, thread: int, others: Sequence[int]) -> None:
    """Move everything of the other threads into this one and drop them."""
    document_work.requeue_thread(connection, others)
    decided = privacy.keep_for_join(connection, thread, others)
    for model in (Message, Entry, ThreadReference):
        column = col(model.thread_id)
        connection.execute(update(model).where(column.in_(others)).values(thread_id=thread))
    tallies.again(connection, [thread])
    connection.execute(delete(Thread).where(col(Thread.id).in_(others)))
    if decided:
        privacy.renew(connection, col(Message.thread_id) == thread)


def own_references(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note which stored message has an id that so far was only referred to: {reference, message_id}."""
    if rows:
        statement = (
            update(ThreadReference)
            .where(col(ThreadReference.reference) == bindparam("key"), col(ThreadReference.message_id).is_(None))
            .values(message_id=bindparam("message"))
        )
        parameters = [{"key": row["reference"], "message": row["message_id"]} for row in rows]
        connection.execute(statement.execution_options(synchronize_session=False), parameters)


def narrow_visibility(connection: Connection, messages: Sequence[int], visibility: int) -> None:
    """A further copy in a stricter mailbox makes a message stricter for colleagues; it is on a server again."""
    for part in parts(messages):
        here = col(Message.id).in_(part)
        connection.execute(
            update(Message).where(here, col(Message.visibility) > visibility).values(visibility=visibility)
        )
        connection.execute(update(Message).where(here).values(removed_from_server_at=None))
    privacy.follow(connection, messages)


def note_removed(connection: Connection, messages: Sequence[int], now: datetime) -> None:
    """Mark those of the messages that have no copy left on any server; their history stays."""
    live = select(col(Placement.message_id)).where(
        col(Placement.message_id) == col(Message.id), col(Placement.state) != "gone"
    )
    for part in parts(set(messages)):
        gone = (col(Message.id).in_(part), ~live.exists(), col(Message.removed_from_server_at).is_(None))
        connection.execute(update(Message).where(*gone).values(removed_from_server_at=now))


def count_for_clients(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep each client's roll-up: {client, count, last_in, last_out}, the times possibly None."""
    if not rows:
        return
    statement = (
        update(Client)
        .where(col(Client.id) == bindparam("client"))
        .values(
            message_count=col(Client.message_count) + bindparam("count"),
            last_in_at=_later(Client.last_in_at, "last_in"),
            last_out_at=_later(Client.last_out_at, "last_out"),
        )
    )
    connection.execute(statement.execution_options(synchronize_session=False), list(rows))


def _later(column: Any, parameter: str) -> Any:
    given = bindparam(parameter, type_=UtcTime)
    later = or_(col(column).is_(None), col(column) < given)
    return case((later, func.coalesce(given, col(column))), else_=col(column))
