"""Clients that may be one, as rows: found by a look at all of them, and what people said of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from mailcrm.crm.duplicates import Pair
from mailcrm.model import Client, Duplicate
from mailcrm.store.rows import insert_missing
from mailcrm.store.visibility import Viewer, sees_client


@dataclass(frozen=True, slots=True)
class DuplicateRow:
    """Two clients that may be one."""

    first_id: int
    first_name: str
    second_id: int
    second_name: str
    score: float
    reasons: tuple[tuple[str, str], ...]


def replace_open(connection: Connection, pairs: Iterable[Pair], at: datetime) -> None:
    """Let these be the open pairs; those that a person called different stay what they are."""
    connection.execute(delete(Duplicate).where(col(Duplicate.state) == "open"))
    rows = [
        {
            "first_id": pair.first,
            "second_id": pair.second,
            "score": pair.score,
            "reasons": json.dumps(pair.reasons, ensure_ascii=False),
            "state": "open",
            "found_at": at,
        }
        for pair in pairs
    ]
    insert_missing(connection, Duplicate, rows)


def open_pairs(connection: Connection, who: Viewer, limit: int = 50) -> list[DuplicateRow]:
    """The likeliest pairs of clients that the viewer may both see and of which nobody said that they differ."""
    first, second = aliased(Client), aliased(Client)
    columns: Any = (first.id, first.name, second.id, second.name, Duplicate.score, Duplicate.reasons)
    query = (
        select(*columns)
        .join(first, col(first.id) == col(Duplicate.first_id))
        .join(second, col(second.id) == col(Duplicate.second_id))
        .where(col(Duplicate.state) == "open", col(first.archived_at).is_(None), col(second.archived_at).is_(None))
        .where(sees_client(who, col(Duplicate.first_id)), sees_client(who, col(Duplicate.second_id)))
        .order_by(col(Duplicate.score).desc(), col(Duplicate.first_id), col(Duplicate.second_id))
        .limit(limit)
    )
    found = []
    for first_id, first_name, second_id, second_name, score, reasons in connection.execute(query):
        told = tuple((reason, name) for reason, name in json.loads(reasons))
        found.append(DuplicateRow(first_id, first_name, second_id, second_name, score, told))
    return found


def count(connection: Connection) -> int:
    """How many pairs are open."""
    query = select(func.count()).select_from(Duplicate).where(col(Duplicate.state) == "open")
    return int(connection.execute(query).scalar_one())


def set_state(connection: Connection, pair: tuple[int, int], state: str) -> int:
    """Say of a pair that it is open, or that the two are different; returns how many there were (0 or 1)."""
    first, second = sorted(pair)
    here = (col(Duplicate.first_id) == first, col(Duplicate.second_id) == second)
    return int(connection.execute(update(Duplicate).where(*here).values(state=state)).rowcount)
