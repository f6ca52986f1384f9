"""What the library makes of a skeleton is what it makes of the message: same parts, same bytes."""

import base64
import hashlib
import quopri
import time
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcrm.mail import parse, parts, slim


def uncut(raw: bytes) -> list[tuple[str, str]]:
    """Type and sha256 of every leaf, by the standard library alone on the whole bytes."""
    found = []
    stack: list[Message] = [message_from_bytes(raw)]
    while stack:
        part = stack.pop()
        payload = part.get_payload()
        if isinstance(payload, list):
            stack.extend(reversed([one for one in payload if isinstance(one, Message)]))
        elif part.get_content_maintype() != "multipart":  # one without parts: we keep its body, the library drops it
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            found.append((part.get_content_type(), hashlib.sha256(data).hexdigest()))
    return found


def cut(raw: bytes) -> list[tuple[str, str]]:
    """The same by the skeleton and the ranges of the raw bytes."""
    structure = slim.cut(raw)
    root = parts.tree(message_from_bytes(slim.skeleton(structure.root, []).encode()), structure.root)
    leaves = [one for one in root.leaves() if not one.type.startswith("multipart/")]
    return [(one.type, hashlib.sha256(parts.content(raw, one.piece)[0]).hexdigest()) for one in leaves]


@st.composite
def leaf(draw: st.DrawFn) -> bytes:
    """One leaf with a body in one of the transfer encodings."""
    encoding = draw(st.sampled_from(["7bit", "8bit", "base64", "quoted-printable"]))
    data = draw(st.binary(max_size=300))
    if encoding == "base64":
        wire = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        wire = quopri.encodestring(data).replace(b"\r", b"=0D")
    else:
        lines = draw(
            st.lists(st.sampled_from([b"words", b"", b"--", b"--b0x", b"--b1--y", b"From me", b"a: b"]), max_size=6)
        )
        wire = b"\n".join(lines)
    kind = draw(
        st.sampled_from(["text/plain", "text/html; charset=koi8-r", "application/pdf; name=a.pdf", "image/png"])
    )
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + wire


