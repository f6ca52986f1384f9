"""Placements of mail that came from files: known by the hash of their bytes, which is kept as their EMAILID."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select
from sqlmodel import col

from mailcrm.model import Placement
from mailcrm.store.ledger import UNSETTLED
from mailcrm.store.rows import parts


def settled(connection: Connection, folder_id: int, names: Iterable[str]) -> set[str]:
    """Those of the messages that an earlier load has decided on for good."""
    return {name for name, (_, state) in _known(connection, folder_id, names).items() if state not in UNSETTLED}


def present(connection: Connection, folder_id: int, names: Iterable[str]) -> dict[str, int]:
    """Message → placement, for those that have one."""
    return {name: number for name, (number, _) in _known(connection, folder_id, names).items()}


def next_uid(connection: Connection, folder_id: int) -> int:
    """A UID that nothing in the folder has."""
    query = select(func.coalesce(func.max(col(Placement.uid)), 0)).where(col(Placement.folder_id) == folder_id)
    return int(connection.execute(query).scalar_one()) + 1


def _known(connection: Connection, folder_id: int, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    columns: Any = (col(Placement.email_id), col(Placement.id), col(Placement.state))
    found: dict[str, tuple[int, str]] = {}
    for part in parts(names):
        query = select(*columns).where(col(Placement.folder_id) == folder_id, col(Placement.email_id).in_(part))
        found.update({name: (number, state) for name, number, state in connection.execute(query)})
    return found
