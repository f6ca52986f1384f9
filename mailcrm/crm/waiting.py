"""Who waits for whom in a thread with a client: told by its letters, never by a mark that somebody forgot to set.

The client waits for us after a human letter of his that is addressed to us, until one of us, from whatever mailbox,
writes to him in the thread. We wait for him after our letter that asks something or carries files, until he writes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailcrm.crm import remarks
from mailcrm.mail.message import Kind

US, THEM = "us", "them"
"""Whose turn it is to write."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What counts of one message in a thread on a client's timeline."""

    id: int
    at: datetime
    direction: str
    kind: str
    writers: tuple[str, ...]
    """From and Reply-To, case-folded."""
    to: tuple[str, ...]
    others: tuple[str, ...] = ()
    """Cc and Bcc."""
    author_id: int | None = None
    """The user who wrote it."""
    text: str = ""
    """The new words."""
    has_files: bool = False
    by_client: bool = True
    """False where somebody outside the client wrote it, who only shares the thread with him."""
    bounced: bool = False
    """Nobody got it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose turn it is, since when, and because of which letter."""

    turn: str
    since: datetime
    """When the first unanswered letter was written."""
    letter_id: int
    """The last of them."""
    people: tuple[str, ...]
    """Addresses at the client: who waits, or whom we wait for."""
    asked: tuple[str, ...] = ()
    """Our addresses that the letter was written to."""
    author_id: int | None = None
    """The user of us who wrote last in the thread."""


@dataclass(frozen=True, slots=True)
class Around:
    """What must be known beside the thread: which addresses are ours, which domains anybody may have."""

    is_ours: Callable[[str], bool]
    is_free_mail: Callable[[str], bool]


def standing(letters: Sequence[Letter], around: Around) -> Standing | None:
    """Whose turn it is after these letters, oldest first; None where nobody owes anything.

    Robots' mail, newsletters, invitations and what went to colleagues alone say nothing, and neither does a letter that
    came back.
    """
    now: Standing | None = None
    author: int | None = None
    for letter in letters:
        if letter.kind != Kind.HUMAN or letter.bounced:
            continue
        if letter.direction == "in" and letter.by_client:
            now = _after_theirs(now, letter, around)
        elif letter.direction == "out":
            now = _after_ours(now, letter, around)
            author = letter.author_id or author
    return replace(now, author_id=author) if now else None


def _after_theirs(now: Standing | None, letter: Letter, around: Around) -> Standing | None:
    asked = tuple(one for one in letter.to if around.is_ours(one))
    if not asked:
        return now
    waits = now if now and now.turn == US else None
    if remarks.is_thanks(letter.text) and not letter.has_files:
        return waits
    if remarks.is_holding(letter.text) and not letter.has_files:
        return waits or Standing(THEM, letter.at, letter.id, letter.writers)
    since = waits.since if waits else letter.at
    return Standing(US, since, letter.id, letter.writers, asked)


def _after_ours(now: Standing | None, letter: Letter, around: Around) -> Standing | None:
    reached = [one for one in (*letter.to, *letter.others) if not around.is_ours(one)]
    if now and not _reaches(now.people, reached, around):
        # Passed on to somebody else: whoever waits still does.
        return now
    if not reached or not (letter.has_files or remarks.asks(letter.text)) or remarks.is_thanks(letter.text):
        return None
    # Asked again before an answer came: we wait since the first time.
    since = now.since if now and now.turn == THEM else letter.at
    first = [one for one in letter.to if not around.is_ours(one)] or reached
    return Standing(THEM, since, letter.id, tuple(first))


def _reaches(people: Sequence[str], reached: Sequence[str], around: Around) -> bool:
    """Whether a letter to `reached` is one to these people: to one of their addresses, or into their house."""
    houses = {one.rpartition("@")[2] for one in people}
    return any(
        one in people or (one.rpartition("@")[2] in houses and not around.is_free_mail(one.rpartition("@")[2]))
        for one in reached
    )
