"""What is not a letter between people: a bounce, an absence, newsletters, an invitation, a receipt, a winmail.dat."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email import encoders, message_from_bytes, message_from_string
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from demo import files
from demo.compose import Letter
from demo.people import EVERYBODY, Person

_GONE = "sarah.bell@harrowbrewing.example"
_POSTMASTER = Person("postmaster", "Mail Delivery System", "MAILER-DAEMON@mx.harrowbrewing.example", "", 0)


def letters(now: datetime) -> list[Letter]:
    """All of them, at times counted back from `now`."""
    makers: tuple[Callable[[datetime], list[Letter]], ...] = (
        _bounced,
        _absence,
        _newsletters,
        _invitation,
        _receipt,
        _winmail,
        _passed_on,
    )
    return [letter for maker in makers for letter in maker(now)]


def _letter(message: Message, who: Person, to: list[Person], at: datetime, subject: str) -> Letter:
    """Put the usual headers before the message; who and to are also its envelope."""
    token = f"{at:%d%H%M}.{abs(sum(map(ord, subject)))}@{who.domain}"
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        del message[name]
    message["From"] = formataddr((who.name, who.email), "utf-8")
    message["To"] = ", ".join(formataddr((person.name, person.email), "utf-8") for person in to)
    message["Subject"] = subject if subject.isascii() else str(_encoded(subject))
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{token}>"
    return Letter(at, who, tuple(to), message.as_bytes(), token)


def _encoded(subject: str) -> str:
    return Header(subject, "utf-8", maxlinelen=400).encode()


def _multipart(subtype: str, name: str) -> MIMEMultipart:
    return MIMEMultipart(subtype, boundary=f"=_{name}")


def _report(kind: str, text: str) -> MIMEMultipart:
    report = _multipart("report", kind)
    report.set_param("report-type", kind)
    report.attach(MIMEText(text))
    return report


def _part(content_type: str, body: str) -> Message:
    return message_from_string(f"Content-Type: {content_type}\n\n{body}")


def _bounced(now: datetime) -> list[Letter]:
    daniel, gone = EVERYBODY["daniel"], Person("sarah", "Sarah Bell", _GONE, "", 0)
    at = now - timedelta(days=18, hours=2)
    text = "Hi Sarah,\n\nTom says that you plan the new laboratory. Shall I send you our catalogue?\n\nDaniel\n"
    sent = _letter(MIMEText(text, "plain", "utf-8"), daniel, [gone], at, "New laboratory")
    text = f"Your message could not be delivered to\n<{_GONE}>: 550 5.1.1 No such user here\n"
    report = _report("delivery-status", text)
    status = _part(
        "message/delivery-status",
        f"Reporting-MTA: dns; mx.harrowbrewing.example\nArrival-Date: {format_datetime(at)}\n\n"
        f"Final-Recipient: rfc822; {_GONE}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{_GONE}> No such user here\n",
    )
    report.attach(status)
    report.attach(_part("text/rfc822-headers", sent.raw.decode("utf-8", "replace").partition("\n\n")[0] + "\n"))
    report["Return-Path"] = "<>"
    report["Auto-Submitted"] = "auto-replied"
    later = at + timedelta(seconds=9)
    return [sent, _letter(report, _POSTMASTER, [daniel], later, "Undelivered Mail Returned to Sender")]


def _absence(now: datetime) -> list[Letter]:
    texts = (
        (
            ("ingrid", "daniel", 46),
            "Automatic reply: Shipping documents, second ferry to Tromsø",
            "Thank you for your mail. I am out of the office until Monday. If it is urgent, please ask Lars Moen.\n",
        ),
        (("krylova", "olga", 92), "Автоматический ответ: Плановая поверка датчиков", "Я в отпуске до понедельника.\n"),
    )
    out = []
    for (who, to, hours), subject, text in texts:
        message = MIMEText(text, "plain", "utf-8")
        message["Auto-Submitted"] = "auto-replied"
        message["X-Auto-Response-Suppress"] = "All"
        out.append(_letter(message, EVERYBODY[who], [EVERYBODY[to]], now - timedelta(hours=hours), subject))
    return out


def _newsletters(now: datetime) -> list[Letter]:
    topics = (
        "Membranes that clean themselves",
        "Five utilities, five roads to digital logbooks",
        "What fish farms pay",
    )
    sales = ("20 % off printer paper", "Ergonomic chairs: this week only")
    to = [EVERYBODY["daniel"], EVERYBODY["marina"]]
    out = [_bulk("news", to, now - timedelta(days=7 + 14 * n), topic) for n, topic in enumerate(topics)]
    return out + [
        _bulk("promo", [EVERYBODY["igor"]], now - timedelta(days=9 + 20 * n), sale) for n, sale in enumerate(sales)
    ]


def _bulk(sender: str, to: list[Person], at: datetime, topic: str) -> Letter:
    who = EVERYBODY[sender]
    message = _multipart("alternative", f"bulk{at:%j}")
    message.attach(MIMEText(f"{topic}\n\nRead more on our site.\n"))
    image = f'<img src="https://www.{who.domain}/open.gif?id=1" width="1" height="1">'
    message.attach(MIMEText(f"<h1>{topic}</h1><p>Read more on our site.</p>{image}", "html"))
    message["List-Id"] = f"<weekly.{who.domain}>"
    message["List-Unsubscribe"] = f"<mailto:unsubscribe@{who.domain}>"
    message["Precedence"] = "bulk"
    return _letter(message, who, to, at, topic)


def _invitation(now: datetime) -> list[Letter]:
    at, start = now - timedelta(days=6), now + timedelta(days=9)
    peter, guests = EVERYBODY["peter"], [EVERYBODY["marina"], EVERYBODY["daniel"]]
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//Lakeside//Calendar//EN",
        "VERSION:2.0",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:training-1@lakeside-water.example",
        f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{start:%Y%m%d}T150000Z",
        f"DTEND:{start:%Y%m%d}T160000Z",
        "SUMMARY:Operator training\\, turbidity meters",
        f"ORGANIZER;CN=Peter Dunn:mailto:{peter.email}",
        *(f"ATTENDEE;CN={guest.name};RSVP=TRUE:mailto:{guest.email}" for guest in guests),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    message = _multipart("alternative", "invitation")
    message.attach(MIMEText("Operator training, turbidity meters\nBy video, one hour.\n"))
    calendar = MIMEText("\r\n".join(lines) + "\r\n", "calendar", "utf-8")
    calendar.set_param("method", "REQUEST")
    message.attach(calendar)
    return [_letter(message, peter, guests, at, "Operator training, turbidity meters")]


def _receipt(now: datetime) -> list[Letter]:
    miriam, daniel = EVERYBODY["miriam"], EVERYBODY["daniel"]
    text = "Your message was displayed. This is no guarantee that it was read.\n"
    report = _report("disposition-notification", text)
    disposition = "Disposition: manual-action/MDN-sent-manually; displayed"
    notice = f"Final-Recipient: rfc822; {miriam.email}\n{disposition}\n"
    report.attach(_part("message/disposition-notification", notice))
    return [_letter(report, miriam, [daniel], now - timedelta(days=59, hours=3), "Read: Price list for resellers")]


def _winmail(now: datetime) -> list[Letter]:
    message = _multipart("mixed", "winmail")
    message.attach(
        MIMEText("Добрый день!\n\nНаправляю заявку на следующий квартал.\n\nАнна Крылова\n", "plain", "koi8-r")
    )
    part = MIMEBase("application", "ms-tnef")
    part.set_payload(files.winmail("zayavka.docx", files.docx(["Заявка на квартал", "Мембрана, 12 шт."])))
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename="winmail.dat")
    message.attach(part)
    at = now - timedelta(days=31, hours=5)
    return [_letter(message, EVERYBODY["krylova"], [EVERYBODY["olga"]], at, "Заявка на следующий квартал")]


def _passed_on(now: datetime) -> list[Letter]:
    """Jonas sends on, as an attachment, what a bathing lake wrote to him."""
    at = now - timedelta(days=5, hours=3)
    lake = Person("lake", "Strandbad Nord", "info@strandbad-nord.example", "", 1)
    inner = MIMEText(
        "Guten Tag,\n\ndie Boje 4 meldet seit gestern keine Trübung mehr.\n\nStrandbad Nord\n", "plain", "iso-8859-1"
    )
    original = _letter(inner, lake, [EVERYBODY["jonas"]], at - timedelta(hours=2), "Boje 4")
    message = _multipart("mixed", "passed-on")
    message.attach(
        MIMEText("Hallo Daniel, see the mail attached: buoy 4 sends no turbidity. Membrane or cable?\n\nJonas\n")
    )
    message.attach(MIMEMessage(message_from_bytes(original.raw)))
    return [_letter(message, EVERYBODY["jonas"], [EVERYBODY["daniel"]], at, "Fwd: Boje 4")]
