"""The labelled files, and what lineage makes of them: each repository is a client, each commit a message."""

import gzip
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailcrm.documents.library import Library
from mailcrm.documents.place import Asked, Law
from mailcrm.documents.values import Fingerprint, Kind, Occurrence

GENERATOR_TIMES = ("2013-12-23T23", "2006-09-16", "2006-09-13", "2015-06-05")


@dataclass
class Sample:
    """Occurrences with the fingerprint of each content and the family that it really belongs to."""

    prints: dict[str, Fingerprint]
    families: dict[str, str]
    occurrences: list[Occurrence]


@dataclass
class Result:
    """What lineage made of a sample."""

    files: int = 0
    links: int = 0
    """Files that are not the first of their family at their client."""
    wrong: list[str] = field(default_factory=list)
    joined: int = 0
    suggested: int = 0
    needless: int = 0
    missed: list[str] = field(default_factory=list)
    pair_precision: float = 0.0
    pair_recall: float = 0.0
    across_clients: int = 0

    @property
    def recall(self) -> float:
        """The share of links found without asking."""
        return self.joined / self.links

    @property
    def recall_with_suggestions(self) -> float:
        """The same with those that a suggestion names."""
        return (self.joined + self.suggested) / self.links

    def row(self, name: str) -> str:
        """One line of the table."""
        return (
            f"{name:34} {self.files:5} {len(self.wrong) / self.files:7.2%} {self.pair_precision:6.3f} "
            f"{self.pair_recall:6.3f} {self.recall:6.3f} {self.recall_with_suggestions:6.3f} "
            f"{100 * self.needless / self.files:6.2f} {self.across_clients:5}"
        )


HEAD = f"{'':34} {'files':>5} {'wrong':>7} {'pairP':>6} {'pairR':>6} {'links':>6} {'+sugg':>6} {'ndl%':>6} {'cross':>5}"


