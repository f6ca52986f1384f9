"""Documents: reading files in the sandboxed pool against in-process, decisions by the size of the library, comparison
of two long texts against difflib, and lineage on labelled files under the names that people give."""

import difflib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path

from bench import measure
from mailcrm.documents.compare import compare
from mailcrm.documents.library import Library
from mailcrm.documents.names import name_key
from mailcrm.documents.place import Added, Law, Opened, Seen, place
from mailcrm.documents.values import Document, Fingerprint, Kind, Occurrence, Version, known
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.reader import read
from tests.documents import gold
from tests.documents.twins import START
from tests.net.extract import files

_ROUNDS = 5
_SEEDS = range(10)
_LINES = [f"Paragraph {number} of an offer for somebody who wants {number} chairs" for number in range(60)]


def run(corpora: Path) -> Iterator[str]:
    """Measure everything; each result as a section in Markdown. Lineage only where its labelled files are."""
    yield extraction()
    yield decisions()
    yield comparison()
    labelled = corpora.parent / "prototypes" / "lineage_gold.jsonl.gz"
    if labelled.is_file():
        yield lineage(labelled)


def extraction() -> str:
    """Files a second by one sandboxed worker and in this process, in turns."""
    cells: list[list[str | float]] = [[f"Article {row}", row * 1.5, "piece"] for row in range(200)]
    samples = {
        "docx, 60 paragraphs": (files.docx(_LINES), Kind.DOCX),
        "xlsx, 200 rows": (files.xlsx({"Prices": cells}), Kind.XLSX),
        "pdf, one page": (files.pdf(_LINES[:40]), Kind.PDF),
    }
    pool, rows = Extractor(1), []
    for name, (data, kind) in samples.items():
        # The first call also starts the worker.
        if pool.extract(data, kind) != read(data, kind):
            raise RuntimeError(f"{name}: the pool reads something else")
        inside, outside = _in_turns(partial(read, data, kind), partial(pool.extract, data, kind), 50)
        rows.append((name, 1 / outside, 1 / inside, inside / outside))
    pool.close()
    head = ("file", "sandboxed pool, files/s", "in-process, files/s", "pool ÷ in-process")
    return f"## Extraction: one core, wall time\n\n{measure.table(head, rows)}\n"


def _in_turns(one: Callable[[], object], other: Callable[[], object], times: int) -> tuple[float, float]:
    """The median seconds of each, called in turns so that neighbours of the machine disturb both alike."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for way, seconds in zip((one, other), took, strict=True):
            began = time.perf_counter()
            way()
            seconds.append(time.perf_counter() - began)
    return measure.median(took[0]), measure.median(took[1])


def decisions() -> str:
    """CPU of one decision by the number of versions that are known: it must not grow with them."""
    few, many = _filled(400, 5, {}), _filled(20_000, 5, {})
    one_client = dict.fromkeys(range(3_000), 1)
    crowded = _filled(3_000, 3, one_client)
    least: list[list[float]] = [[], [], []]
    for _ in range(_ROUNDS):
        least[0].append(_typical(few, {}, 400))
        least[1].append(_typical(many, {}, 20_000))
        least[2].append(_typical(crowded, one_client, 3_000))
    names = ("2,000 versions of 80 clients", "100,000 versions of 4,000 clients", "9,000 versions of one client")
    typical = [1000 * measure.median(times) for times in least]
    rows = [(name, each, each / typical[0]) for name, each in zip(names, typical, strict=True)]
    return "## Decision: which document is this?\n\n" + measure.table(("library", "CPU ms", "÷ 2,000"), rows) + "\n"


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
    """The median CPU seconds of a decision on the next version of forty documents, each of which must be found."""
    law, times = Law(), []
    for number in range(0, documents, max(1, documents // 40)):
        made = _print(number, 9)
        one = replace(_occurrence(number, 9, clients.get(number, 1 + number // 5), made), thread=0)
        began = time.process_time()
        changes = place(one, made, library, law)
        times.append(time.process_time() - began)
        added = [change.version.document for change in changes if isinstance(change, Added)]
        if added != [_print(number, 0).sha256]:
            raise RuntimeError(f"document {number} was not found")
    return measure.median(times)


def comparison() -> str:
    """Seconds of CPU for a hundred pages against their next version, and for difflib on the same words."""
    old, new = _pages()
    before, after = "\n".join(old), "\n".join(new)
    ways: dict[str, Callable[[], object]] = {
        "**mailcrm**: paragraphs, then words": lambda: compare(before, after),
        "difflib.SequenceMatcher on all words": lambda: _all_words(before, after, autojunk=True),
        "the same, autojunk off": lambda: _all_words(before, after, autojunk=False),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            way()
            taken[name].append(time.process_time() - began)
    typical = {name: measure.median(seconds) for name, seconds in taken.items()}
    ours = next(iter(typical.values()))
    rows = [(name, seconds, seconds / ours) for name, seconds in typical.items()]
    head = ("way", "CPU seconds", "÷ mailcrm")
    return f"## Comparison of 100 pages, {len(before.split()):,} words\n\n{measure.table(head, rows)}\n"


def _pages() -> tuple[list[str], list[str]]:
    """1,100 paragraphs of 45 words; every third has a changed word where it can, and forty are gone."""
    chance = random.Random(5)
    stems = ("price", "chair", "delivery", "term", "and", "of")
    old = [" ".join(chance.choice(stems) + str(chance.randint(0, 999)) for _ in range(45)) for _ in range(1100)]
    new = [line.replace("price", "cost", 1) if number % 3 == 0 else line for number, line in enumerate(old)]
    del new[100:140]
    return old, new


def _all_words(old: str, new: str, autojunk: bool) -> object:
    return difflib.SequenceMatcher(None, old.split(), new.split(), autojunk=autojunk).get_opcodes()


def lineage(path: Path) -> str:
    """Quality, not speed: labelled files under their own names and under ten draws of names that people give."""
    sample = gold.labelled(path)
    results = {"their own names": gold.measured(sample)}
    results |= {f"draw {seed}": gold.measured(gold.perturbed(sample, seed)) for seed in _SEEDS}
    rows = [
        (
            name,
            100 * len(one.wrong) / one.files,
            one.recall,
            one.recall_with_suggestions,
            100 * one.needless / one.files,
            one.across_clients,
        )
        for name, one in results.items()
    ]
    head = ("names", "wrong %", "links found", "with suggestions", "needless questions %", "across clients")
    files_in = next(iter(results.values())).files
    return f"## Lineage: {files_in} labelled files\n\n{measure.table(head, rows)}\n"
