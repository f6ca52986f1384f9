"""The contents of a message from its parts: the text to read, the HTML to show, the attachments to keep."""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tnefparse import TNEF

from mailcrm.mail import body, charset, cms, digest, parts, rtf
from mailcrm.mail.address import Address
from mailcrm.mail.message import Attachment, ParsedMessage
from mailcrm.mail.parts import Node

MAX_BODY = 4_000_000
"""Bytes of one text part that are made into text; the rest stays in the raw message."""
MAX_OPENED = 20_000_000
"""Bytes of a message inside the message that is still opened; a larger one stays a closed attachment."""

_NOT_BODY = ("calendar", "rtf", "vcard", "x-vcard", "directory", "csv", "xml", "x-amp-html", "rfc822-headers", "css")
_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_CONTROL = (
    "message/delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "message/global-delivery-status",
    "text/rfc822-headers",
    "message/rfc822-headers",
)
_SMIME = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")


@dataclass(slots=True)
class Chunk:
    """One text leaf of the body: what it is and its decoded bytes, made into text when it is needed."""

    node: Node
    data: bytes
    html: bool
    note: Callable[[str], None]

    def text(self) -> str:
        """Clean text: for HTML its source, for plain text with flowed paragraphs joined."""
        if len(self.data) > MAX_BODY:
            self.note("text-cut")
        text, defect = parts.text(self.data[:MAX_BODY], self.node)
        if defect:
            self.note(defect)
        if not self.html and self.node.parameter("format").lower() == "flowed":
            return body.flowed(text, self.node.parameter("delsp").lower() == "yes")
        return text


@dataclass(slots=True)
class View:
    """The chunks of a part for two ways of reading: as text and as HTML."""

    text: list[Chunk] = field(default_factory=list)
    html: list[Chunk] = field(default_factory=list)

    def add(self, other: "View") -> None:
        """Append the chunks of a part that follows."""
        self.text += other.text
        self.html += other.html


@dataclass(slots=True)
class Content:
    """What a message holds, gathered in one walk over its parts."""

    raw: bytes
    read: Callable[[bytes], ParsedMessage] | None
    view: View = field(default_factory=View)
    attachments: list[Attachment] = field(default_factory=list)
    embedded: list[ParsedMessage] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    security: str = ""
    unwrapped: list[str] = field(default_factory=list)
    """Texts of opened containers: opaque-signed parts, winmail.dat where the message has no text of its own."""
    rich: list[str] = field(default_factory=list)
    """HTML of opened winmail.dat."""
    inner: list[bytes] = field(default_factory=list)
    """What opaque-signed parts hold: whole messages or parts of one, with their own headers."""
    inner_html: bool = False

    @property
    def has_html(self) -> bool:
        """Whether the message or what it wraps has HTML to show."""
        return self.inner_html or bool(self.rich) or any(chunk.html for chunk in self.view.html)

    def note(self, defect: str) -> None:
        """Remember a defect, once."""
        if defect and defect not in self.defects:
            self.defects.append(defect)


def collect(raw: bytes, root: Node, read: Callable[[bytes], ParsedMessage] | None) -> Content:
    """Walk the parts of a message; `read` parses the messages inside it, None leaves them closed."""
    found = Content(raw, read)
    found.view = _view(root, found, root.type == "multipart/report")
    shown = [chunk.data for chunk in found.view.html if chunk.html]
    found.attachments = [_inline(one, shown) for one in found.attachments]
    return found


def _view(node: Node, found: Content, report: bool) -> View:
    """The chunks below `node`; attachments, leaf digests and defects go to `found`."""
    if not node.children:
        return _leaf(node, found, report)
    if node.type == "multipart/signed":
        found.security = found.security or "signed"
    if node.type == "multipart/encrypted":
        found.security = "encrypted"
    views = [_view(child, found, report or child.type == "multipart/report") for child in node.children]
    if node.type == "multipart/alternative":
        return _best(views)
    all_ = View()
    for view in views:
        all_.add(view)
    return all_


def _best(views: list[View]) -> View:
    """Of alternatives (RFC 2046 §5.1.4): the first that has plain words, the last that has HTML."""
    plain = [view for view in views if any(not chunk.html and chunk.data.strip() for chunk in view.text)]
    rich = [view for view in views if any(chunk.html for chunk in view.html)]
    filled = [view for view in views if view.text]
    text = (plain or rich or filled or [View()])[0].text
    return View(text, rich[-1].html if rich else text)


def _leaf(node: Node, found: Content, report: bool) -> View:
    """A leaf as a chunk of the body or as an attachment."""
    data, defect = parts.content(found.raw, node.piece)
    found.note(defect)
    found.leaves.append(digest.leaf(node.type, data))
    main, _, sub = node.type.partition("/")
    if main == "text" and sub not in _NOT_BODY and node.disposition != "attachment" and not node.filename:
        chunk = Chunk(node, data, sub == "html", found.note)
        return View([chunk], [chunk])
    _attach(node, data, found, report)
    return View()


