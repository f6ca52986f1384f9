"""Bodies as plain text: HTML made readable, format=flowed joined (RFC 3676). Linear in the input, never raises.

In the text of HTML quotes begin with "> ", items of lists with "- " or a number, cells of a table stand between
" | ", and a link is followed by its address where its words do not show it.
"""

import re
from dataclasses import dataclass, field
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailcrm.mail import charset

MAX_HTML = 1_000_000
"""Characters of one HTML body that are read; longer ones are cut, their raw form stays."""
MAX_DEPTH = 4_000
"""How deep elements may nest before the HTML is only stripped of its tags."""
MAX_TEXT = 2_000_000
MAX_QUOTE = 50

_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_TAG = re.compile(r"<[^<>]{0,5000}>?")
_NESTING = re.compile(
    r"<(/?)(?!p\b|li\b|t[dhr]\b|br\b|hr\b|img\b|input\b|meta\b|link\b|d[dt]\b|option\b|o:p\b)[a-z]", re.I
)
_SKIP = frozenset(
    ("script", "style", "head", "title", "template", "svg", "object", "noscript", "select", "iframe", "-comment")
)
_BLOCK = frozenset(
    ("div", "section", "article", "header", "footer", "main", "nav", "form", "fieldset", "address", "center", "table",
     "tr", "dl", "dt", "dd", "figure", "caption", "body", "li", "blockquote", "pre")
)  # fmt: skip
_PARAGRAPH = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"))
_SIGNATURES = ("gmail_signature", "moz-signature")
_ATTRIBUTIONS = frozenset(("gmail_attr", "moz-cite-prefix"))
_QUOTES = frozenset(
    ("yahoo_quoted", "protonmail_quote", "messageReplySection", "OLK_SRC_BODY_SECTION", "zmail_extra",
     "mail-editor-reference-message-container")
)  # fmt: skip
_QUOTED_FROM_HERE = frozenset(("divRplyFwdMsg", "zwchr", "stopSpelling", "OutlookMessageHeader"))
_COPIES = re.compile(r"(?:x_)+")
_HEADER_STYLE = re.compile(r"border:none;border-top:solid#(?:e1e1e1|b5c4df)", re.I)
MAX_HEADERS = 20
"""How many elements that look like an attribution or the header block of Outlook are looked into."""


def flowed(text: str, delsp: bool = False) -> str:
    """Text of format=flowed (RFC 3676) with its paragraphs joined; `delsp` deletes the space before each soft break."""
    out: list[list[str]] = []
    depth, soft = -1, False
    for line in text.split("\n"):
        rest = line.lstrip(">")
        marks = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        if soft and marks == depth and rest != "-- ":
            out[-1].append(rest)
        else:
            out.append([f"{'>' * marks} " if marks else "", rest])
        depth, soft = marks, rest.endswith(" ") and rest != "-- "
        if soft and delsp:
            out[-1][-1] = rest[:-1]
    joined = ("".join(pieces) for pieces in out)
    return "\n".join(line if line == "-- " else line.rstrip() for line in joined)


