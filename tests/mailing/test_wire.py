"""The bytes of a message: what Python's own parser reads back, and what no value can break out of."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.mail.address import Address
from mailcrm.mailing.wire import Attached, Draft, Unwritable, dated, encoded, serialise, wire_address

ANNA = Address("Anna Berg", "anna@firm.example")
DRAFT = Draft(ANNA, Address("", "bob@client.example"), "Offer 12", "Hello\n", "<o.abc@firm.example>")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def read(raw: bytes) -> EmailMessage:
    """As another program reads it."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def header_lines(raw: bytes) -> list[bytes]:
    return raw.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_long_ids_and_addresses_of_pages_stay_readable() -> None:
    page = "<https://crm.firm.example/u/" + "A" * 120 + ">, <mailto:crm@firm.example?subject=unsubscribe%20abc>"
    ids = tuple(f"<{'k' * 90}{n}@mail.client.example>" for n in range(12))
    post = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    raw = serialise(replace(DRAFT, headers=(("List-Unsubscribe", page), post), references=ids, in_reply_to=ids[-1]))
    assert b"=?" not in raw
    assert max(map(len, header_lines(raw))) <= 998
    found = read(raw)
    assert found["List-Unsubscribe"] == page
    assert found["References"].split() == list(ids)
    assert found["In-Reply-To"] == ids[-1]
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "draft",
    [
        replace(DRAFT, subject="Offer\r\nBcc: evil@x.example"),
        replace(DRAFT, subject="Offer\nBcc: evil@x.example"),
        replace(DRAFT, to=Address("Bob\r\nBcc: evil@x.example", "bob@client.example")),
        replace(DRAFT, to=Address("Bob", "bob@client.example\r\nRCPT TO:<evil@x.example>")),
        replace(DRAFT, to=Address("Bob", "bob@client.example>,<evil@x.example")),
        replace(DRAFT, sender=Address("", "nobody")),
        replace(DRAFT, message_id="<a b@c>"),
        replace(DRAFT, in_reply_to="<a@b>\r\nX: y"),
        replace(DRAFT, headers=(("X-Note", "a\r\nBcc: evil@x.example"),)),
        replace(DRAFT, headers=(("X Note", "a"),)),
        replace(DRAFT, headers=(("Bcc:", "a"),)),
        replace(DRAFT, headers=(("Date", "yesterday"),)),
        replace(DRAFT, headers=(("X-Long", "x" * 1000),)),
        replace(DRAFT, attachments=(Attached("a\r\nb.pdf", "application/pdf", b""),)),
        replace(DRAFT, attachments=(Attached("b.pdf", "application/pdf\r\nX: y", b""),)),
        replace(DRAFT, subject="bell\x07"),
        replace(DRAFT, subject="next\x85line"),
    ],
)
def test_nothing_breaks_out_of_its_place(draft: Draft) -> None:
    with pytest.raises(Unwritable):
        serialise(draft)


def test_ids_of_foreign_mail_that_are_none_are_left_out() -> None:
    raw = serialise(replace(DRAFT, references=("<a@b>", "no id", "<c\r\nX: y@d>", "<e@f>")))
    assert read(raw)["References"] == "<a@b> <e@f>"


@given(subject=TEXT, name=TEXT, text=TEXT, html=TEXT, file=TEXT)
def test_every_text_arrives_as_it_was(subject: str, name: str, text: str, html: str, file: str) -> None:
    one_line = [re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", "", value) for value in (subject, name, file)]
    subject, name, file = (" ".join(value.split()) for value in one_line)
    attached = Attached(file or "x", "application/pdf", encoded(b"%PDF"))
    draft = replace(DRAFT, subject=subject, to=Address(name, "b@c.example"), text=text, html=html)
    raw = serialise(replace(draft, attachments=(attached,)))
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    found = read(dated(raw, datetime(2026, 3, 2, tzinfo=UTC)))
    assert found["Subject"] == subject
    assert display_name(raw) == name
    plain = found.get_body(("plain",))
    assert plain is not None
    assert content(plain) == lines(text)
    rich = found.get_body(("html",))
    assert (content(rich) if rich else "") == (lines(html) if html else "")
    (pdf,) = found.iter_attachments()
    assert pdf.get_filename() == (file or "x")
    assert pdf.get_content() == b"%PDF"


def display_name(raw: bytes) -> str:
    """Not by the newer parser of Python, which puts a blank between two encoded words of a name."""
    words, _, _ = str(email.message_from_bytes(raw)["To"]).rpartition("<")
    decoded = str(make_header(decode_header(words.strip())))
    return re.sub(r"\\(.)", r"\1", decoded[1:-1]) if decoded.startswith('"') else decoded


def content(part: EmailMessage) -> str:
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return decoded.decode(part.get_content_charset() or "ascii").replace("\r\n", "\n")


def lines(text: str) -> str:
    """With the ends of lines that a message has."""
    text = re.sub(r"\r\n|\r|\n", "\n", text)
    return text if text.endswith("\n") else f"{text}\n"


@pytest.mark.parametrize(
    ("subject", "raw"),
    [
        ("Angebot für Möbel", b"=?utf-8?b?"),
        ("Коммерческое предложение № 7, цены на второй квартал и условия оплаты", b"=?utf-8?b?"),
        ("Offer \U0001f600 \u202babc", b"=?utf-8?b?"),
        ("A =?literal?= word", b"=?utf-8?b?"),
        ("plain", b"Subject: plain\r\n"),
    ],
)
def test_words_outside_ascii_are_encoded_and_only_they(subject: str, raw: bytes) -> None:
    made = serialise(replace(DRAFT, subject=subject))
    assert raw in made
    assert all(len(line) <= 78 for line in header_lines(made))
    assert read(made)["Subject"] == subject


def test_domains_become_ascii_and_local_parts_stay() -> None:
    assert wire_address("info@bücher.example") == "info@xn--bcher-kva.example"
    assert wire_address("dörte@x.example") == "dörte@x.example"
    raw = serialise(replace(DRAFT, to=Address("Дёрте", "dörte@bücher.example")))
    assert "dörte@xn--bcher-kva.example".encode() in raw


def test_dots_long_lines_and_lone_line_ends_survive() -> None:
    text = ".\n..two\nFrom me\n" + "long " * 400 + "\r\rlone\n trailing \n"
    raw = serialise(replace(DRAFT, text=text, html="<p>" + "x" * 3000 + "</p>"))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    plain = read(raw).get_body(("plain",))
    assert plain is not None
    assert content(plain) == lines(text)


def test_an_attachment_is_spliced_in_as_it_was_encoded() -> None:
    once = encoded(bytes(range(256)) * 300)
    raw = serialise(replace(DRAFT, attachments=(Attached("Прайс-лист " * 30 + ".pdf", "application/pdf", once),)))
    assert once in raw
    assert list(read(raw).iter_attachments())[0].get_filename() == "Прайс-лист " * 30 + ".pdf"  # noqa: RUF015


def test_the_same_draft_gives_the_same_bytes_and_the_date_comes_first() -> None:
    raw = serialise(DRAFT)
    assert raw == serialise(DRAFT)
    assert b"\r\nDate:" not in raw
    sent = dated(raw, datetime(2026, 3, 2, 9, 30, tzinfo=UTC))
    assert sent == b"Date: Mon, 02 Mar 2026 09:30:00 +0000\r\n" + raw
