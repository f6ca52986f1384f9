"""Parse the bytes of a message: `headers`, `message`, `html`, `part`. The only door to mail-parser.

Never raises, whatever the bytes: what was wrong stands in `defects` as short words. mail-parser reads a skeleton of
the message (see `slim`) and gives addresses, date and the MIME parts; bodies are decoded from the raw bytes.
"""

from collections.abc import Iterable
from email.errors import MessageError
from email.message import Message
from functools import lru_cache

from mailparser import MailParser, core
from mailparser.exceptions import MailParserError
from mailparser.utils import get_addresses

from mailcrm.mail import classify, content, digest, forward, parts, quote, slim, words
from mailcrm.mail import headers as values
from mailcrm.mail.address import Address
from mailcrm.mail.message import ParsedHeaders, ParsedMessage

MAX_EMBEDDED = 10
"""How many messages inside messages are opened; deeper ones stay attachments."""

MAX_ADDRESSES = 100_000
"""Bytes of one address field that are read; longer ones lose the people at their end."""

_FAILURES = (*parts.BROKEN, MessageError, MailParserError)
core.log.disabled = True  # what the library would log about a message stands in the defects of the message
_REACHED = ("delivered-to", "x-original-to", "envelope-to")
_ALIASES = ("x-microsoft-original-message-id", "x-google-original-message-id")


class _Skeleton(MailParser):  # type: ignore[misc]  # the library has no types
    """mail-parser reading addresses, dates and parts; bodies and files are not in a skeleton, so it looks for none."""

    def parse(self) -> "_Skeleton":
        """Read the header fields; the parts stay in `message`."""
        self._reset()
        return self


def headers(raw: bytes) -> ParsedHeaders:
    """The values of the header block at the beginning of `raw`; what follows it is not looked at."""
    found, start, defect = slim.fields(raw, 0, len(raw))
    piece = slim.Piece("1", found, start, start)
    return _headers(piece, _library(slim.skeleton(piece, [], bodies=False)), [defect] if defect else [])


def message(raw: bytes) -> ParsedMessage:
    """Everything that is known of the message `raw` (RFC 5322, 2045 ff.), with attachments and their bytes."""
    return _message(raw, 0)


def html(raw: bytes) -> str:
    """The HTML of a message for viewing, as it came and not sanitised; empty where the message has none.

    Where it has none of its own, that of its winmail.dat or of what it holds opaque-signed."""
    return _html(raw, 0)


def _html(raw: bytes, depth: int) -> str:
    """`html` at a depth of messages inside messages."""
    found = slim.cut(raw)
    inside = content.collect(raw, _tree(found.root, _library(slim.skeleton(found.root, []))), None)
    own = [chunk.text() for chunk in inside.view.html if chunk.html]
    if own or depth >= MAX_EMBEDDED:
        return "\n".join(own)
    return "\n".join(filter(None, [*inside.rich, *(_html(one, depth + 1) for one in inside.inner)]))


def part(raw: bytes, path: str) -> bytes | None:
    """The decoded bytes of the attachment at `path` ("2", "1.3", "2/1"), or None where there is none."""
    return next((one.data for one in message(raw).attachments if one.path == path), None)


def _library(text: str) -> MailParser | None:
    """What mail-parser makes of a skeleton; None where it fails, which no known skeleton does."""
    try:
        return _Skeleton.from_string(text)
    except _FAILURES:
        return None


def _tree(root: slim.Piece, library: MailParser | None) -> parts.Node:
    """The parts of a message; without a library result the whole message is one unnamed leaf."""
    if library is None or library.message is None:
        return parts.Node(root.path, "application/octet-stream", root, Message())
    return parts.tree(library.message, root)


