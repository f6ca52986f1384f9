"""Placing over the database makes what the fold in memory makes, in whatever order messages arrive."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailcrm.documents.values import BROADCAST, Fingerprint, Occurrence, Rule
from mailcrm.flow.placing import PATIENCE, Pace, place_ready, rewind
from mailcrm.flow.rebuild import differences
from mailcrm.store import document_rules, document_work, library
from mailcrm.store.database import Database
from mailcrm.store.library import Stored
from tests.bookshelf import NOW, Bookshelf, dated
from tests.documents.gold import labelled
from tests.documents.twins import START, fingerprint, sentence

NAMES = (
    "Offer.docx",
    "offer v2.docx",
    "Price list.docx",
    "КП.docx",
    "Contract 117.docx",
    "document.docx",
    "Terms.docx",
)


def test_real_files_in_the_order_of_time(db: Database, tmp_path: Path, lineage_gold: Path) -> None:
    sample = labelled(lineage_gold)
    prints = {sha: replace(p, sketch=tuple(one >> 1 for one in p.sketch)) for sha, p in sample.prints.items()}
    occurrences = dated(sample.occurrences)
    shelf = Bookshelf(db, tmp_path, prints)
    shelf.deliver(occurrences)
    shelf.place()
    assert differences(db) == []


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_arrival_does_not_matter(db: Database, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    prints, occurrences = history(chance)
    shelf = Bookshelf(db, tmp_path, prints, Pace(clock=lambda: 0.0))
    groups = shuffled(chance, occurrences)
    for position, group in enumerate(groups):
        shelf.deliver(group)
        shelf.place(insist=position % 3 == 0)
        assert differences(db) == [], position
    shelf.place()
    assert shelf.waiting() == 0
    with db.reading() as connection:
        grown = library.stored(connection)
        assert library.placed(connection) == occurrences
    assert grown == afresh(db)
    assert any(one.scope == BROADCAST for one in grown.documents.values())
    assert any(len(one.versions) > 2 for one in grown.documents.values())


def test_everything_can_be_taken_back(db: Database, tmp_path: Path) -> None:
    prints, occurrences = history(random.Random(7))
    shelf = Bookshelf(db, tmp_path, prints)
    shelf.deliver(occurrences)
    shelf.place()
    with db.writing() as connection:
        assert rewind(connection, 0) == len({one.message for one in occurrences})
        for name in ("document", "version", "version_client", "sketch_hash", "seen_hash", "suggestion"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() == 0, name


def test_rules_hold_whenever_they_are_made(db: Database, tmp_path: Path) -> None:
    prints, occurrences = history(random.Random(8))
    shelf = Bookshelf(db, tmp_path, prints)
    shelf.deliver(occurrences)
    shelf.place()
    with db.reading() as connection:
        first = library.stored(connection)
    several = next(one for one in first.documents.values() if len(one.versions) > 2 and one.scope != BROADCAST)
    one, other = several.versions[0], several.versions[-1]
    with db.writing() as connection:
        rules = [Rule("cannot", one, other), Rule("title", one, value="The offer")]
        document_rules.add_rules(connection, "split", rules, NOW, None)
        rewind(connection, 0)
    shelf.place()
    assert differences(db) == []
    with db.reading() as connection:
        split = library.stored(connection)
    assert split.versions[one].document != split.versions[other].document
    assert split.documents[split.versions[one].document].title == "The offer"


def test_an_older_message_waits_where_placing_anew_is_dear(db: Database, tmp_path: Path) -> None:
    prints, occurrences = history(random.Random(9))
    now = [100.0]
    shelf = Bookshelf(db, tmp_path, prints, Pace(clock=lambda: now[0], step=1.0))
    by_message = list(
        {one.message: [o for o in occurrences if o.message == one.message] for one in occurrences}.values()
    )
    shelf.deliver([one for group in by_message[2:] for one in group])
    shelf.place(insist=False)
    shelf.deliver(by_message[1])
    assert place_ready(shelf.desk, shelf.pace) > 0, "the first time nothing has to be waited for"
    shelf.place(insist=False)
    shelf.deliver(by_message[0])
    assert shelf.place(insist=False) == 0
    assert shelf.waiting() == 1
    now[0] += PATIENCE * len(by_message) + 1
    assert shelf.place(insist=False) == len(by_message)
    assert (shelf.waiting(), differences(db)) == (0, [])


def history(
    chance: random.Random, clients: int = 5, steps: int = 60
) -> tuple[Mapping[str, Fingerprint], list[Occurrence]]:
    """Offers of several clients with versions, the same file to many, returns, forwards, two files in a message."""
    common = [sentence(chance) for _ in range(8)]
    texts = {
        client: [common + [sentence(chance) for _ in range(5)] for _ in range(2)] for client in range(1, clients + 1)
    }
    price = [sentence(chance) for _ in range(12)]
    prints: dict[str, Fingerprint] = {}
    found: list[Occurrence] = []
    for step in range(steps):
        client, message = chance.randrange(1, clients + 1), step + 1
        text = chance.choice(texts[client])
        if chance.random() < 0.2:
            text, group = price, frozenset(chance.sample(range(1, clients + 1), chance.randint(1, 3)))
        else:
            group = frozenset({client}) if chance.random() < 0.95 else frozenset()
        if chance.random() < 0.6:
            text[chance.randrange(len(text))] = sentence(chance)
        for part in range(1 + (chance.random() < 0.15)):
            made = fingerprint("\n".join(text[part:]))
            prints[made.sha256] = made
            at = START + timedelta(hours=step)
            thread = chance.randrange(0, 6)
            inbound = chance.random() < 0.3
            found.append(
                Occurrence(at, f"{message}/{part}", made.sha256, chance.choice(NAMES), message, thread, group, inbound)
            )
    return prints, dated(found)


def shuffled(chance: random.Random, occurrences: list[Occurrence]) -> list[list[Occurrence]]:
    """The messages in groups and in any order."""
    messages = list(dict.fromkeys(one.message for one in occurrences))
    chance.shuffle(messages)
    groups = [messages[i : i + 9] for i in range(0, len(messages), 9)]
    return [[one for one in occurrences if one.message in group] for group in groups]


def afresh(db: Database) -> Stored:
    """What placing everything from the beginning makes."""
    with db.writing() as connection:
        rewind(connection, 0)
        numbers = document_work.ready(connection, 10_000)
    assert numbers
    shelf = Bookshelf(db, Path("/nonexistent"), {})
    shelf.place()
    with db.reading() as connection:
        return library.stored(connection)
