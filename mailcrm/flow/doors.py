"""The other ways in: by the password of a mailbox, asked of the mail server, and by an identity provider."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mailcrm.errors import CredentialsRefused, Refused
from mailcrm.flow import sessions
from mailcrm.flow.addresses import valid_email
from mailcrm.flow.people import NewUser, new_user
from mailcrm.flow.sessions import Origin, SignedIn
from mailcrm.net.imap.opening import open_connection
from mailcrm.net.imap.values import Login, Server
from mailcrm.net.oidc import Claims
from mailcrm.store import factors, people
from mailcrm.store.database import Database


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom an identity provider may send: the domains of their addresses, and whether strangers become users."""

    domains: frozenset[str]
    provision: bool = False


@dataclass(frozen=True, slots=True)
class Password:
    """What somebody typed who wants to come in, and from where."""

    login: str
    password: str
    origin: Origin


def opens_mailbox(server: Server, login: str, password: str) -> bool:
    """Whether the mail server lets `login` in with this password, which is kept nowhere.

    Raises ServerUnavailable and the like where the server cannot say.
    """
    if not password or any(c in login + password for c in "\0\r\n"):
        return False
    try:
        open_connection(server, Login(login, password)).wire.transport.shutdown()
    except CredentialsRefused:
        return False
    return True


def sign_in_by_mailbox(database: Database, server: Server, typed: Password, now: datetime) -> SignedIn:
    """Let a user in whose password opens his mailbox; one who has a password of our own uses that alone.

    Raises TooManyAttempts, Refused, CodeNeeded, and what `opens_mailbox` raises.
    """
    login = typed.login.strip().casefold()[:320]

    def proof() -> tuple[int, str] | None:
        with database.reading() as connection:
            user = people.user_by_login(connection, login)
        # The server is asked for strangers too, so that the time says nothing of who is a user.
        opens = opens_mailbox(server, login, typed.password)
        return (user.id, "mailbox") if opens and user and user.is_active and not user.has_password else None

    return sessions.enter(database, login, typed.origin, now, proof)


def sign_in_by_provider(
    database: Database, claims: Claims, welcome: Welcome, origin: Origin, now: datetime
) -> SignedIn:
    """Let in whom the identity provider vouches for: by its subject, and the first time by a verified address.

    Raises Refused.
    """
    try:
        with database.writing() as connection:
            user_id = factors.identity(connection, claims.issuer, claims.subject)
            if user_id is None:
                user_id = _first_time(connection, claims, welcome, now)
                factors.bind(connection, claims.issuer, claims.subject, user_id, now)
            return sessions.open_session(connection, user_id, origin, now, "oidc")
    except Refused:
        sessions.note_refused(database, claims.email[:320], origin, now)
        raise


def _first_time(connection: Connection, claims: Claims, welcome: Welcome, now: datetime) -> int:
    if not claims.email or claims.verified is False:
        raise Refused("The identity provider names no verified address.")
    email = valid_email(claims.email)
    if email.rpartition("@")[2] not in welcome.domains:
        raise Refused(f"Nobody from {email.rpartition('@')[2]} signs in here.")
    user = people.user_by_login(connection, email)
    if user is None and welcome.provision:
        return new_user(connection, NewUser(email, claims.name), now)
    if user is None:
        raise Refused("The identity provider knows you, but you are no user here: ask an admin.")
    # An address that was given to somebody else at the provider must not open the account of the one before.
    if factors.has_identity(connection, claims.issuer, user.id):
        raise Refused("This address belongs to another account at the identity provider: ask an admin.")
    return user.id
