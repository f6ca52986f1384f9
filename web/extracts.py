"""What is in stored files, for pages: read in the sandbox when first asked for, and kept in memory for a while."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain

from mailcrm.documents import summary
from mailcrm.documents.compare import CellChange, Row, compare, compare_sheets, paragraphs
from mailcrm.documents.summary import Summary
from mailcrm.documents.values import Kind
from mailcrm.net.blobs import BlobStore
from mailcrm.net.extract.pool import Extractor
from mailcrm.net.extract.values import Comment, Extract, Unreadable, unread

LONGEST = 1_000_000
"""Characters of a text that is compared."""
_MOST_WORK = 20_000_000
"""Steps of a comparison in the worst case: some seconds."""
_LONG_PARAGRAPH = 1500


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions beside each other: `rows` of texts, or `cells` of sheets; or why there is neither."""

    rows: tuple[Row, ...] = ()
    cells: tuple[CellChange, ...] = ()
    summary: Summary = field(default_factory=Summary)
    comments: tuple[Comment, ...] = ()
    """Those that only the new one has."""
    tracked_by: tuple[str, ...] = ()
    reason: str = ""
    """A key of `net.extract.values.REASONS`, or "long", "text" or "missing"."""
    side: str = ""
    """old or new: the one that cannot be read."""
    truncated: bool = False


class Extracts:
    """Reads each content once. Safe to share between threads; the caches are small, for texts are large."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._extractor = Extractor(1)
        self.extract = lru_cache(maxsize=12)(self._extract)
        self.comparison = lru_cache(maxsize=12)(self._comparison)
        self.page = lru_cache(maxsize=48)(self._page)

    def close(self) -> None:
        """End the process that reads."""
        self._extractor.close()

    def _extract(self, sha256: str, kind: str) -> Extract:
        """What is in a content, or why it was not read."""
        if not self._blobs.has(sha256):
            return unread(sha256, Kind(kind), 0, "missing")
        return self._extractor.extract(self._blobs.read(sha256), Kind(kind))

    def read(self, data: bytes, kind: Kind) -> Extract:
        """What is in a file that somebody just uploaded, or why it was not read."""
        return self._extractor.extract(data, kind)

    def against(self, sha256: str, data: bytes, kind: Kind) -> Comparison:
        """A stored content compared with one that is not stored."""
        before, after = self.extract(sha256, kind.value), self._extractor.extract(data, kind)
        if before.state != "extracted" or after.state != "extracted":
            return Comparison(reason=before.reason or after.reason or "broken", side="old")
        return _compared(before, after)

    def _page(self, sha256: str, number: int, width: int) -> bytes:
        """A page of a PDF (from 0) as WebP. Raises Unreadable."""
        if not self._blobs.has(sha256):
            raise Unreadable("missing")
        return self._extractor.page_image(self._blobs.read(sha256), number, width)

    def _comparison(self, old: tuple[str, str], new: tuple[str, str]) -> Comparison:
        """The comparison of two contents, each a (SHA-256, kind)."""
        before, after = self.extract(*old), self.extract(*new)
        for side, one in (("old", before), ("new", after)):
            if one.state != "extracted":
                return Comparison(reason=one.reason or "broken", side=side)
            if not (one.text.strip() or one.sheets):
                return Comparison(reason="text", side=side)
        return _compared(before, after)


def _compared(before: Extract, after: Extract) -> Comparison:
    cut = before.truncated or after.truncated
    if before.sheets and after.sheets:
        return _cells(before, after, cut)
    old, new = _cut(before.text), _cut(after.text)
    if max(len(old), len(new)) > LONGEST or _work(paragraphs(old), paragraphs(new)) > _MOST_WORK:
        return Comparison(reason="long")
    rows = compare(old, new)
    fresh = tuple(one for one in after.comments if one not in before.comments)
    said = summary.of_text(rows, [one.author for one in fresh], after.fingerprint.changes)
    return Comparison(rows, (), said, fresh, after.change_authors, truncated=cut)


def _cells(before: Extract, after: Extract, cut: bool) -> Comparison:
    old = {sheet.name: sheet.rows for sheet in before.sheets}
    work = sum(_meetings(old[sheet.name], sheet.rows) for sheet in after.sheets if sheet.name in old)
    if work > _MOST_WORK:
        return Comparison(reason="long")
    cells = compare_sheets(
        [(sheet.name, sheet.rows) for sheet in before.sheets], [(sheet.name, sheet.rows) for sheet in after.sheets]
    )
    return Comparison((), cells, summary.of_sheets(cells), truncated=cut)


def _cut(text: str) -> str:
    """The text with what is called a paragraph but is none cut at its sentences, else anywhere."""
    return "\n".join(chain.from_iterable(_pieces(line) for line in text.split("\n")))


def _pieces(line: str) -> Iterable[str]:
    while len(line) > _LONG_PARAGRAPH:
        end = line.rfind(". ", _LONG_PARAGRAPH // 2, _LONG_PARAGRAPH) + 1 or _LONG_PARAGRAPH
        yield line[:end]
        line = line[end:]
    yield line


def _work(old: Sequence[str], new: Sequence[str]) -> int:
    """How many steps a comparison takes at most: a file can be made so that there is no end to it."""
    same = set(old) & set(new)
    inside = sum(len(one) ** 2 for one in new if one not in same) // 16
    return _meetings(old, new) + inside


def _meetings(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    here = Counter(old)
    return sum(here[one] for one in new)
