"""The search index: words in, message numbers out; FTS5 on SQLite and tsvector on PostgreSQL behind one face.

Words are stemmed before they come here (crm.words), so that both databases find the same.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, text
from sqlmodel import col

from mailcrm.crm.words import Words, made_of
from mailcrm.model import Attachment, BlobText, MailAddress, Message, MessageAddress, MessageBody, Occurrence
from mailcrm.store.rows import parts

_COLUMNS = ("subject", "people", "body", "files")
_WEIGHTS = dict(zip(_COLUMNS, "ABCD", strict=True))
FILE_LIMIT = 100_000
"""Characters of all files of a message that are indexed."""
_MAX_POSITION = 16383
_HASH_BYTES = 32 * 1024 * 1024


def stored_words(connection: Connection, message_ids: Iterable[int]) -> list[Words]:
    """The words of stored messages, exactly as they were indexed."""
    found: list[Words] = []
    for part in parts(sorted(message_ids)):
        query = (
            select(col(Message.id), col(Message.subject), col(MessageBody.text), col(Message.attachment_count))
            .join(MessageBody, col(MessageBody.message_id) == col(Message.id))
            .where(col(Message.id).in_(part))
            .order_by(col(Message.id))
        )
        for number, subject, body, attached in connection.execute(query).all():
            key = int(number or 0)
            people, files = _people(connection, key), [*_files(connection, key), *_texts(connection, key)]
            found.append(made_of(key, (subject, body), people, files, attached > 0))
    return found


def _people(connection: Connection, message_id: int) -> list[tuple[str, str, str]]:
    query = (
        select(col(MessageAddress.role), col(MailAddress.email), col(MessageAddress.name))
        .join(MailAddress, col(MailAddress.id) == col(MessageAddress.address_id))
        .where(col(MessageAddress.message_id) == message_id)
        .order_by(col(MessageAddress.position))
    )
    return [(role, email, name) for role, email, name in connection.execute(query)]


def _files(connection: Connection, message_id: int) -> list[str]:
    query = select(col(Attachment.filename)).where(
        col(Attachment.message_id) == message_id, col(Attachment.hidden).is_(False)
    )
    return list(connection.execute(query.order_by(col(Attachment.position))).scalars())


def _texts(connection: Connection, message_id: int) -> list[str]:
    """What is in the documents of a message, and the names of those that came inside an archive."""
    query = (
        select(col(Occurrence.path), col(Occurrence.name), col(BlobText.text))
        .join(BlobText, col(BlobText.blob_id) == col(Occurrence.blob_id), isouter=True)
        .where(col(Occurrence.message_id) == message_id, col(Occurrence.role) == "document")
        .order_by(col(Occurrence.path))
    )
    found, left = list[str](), FILE_LIMIT
    for path, name, words in connection.execute(query):
        found += [name] if "/" in path else []
        found += [words[:left]] if words else []
        left -= len(words or "")
        if left <= 0:
            break
    return found


def index(connection: Connection, rows: Sequence[Words]) -> None:
    """Put messages into the index; none of them may be there already."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: row.message_id)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "INSERT INTO message_search (rowid, subject, people, body, files) VALUES (?, ?, ?, ?, ?)",
            [(row.message_id, row.subject, row.people, row.body, row.files) for row in ordered],
        )
    else:
        connection.exec_driver_sql(
            "INSERT INTO message_search (message_id, words) VALUES (%s, %s::tsvector)",
            [(row.message_id, _vector(row)) for row in ordered],
        )


def unindex(connection: Connection, rows: Sequence[Words]) -> None:
    """Take messages out of the index; the words must be those they were indexed with (`stored_words`)."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        # An FTS5 table without content must be told what to forget.
        connection.exec_driver_sql(
            "INSERT INTO message_search (message_search, rowid, subject, people, body, files)"
            " VALUES ('delete', ?, ?, ?, ?, ?)",
            [(row.message_id, row.subject, row.people, row.body, row.files) for row in rows],
        )
    else:
        connection.execute(
            text("DELETE FROM message_search WHERE message_id = ANY(:ids)"), {"ids": [row.message_id for row in rows]}
        )


def bulk(connection: Connection, on: bool) -> None:
    """Prepare the index for a first sync, or for daily life again; `merge` afterwards, until it says that is all."""
    if connection.dialect.name == "sqlite":
        for option, value in (("hashsize", _HASH_BYTES if on else 1024 * 1024), ("automerge", 0 if on else 4)):
            connection.exec_driver_sql(
                "INSERT INTO message_search (message_search, rank) VALUES (?, ?)", (option, value)
            )


def merge(connection: Connection, pages: int = 2000) -> bool:
    """Merge some of the index's segments; False when nothing was left to merge."""
    if connection.dialect.name != "sqlite":
        return False
    before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
    connection.exec_driver_sql("INSERT INTO message_search (message_search, rank) VALUES ('merge', ?)", (-pages,))
    # FTS5 reports that a merge did something by changing more than one row.
    return bool(connection.exec_driver_sql("SELECT total_changes()").scalar_one() - before >= 2)


def _vector(row: Words) -> str:
    positions: dict[str, list[str]] = {}
    number = 0
    for name in _COLUMNS:
        weight = _WEIGHTS[name]
        for word in getattr(row, name).split():
            number += 1
            positions.setdefault(word, []).append(f"{min(number, _MAX_POSITION)}{weight}")
        # A phrase must not reach from one column into the next.
        number += 10
    return " ".join(f"'{word}':{','.join(places[:255])}" for word, places in positions.items())
