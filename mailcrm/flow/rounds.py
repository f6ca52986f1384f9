"""A round over one mailbox from outside: the lease, the sign-in, what is noted when it fails, when to try again."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from mailcrm.crm.explicit import Wishes, tagged_address
from mailcrm.crm.match import Company
from mailcrm.errors import CredentialsRefused, MailcrmError, Permanent
from mailcrm.flow.box import Box
from mailcrm.flow.desk import LEASE, Desk
from mailcrm.flow.receive import Round, receive
from mailcrm.mailing.replies import named_in
from mailcrm.mailing.token import TokenKeys
from mailcrm.net.imap.session import Session
from mailcrm.store import directory, leases, reactions, rounds
from mailcrm.store.rounds import Account

REFUSED_WAITS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6))
"""After the first, second and third refused password; after the fourth only a new password helps."""
VISIBILITY = {"stub": 0, "subject": 1, "full": 2}


@dataclass(frozen=True, slots=True)
class Firm:
    """What the configuration says of the company, for matching."""

    domains: frozenset[str]
    free_mail: frozenset[str]
    never: frozenset[str] = frozenset()
    dropboxes: frozenset[str] = frozenset()
    store_all: bool = False
    tray: bool = True
    keys: TokenKeys | None = None
    """Of the names in what we send: by them what comes back is told."""
    zone: tzinfo = UTC
    """In which letters say "tomorrow"."""


def run_round(
    desk: Desk, firm: Firm, account: Account, fingerprint: Callable[[str], int], session: Callable[[], Session]
) -> Round | None:
    """Read one mailbox through `session()`; None where another process is at it.

    Raises what `receive` raises; the mailbox's row then says in words what is wrong and when the next try is.
    """
    with desk.database.writing() as connection:
        if not leases.claim(connection, account.id, desk.owner, desk.now(), desk.now() + LEASE):
            return None
        rounds.begin(connection, account.id, desk.now())
    try:
        done = receive(_since(desk, account), box_of(desk, firm, account, fingerprint), session())
        with desk.recording(account.id) as connection:
            rounds.succeed(connection, account.id, desk.now())
    finally:
        with desk.database.writing() as connection:
            leases.release(connection, account.id, desk.owner)
    return done


def take_over(desk: Desk, is_alive: Callable[[str], bool]) -> None:
    """Free the mailboxes that processes hold who were killed, instead of waiting for the end of their leases."""
    with desk.database.writing() as connection:
        for owner in leases.owners(connection):
            if owner != desk.owner and not is_alive(owner):
                leases.release_all(connection, owner)


def _since(desk: Desk, account: Account) -> Desk:
    # The beginning that was chosen for this mailbox goes before that for new ones.
    return desk if account.since is None else replace(desk, limits=replace(desk.limits, since=account.since))


def box_of(desk: Desk, firm: Firm, account: Account, fingerprint: Callable[[str], int]) -> Box:
    """The mailbox as matching sees it: staff, never-lists and folder names as they are now."""
    with desk.database.reading() as connection:
        company = Company(
            domains=firm.domains,
            staff=directory.staff(connection),
            free_mail=firm.free_mail,
            never=firm.never | directory.never(connection, account.user_id),
            store_all=firm.store_all,
            tray=firm.tray,
        )
        keys = firm.keys if firm.keys and reactions.any_recipients(connection) else None
        wishes = Wishes(
            firm.dropboxes,
            lambda client: address_token(client, fingerprint),
            directory.folder_names(connection),
            (lambda headers, about: named_in(headers, about, keys)) if keys else None,
        )
    return Box(
        account.id, account.user_id, VISIBILITY[account.visibility], company, wishes, fingerprint, keys, firm.zone
    )


def address_token(client_id: int, fingerprint: Callable[[str], int]) -> str:
    """The token of a client's own plus-address: nobody can make one up who has not seen it."""
    number = fingerprint(f"client-address:{client_id}")
    return base64.b32encode(number.to_bytes(8, "big")).decode().lower()[:10]


def client_address(dropbox: str, client_id: int, fingerprint: Callable[[str], int]) -> str:
    """The address that files a copy under one client."""
    return tagged_address(dropbox, client_id, lambda client: address_token(client, fingerprint))


def note_failure(desk: Desk, account: Account, error: MailcrmError, next_try: datetime) -> None:
    """Write what went wrong into the mailbox's row, for the health page; a refused password is never hammered at."""
    with desk.database.writing() as connection:
        if isinstance(error, CredentialsRefused):
            refusals = account.refusals + 1
            final = refusals > len(REFUSED_WAITS)
            when = None if final else desk.now() + REFUSED_WAITS[refusals - 1]
            rounds.refuse(connection, account.id, refusals, "needs-credentials" if final else "active")
            rounds.fail(connection, account.id, str(error), desk.now(), when)
        elif isinstance(error, Permanent):
            rounds.fail(connection, account.id, str(error), desk.now(), desk.now() + timedelta(minutes=15))
        else:
            rounds.fail(connection, account.id, str(error), desk.now(), next_try)


def beat(desk: Desk) -> None:
    """Say that this process lives; those silent for a day are forgotten."""
    with desk.database.writing() as connection:
        rounds.beat(connection, desk.owner, desk.now(), desk.now() - timedelta(days=1))


def stop_beating(desk: Desk) -> None:
    """This process ends."""
    with desk.database.writing() as connection:
        rounds.stop_beating(connection, desk.owner)
