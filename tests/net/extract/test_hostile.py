"""Files that kill their readers cost one answer in words: the process that asked lives and does not grow."""

from collections.abc import Iterator

import psutil
import pytest

from mailcrm.documents.values import Kind
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import REASONS
from tests.net.extract import files
from tests.net.extract.hostile import HOSTILE


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    pool = Extractor(1)
    yield pool
    pool.close()


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_file_costs_one_answer(name: str, extractor: Extractor) -> None:
    kind, make, reasons = HOSTILE[name]
    data = make()
    extractor.extract(files.docx(["warm"]), Kind.DOCX)
    before = _memory()
    found = extractor.extract(data, Kind(kind))
    assert found.state in ("refused", "failed")
    assert found.reason in reasons
    assert found.sentence == REASONS[found.reason] != ""
    assert found.fingerprint.size == len(data)
    assert _memory() - before < 64 << 20
    after = extractor.extract(files.docx(["It goes on"]), Kind.DOCX)
    assert (after.state, after.text) == ("extracted", "It goes on")


def _memory() -> int:
    """Bytes in memory of this process and its workers."""
    process = psutil.Process()
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def test_a_worker_that_is_killed_is_replaced(extractor: Extractor) -> None:
    extractor.extract(files.docx(["warm"]), Kind.DOCX)
    for worker in psutil.Process().children(recursive=True):
        if "mailcrm.net.extract.worker" in worker.cmdline():
            worker.kill()
            worker.wait()
    first = extractor.extract(files.docx(["lost"]), Kind.DOCX)
    second = extractor.extract(files.docx(["found"]), Kind.DOCX)
    assert (first.state, first.reason) == ("failed", "died")
    assert (second.state, second.text) == ("extracted", "found")


def test_workers_see_neither_environment_nor_files_of_ours(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILCRM_SECRET", "known to nobody")
    pool = Extractor(1)
    pool.extract(files.docx(["warm"]), Kind.DOCX)
    workers = [p for p in psutil.Process().children(recursive=True) if "mailcrm.net.extract.worker" in p.cmdline()]
    assert workers
    assert all("MAILCRM_SECRET" not in worker.environ() for worker in workers)
    pool.close()


def test_a_file_that_is_too_large_is_not_even_sent() -> None:
    pool = Extractor(1)
    found = pool.extract(bytes((100 << 20) + 1), Kind.PDF)
    assert (found.state, found.reason) == ("refused", "large")
    pool.close()
