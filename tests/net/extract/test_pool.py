"""The pool: the same answer as in-process, many threads."""

from concurrent.futures import ThreadPoolExecutor

from mailcrm.documents.values import Kind
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.reader import read
from tests.net.extract import files

TEXT = [f"Paragraph {number} of an offer for somebody who wants {number} chairs" for number in range(60)]


def test_a_worker_gives_what_the_reader_finds() -> None:
    pool = Extractor(1)
    for data, kind in (
        (files.docx(TEXT, ["00AA0001"], [("Vera", "Why?")], files.core(title="Offer")), Kind.DOCX),
        (files.xlsx({"A": [["x", 1], ["y", 2.5]]}), Kind.XLSX),
        (files.pdf(["Hello world"], "mailcrm-lineage:A:1"), Kind.PDF),
    ):
        assert pool.extract(data, kind) == read(data, kind)
    assert [word.text for word in pool.page_words(files.pdf(["Hello world"]))[0].words] == ["Hello", "world"]
    assert pool.page_image(files.pdf(["Hello"]), 0, 100)[8:12] == b"WEBP"
    pool.close()


def test_many_threads_share_two_workers() -> None:
    pool = Extractor(2)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: pool.extract(files.docx([f"Document {n}"]), Kind.DOCX).text, range(40)))
    assert found == [f"Document {n}" for n in range(40)]
    assert pool.waiting == 0
    pool.close()