@dataclass(slots=True)
class _Page:
    """Text under construction: finished lines, the words of the open line, how deep the quote is."""

    lines: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    depth: int = 0
    size: int = 0
    pre: int = 0
    headers: int = 0
    spoken: bool = False
    lists: list[int] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Append words to the open line; outside of pre with single blanks."""
        if self.pre:
            first, *more = text.split("\n")
            self.words.append(first)
            for line in more:
                self.end(always=True)
                self.words.append(line)
            return
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self.words or self.words[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.words.append(text)

    def end(self, always: bool = False) -> None:
        """Finish the open line; an empty one only counts when it is asked for with `always`."""
        line = "".join(self.words).replace("\xa0", " ").rstrip()
        self.spoken = self.spoken or bool(line.strip())
        if line or always:
            self.lines.append(f"{'> ' * self.depth}{line}" if self.depth else line)
            self.size += len(line) + 1
        self.words = []

    def gap(self) -> None:
        """Finish the open line and leave one line blank below it."""
        self.end()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * self.depth)


def from_html(html: str) -> str:
    """The readable text of an HTML body, with LF line ends; empty where it has no words."""
    html = html[:MAX_HTML]
    if too_deep(html):
        return charset.clean(strip_tags(html))
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return ""
    page = _Page()
    _walk(root, page)
    page.end()
    return charset.clean(_squeeze(page.lines))


def too_deep(html: str) -> bool:
    """Whether the elements of `html` nest so deep that an HTML parser would need time quadratic in their number."""
    if html.count("<") < MAX_DEPTH:
        return False
    depth = 0
    for match in _NESTING.finditer(html):
        depth = max(depth - 1, 0) if match[1] else depth + 1
        if depth > MAX_DEPTH:
            return True
    return False


def strip_tags(html: str) -> str:
    """The words of an HTML text without any layout, for HTML that no parser should see."""
    return unescape(_SPACES.sub(" ", _TAG.sub(" ", html))).strip()


def _squeeze(lines: list[str]) -> str:
    """The lines as text with at most one blank line between two others."""
    out: list[str] = []
    for line in lines:
        if line.strip("> ") or (out and out[-1].strip("> ")):
            out.append(line.rstrip() if line != "-- " else line)
    return "\n".join(out).strip("\n")


def _walk(root: LexborNode, page: _Page) -> None:
    """Write the words below `root`, with an own stack: hostile HTML nests deeper than Python calls."""
    stack: list[tuple[LexborNode, int | None]] = [(root, None)]
    while stack and page.size < MAX_TEXT:
        node, deeper = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            page.write(node.text_content or "")
            continue
        if deeper is not None:
            _leave(node, tag, page)
            page.depth = max(page.depth - deeper, 0)
            continue
        if tag in _SKIP or not _enter(node, tag, page):
            continue
        deeper = _deeper(node, tag, page)
        page.depth = min(page.depth + deeper, MAX_QUOTE)
        stack.append((node, deeper))
        children: list[tuple[LexborNode, int | None]] = []
        child = node.child
        while child is not None:
            children.append((child, None))
            child = child.next
        stack.extend(reversed(children))


def _enter(node: LexborNode, tag: str, page: _Page) -> bool:
    """Write what stands before the content of an element; False where its content is not shown."""
    attributes = node.attributes
    if attributes and _hidden(attributes):
        return False
    if tag == "br":
        page.end(always=True)
    elif tag in _BLOCK or tag in _PARAGRAPH:
        page.end()
    elif tag in ("td", "th"):
        _cell(page)
    elif tag == "img":
        alt = (attributes.get("alt") or "").strip()
        page.write(f"[{alt}]" if alt and len(alt) < 200 else "")
    elif tag == "hr":
        page.end()
        page.lines.append("> " * page.depth + "-" * 10)
    if tag == "pre":
        page.pre += 1
    elif tag in ("ul", "ol"):
        page.lists.append(0 if tag == "ul" else 1)
    elif tag == "li":
        _item(page)
    if attributes and any(name in (attributes.get("class") or "") for name in _SIGNATURES):
        _delimiter(node, page)
    return True


def _deeper(node: LexborNode, tag: str, page: _Page) -> int:
    """How many levels of quote the content of an element is deeper than what is around it; below a header block of
    Outlook or Zimbra everything is quote, to the end of the page."""
    if tag == "blockquote":
        return 1
    attributes = node.attributes
    if page.depth or not attributes or not page.spoken:
        return 0
    names = {_COPIES.sub("", name) for name in (attributes.get("class") or "").split()}
    names |= {_COPIES.sub("", attributes.get(key) or "").partition("_1")[0] for key in ("id", "name")}
    if names & _QUOTES:
        return 1
    if names & _ATTRIBUTIONS and page.headers < MAX_HEADERS:
        page.headers += 1
        return 0 if (node.text() or "").lstrip().startswith("--") else 1
    if names & _QUOTED_FROM_HERE or _header_block(node, attributes.get("style") or "", page):
        page.end()
        page.depth += 1
    return 0


def _header_block(node: LexborNode, style: str, page: _Page) -> bool:
    """Whether an element is the block of From, Sent, To, Subject that Outlook writes, in whatever language."""
    if not _HEADER_STYLE.match(style.replace(" ", "")) or page.headers >= MAX_HEADERS:
        return False
    page.headers += 1
    return len(node.css("b, strong")) > 2


def _hidden(attributes: dict[str, str | None]) -> bool:
    """Whether an element is not shown: a preheader, a template of a mail client."""
    style = attributes.get("style")
    return "hidden" in attributes or (style is not None and "display:none" in style.replace(" ", "").lower())


def _cell(page: _Page) -> None:
    """Part a cell of a table from the one before it in the same row."""
    if page.words and "".join(page.words).strip() and not page.pre:
        page.words.append(" | ")


def _item(page: _Page) -> None:
    """Begin an item of a list: its number or a dash, indented by the depth of the list."""
    if not page.lists:
        page.lists.append(0)
    number = page.lists[-1]
    page.words.append("  " * min(len(page.lists) - 1, 8) + (f"{number}. " if number else "- "))
    page.lists[-1] = number + 1 if number else 0


def _delimiter(node: LexborNode, page: _Page) -> None:
    """Mark a signature that has a container of its own as plain text does (RFC 3676 §4.3)."""
    page.end()
    if not (node.text(deep=True) or "").lstrip().startswith("--") and (not page.lines or page.lines[-1] != "-- "):
        page.lines.append("> " * page.depth + "-- ")


def _leave(node: LexborNode, tag: str, page: _Page) -> None:
    """Write what stands behind the content of an element."""
    if tag == "a":
        _link(node, page)
    elif tag == "p":
        style = (node.attributes.get("style") or "").replace(" ", "")
        tight = "Mso" in (node.attributes.get("class") or "") or "margin:0" in style
        page.end(always=not "".join(page.words).strip()) if tight else page.gap()
    elif tag in _PARAGRAPH or tag == "table":
        page.gap()
    elif tag in _BLOCK:
        page.end()
    if tag == "pre":
        page.pre = max(page.pre - 1, 0)
    elif tag in ("ul", "ol") and page.lists:
        page.lists.pop()


def _link(node: LexborNode, page: _Page) -> None:
    """Write the address of a link behind its words, where they do not show it already."""
    href = (node.attributes.get("href") or "").strip()
    if not href.startswith(("http://", "https://")) or len(href) > 300 or not page.words:
        return
    bare = href.partition("//")[2].rstrip("/")
    shown = "".join(page.words[-5:])
    if bare not in shown and bare.removeprefix("www.") not in shown:
        page.words.append(f" <{href}>")
