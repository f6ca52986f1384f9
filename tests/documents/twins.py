"""Generated documents with known truth: many clients, one template, several offers each, several versions of each."""

import hashlib
import random
from datetime import UTC, datetime, timedelta

from mailcrm.documents.fingerprint import text_print
from mailcrm.documents.values import Fingerprint, Kind, Occurrence
from tests.documents.gold import Sample

VOCABULARY = [
    f"{a}{b}" for a in ("ka", "lo", "mi", "ru", "sta", "ve", "po", "dri") for b in ("n", "ra", "tel", "sk", "vi", "mo")
]
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def sentence(chance: random.Random, words: int = 12) -> str:
    """A sentence of invented words."""
    return " ".join(chance.choice(VOCABULARY) + str(chance.randint(1, 99)) for _ in range(words))


def fingerprint(text: str, kind: Kind = Kind.DOCX) -> Fingerprint:
    """The fingerprint of a file with this text and nothing else."""
    found = text_print(text)
    sha = hashlib.sha256(f"{kind} {text}".encode()).hexdigest()
    return Fingerprint(
        sha,
        kind,
        len(text),
        found.sha,
        "",
        found.tokens,
        found.shingles,
        found.sketch,
        "ru",
        created="2026-01-01T08:00:00Z",
    )


def twins(seed: int, clients: int = 25, offers: int = 2, versions: int = 4) -> Sample:
    """Offers that share four fifths of their text with all others, under names that say only that they are offers."""
    chance = random.Random(seed)
    template = [sentence(chance) for _ in range(24)]
    streams: list[list[tuple[int, str, str]]] = []
    for client in range(1, clients + 1):
        for offer in range(offers):
            own = [sentence(chance) for _ in range(6)]
            stream = []
            for _ in range(versions):
                own[chance.randrange(len(own))] = sentence(chance)
                stream.append((client, f"{client}-{offer}", "\n".join([*template[:12], *own, *template[12:]])))
            streams.append(stream)
    sample = Sample({}, {}, [])
    number = 0
    while streams:
        stream = chance.choice(streams)
        client, family, text = stream.pop(0)
        streams = [one for one in streams if one]
        number += 1
        made = fingerprint(text)
        sample.prints[made.sha256] = made
        sample.families[made.sha256] = family
        at = START + timedelta(hours=number)
        name = chance.choice(
            ("Offer.docx", "offer v2.docx", "КП.docx", "document.docx", "Коммерческое предложение.docx")
        )
        sample.occurrences.append(Occurrence(at, str(number), made.sha256, name, number, 0, frozenset({client})))
    return sample
