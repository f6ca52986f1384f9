"""One decision takes milliseconds, however many versions there are."""

import random
import statistics
import time
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import pytest

from mailcrm.documents.library import Library
from mailcrm.documents.names import name_key
from mailcrm.documents.place import Added, Law, Opened, Seen, place
from mailcrm.documents.values import Document, Fingerprint, Kind, Occurrence, Version, known
from tests.documents.twins import START

BUDGET = 0.020
"""Seconds of CPU for one attachment: what other processes do meanwhile does not count."""


@lru_cache(maxsize=4)
def _base(number: int) -> tuple[int, ...]:
    chance = random.Random(number)
    return tuple(sorted(chance.getrandbits(63) for _ in range(256)))


def _print(number: int, version: int) -> Fingerprint:
    """A file of its own document: nine tenths of the sketch stay from version to version."""
    base = list(_base(number))
    changes = random.Random(number * 1000 + version)
    for _ in range(25 if version else 0):
        base[changes.randrange(256)] = changes.getrandbits(63)
    sha = f"{number:032x}{version:032x}"
    saves = frozenset(f"{number % 4096:04X}{save:04X}" for save in range(version + 12))
    return Fingerprint(sha, Kind.DOCX, 1000, sha, "", 600, 597, tuple(sorted(base)), "en", "00AA0000", saves)


def _filled(documents: int, versions: int, client_of: dict[int, int]) -> Library:
    """A library that was filled by changes alone, without deciding anything."""
    library = Library()
    for number in range(documents):
        client = client_of.get(number, 1 + number // 5)
        for version in range(versions):
            made = _print(number, version)
            one = _occurrence(number, version, client, made)
            key = _print(number, 0).sha256 if version else made.sha256
            if not version:
                library.apply(Opened(Document(key, f"client:{client}", one.name, Kind.DOCX)))
            added = Version(made.sha256, key, version + 1, "edit" if version else "first", at=one.at)
            library.apply(Added(added, known(one, made, name_key(one.name))))
            library.apply(Seen(one))
    return library


def _occurrence(number: int, version: int, client: int, made: Fingerprint) -> Occurrence:
    at = START + timedelta(minutes=10 * number + version)
    name = f"Offer for project {number % 7} part {number % 11}.docx"
    return Occurrence(at, made.sha256, made.sha256, name, number * 10 + version, number, frozenset({client}))


def _typical(library: Library, clients: dict[int, int], documents: int) -> float:
    """The median of the seconds that a decision on the next version of some documents takes."""
    law, times = Law(), []
    for number in range(0, documents, max(1, documents // 40)):
        made = _print(number, 9)
        one = replace(_occurrence(number, 9, clients.get(number, 1 + number // 5), made), thread=0)
        start = time.process_time()
        changes = place(one, made, library, law)
        times.append(time.process_time() - start)
        added = [change.version for change in changes if isinstance(change, Added)]
        assert [version.document for version in added] == [_print(number, 0).sha256]
    return statistics.median(times)


@pytest.mark.timeout(280)
def test_a_decision_takes_no_longer_with_a_hundred_thousand_versions() -> None:
    few = _typical(_filled(400, 5, {}), {}, 400)
    many = _typical(_filled(20_000, 5, {}), {}, 20_000)
    print(f"\n2,000 versions: {few * 1000:.1f} ms; 100,000: {many * 1000:.1f} ms")
    assert many <= BUDGET
    assert many <= 2 * few + 0.002


def test_a_client_with_thousands_of_documents_is_no_slower() -> None:
    clients = dict.fromkeys(range(3_000), 1)
    typical = _typical(_filled(3_000, 3, clients), clients, 3_000)
    print(f"\none client with 9,000 versions: {typical * 1000:.1f} ms")
    assert typical <= BUDGET
