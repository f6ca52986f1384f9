"""All mail of the demo, laid into the folders of its staff as their mail programs would have left it."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from demo import compose, routine, script, special
from demo.compose import Letter
from demo.people import STAFF
from demo.shelf import Mail, Shelf

_CR = re.compile(rb"\r?\n")
_ACCOUNTS = {member.person.key: member for member in STAFF}
_FOLDERS = {"ru": ("Черновики", "Корзина", "Спам"), "en": ("Drafts", "Trash", "Junk")}


def letters(now: datetime) -> list[Letter]:
    """Every message, oldest first, with the line ends of the wire."""
    everything = [letter for scene in script.scenes(now) for letter in compose.letters(scene)]
    everything += [letter for scene in routine.scenes(now) for letter in compose.letters(scene)]
    everything += special.letters(now)
    return [replace(letter, raw=_CR.sub(b"\r\n", letter.raw)) for letter in sorted(everything, key=lambda one: one.at)]


def fill(shelf: Shelf, now: datetime) -> int:
    """Fill an empty shelf: inboxes, and a copy of what staff wrote among their sent mail; returns how many messages."""
    everything = [letter for letter in letters(now) if not letter.live]
    laid: dict[tuple[str, str], list[Mail]] = defaultdict(list)
    for letter in everything:
        for account, folder, flags in _places(letter, now):
            place = laid[account, folder]
            place.append(Mail(101 + len(place), letter.at, flags, letter.raw))
    for member in STAFF:
        for folder in ("INBOX", member.sent_folder, *_FOLDERS[member.language]):
            shelf.add_folder(member.person.email, folder)
    for (account, folder), mails in laid.items():
        shelf.fill(account, folder, mails)
    return len(everything)


def _places(letter: Letter, now: datetime) -> list[tuple[str, str, str]]:
    seen = "" if (now - letter.at).total_seconds() < 36 * 3600 else "\\Seen"
    places = [(person.email, "INBOX", seen) for person in letter.recipients if person.key in _ACCOUNTS]
    author = _ACCOUNTS.get(letter.who.key)
    return places + ([(author.person.email, author.sent_folder, "\\Seen")] if author else [])
