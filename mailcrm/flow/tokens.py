"""Tokens of the API: made once, shown once, kept as a hash, ended at will."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailcrm.errors import NotFound, Refused
from mailcrm.flow.edit import By, Office
from mailcrm.store import people, tokens
from mailcrm.store.database import Database
from mailcrm.store.people import UserRow
from mailcrm.store.tokens import TokenRow

SCOPES = (
    "clients:read",
    "clients:write",
    "timeline:read",
    "documents:read",
    "tasks:read",
    "tasks:write",
    "deals:read",
    "deals:write",
)
"""What a token may be good for; each names a kind of thing and whether it is read or written."""
LONGEST_DAYS = 3650
_PREFIX = "mcrm_"
"""Tokens can be told in logs and repositories by their beginning."""
_TOUCH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewToken:
    """What is asked of a new token; no `days`: it does not expire."""

    name: str
    scopes: tuple[str, ...]
    days: int | None = None


def add_token(office: Office, by: By, new: NewToken) -> str:
    """A token for the user who asks, to be shown once; raises Refused where something is wrong."""
    name, scopes = new.name.strip(), tuple(dict.fromkeys(new.scopes))
    if not name:
        raise Refused("A token needs a name, so that you know later what it was for.")
    if not scopes or set(scopes) - set(SCOPES):
        raise Refused("Choose what the token may do.")
    if new.days is not None and not 1 <= new.days <= LONGEST_DAYS:
        raise Refused(f"A token lives from 1 to {LONGEST_DAYS} days.")
    token = _PREFIX + secrets.token_urlsafe(32)
    with office.database.writing() as connection:
        tokens.add(
            connection,
            {
                "user_id": by.actor_id,
                "name": name[:100],
                "token_sha256": _sha256(token),
                "scopes": " ".join(scopes),
                "created_at": by.at,
                "expires_at": by.at + timedelta(days=new.days) if new.days else None,
            },
        )
    return token


def revoke_token(office: Office, by: By, token_id: int) -> None:
    """End a token of the user who asks; raises NotFound."""
    with office.database.writing() as connection:
        if not tokens.revoke(connection, by.actor_id or 0, token_id, by.at):
            raise NotFound("There is no such token.")


def current(database: Database, token: str, now: datetime) -> tuple[TokenRow, UserRow] | None:
    """The token and its user behind what a program shows; None where it does not work, or the user may not sign in.

    Its last use is noted at most every five minutes.
    """
    with database.reading() as connection:
        found = tokens.token(connection, _sha256(token), now)
        user = people.user(connection, found.user_id) if found else None
    if found is None or user is None or not user.is_active:
        return None
    if found.used_at is None or now - found.used_at >= _TOUCH:
        with database.writing() as connection:
            tokens.touch(connection, found.id, now)
    return found, user


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
