"""Meetings of invitations by mail, as rows beside their messages."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from mailcrm.mail.invitation import Invited
from mailcrm.model import Invitation
from mailcrm.store.rows import insert_missing


def columns(meeting: Invited) -> dict[str, Any]:
    """The columns of a meeting."""
    return asdict(meeting)


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep meetings: columns and message_id."""
    insert_missing(connection, Invitation, rows)
