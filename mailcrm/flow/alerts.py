"""Alerts: what admins are told by mail at once, because it harms everybody's mail."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import Refused
from mailcrm.flow import notifications
from mailcrm.flow.notifications import NewNotification
from mailcrm.store import people

Worded = Callable[[str], tuple[str, str]]
"""Language → subject and text."""


def tell_admins(connection: Connection, key: str, worded: Worded, now: datetime) -> int:
    """Queue a mail in his language to every active admin who signs in with an address, once a key; returns to how
    many."""
    told = 0
    for user in people.users(connection, active_only=True):
        if user.role == "admin" and "@" in user.login:
            # Whoever records mail or sends it must not fail because somebody's login is no address.
            with suppress(Refused):
                new = NewNotification(f"{key}:{user.id}", user.login, *worded(user.language))
                told += notifications.queue(connection, new, now)
    return told
