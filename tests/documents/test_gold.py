"""Lineage on labelled real files: the table, and the least that it must reach."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailcrm.documents.roles import kind_of
from mailcrm.documents.values import Occurrence
from mailcrm.net.extract.reader import read
from tests.documents.gold import HEAD, Result, Sample, labelled, measured, perturbed
from tests.documents.twins import twins

SEEDS = range(1, 4)
"""Their mean is close to that of the ten which `bench/documents.py` measures; one seed more or less costs seconds."""


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The lines of the table, printed when all are there."""
    lines = [HEAD]
    yield lines
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n" + "\n".join(lines))


def test_real_names(lineage_gold: Path, table: list[str]) -> None:
    result = measured(labelled(lineage_gold))
    table.append(result.row("six projects, real names"))
    assert result.files == 403
    assert len(result.wrong) <= 1, result.wrong
    assert result.recall >= 0.95
    assert result.recall_with_suggestions >= 0.97
    assert result.needless <= 5
    assert result.pair_precision >= 0.999
    assert result.across_clients == 0


def test_perturbed_names(lineage_gold: Path, table: list[str]) -> None:
    sample = labelled(lineage_gold)
    results = [measured(perturbed(sample, seed)) for seed in SEEDS]
    for seed, result in zip(SEEDS, results, strict=True):
        table.append(result.row(f"names as people give them, seed {seed}"))
    files, links = (sum(getattr(result, name) for result in results) for name in ("files", "links"))
    wrong = sum(len(result.wrong) for result in results)
    assert wrong / files <= 0.004
    assert sum(result.joined for result in results) / links >= 0.93
    assert sum(result.joined + result.suggested for result in results) / links >= 0.96
    assert sum(result.needless for result in results) / files <= 0.012
    assert all(result.across_clients == 0 for result in results)


@pytest.mark.corpora
def test_real_files_from_their_bytes(corpora: Path, table: list[str]) -> None:
    sample = _documents(corpora / "owasp-documents")
    result = measured(sample)
    table.append(result.row("OWASP files, read from bytes"))
    _holds(result)
    changed = measured(perturbed(sample, 1))
    table.append(changed.row("the same, names as people give them"))
    assert len(changed.wrong) / changed.files <= 0.01, changed.wrong


def _holds(result: Result) -> None:
    assert len(result.wrong) / result.files <= 0.005, result.wrong
    assert result.recall >= 0.93
    assert result.recall_with_suggestions >= 0.97
    assert 100 * result.needless / result.files <= 3
    assert result.across_clients == 0


def _documents(folder: Path) -> Sample:
    """Each repository a client, each commit a message."""
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    clients = {name: number for number, name in enumerate(sorted({row["repository"] for row in rows}), 1)}
    commits = sorted({one["commit"] for row in rows for one in row["occurrences"]})
    messages = {commit: number for number, commit in enumerate(commits, 1)}
    prints, families, occurrences = {}, {}, []
    for row in rows:
        data = (folder / row["file"]).read_bytes()
        sha = row["sha256"]
        prints[sha] = read(data, kind_of(data[:1024], row["file"])).fingerprint
        families[sha] = row["family"]
        for one in row["occurrences"]:
            name = Path(one["path"]).name
            at = datetime.fromtimestamp(one["time"], UTC)
            client = frozenset({clients[row["repository"]]})
            key = f"{one['commit']} {one['path']}"
            occurrences.append(Occurrence(at, key, sha, name, messages[one["commit"]], 0, client))
    return Sample(prints, families, sorted(occurrences))


@pytest.mark.parametrize("seed", SEEDS)
def test_offers_made_from_one_template_stay_apart(seed: int, table: list[str]) -> None:
    result = measured(twins(seed))
    table.append(result.row(f"25 clients, one template, seed {seed}"))
    assert result.pair_precision >= 0.99
    assert result.pair_recall >= 0.99
    assert result.across_clients == 0
