"""What people said of contents: rules that are only ever added, with who said it and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from mailcrm.documents.values import Rule
from mailcrm.model import DocumentRule, User
from mailcrm.store.rows import insert


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule, with the name of whoever made it (empty for the command line)."""

    id: int
    act: str
    """join, split, rename, move, role or suggestion."""
    kind: str
    sha: str
    other: str
    value: str
    actor: str
    at: datetime


def rules(connection: Connection) -> list[Rule]:
    """All rules in the order in which they were made."""
    columns: Any = (DocumentRule.kind, DocumentRule.sha, DocumentRule.other, DocumentRule.value)
    query = select(*columns).order_by(col(DocumentRule.id))
    return [Rule(*row) for row in connection.execute(query)]


def add_rules(connection: Connection, act: str, new: Iterable[Rule], at: datetime, actor_id: int | None) -> None:
    """Add the rules that follow from one act of a person."""
    rows = [{"kind": r.kind, "sha": r.sha, "other": r.other, "value": r.value} for r in new]
    insert(connection, DocumentRule, [{**row, "act": act, "actor_id": actor_id, "at": at} for row in rows])


def about(connection: Connection, shas: Iterable[str]) -> list[RuleRow]:
    """The rules on these contents, the newest first: the history of what people corrected."""
    wanted = list(shas)
    columns: Any = (DocumentRule.id, DocumentRule.act, DocumentRule.kind, DocumentRule.sha, DocumentRule.other)
    named: Any = (DocumentRule.value, User.name, DocumentRule.at)
    query = (
        select(*columns, *named)
        .join(User, col(User.id) == col(DocumentRule.actor_id), isouter=True)
        .where(col(DocumentRule.sha).in_(wanted) | col(DocumentRule.other).in_(wanted))
        .order_by(col(DocumentRule.id).desc())
    )
    rows: Any = connection.execute(query)
    return [RuleRow(*(*row[:6], row[6] or "", row[7])) for row in rows]


def documents_by_word(connection: Connection) -> frozenset[str]:
    """Contents that a person called documents, whatever their parts look like."""
    query = select(col(DocumentRule.sha), col(DocumentRule.kind)).where(
        col(DocumentRule.kind).in_(("document", "not_a_document"))
    )
    last = {str(sha): str(kind) for sha, kind in connection.execute(query.order_by(col(DocumentRule.id)))}
    return frozenset(sha for sha, kind in last.items() if kind == "document")
