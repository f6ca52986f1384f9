"""What comes back to an offer by mail: replies of six mail programs, an out-of-office note, a bounce, a returned file.

Each is made from the very bytes that the server took, as the other side's program would make it.
"""

import io
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr, parsedate_to_datetime

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import NameObject, TextStringObject

from demo.people import Person
from demo.quote import PROGRAMS, Written, paragraphs
from tests.fake_smtp import Taken


def opened(taken: Taken) -> EmailMessage:
    """The message that a server took."""
    found = message_from_bytes(taken.data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text(message: EmailMessage, kind: str = "plain") -> str:
    """The text part, or the HTML part."""
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def files(message: EmailMessage) -> dict[str, bytes]:
    """The attachments by name."""
    return {str(one.get_filename()): one.get_content() for one in message.iter_attachments()}


def reply(taken: Taken, program: str, words: str, at: datetime, **attached: bytes) -> bytes:
    """The answer of the recipient, written and quoted as `program` of `demo.quote` does."""
    old, style = opened(taken), PROGRAMS[program]
    quoted, quoted_html = style.quote(_written(old))
    answer = _answer(taken, old, at)
    answer["Subject"] = f"{style.reply}{old['Subject']}"
    if style.mailer:
        name, _, value = style.mailer.partition(": ")
        answer[name] = value
    answer.set_content(f"{words}\n\n{quoted}", charset=style.charset)
    if style.html:
        answer.add_alternative(f"<html><body>{paragraphs(words)}{quoted_html}</body></html>", subtype="html")
    for name, data in attached.items():
        answer.add_attachment(data, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return answer.as_bytes()


def away(taken: Taken, words: str, at: datetime) -> bytes:
    """The automatic answer of the recipient's server (RFC 3834)."""
    old = opened(taken)
    answer = _answer(taken, old, at)
    answer["Subject"] = f"Automatic reply: {old['Subject']}"
    answer["Auto-Submitted"] = "auto-replied"
    answer.set_content(words)
    return answer.as_bytes()


def bounce(taken: Taken, at: datetime) -> bytes:
    """The report of the recipient's server that there is nobody of this name (RFC 3464)."""
    headers = taken.data.partition(b"\r\n\r\n")[0].decode()
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.far.example>",
        f"To: {taken.sender}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <dsn.{at.timestamp()}@mx.far.example>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"<{taken.recipient}>: host mx.far.example said: 550 5.1.1 No such user here",
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.far.example",
        "",
        f"Final-Recipient: rfc822; {taken.recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 No such user here",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        headers.replace("\r\n", "\n"),
        "",
        "--b--",
        "",
    ]
    return "\n".join(lines).encode()


def edited(pdf: bytes, remark: str) -> bytes:
    """A PDF as a client returns it: a remark is typed on its first page, and his program wrote the file anew."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    note = FreeText(text=remark, rect=(60, 40, 400, 80))
    note[NameObject("/T")] = TextStringObject("Client")
    writer.add_annotation(0, note)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _answer(taken: Taken, old: EmailMessage, at: datetime) -> EmailMessage:
    answer = EmailMessage()
    answer["From"], answer["To"] = str(old["To"]), str(old["From"])
    answer["Date"] = format_datetime(at)
    answer["Message-ID"] = f"<{at.timestamp()}.{taken.recipient.replace('@', '.')}@far.example>"
    answer["In-Reply-To"] = answer["References"] = str(old["Message-ID"])
    return answer


def _written(old: EmailMessage) -> Written:
    who, to = (_person(*parseaddr(str(old[name]))) for name in ("From", "To"))
    at = parsedate_to_datetime(str(old["Date"]))
    return Written(who, (to,), at, str(old["Subject"]), text(old), text(old, "html"))


def _person(name: str, address: str) -> Person:
    return Person(address.partition("@")[0], name, address, "gmail", 0)
