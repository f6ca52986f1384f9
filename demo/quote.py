"""How the mail programs quote: the same words as Outlook, Gmail, Apple Mail, Thunderbird, The Bat!, Yandex, Mail.ru."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from html import escape

from demo.people import Person

_MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября")
MONTHS_RU = (*_MONTHS, "декабря")
DAYS_RU = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")


@dataclass(frozen=True)
class Written:
    """A message that can be quoted: `at` in the time of the one who quotes it."""

    who: Person
    to: tuple[Person, ...]
    at: datetime
    subject: str
    text: str
    html: str


def angled(text: str) -> str:
    """Every line with > before it."""
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n"))


def paragraphs(text: str) -> str:
    """Plain text as HTML: one <div> a line."""
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))


def apple(old: Written) -> tuple[str, str]:
    """As Apple Mail does."""
    head = f"On {old.at:%-d %b %Y, at %H:%M}, {old.who.name} <{old.who.email}> wrote:"
    return f"{head}\n\n{angled(old.text)}", ""


def thunderbird_ru(old: Written) -> tuple[str, str]:
    """As Thunderbird does in Russian."""
    return f"{old.at:%d.%m.%Y %H:%M}, {old.who.name} пишет:\n{angled(old.text)}", ""


def thunderbird_de(old: Written) -> tuple[str, str]:
    """As Thunderbird does in German."""
    return f"Am {old.at:%d.%m.%y um %H:%M} schrieb {old.who.name}:\n{angled(old.text)}", ""


def bat(old: Written) -> tuple[str, str]:
    """As The Bat! does in Russian: initials before each line."""
    initials = "".join(word[0] for word in old.who.name.split())
    head = f"Вы писали {old.at.day} {MONTHS_RU[old.at.month - 1]} {old.at:%Y г., %H:%M:%S}:"
    return f"{head}\n\n" + "\n".join(f"{initials}> {line}".rstrip() for line in old.text.split("\n")), ""


def gmail(old: Written) -> tuple[str, str]:
    """As Gmail does, in plain text and in HTML."""
    head = f"On {old.at:%a, %b %-d, %Y at %-I:%M %p} {old.who.name} <{old.who.email}> wrote:"
    style = "margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"
    html = f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(head)}<br></div>'
    html += f'<blockquote class="gmail_quote" style="{style}">{old.html}</blockquote></div>'
    return f"{head}\n\n{angled(old.text)}", html


def outlook(old: Written) -> tuple[str, str]:
    """As Outlook does in English."""
    sent = f"{old.at:%A, %B %-d, %Y %-I:%M %p}"
    return _outlook(old, ("From", "Sent", "To", "Subject"), sent)


def outlook_ru(old: Written) -> tuple[str, str]:
    """As Outlook does in Russian."""
    sent = f"{DAYS_RU[old.at.weekday()].lower()}, {old.at.day} {MONTHS_RU[old.at.month - 1]} {old.at:%Y г. %H:%M}"
    return _outlook(old, ("От", "Отправлено", "Кому", "Тема"), sent)


def _outlook(old: Written, names: tuple[str, str, str, str], sent: str) -> tuple[str, str]:
    to = "; ".join(person.name for person in old.to)
    values = (f"{old.who.name} <{old.who.email}>", sent, to, old.subject)
    lines = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
    border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    rows = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in zip(names, values, strict=True))
    html = f'<div style="{border}"><p class="MsoNormal">{rows}</p></div>{old.html}'
    return "\n".join(lines) + f"\n\n{old.text}", html


def yandex(old: Written) -> tuple[str, str]:
    """As Yandex Mail does."""
    head = f'{old.at:%d.%m.%Y, %H:%M}, "{old.who.name}" <{old.who.email}>:'
    return f"{head}\n{angled(old.text)}", f"<div> </div><div>{escape(head)}</div><blockquote>{old.html}</blockquote>"


def mailru(old: Written) -> tuple[str, str]:
    """As Mail.ru does."""
    day = f"{DAYS_RU[old.at.weekday()]}, {old.at.day} {MONTHS_RU[old.at.month - 1]} {old.at:%Y, %H:%M}"
    head = f"{day} {old.at:%z}"[:-2] + f":00 от {old.who.name} <{old.who.email}>:"
    style = "border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;"
    html = f'<blockquote style="{style}">{escape(head)}<br>&nbsp;<div>{old.html}</div></blockquote>'
    return f">{head}\n>\n{angled(old.text)}", html


@dataclass(frozen=True)
class Program:
    """A mail program: how it quotes, which charset it writes, how it calls a reply, whether it writes HTML."""

    quote: Callable[[Written], tuple[str, str]]
    charset: str
    reply: str
    forward: str
    html: bool
    mailer: str


PROGRAMS = {
    "apple": Program(apple, "utf-8", "Re: ", "Fwd: ", False, "X-Mailer: Apple Mail (2.3826.400.131)"),
    "bat": Program(bat, "koi8-r", "Re: ", "Fwd: ", False, "X-Mailer: The Bat! (v9.4.2)"),
    "gmail": Program(gmail, "utf-8", "Re: ", "Fwd: ", True, ""),
    "mailru": Program(mailru, "utf-8", "Re: ", "Fwd: ", True, "X-Mailer: Mail.Ru Mailer 1.0"),
    "outlook": Program(outlook, "utf-8", "RE: ", "FW: ", True, "X-Mailer: Microsoft Outlook 16.0"),
    "outlook-ru": Program(outlook_ru, "windows-1251", "RE: ", "FW: ", True, "X-Mailer: Microsoft Outlook 16.0"),
    "thunderbird-de": Program(thunderbird_de, "utf-8", "AW: ", "Fwd: ", False, "User-Agent: Mozilla Thunderbird"),
    "thunderbird-ru": Program(thunderbird_ru, "utf-8", "Re: ", "Fwd: ", False, "User-Agent: Mozilla Thunderbird"),
    "yandex": Program(yandex, "utf-8", "Re: ", "Fwd: ", True, "X-Mailer: Yamail [ http://yandex.ru ] 5.0"),
}
