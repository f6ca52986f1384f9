"""Which version a returned Word file was made from, where no proof exists: on the labelled files."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailcrm.documents.answers import base_version
from mailcrm.documents.values import Kind, Known
from tests.documents.gold import Sample, labelled


def _families(sample: Sample) -> Iterator[list[Known]]:
    """The Word versions of each family in time order, each text once: equal texts cannot be told apart."""
    seen: dict[str, dict[str, Known]] = defaultdict(dict)
    for one in sample.occurrences:
        made = sample.prints[one.sha256]
        if made.kind is Kind.DOCX and made.tokens >= 30:
            seen[sample.families[one.sha256]].setdefault(made.text_sha, Known(made, (), one.at, sent=True))
    return (list(versions.values()) for versions in seen.values() if len(versions) > 2)


def _right(versions: list[Known], every: int) -> Iterator[bool]:
    """Every n-th version was sent; one made after that, before the next was sent, is returned."""
    for at, returned in enumerate(versions):
        base = at - 1 if every == 1 else at // every * every
        if at in (0, base):
            continue
        sent = [one for one in versions[::every] if one.at <= returned.at and one is not returned]
        found = base_version(returned, sent, {})
        yield found is not None and found.sha == versions[base].sha


@pytest.mark.parametrize(("every", "least"), [(1, 0.86), (2, 0.90), (3, 0.92), (4, 0.94)])
def test_the_base_is_found_among_all_that_were_sent_before(lineage_gold: Path, every: int, least: float) -> None:
    results = [right for versions in _families(labelled(lineage_gold)) for right in _right(versions, every)]
    share = sum(results) / len(results)
    print(f"\n1 of {every} sent: {share:.2f} of {len(results)}")
    assert share >= least