@st.composite
def tree(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A MIME part: a leaf, or a multipart with preamble, epilogue and sometimes a missing close delimiter."""
    if depth >= 3 or draw(st.booleans()):
        return draw(leaf())
    mark = draw(st.sampled_from(["b0", "b1", "b0b", f"deep{depth}"]))
    children = draw(st.lists(tree(depth + 1), min_size=0, max_size=3))
    preamble = draw(st.sampled_from([b"", b"preamble\n", b"\n"]))
    close = draw(st.sampled_from([f"--{mark}--\n".encode(), f"--{mark}-- \nepilogue\n--other\n".encode(), b""]))
    quote = draw(st.sampled_from(['"', ""]))
    head = f"Content-Type: multipart/mixed; boundary={quote}{mark}{quote}\n\n".encode()
    return head + preamble + b"".join(f"--{mark}\n".encode() + child + b"\n" for child in children) + close


@settings(max_examples=400, deadline=None)
@given(tree(), st.booleans())
def test_cut_equals_uncut(part: bytes, crlf: bool) -> None:
    raw = b"From: a@b.test\nSubject: x\nMIME-Version: 1.0\n" + part
    raw = raw.replace(b"\n", b"\r\n") if crlf else raw
    assert cut(raw) == uncut(raw)


def test_real_messages_are_cut_exactly(corpora: Path) -> None:
    compared = 0
    for path in sorted((corpora / "usrp-users-2021").glob("*.eml"))[::7]:
        raw = path.read_bytes()
        if b"message/rfc822" in raw or b"multipart/digest" in raw:
            continue  # opened by us and not by the library
        assert cut(raw) == uncut(raw), path.name
        compared += 1
    assert compared > 250


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_parsed(raw: bytes) -> None:
    message = parse.message(raw)
    assert message.size == len(raw)
    assert message.headers == parse.headers(raw)
    parse.html(raw)
    assert parse.part(raw, "9.9") is None


_WORDS = st.sampled_from(
    [b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Message-ID: ", b"Content-Type: ", b"multipart/mixed; boundary=b",
     b"message/rfc822", b"text/html; charset=", b"=?utf-8?B?", b"=?koi8-r?Q?=F0?=", b"?=", b"\r\n", b"\n", b"\r", b" ",
     b"\n\n", b"--b", b"--b--", b"Content-Transfer-Encoding: base64\n",
     b"<a@b.test>", b"\xff\xfe", b"\x00", b'"', b",",
     b"(", b"application/ms-tnef", b"Content-Disposition: attachment; filename*0*=utf-8''%D0", b"; filename*1*=%9F",
     b"multipart/report; report-type=delivery-status; boundary=b", b"message/delivery-status",
     b"Final-Recipient: x;y@z",
     b"Mon, 99 Foo 0001 99:99:99 +9999", b"> ", b"On 1 Jan 2024 at 10:00, a@b.test wrote:", b"-- \n", b"<div><p>"]
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(_WORDS, max_size=60))
def test_any_words_of_mail_are_parsed(words: list[bytes]) -> None:
    raw = b"".join(words)
    message = parse.message(raw)
    for text in (message.text, message.reply_text, message.headers.subject, *(a.filename for a in message.attachments)):
        assert "\x00" not in text
        assert "\r" not in text
        text.encode("utf-8")


def nested(depth: int) -> bytes:
    """A message with multiparts in multiparts."""
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)) + b"\nend"


def test_deep_nesting_is_limited() -> None:
    message = parse.message(b"From: a@b.test\n" + nested(1000))
    assert "nested-too-deep" in message.defects
    assert message.headers.from_[0].email == "a@b.test"


def test_messages_in_messages_are_limited() -> None:
    raw = b"From: a@b.test\nSubject: s\nContent-Type: message/rfc822\n\n" * 1000 + b"From: c@d.test\n\nend"
    message = parse.message(raw)
    assert message.headers.subject == "s"
    assert len(message.attachments) <= parse.MAX_EMBEDDED + 1


def test_many_parts_are_limited() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 10_000 + b"--b--\n"
    message = parse.message(raw)
    assert "too-many-parts" in message.defects
    assert message.text.count("x") == slim.MAX_PARTS - 1


def test_a_boundary_may_stand_in_a_body() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bb\n --b\nx--b\n--b--\n"
    assert parse.message(raw).text == "--bb\n --b\nx--b"


def test_content_stays_in_the_raw_bytes() -> None:
    structure = slim.cut(b"Content-Type: text/plain\n\nhello\n")
    assert (structure.root.start, structure.root.end) == (26, 32)


@pytest.mark.parametrize(
    "raw",
    [b"From: MAILER-DAEMON <>\nSubject: failure notice\n\n" + b"Final-Recipient: a@b.test\n" * 40_000,
     b"From: MAILER-DAEMON <>\nSubject: failure notice\n\n" + b"a@b.test\n" * 100_000,
     b"To: " + b"a@b.test, " * 100_000 + b"\n\nx", b"To: " + b"<" * 200_000 + b"\n\nx",
     b"Subject: " + b"=?utf-8?q?" * 20_000 + b"\n\nx", b"References: " + b"<a@b> " * 40_000 + b"\n\nx",
     b"Content-Type: text/plain; " + b"a=b; " * 40_000 + b"\n\nx", b"From: a@b.test\n" + b" x\n" * 300_000,
     b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--bx" * 200_000, b"Date: " + b"(" * 100_000 + b"\n\nx"],
    ids=lambda value: value[-14:].decode().replace("\n", " "),
)  # fmt: skip
def test_hostile_messages_take_no_longer_than_their_length_deserves(raw: bytes) -> None:
    started = time.process_time()
    parse.message(raw)
    assert time.process_time() - started < 10
