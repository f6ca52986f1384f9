"""Reports of a year over many messages: the figures of the page, on SQLite and PostgreSQL."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from bench import measure
from bench.measure import median
from mailcrm.crm.replies import FIRST_DAY
from mailcrm.crm.reports import Period
from mailcrm.flow.migrate import migrate
from mailcrm.model import Client, ClientGroup, Entry, GroupClient, Message, Thread, User
from mailcrm.store import report_figures, report_parts
from mailcrm.store.database import Database
from mailcrm.store.report_figures import MEASURES
from mailcrm.store.report_scope import Scope
from mailcrm.store.rows import insert
from mailcrm.store.visibility import EVERYTHING, Viewer
from tests.postgres import cluster

_TIMES, _USERS, _GROUPS, _PORTION = 5, 40, 20, 20_000
_NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
_YEAR = Period(date(2025, 12, 1), date(2026, 11, 30))


def run(count: int, clients: int) -> Iterator[str]:
    """Measure on both databases; a section in Markdown for each."""
    with tempfile.TemporaryDirectory() as folder:
        yield _section("SQLite", Database(f"sqlite:///{Path(folder) / 'reports.db'}"), count, clients)
    with cluster() as server:
        yield _section("PostgreSQL", Database(server.url(server.fresh())), count, clients)


def _section(name: str, database: Database, count: int, clients: int) -> str:
    migrate(database)
    _fill(database, count, clients)
    rows = []
    with database.reading() as connection:
        for what, act in _questions(connection).items():
            spent = [_seconds(act) for _ in range(_TIMES)]
            rows.append((what, 1000 * median(spent), 1000 * max(spent)))
    database.close()
    head = ("what is asked", "p50 ms", "worst ms")
    title = f"## Reports: {count:,} messages of one year, {clients:,} clients, {name}"
    return f"{title}\n\n{measure.table(head, rows)}\n"


def _questions(connection: Connection) -> dict[str, Callable[[], object]]:
    whole = Scope(_YEAR, _NOW)
    manager = Viewer(2, "manager", (), assigned=True, stands_for=(2,), group_ids=(1, 2, 3))

    def page(who: Viewer, scope: Scope, key: str) -> Callable[[], object]:
        return lambda: _page(connection, who, scope, key)

    return {
        "the whole report, by colleagues": page(EVERYTHING, whole, "user"),
        "the whole report, by owners": page(EVERYTHING, whole, "owner"),
        "the whole report, by clients": page(EVERYTHING, whole, "client"),
        "clients of one owner": page(EVERYTHING, replace(whole, owner_id=3), "user"),
        "one group": page(EVERYTHING, replace(whole, group_id=1), "user"),
        "a manager who sees his groups alone": page(manager, whole, "user"),
        "one client": page(EVERYTHING, replace(whole, client_id=1), "user"),
    }


def _page(connection: Connection, who: Viewer, scope: Scope, key: str) -> None:
    traffic = report_figures.traffic(connection, who, scope)
    waits = report_figures.waits(connection, who, scope)
    report_figures.median(waits)
    report_figures.figures(connection, who, scope, list(MEASURES.values()), report_figures.mail(traffic, waits))
    if key == "user":
        report_parts.users(traffic, waits, {})
    else:
        report_parts.parts(connection, who, scope, key)


def _seconds(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _fill(database: Database, count: int, clients: int) -> None:
    chance = random.Random(7)
    with database.writing() as connection:
        insert(connection, User, [_user(n) for n in range(1, _USERS + 1)])
        insert(connection, Client, [_client(n, chance) for n in range(1, clients + 1)])
        insert(connection, ClientGroup, [_group(n) for n in range(1, _GROUPS + 1)])
        members = [{"group_id": n % _GROUPS + 1, "client_id": n, "added_at": _NOW} for n in range(1, clients + 1)]
        insert(connection, GroupClient, members)
    for begin in range(0, count, _PORTION):
        rows = [_message(n, count, clients, chance) for n in range(begin, min(begin + _PORTION, count))]
        with database.writing() as connection:
            insert(connection, Thread, [thread for thread, _, _ in rows])
            insert(connection, Message, [message for _, message, _ in rows])
            insert(connection, Entry, [entry for _, _, entry in rows])
    with _alone(database) as connection:
        # As autovacuum leaves a table that grew.
        connection.execute(text("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE"))


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def _user(number: int) -> dict[str, Any]:
    return {"id": number, "login": f"u{number}@example.com", "name": f"User {number}", "created_at": _NOW}


def _client(number: int, chance: random.Random) -> dict[str, Any]:
    last = _NOW - timedelta(days=chance.randrange(400))
    times = {"created_at": _NOW - timedelta(days=900), "updated_at": _NOW, "last_in_at": last, "last_out_at": last}
    name = f"Client {number}"
    return {"id": number, "name": name, "name_key": name, "owner_id": number % _USERS + 1, "message_count": 20, **times}


def _group(number: int) -> dict[str, Any]:
    name = f"Group {number}"
    return {"id": number, "name": name, "name_key": name, "manager_id": number % _USERS + 1, "created_at": _NOW}


def _message(number: int, count: int, clients: int, chance: random.Random) -> tuple[dict[str, Any], ...]:
    at = datetime.combine(_YEAR.first, datetime.min.time(), UTC) + timedelta(days=365) * (number / count)
    identity, author = (int(at.timestamp()) << 30) + number % (1 << 30), chance.randrange(1, _USERS + 1)
    way = "in" if number % 2 else "out"
    same = {"at": at, "direction": way}
    empty = dict.fromkeys(("message_id", "digest", "header_sha256", "raw_sha256", "subject", "preview"), "")
    message = {"id": identity, "thread_id": identity, "kind": "human", "has_html": False, "size": 1, **empty, **same}
    day = (at.date() - FIRST_DAY).days
    # Most clients write seldom, a few all the time.
    entry = {"client_id": int(clients * chance.random() ** 3) + 1, "kind": "message", "message_id": identity, **same}
    entry |= {"thread_id": identity, "message_kind": "human", "tallied": True, "day": day, "wait": None}
    entry |= {"reply_by": None, "reply_day": None, "reply_minutes": None, "actor_id": author if way == "out" else None}
    if way == "in":
        entry |= {"wait": 1 + number % 3 // 2, "reply_by": author, "reply_day": day}
        entry |= {"reply_minutes": int(chance.expovariate(1 / 240))}
    thread = {"id": identity, "subject": "", "created_at": at}
    rest = {"attachment_count": 0, "author_id": entry["actor_id"], "created_at": at}
    return thread, {**message, **rest}, entry
