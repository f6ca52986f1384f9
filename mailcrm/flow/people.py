"""Users: add, edit, give addresses, change passwords, deactivate."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import passwords
from mailcrm.flow.addresses import valid_email
from mailcrm.flow.edit import Actor, By
from mailcrm.store import audit, people, sessions
from mailcrm.store.audit import Act
from mailcrm.store.database import Database

ROLES = ("staff", "manager", "admin")
LANGUAGES = ("en", "ru")
THEMES = ("auto", "light", "dark")
_CHOICES = {"role": ROLES, "language": LANGUAGES, "theme": THEMES}
NOBODY = Actor()
_EDITABLE = ("name", "role", "language", "theme", "keys", "is_active")


@dataclass(frozen=True, slots=True)
class NewUser:
    """What is asked of a new user; without a password nobody can sign in as him by password."""

    login: str
    name: str
    password: str | None = None
    role: str = "staff"
    language: str = "en"
    addresses: tuple[str, ...] = ()


def add_user(database: Database, new: NewUser, now: datetime, actor: Actor = NOBODY) -> int:
    """Add a user with his addresses; returns the id. Raises Refused where something is wrong or already taken."""
    with database.writing() as connection:
        return new_user(connection, new, now, actor)


def new_user(connection: Connection, new: NewUser, now: datetime, actor: Actor = NOBODY) -> int:
    """The same in the transaction at hand."""
    login = valid_email(new.login)
    _check({"role": new.role, "language": new.language})
    values = {
        "login": login,
        "name": new.name.strip() or login,
        "password_hash": passwords.hashed(new.password) if new.password is not None else None,
        "role": new.role,
        "language": new.language,
        "theme": "auto",
        "keys": True,
        "is_active": True,
        "created_at": now,
    }
    if people.user_by_login(connection, login):
        raise Refused(f"There is a user {login} already.")
    user_id = people.add_user(connection, values)
    _add_addresses(connection, user_id, [login, *new.addresses])
    _note(connection, actor, now, ("added", user_id, f"{login} {new.role}"))
    return user_id


def edit_user(
    database: Database, user_id: int, changes: dict[str, object], now: datetime, actor: Actor = NOBODY
) -> None:
    """Change name, role, language, theme, keys or is_active; raises Refused, or NotFound.

    A user who is deactivated is signed out everywhere; the last active admin stays.
    """
    unknown = set(changes) - set(_EDITABLE)
    if unknown:
        raise Refused(f"Cannot change {', '.join(sorted(unknown))} of a user.")
    _check(changes)
    with database.writing() as connection:
        before = _known(connection, user_id)
        people.change_user(connection, user_id, dict(changes))
        if before.role == "admin" and before.is_active and not _has_admin(connection):
            raise Refused("This is the last admin: make somebody else an admin first.")
        if changes.get("is_active") is False:
            sessions.revoke(connection, user_id, now)
        if told := _told(before, changes):
            _note(connection, actor, now, ("changed", user_id, told))


def deactivate(database: Database, user_id: int, now: datetime, actor: Actor = NOBODY) -> None:
    """Let a user sign in no more; what he did stays. Raises Refused for the last admin, or NotFound."""
    edit_user(database, user_id, {"is_active": False}, now, actor)


def change_password(database: Database, user_id: int, password: str, now: datetime, actor: Actor = NOBODY) -> None:
    """Set a new password and end all sessions; raises Refused where it is too short, or NotFound."""
    stored = passwords.hashed(password)
    with database.writing() as connection:
        _known(connection, user_id)
        people.change_user(connection, user_id, {"password_hash": stored})
        sessions.revoke(connection, user_id, now)
        _note(connection, actor, now, ("password", user_id, ""))


def change_addresses(
    database: Database, by: By, user_id: int, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
) -> None:
    """Give a user addresses to write from, or take some away (the login stays); raises Refused, or NotFound."""
    with database.writing() as connection:
        found = _known(connection, user_id)
        gone = [valid_email(email) for email in remove]
        if found.login in gone:
            raise Refused(f"{found.login} is what {found.name} signs in with: it stays.")
        people.remove_addresses(connection, user_id, gone)
        _add_addresses(connection, user_id, list(add))
        if add or remove:
            told = " ".join([*(f"+{email}" for email in add), *(f"-{email}" for email in remove)])
            _note(connection, Actor(by.actor_id, by.ip), by.at, ("changed", user_id, told))


def trust_sender(database: Database, user_id: int, email: str, trusted: bool = True) -> None:
    """Show remote images of this sender to this user, or no longer."""
    with database.writing() as connection:
        people.set_trust(connection, user_id, valid_email(email), trusted)


def _add_addresses(connection: Connection, user_id: int, emails: list[str]) -> None:
    wanted = list(dict.fromkeys(valid_email(email) for email in emails))
    new = []
    for email in wanted:
        owner = people.address_owner(connection, email)
        if owner is not None and owner != user_id:
            raise Refused(f"{email} belongs to another user.")
        if owner is None:
            new.append(email)
    people.add_addresses(connection, user_id, new)


def _note(connection: Connection, actor: Actor, now: datetime, what: tuple[str, int, str]) -> None:
    act, user_id, detail = what
    audit.note(connection, Act(actor.user_id, act, "user", user_id, detail=detail, ip=actor.ip), now)


def _told(before: people.UserRow, changes: dict[str, object]) -> str:
    """What of a user changes that others should be able to find out: his tastes are no business of theirs."""
    watched = {key: getattr(before, key) for key in ("name", "role", "is_active")}
    parts = [
        f"{key}: {watched[key]} → {changes[key]}" for key in watched if changes.get(key, watched[key]) != watched[key]
    ]
    return ", ".join(parts)


def _check(values: dict[str, object]) -> None:
    for key, choices in _CHOICES.items():
        if key in values and values[key] not in choices:
            raise Refused(f"The {key} must be one of {', '.join(choices)}, not {values[key]}.")


def _known(connection: Connection, user_id: int) -> people.UserRow:
    found = people.user(connection, user_id)
    if found is None:
        raise NotFound("There is no such user.")
    return found


def _has_admin(connection: Connection) -> bool:
    return any(user.role == "admin" for user in people.users(connection, active_only=True))