def _attach(node: Node, data: bytes, found: Content, report: bool) -> None:
    """Add the leaf to the attachments, and what is inside it when it is a container that we can open."""
    name, hidden = node.filename, node.type in _SIGNATURES or node.type == "application/pgp-encrypted"
    if node.type in ("message/rfc822", "message/global"):
        name, hidden = _open_message(node, data, found, name, report), report
    elif node.type in _TNEF or name.lower() == "winmail.dat":
        hidden = _open_tnef(node, data, found)
    elif report and node.type in _CONTROL:
        hidden = True
    elif node.type in _SMIME or (node.type == "application/octet-stream" and name.lower().endswith(".p7m")):
        hidden = _open_signed(node, data, found)
    found.attachments.append(_attachment(node, name, data, hidden))


def _open_signed(node: Node, data: bytes, found: Content) -> bool:
    """Read what an opaque-signed part holds (RFC 8551 §3.5.2); False where it is encrypted or cannot be opened."""
    inside = cms.signed_content(data) if len(data) <= MAX_OPENED else None
    signed = inside is not None or "signed" in node.parameter("smime-type")
    found.security = found.security or ("signed" if signed else "encrypted")
    if inside is not None:
        found.inner.append(inside)
    if inside is None or found.read is None:
        return False
    inner = found.read(inside)
    found.inner_html = found.inner_html or inner.has_html
    found.unwrapped.append(inner.text)
    found.attachments += [replace(one, path=f"{node.path}/{one.path}") for one in inner.attachments]
    return True


def _attachment(node: Node, name: str, data: bytes, hidden: bool) -> Attachment:
    """The leaf as a value."""
    inline = node.disposition == "inline" and node.type.startswith("image/")
    return Attachment(
        node.path, name, node.type, len(data), hashlib.sha256(data).hexdigest(), node.content_id, inline, hidden, data
    )


def _inline(one: Attachment, shown: list[bytes]) -> Attachment:
    """`one`, marked as inline where the HTML shows it by its Content-ID (RFC 2392)."""
    refer = b"cid:" + one.content_id.encode()
    if one.inline or not one.content_id or not any(refer in html for html in shown):
        return one
    return replace(one, inline=True)


def _open_message(node: Node, data: bytes, found: Content, name: str, report: bool) -> str:
    """Read a message inside the message; its text and files join ours unless it is what a report gives back.

    Returns the name of the attachment: its own or the subject of the message."""
    if found.read is None or len(data) > MAX_OPENED:
        found.note("message-inside-not-opened")
        return name or "message.eml"
    inner = found.read(data)
    if not report:
        found.embedded.append(inner)
        for one in inner.attachments:
            found.attachments.append(replace(one, path=f"{node.path}/{one.path}"))
    subject = parts.file_name(" ".join(inner.headers.subject.replace("/", "-").replace(":", " ").split()))
    return name or f"{subject or 'message'}.eml"


def _open_tnef(node: Node, data: bytes, found: Content) -> bool:
    """Add the members of a winmail.dat; False where it cannot be opened."""
    try:
        opened = TNEF(data)
        members = [(item.long_filename() or item.name or "", item.data or b"") for item in opened.attachments]
        text, rich, packed = opened.body or "", opened.htmlbody or "", opened.rtfbody or b""
    except (*parts.BROKEN, struct.error, OSError):
        found.note("broken-tnef")
        return False
    for number, (name, content) in enumerate(members, 1):
        sha = hashlib.sha256(content).hexdigest()
        found.attachments.append(
            Attachment(
                f"{node.path}/{number}",
                parts.file_name(str(name)),
                "application/octet-stream",
                len(content),
                sha,
                data=content,
            )
        )
    words, html = (one if isinstance(one, str) else charset.guess(one) for one in (text, rich))
    if html.strip("\0 \r\n"):
        found.rich.append(charset.clean(html[: body.MAX_HTML]))
    words = words if words.strip("\0 \r\n") else body.from_html(html) or rtf.words(packed)
    if words.strip("\0 \r\n"):
        found.unwrapped.append(charset.clean(words))
    return True


def text(found: Content) -> str:
    """The body as plain text: plain parts, and HTML made into text where there is nothing else."""
    pieces = [body.from_html(chunk.text()) if chunk.html else chunk.text() for chunk in found.view.text]
    own = "\n".join(filter(None, (piece.strip("\n") for piece in pieces)))
    return own if own.strip() else "\n".join(piece.strip("\n") for piece in found.unwrapped)


def people(inner: ParsedMessage) -> list[Address]:
    """Everyone named in a message inside the message and in those inside it."""
    return [*inner.headers.participants, *inner.forwarded]


def forwarded_text(inner: ParsedMessage) -> str:
    """A message inside the message as text below a header block, as mail clients write it."""
    head = inner.headers
    lines = ["-------- Forwarded Message --------"]
    for label, people_ in (("From", head.from_), ("To", head.to), ("Cc", head.cc)):
        if people_:
            lines.append(f"{label}: " + ", ".join(f"{one.name} <{one.email}>".strip() for one in people_))
    lines += [f"Date: {head.date:%Y-%m-%d %H:%M} UTC"] if head.date else []
    return "\n".join([*lines, f"Subject: {head.subject}", "", inner.text]).rstrip()
