"""PowerPoint files (ECMA-376 part 1 §19): the text of the slides in order, and comments."""

import re

from mailcrm.net.extract.package import Package, attribute, local, properties
from mailcrm.net.extract.values import MAX_TEXT, Comment, Draft

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")


def read(data: bytes) -> Draft:
    """The text of a presentation, a line each paragraph. Raises Unreadable."""
    package, draft = Package(data), Draft()
    slides = sorted((int(match[1]), name) for name in package.names if (match := _SLIDE.fullmatch(name)))
    lines: list[str] = []
    for _, name in slides:
        for _, element in package.events(name, "end"):
            if element.tag == f"{_A}p":
                lines.append("".join(part.text or "" for part in element.iter(f"{_A}t")).strip())
                element.clear()
    draft.text = "\n".join(line for line in lines if line)[:MAX_TEXT]
    draft.pages = len(slides)
    draft.comments = _comments(package)
    draft.macros = "ppt/vbaProject.bin" in package.names
    properties(package, draft)
    draft.media = package.media("ppt/media/")
    return draft


def _comments(package: Package) -> list[Comment]:
    authors = {
        attribute(element, "id"): attribute(element, "name")
        for _, element in package.events("ppt/commentAuthors.xml", "end")
        if local(element) == "cmAuthor"
    }
    found = []
    for name in sorted(name for name in package.names if name.startswith("ppt/comments/")):
        for _, element in package.events(name, "end"):
            if local(element) == "cm":
                text = "".join(part.text or "" for part in element.iter() if local(part) in ("text", "t"))
                author = authors.get(attribute(element, "authorId"), "")
                found.append(Comment(author, text, attribute(element, "dt")))
    return found
