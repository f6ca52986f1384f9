"""What a search finds, newest first, as far as the person who asks may see it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    exists,
    false,
    join,
    literal_column,
    or_,
    select,
    text,
)
from sqlmodel import col

from mailcrm.crm.filing import number_from
from mailcrm.crm.query import Query
from mailcrm.crm.snippet import Segment, Wanted, highlight, snippet, wanted
from mailcrm.model import Client, Link, Message, MessageBody
from mailcrm.store.clients import ClientFilter, ClientRow, clients
from mailcrm.store.rows import table
from mailcrm.store.search_syntax import SHORTEST_PREFIX, fts5, has_starts, tsquery
from mailcrm.store.visibility import FULL, SUBJECT, Viewer, level, sees

SNIPPET = 220
"""Characters of text shown around the first hit."""
_CLIENTS = 50
_FEW, _MANY = 100, 5000
_WINDOWS = (2000, 20_000)
_FTS5 = text("message_search MATCH :everything")
_FTS5_AGAIN = text(
    "EXISTS (SELECT 1 FROM message_search AS again"
    " WHERE again.message_search MATCH :public AND again.rowid = message.id)"
)
_TSQUERY = text("words @@ CAST(:everything AS tsquery)")
_TSQUERY_AGAIN = text("words @@ CAST(:public AS tsquery)")
_INDEX = sqlalchemy.table("message_search")


@dataclass(frozen=True, slots=True)
class Result:
    """One message that was found; `level` is how much of it the viewer sees (1: no text)."""

    id: int
    thread_id: int
    at: datetime
    subject: tuple[Segment, ...]
    snippet: tuple[Segment, ...]
    direction: str
    kind: str
    attachment_count: int
    level: int
    clients: tuple[tuple[int, str], ...] = ()


def search(connection: Connection, who: Viewer, query: Query, before_id: int | None, limit: int = 50) -> list[Result]:
    """One page of messages that fit, newest first; `before_id` is the id of the last one of the page before.

    Where the viewer sees only the subject, only subject and people are searched. A beginning of a word stands for
    longer words too, unless the word itself fills a page: all longer words of a common one are slow to gather.
    """
    if query.is_empty:
        return []
    rows = _Search(connection, who, query).page(before_id, limit)
    texts = _texts(connection, [row.id for row in rows if row.seen == FULL])
    owners = _clients(connection, who, [row.id for row in rows])
    what = wanted(query.terms, SHORTEST_PREFIX)
    return [_result(row, texts.get(row.id, ""), owners[row.id], what) for row in rows]


@dataclass
class _Search:
    connection: Connection
    who: Viewer
    query: Query

    def __post_init__(self) -> None:
        self.sqlite = self.connection.dialect.name == "sqlite"
        self.indexed = bool(self.query.terms or self.query.has_attachment)
        named = [c for name in self.query.clients for c in _named(self.connection, self.who, name)]
        self.clients = {c.id: c.message_count for c in named}

    def page(self, before_id: int | None, limit: int) -> Sequence[Any]:
        """The rows of one page."""
        if not self.indexed:
            return self._rows(_listing(level(self.who)), before_id, limit)
        if has_starts(self.query):
            exact = self._rows(self._matching(starts=False), None, limit)
            if len(exact) == limit:
                whole = before_id is None
                return exact if whole else self._rows(self._matching(starts=False), before_id, limit)
        return self._rows(self._matching(starts=True), before_id, limit)

    def _rows(self, page: Any, before_id: int | None, limit: int) -> Sequence[Any]:
        whole = page.where(*self._limits(before_id)).limit(limit)
        for size in self._windows():
            rows = self.connection.execute(whole.where(self._number >= self._nth(before_id, size))).all()
            if len(rows) == limit:
                return rows
            if len(rows) < limit // 10:
                break
        return self.connection.execute(whole).all()

    def _windows(self) -> tuple[int, ...]:
        """PostgreSQL's index knows no order: a common word is found sooner among the newest messages than in it."""
        few = self.query.clients and sum(self.clients.values()) <= _MANY // 5
        return () if self.sqlite or not self.indexed or few else _WINDOWS

    def _nth(self, before_id: int | None, size: int) -> Any:
        newest = select(self._number).select_from(_INDEX).where(*self._range(before_id))
        nth = newest.order_by(self._number.desc()).offset(size).limit(1)
        return self.connection.execute(nth).scalar() or 0

    def _matching(self, starts: bool) -> Any:
        seen, syntax = level(self.who), fts5 if self.sqlite else tsquery
        everything, public = syntax(self.query, False, starts), syntax(self.query, True, starts)
        if everything is None:
            return _columns(seen).where(false())
        found = _FTS5 if self.sqlite else _TSQUERY
        # The plus keeps SQLite from looking up each message in the index: the index must be the outer loop, for it
        # alone gives its rows newest first without sorting them.
        joined = literal_column("+message_search.rowid", BigInteger) if self.sqlite else self._number
        hidden = (_FTS5_AGAIN if self.sqlite else _TSQUERY_AGAIN).bindparams(public=public) if public else false()
        return (
            _columns(seen)
            .select_from(join(_INDEX, table(Message), col(Message.id) == joined))
            .where(found.bindparams(everything=everything), or_(seen == FULL, and_(seen == SUBJECT, hidden)))
            .order_by(self._number.desc())
        )

    @property
    def _number(self) -> Any:
        # A range must be asked of the index itself: SQLite does not carry it over from the joined message.
        if not self.indexed:
            return col(Message.id)
        return literal_column("message_search.rowid" if self.sqlite else "message_search.message_id", BigInteger)

    def _range(self, before_id: int | None) -> list[Any]:
        number, query = self._number, self.query
        limits = [number < before_id] if before_id is not None else []
        # Numbers grow with time, so that a period is a range of numbers.
        limits += [number < _first_number(query.before)] if query.before else []
        return [*limits, number >= _first_number(query.after)] if query.after else limits

    def _limits(self, before_id: int | None) -> list[Any]:
        limits = self._range(before_id)
        limits += [col(Message.direction) == self.query.direction] if self.query.direction else []
        return [*limits, self._of_clients()] if self.query.clients else limits

    def _of_clients(self) -> Any:
        """Few messages are looked up one by one; many are met on the way; between them a list is made once."""
        ours = and_(col(Link.client_id).in_(self.clients), col(Link.state) == "active")
        number = sum(self.clients.values())
        if number > _MANY:
            return exists().where(col(Link.message_id) == col(Message.id), ours)
        listed = select(col(Link.message_id)).where(ours)
        one_by_one = number <= _FEW or not (self.sqlite and self.indexed)
        return (self._number if one_by_one else literal_column("+message_search.rowid", BigInteger)).in_(listed)