def _headers(piece: slim.Piece, library: MailParser | None, defects: Iterable[str]) -> ParsedHeaders:
    """The values of the fields of `piece`, from the library where it knows them."""
    noted = list(defects) if library else [*defects, "unreadable-headers"]
    every, first = _by_name(piece)

    def people(name: str) -> tuple[Address, ...]:
        found, defect = _people(b", ".join(every.get(name, [])[: 1 if name == "from" else None]))
        noted.extend([defect] if defect else [])
        return found

    date, defect = values.date(library.date if library else None, first.get("date", b""))
    noted += [defect] if defect else []
    id_ = values.message_id(first.get("message-id", b""))
    noted += [] if id_ else ["no-message-id"]
    noted += [f"duplicate-{name}" for name in ("message-id", "from") if len(every.get(name, ())) > 1]
    return ParsedHeaders(
        message_id=id_,
        aliases=tuple(filter(None, (values.message_id(first.get(name, b"")) for name in _ALIASES))),
        in_reply_to=values.ids(first.get("in-reply-to", b"")),
        references=values.ids(first.get("references", b""))[-values.MAX_REFERENCES :],
        date=date,
        subject=words.text(first.get("subject", b"")),
        from_=people("from"),
        sender=people("sender"),
        reply_to=people("reply-to"),
        to=people("to"),
        cc=people("cc"),
        bcc=people("bcc"),
        delivered_to=tuple(dict.fromkeys(one for name in _REACHED for one in people(name))),
        content_type=words.line(first.get("content-type", b"")).split(";", 1)[0].strip().lower(),
        list_id=words.text(first.get("list-id", b"")),
        auto_submitted=words.text(first.get("auto-submitted", b"")).lower(),
        precedence=words.text(first.get("precedence", b"")).lower(),
        is_bulk=values.bulk(piece.fields),
        thread_index="".join(words.line(first.get("thread-index", b"")).split())[:400],
        defects=tuple(dict.fromkeys(noted)),
    )


def _by_name(piece: slim.Piece) -> tuple[dict[str, list[bytes]], dict[str, bytes]]:
    """The values of each field of `piece` by its name, and the first of them."""
    every: dict[str, list[bytes]] = {}
    for name, value in piece.fields:
        every.setdefault(name, []).append(value)
    return every, {name: found[0] for name, found in every.items()}


def _people(value: bytes) -> tuple[tuple[Address, ...], str]:
    """The people of an address field, and a defect; short fields are remembered, for most messages repeat them."""
    return _remembered(value) if len(value) < 500 else _read_people(value)


def _read_people(value: bytes) -> tuple[tuple[Address, ...], str]:
    """`_people` by the library."""
    if len(value) > MAX_ADDRESSES:
        value = value[:MAX_ADDRESSES].rpartition(b",")[0]
    try:
        parsed = get_addresses(words.quoted(value), decode_names=True)
    except _FAILURES:
        parsed = []
    return values.addresses(parsed, value)


_remembered = lru_cache(maxsize=8_192)(_read_people)


def _message(raw: bytes, depth: int) -> ParsedMessage:
    """`message` at a depth of messages inside messages."""
    found = slim.cut(raw)
    library = _library(slim.skeleton(found.root, []))
    head = _headers(found.root, library, [found.header_defect] if found.header_defect else [])
    root = _tree(found.root, library)
    inside = content.collect(raw, root, (lambda data: _message(data, depth + 1)) if depth < MAX_EMBEDDED else None)
    own = content.text(inside)
    kind, bounce = classify.kind(raw, root, head, own)
    embedded = [content.forwarded_text(inner) for inner in inside.embedded]
    people = [*forward.people(own), *(one for inner in inside.embedded for one in content.people(inner))]
    return ParsedMessage(
        headers=head,
        kind=kind,
        text="\n\n".join(filter(None, [own, *embedded])),
        reply_text=quote.split(own).new,
        has_html=inside.has_html,
        attachments=tuple(inside.attachments),
        forwarded=tuple(dict.fromkeys(people)),
        bounce=bounce,
        security=inside.security,
        digest=digest.message(head, inside.leaves),
        size=len(raw),
        defects=tuple(dict.fromkeys([*head.defects, *found.defects, *inside.defects])),
    )
