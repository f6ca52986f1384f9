"""Office files as zip archives: checked by their directory before anything is inflated, and read with a cap."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from lxml import etree

from mailcrm.net.extract.values import Draft, Unreadable

MAX_ENTRIES = 2_000
MAX_INFLATED = 100 << 20
MAX_RATIO = 200
_SMALL = 1 << 20
"""A part that inflates to less may be packed as tight as it likes."""

_CORE = {
    "title": "title",
    "creator": "creator",
    "lastModifiedBy": "modified_by",
    "created": "created",
    "creation-date": "created",
    "initial-creator": "creator",
}
_GENERATED = ("2013-12-23T23:15", "2006-09-16", "2006-09-13", "2015-06-05", "1601-01-01", "1970-01-01")
"""Creation times that programs and libraries write into every file."""
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


class Package:
    """An opened archive. Raises Unreadable where it asks for more than is allowed."""

    def __init__(self, data: bytes) -> None:
        """Checks the directory: encryption, number of parts, sizes, how tight they are packed."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            parts = self._zip.infolist()
        except _BROKEN:
            raise Unreadable("broken", refused=False) from None
        if len(parts) > MAX_ENTRIES:
            raise Unreadable("entries")
        if any(part.flag_bits & 1 for part in parts):
            raise Unreadable("protected")
        if sum(part.file_size for part in parts) > MAX_INFLATED:
            raise Unreadable("inflated")
        if any(p.file_size > _SMALL and p.file_size > MAX_RATIO * max(1, p.compress_size) for p in parts):
            raise Unreadable("ratio")
        self.names = [part.filename for part in parts]
        self._left = MAX_INFLATED

    def read(self, name: str) -> bytes:
        """The bytes of a part; empty where there is none. Declared sizes lie: no more than is left is inflated."""
        if name not in self.names:
            return b""
        try:
            with self._zip.open(name) as stream:
                data = stream.read(self._left + 1)
        except _BROKEN:
            raise Unreadable("broken", refused=False) from None
        self._left -= len(data)
        if self._left < 0:
            raise Unreadable("inflated")
        return data

    def events(
        self, name: str, *kinds: str, tags: Sequence[str] | None = None
    ) -> Iterator[tuple[str, "etree._Element"]]:
        """The parsing events of an XML part, of all tags or some, without entities, DTDs or any limit raised."""
        data = self.read(name)
        if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data[:65536]:
            raise Unreadable("dtd")
        if not data:
            return
        try:
            yield from etree.iterparse(
                io.BytesIO(data),
                events=kinds,
                tag=tags,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
            )
        except etree.XMLSyntaxError:
            raise Unreadable("broken", refused=False) from None

    def media(self, folder: str) -> set[str]:
        """Short hashes of the pictures below a folder, at most a hundred."""
        names = [name for name in self.names if name.startswith(folder) and not name.endswith("/")]
        return {hashlib.sha256(self.read(name)).hexdigest()[:16] for name in names[:100]}


def local(element: "etree._Element") -> str:
    """The name of an element without its namespace; empty for a comment or an instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: "etree._Element", name: str) -> str:
    """An attribute by its name without namespace; empty where there is none."""
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), "")


def properties(package: Package, draft: Draft) -> None:
    """Title, authors, times and our stamp, from the parts that OOXML and ODF keep them in."""
    for part in ("docProps/core.xml", "meta.xml"):
        for _, element in package.events(part, "end"):
            key = _CORE.get(local(element), "")
            if key and element.text and key not in draft.properties:
                draft.properties[key] = element.text.strip()[:300]
            if local(element) == "user-defined" and attribute(element, "name") == "MailcrmLineage":
                draft.properties["stamp"] = (element.text or "").strip()[:100]
    for _, element in package.events("docProps/custom.xml", "end"):
        if local(element) == "property" and attribute(element, "name") == "MailcrmLineage":
            draft.properties["stamp"] = "".join(element.itertext()).strip()[:100]
    for _, element in package.events("docProps/app.xml", "end"):
        if local(element) == "Application" and element.text:
            draft.properties["producer"] = element.text.strip()[:100]
    if draft.properties.get("created", "").startswith(_GENERATED):
        draft.properties["created"] = ""