def _columns(seen: ColumnElement[Any]) -> Any:
    return select(
        col(Message.id),
        col(Message.thread_id),
        col(Message.at),
        col(Message.subject),
        col(Message.preview),
        col(Message.direction),
        col(Message.kind),
        col(Message.attachment_count),
        seen.label("seen"),
    )


def _listing(seen: ColumnElement[Any]) -> Any:
    return _columns(seen).where(seen >= SUBJECT).order_by(col(Message.id).desc())


def _named(connection: Connection, who: Viewer, name: str) -> list[ClientRow]:
    return clients(connection, who, ClientFilter(name), limit=_CLIENTS)


def _first_number(day: date) -> int:
    return number_from(datetime.combine(day, time(), UTC))


def _texts(connection: Connection, ids: list[int]) -> dict[int, str]:
    query = select(col(MessageBody.message_id), col(MessageBody.text)).where(col(MessageBody.message_id).in_(ids))
    return {row.message_id: row.text for row in connection.execute(query)} if ids else {}


def _clients(connection: Connection, who: Viewer, ids: Iterable[int]) -> dict[int, tuple[tuple[int, str], ...]]:
    query: Any = (
        select(col(Link.message_id), col(Client.id), col(Client.name))
        .join(Client, col(Client.id) == col(Link.client_id))
        .where(col(Link.message_id).in_(list(ids)), col(Link.state) == "active", sees(who))
        .order_by(col(Client.name_key), col(Client.id))
    )
    found: dict[int, tuple[tuple[int, str], ...]] = defaultdict(tuple)
    for message_id, client_id, name in connection.execute(query):
        found[message_id] += ((client_id, name),)
    return found


def _result(row: Any, body: str, owners: tuple[tuple[int, str], ...], what: Wanted) -> Result:
    shown = snippet(body, what, SNIPPET) if row.seen == FULL else ()
    return Result(
        id=row.id,
        thread_id=row.thread_id,
        at=row.at,
        subject=highlight(row.subject, what),
        snippet=shown or (((row.preview, False),) if row.seen == FULL and row.preview else ()),
        direction=row.direction,
        kind=row.kind,
        attachment_count=row.attachment_count if row.seen == FULL else 0,
        level=row.seen,
        clients=owners,
    )
