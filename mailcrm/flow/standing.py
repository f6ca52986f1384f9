"""Who waits for whom: the rows of `waiting` follow the messages, in the transaction that changes the messages."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection

from mailcrm.crm.domains import is_within
from mailcrm.crm.free_mail import FREE_MAIL
from mailcrm.crm.waiting import US, Around, Letter, Standing, standing
from mailcrm.store import directory
from mailcrm.store import standing as store

_BATCH = 200


def settle(connection: Connection, own_domains: Collection[str], free_mail: Collection[str] = FREE_MAIL) -> int:
    """Make the rows of all threads that changed; returns how many threads those were."""
    done = 0
    around: Around | None = None
    while threads := store.work(connection, _BATCH):
        if around is None:
            around = _around(connection, own_domains, free_mail)
        _settle(connection, threads, around)
        store.settle(connection, threads)
        done += len(threads)
    return done


def _around(connection: Connection, own_domains: Collection[str], free_mail: Collection[str]) -> Around:
    staff = directory.staff(connection)
    own = frozenset(own_domains)
    return Around(
        lambda email: email in staff or is_within(email.rpartition("@")[2], own), lambda domain: domain in free_mail
    )


def _settle(connection: Connection, threads: Collection[int], around: Around) -> None:
    found: dict[store.Key, Standing] = {}
    letters = store.letters(connection, threads)
    for key, of in letters.items():
        now = standing(of, around)
        if now is not None and now.people:
            found[key] = now
    for key in store.met_elsewhere(connection, found):
        del found[key]
    emails = {one.people[0] for one in found.values()}
    users = store.users(connection, {email for one in found.values() for email in one.asked})
    names = store.names(connection, emails)
    rows = {key: _row(one, users, names, letters[key]) for key, one in found.items()}
    store.write(connection, threads, rows)


def _row(one: Standing, users: dict[str, int], names: dict[str, str], letters: list[Letter]) -> dict[str, Any]:
    email = one.people[0]
    return {
        "turn": one.turn,
        "since": one.since,
        "message_id": one.letter_id,
        "email": email,
        "name": names.get(email, ""),
        "user_id": _responsible(one, [users[a] for a in one.asked if a in users], letters),
    }


def _responsible(one: Standing, asked: list[int], letters: list[Letter]) -> int | None:
    """Who is to answer: the one who was asked, of several the one who wrote in the thread before."""
    if one.turn != US:
        return one.author_id
    wrote = [letter.author_id for letter in letters if letter.direction == "out" and letter.author_id]
    both = [user for user in reversed(wrote) if user in asked]
    return next(iter([*both, *asked]), one.author_id)
