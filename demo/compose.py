"""A scene made into real mail: threads, quotes, charsets, attachments, as the programs of its people write them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email import encoders
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from demo import files
from demo.people import Person
from demo.quote import PROGRAMS, Program, Written, paragraphs
from demo.script import File, Scene, Turn

_LOGO = files.picture(["Taiga Instruments"])


@dataclass(frozen=True)
class Letter:
    """One finished message, and who gets it."""

    at: datetime
    who: Person
    recipients: tuple[Person, ...]
    raw: bytes
    message_id: str
    live: bool = False
    """Not there from the beginning: it arrives while somebody is watching."""


def letters(scene: Scene) -> list[Letter]:
    """The messages of a scene in their order; the same scene gives the same bytes."""
    out: list[Letter] = []
    old: Written | None = None
    for number, turn in enumerate(scene.turns):
        subject = _subject(scene, turn, old)
        text, html = _body(turn, old)
        message = _message(turn, text, html)
        ids = [] if turn.option("new") is not None else [letter.message_id for letter in out]
        message_id = f"{_token(scene.subject, number)}@{turn.who.domain}"
        _head(message, turn, subject)
        message["Message-ID"] = f"<{message_id}>"
        if ids and turn.option("forward") is None:
            message["In-Reply-To"] = f"<{ids[-1]}>"
            message["References"] = " ".join(f"<{i}>" for i in ids)
        live = turn.option("live") is not None
        out.append(Letter(turn.at, turn.who, (*turn.to, *turn.cc), message.as_bytes(), message_id, live))
        old = Written(turn.who, tuple(turn.to), turn.at, subject, text, html or paragraphs(text))
    return out


def _subject(scene: Scene, turn: Turn, old: Written | None) -> str:
    program = PROGRAMS[turn.who.program]
    if old is None or turn.option("new") is not None:
        return turn.option("subject") or scene.subject
    changed = turn.option("subject")
    if changed:
        return changed
    prefix = program.forward if turn.option("forward") is not None else program.reply
    bare = old.subject
    while bare[:4].upper() in ("RE: ", "AW: ", "FW: "):
        bare = bare[4:]
    return prefix + bare.removeprefix("Fwd: ")


def _body(turn: Turn, old: Written | None) -> tuple[str, str]:
    """The plain text and, for programs that write HTML, the HTML: new words, signature, quote."""
    program = PROGRAMS[turn.who.program]
    new = turn.text + (f"\n\n{turn.who.signature}" if turn.who.signature else "")
    html = paragraphs(new) if program.html else ""
    if old is None or turn.option("new") is not None:
        return new, html
    zone = timezone(timedelta(hours=turn.who.zone))
    seen = Written(old.who, old.to, old.at.astimezone(zone), old.subject, old.text, old.html)
    if turn.option("forward") is not None:
        return _forwarded(new, html, seen)
    quote, quote_html = program.quote(seen)
    return f"{new}\n\n{quote}", html and html + quote_html


def _forwarded(new: str, html: str, old: Written) -> tuple[str, str]:
    lines = [
        "---------- Forwarded message ---------",
        f"From: {old.who.name} <{old.who.email}>",
        f"Date: {old.at:%a, %d %b %Y at %H:%M}",
        f"Subject: {old.subject}",
        "To: " + ", ".join(f"{person.name} <{person.email}>" for person in old.to),
        "",
        old.text,
    ]
    block = "\n".join(lines)
    return f"{new}\n\n{block}", html and f'{html}<br><div class="gmail_quote">{paragraphs(block)}</div>'


def _message(turn: Turn, text: str, html: str) -> Message:
    program = PROGRAMS[turn.who.program]
    body: Message = _text(text, "plain", program)
    if html:
        alternative = _multipart("alternative", turn)
        alternative.attach(body)
        alternative.attach(_html_part(turn, html, program))
        body = alternative
    if not turn.files:
        return body
    mixed = _multipart("mixed", turn)
    mixed.attach(body)
    for file in turn.files:
        mixed.attach(_attachment(file, program))
    return mixed


def _html_part(turn: Turn, html: str, program: Program) -> Message:
    page = f"<html><head></head><body>{html}</body></html>"
    if turn.who.key != "marina":
        return _text(page, "html", program)
    # The head of sales has a logo in her signature: a picture inside the text, not a document.
    related = _multipart("related", turn)
    page = page.replace("</body>", '<img src="cid:logo@taiga.example" alt="Taiga Instruments"></body>', 1)
    related.attach(_text(page, "html", program))
    logo = MIMEImage(_LOGO, "png", name="image001.png")
    logo["Content-ID"] = "<logo@taiga.example>"
    logo["Content-Disposition"] = 'inline; filename="image001.png"'
    related.attach(logo)
    return related


def _multipart(subtype: str, turn: Turn) -> MIMEMultipart:
    # A boundary of its own making: by default it would be random.
    return MIMEMultipart(subtype, boundary=f"={subtype}_{_token(turn.who.key, int(turn.at.timestamp()))}=")


def _text(text: str, subtype: str, program: Program) -> MIMEText:
    try:
        text.encode(program.charset)
        charset = program.charset
    except UnicodeEncodeError:
        charset = "utf-8"
    return MIMEText(text + "\n", subtype, charset)


def _attachment(file: File, program: Program) -> Message:
    kind = files.CONTENT_TYPES[file.name.rpartition(".")[2]]
    part = MIMEBase(*kind.split("/"))
    part.set_payload(files.made(file.name, list(file.lines)))
    encoders.encode_base64(part)
    if file.name.isascii():
        part.add_header("Content-Disposition", "attachment", filename=file.name)
    elif program.mailer.startswith("X-Mailer: Microsoft"):
        # Outlook writes RFC 2047 words where RFC 2231 is asked for.
        part["Content-Disposition"] = f'attachment; filename="{_word(file.name, program)}"'
    else:
        part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
    return part


def _head(message: Message, turn: Turn, subject: str) -> None:
    program = PROGRAMS[turn.who.program]
    zone = timezone(timedelta(hours=turn.who.zone))
    message["From"] = _address(turn.who, program)
    message["To"] = ", ".join(_address(person, program) for person in turn.to)
    if turn.cc:
        message["Cc"] = ", ".join(_address(person, program) for person in turn.cc)
    message["Subject"] = subject if subject.isascii() else _word(subject, program)
    message["Date"] = format_datetime(turn.at.astimezone(zone))
    if program.mailer:
        name, _, value = program.mailer.partition(": ")
        message[name] = value


def _address(person: Person, program: Program) -> str:
    name = person.name if person.name.isascii() else _word(person.name, program)
    return f"{name} <{person.email}>" if name.startswith("=?") else formataddr((name, person.email))


def _word(text: str, program: Program) -> str:
    try:
        return Header(text, program.charset, maxlinelen=400).encode()
    except UnicodeEncodeError:
        return Header(text, "utf-8", maxlinelen=400).encode()


def _token(text: str, number: int) -> str:
    return hashlib.sha256(f"{text}/{number}".encode()).hexdigest()[:24]