def labelled(path: Path) -> Sample:
    """The derived features of the files of several repositories."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows: list[dict[str, Any]] = [json.loads(line) for line in stream]
    clients = {name: number for number, name in enumerate(sorted({row["repo"] for row in rows}), 1)}
    times = _times(rows)
    messages = {name: number for number, name in enumerate(sorted(times), 1)}
    occurrences = []
    for row in rows:
        at = {times[m]: m for m in sorted(row["msgs"], reverse=True) if times.get(m, 0) > row["t"]}
        at[row["t"]] = next((m for m in sorted(row["msgs"]) if times[m] == row["t"]), min(row["msgs"]))
        for time, message in at.items():
            when = datetime.fromtimestamp(time, UTC)
            name = f"{message} {row['name']} {row['sha']}"
            client = frozenset({clients[row["repo"]]})
            occurrences.append(Occurrence(when, name, row["sha"], row["name"], messages[message], 0, client))
    prints = {row["sha"]: _fingerprint(row) for row in rows}
    return Sample(prints, {row["sha"]: row["label"] for row in rows}, sorted(occurrences))


def _times(rows: list[dict[str, Any]]) -> dict[str, int]:
    """When each commit was: a file tells that of its first one only."""
    times: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: (len(row["msgs"]), row["t"])):
        unknown = [message for message in sorted(row["msgs"]) if message not in times]
        if unknown and row["t"] not in {times.get(message) for message in row["msgs"]}:
            times[unknown[0]] = row["t"]
    return defaultdict(int, times)


def _fingerprint(row: dict[str, Any]) -> Fingerprint:
    created = row["created"] or ""
    same_text = hashlib.sha256(f"{row['sk']} {row['ntok']}".encode()).hexdigest() if row["ntok"] else ""
    return Fingerprint(
        row["sha"],
        Kind(row["kind"]),
        text_sha=same_text,
        tokens=row["ntok"],
        shingles=row["n_sh"],
        sketch=tuple(row["sk"]),
        language=row["lang"] or "",
        rsid_root=row["root"] or "",
        rsids=frozenset(row["rsids"]),
        word_id=row["docid"] or "",
        created="" if created.startswith(GENERATOR_TIMES) else created,
        title=row["title"] or "",
        sheets=tuple(row["sheets"] or ()),
        media=frozenset(row["media"]),
        pdf_id=row["pdfid"] or "",
        producer=row["producer"],
        pages=1 if row["kind"] == "pdf" else 0,
    )


def measured(sample: Sample, law: Law | None = None) -> Result:
    """Fold the sample in time order and count."""
    library, result = Library(), Result()
    seen_families: set[tuple[str, frozenset[int]]] = set()
    for occurrence in sample.occurrences:
        sha = occurrence.sha256
        is_new = library.known(sha) is None
        changes = library.take(occurrence, sample.prints[sha], law or Law())
        if not is_new:
            continue
        family, client = sample.families[sha], occurrence.clients
        document = library.versions[sha].document
        is_first = library.versions[sha].sha256 == document
        result.files += 1
        is_link = (family, client) in seen_families
        seen_families.add((family, client))
        result.links += is_link
        asked = {sample.families[c.found.parent] for c in changes if isinstance(c, Asked)}
        if not is_first:
            parent = sample.families[library.versions[sha].parent]
            result.joined += parent == family and is_link
            if parent != family:
                result.wrong.append(f"{occurrence.name} [{family}] -> {parent}")
        elif is_link:
            result.suggested += family in asked
            if family not in asked:
                result.missed.append(f"{occurrence.name} [{family}]")
        result.needless += bool(asked) and family not in asked
    _pairs(library, sample, result)
    return result


def _pairs(library: Library, sample: Sample, result: Result) -> None:
    documents = [document.versions for document in library.documents.values()]
    found = {pair for shas in documents for pair in _of(shas)}
    by_family: dict[tuple[str, str], list[str]] = defaultdict(list)
    for sha, family in sample.families.items():
        one = library.known(sha)
        if one is not None:
            by_family[family, str(sorted(one.clients)[:1])].append(sha)
    true = {pair for shas in by_family.values() for pair in _of(shas)}
    result.pair_precision = len(found & true) / len(found) if found else 1.0
    result.pair_recall = len(found & true) / len(true) if true else 1.0
    clients = {sha: one.clients for sha in sample.prints if (one := library.known(sha)) is not None}
    result.across_clients = sum(not clients[a] & clients[b] for a, b in found)


def _of(shas: Iterable[str]) -> set[tuple[str, str]]:
    ordered = sorted(shas)
    return {(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]}


STYLES: tuple[Callable[[str, int], str], ...] = (
    lambda stem, n: stem,
    lambda stem, n: f"{stem} v{n}",
    lambda stem, n: f"{stem}_v{n}_final",
    lambda stem, n: f"{stem} ({n})",
    lambda stem, n: f"Копия {stem}",
    lambda stem, n: f"{stem} - Copy ({n})",
    lambda stem, n: f"2026-03-{n:02} {stem}",
    lambda stem, n: f"{stem} от {n:02}.03.2026",
    lambda stem, n: f"{stem} ред. {n}",
    lambda stem, n: f"FW_ {stem}",
    lambda stem, n: stem.replace(" ", "_").upper(),
    lambda stem, n: f"{stem} с правками",
    lambda stem, n: f"{stem} (signed)",
    lambda stem, n: f"{stem} версия {n}",
    lambda stem, n: f"Черновик {n} {stem}",
)
GENERIC = ("scan", "document", "документ", "Без имени", "image001", "attachment", "новый документ", "file")


def perturbed(sample: Sample, seed: int) -> Sample:
    """The same files under the names that people give: fifteen styles, and one in eight says nothing."""
    chance = random.Random(seed)
    names: dict[str, str] = {}
    for occurrence in sample.occurrences:
        stem, _, extension = occurrence.name.rpartition(".")
        number = chance.randint(1, 12)
        name = chance.choice(GENERIC) if chance.random() < 0.12 else chance.choice(STYLES)(stem, number)
        names.setdefault(occurrence.sha256, f"{name}.{extension}")
    return replace(sample, occurrences=[replace(one, name=names[one.sha256]) for one in sample.occurrences])
