"""Word files (ECMA-376 part 1 §17): the final text, the text before tracked changes, comments, notes, save ids."""

import re

from lxml import etree

from mailcrm.net.extract.package import Package, attribute, local, properties
from mailcrm.net.extract.values import MAX_TEXT, Comment, Draft

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_NEW = {f"{_W}ins", f"{_W}moveTo"}
_OLD = {f"{_W}del", f"{_W}moveFrom"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WALKED = (*_NEW, *_OLD, _FALLBACK, *_BREAKS, *(f"{_W}{name}" for name in ("t", "delText", "p", "tc", "tr")))
_RSID = re.compile(r"[0-9A-Fa-f]{8}")


class _Walk:
    """One pass over a part with text: what it says, and what it said before the tracked changes."""

    def __init__(self) -> None:
        self.final: list[str] = []
        self.original: list[str] = []
        self.changes = 0
        self.authors: dict[str, None] = {}
        self.length = 0
        self._new = self._old = self._hidden = self._cells = 0

    def add(self, text: str, deleted: bool = False) -> None:
        """Text of a run, for the sides that it stands on."""
        if self._hidden or self.length > MAX_TEXT:
            return
        self.length += len(text)
        if not deleted and not self._old:
            self.final.append(text)
        if deleted or not self._new:
            self.original.append(text)

    def start(self, element: "etree._Element") -> None:
        """Count ourselves into tracked changes, cells and fallbacks."""
        tag = element.tag
        if tag in _NEW or tag in _OLD:
            self._new += tag in _NEW
            self._old += tag in _OLD
            self.changes += 1
            self.authors[attribute(element, "author")] = None
        self._hidden += tag == _FALLBACK
        self._cells += tag == f"{_W}tc"

    def end(self, element: "etree._Element") -> None:
        """Take the text of an element that is complete."""
        tag = element.tag
        if tag == f"{_W}t":
            self.add(element.text or "")
        elif tag == f"{_W}delText":
            self.add(element.text or "", deleted=True)
        elif tag in _BREAKS:
            self.add(_BREAKS[tag])
        elif tag == f"{_W}p":
            self._mark(" " if self._cells else "\n")
            element.clear()
        elif tag in (f"{_W}tc", f"{_W}tr"):
            self._mark("\t" if tag == f"{_W}tc" else "\n")
            element.clear()
        self._new -= tag in _NEW
        self._old -= tag in _OLD
        self._hidden -= tag == _FALLBACK
        self._cells -= tag == f"{_W}tc"

    def _mark(self, mark: str) -> None:
        if not self._hidden:
            self.final.append(mark)
            self.original.append(mark)


def read(data: bytes) -> Draft:
    """Everything in a Word file that lineage and comparison use. Raises Unreadable."""
    package, draft, walk = Package(data), Draft(), _Walk()
    for part in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        for event, element in package.events(part, "start", "end", tags=_WALKED):
            (walk.start if event == "start" else walk.end)(element)
    draft.text = _tidy("".join(walk.final))
    draft.original = _tidy("".join(walk.original)) if walk.changes else ""
    draft.changes, draft.change_authors = walk.changes, [name for name in walk.authors if name]
    draft.truncated = walk.length > MAX_TEXT
    draft.comments = _comments(package)
    draft.macros = "word/vbaProject.bin" in package.names
    _settings(package, draft)
    properties(package, draft)
    draft.media = package.media("word/media/")
    return draft


def _tidy(text: str) -> str:
    """Without blanks before a cell's or a line's end, and without lines that only hold cells' ends."""
    lines = (re.sub(r" *\t *", "\t", line).strip() for line in text[:MAX_TEXT].split("\n"))
    return "\n".join(line for line in lines if line)


def _comments(package: Package) -> list[Comment]:
    found = []
    for _, element in package.events("word/comments.xml", "end"):
        if element.tag == f"{_W}comment":
            text = "".join(part.text or "" for part in element.iter(f"{_W}t"))
            found.append(Comment(attribute(element, "author"), text, attribute(element, "date")))
    return found


def _settings(package: Package, draft: Draft) -> None:
    for _, element in package.events("word/settings.xml", "end"):
        name, value = local(element), attribute(element, "val")
        if name == "rsidRoot":
            draft.properties["rsid_root"] = value
        elif name == "rsid" and _RSID.fullmatch(value):
            draft.rsids.add(value)
        elif name == "docId" and value.startswith("{"):
            draft.properties["word_id"] = value
