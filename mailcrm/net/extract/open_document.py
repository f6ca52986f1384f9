"""OpenDocument text and slides (ISO/IEC 26300-1): final text, text before tracked changes, comments."""

from lxml import etree

from mailcrm.net.extract.package import Package, attribute, local, properties
from mailcrm.net.extract.values import MAX_TEXT, Comment, Draft

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_BLOCKS = (f"{_TEXT}p", f"{_TEXT}h")


class _Walk:
    """Both sides of a text, walked recursively in document order."""

    def __init__(self) -> None:
        self.final: list[str] = []
        self.original: list[str] = []
        self.comments: list[Comment] = []
        self.authors: dict[str, None] = {}
        self.deleted: dict[str, str] = {}
        self.inserted: set[str] = set()
        self.open: set[str] = set()
        self.cells = 0

    def add(self, text: str | None) -> None:
        """Text outside of insertions stands on both sides."""
        if text:
            self.final.append(text)
            if not self.open:
                self.original.append(text)

    def regions(self, element: "etree._Element") -> None:
        """The tracked changes, which stand before the text (§5.5)."""
        for region in element:
            name = attribute(region, "id")
            for change in region:
                if local(change) == "insertion":
                    self.inserted.add(name)
                elif local(change) == "deletion":
                    paragraphs = (_plain(part) for part in change if part.tag in _BLOCKS)
                    self.deleted[name] = "\n".join(paragraphs)
                creators = (part.text or "" for part in change.iter() if local(part) == "creator")
                self.authors.update(dict.fromkeys(creators))

    def walk(self, element: "etree._Element") -> None:
        """One element with everything inside it and the text after it."""
        tag = element.tag
        if not isinstance(tag, str):
            self.add(element.tail)
            return
        if tag == f"{_TEXT}tracked-changes":
            self.regions(element)
        elif tag == f"{_OFFICE}annotation":
            self._comment(element)
        else:
            self._inside(element, tag)
        self.add(element.tail)

    def _inside(self, element: "etree._Element", tag: str) -> None:
        name = attribute(element, "change-id")
        if tag == f"{_TEXT}change":
            self.original.append(self.deleted.get(name, ""))
        elif tag == f"{_TEXT}change-start" and name in self.inserted:
            self.open.add(name)
        elif tag == f"{_TEXT}change-end":
            self.open.discard(name)
        elif tag in (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
            self.add(" ")
        self.cells += tag == f"{_TABLE}table-cell"
        self.add(element.text)
        for child in element:
            self.walk(child)
        self.cells -= tag == f"{_TABLE}table-cell"
        ends = {f"{_TABLE}table-cell": "\t", f"{_TABLE}table-row": "\n"}
        mark = (" " if self.cells else "\n") if tag in _BLOCKS else ends.get(tag, "")
        self.final.append(mark)
        self.original.append(mark)

    def _comment(self, element: "etree._Element") -> None:
        creator = next((part.text or "" for part in element if local(part) == "creator"), "")
        date = next((part.text or "" for part in element if local(part) == "date"), "")
        text = "\n".join(_plain(part) for part in element if part.tag in _BLOCKS)
        self.comments.append(Comment(creator, text, date))


def _plain(element: "etree._Element") -> str:
    return "".join(str(part) for part in element.itertext())


def read(data: bytes) -> Draft:
    """Everything in an .odt or .odp that lineage and comparison use. Raises Unreadable."""
    package, draft, walk = Package(data), Draft(), _Walk()
    for _, element in package.events("content.xml", "end"):
        if element.tag == f"{_OFFICE}body":
            walk.walk(element)
    draft.text = _tidy("".join(walk.final))
    if walk.deleted or walk.inserted:
        draft.original = _tidy("".join(walk.original))
    draft.changes = len(walk.deleted) + len(walk.inserted)
    draft.change_authors = [name for name in walk.authors if name]
    draft.comments = walk.comments
    properties(package, draft)
    draft.media = package.media("Pictures/")
    return draft


def _tidy(text: str) -> str:
    lines = (line.strip() for line in text[:MAX_TEXT].split("\n"))
    return "\n".join(line for line in lines if line)
