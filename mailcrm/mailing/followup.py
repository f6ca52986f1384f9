"""Follow-ups: when to write again to a client who was silent, and a first draft of the words."""

from dataclasses import dataclass
from datetime import date, timedelta

from mailcrm.crm.work_calendar import WorkCalendar, is_working_day, next_working_day


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and text of a follow-up, for a person to change."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What a follow-up is about."""

    number: str
    title: str
    name: str
    """Of the person written to; empty where it is not known."""
    link: str
    """To the page of the offer; empty where the pages have no address."""
    sender: str


_TEXTS = {
    "en": (
        "Hello{name},",
        "may I ask whether you have had time to look at our offer {number}, “{title}”?",
        "Here it is again: {link}",
        "If something does not fit, just answer this message: we will find a way.",
        "Kind regards",
    ),
    "ru": (
        "Здравствуйте{name}!",
        "Удалось ли вам посмотреть наше предложение {number} «{title}»?",
        "Вот ссылка на него: {link}",
        "Если что-то не подходит, просто ответьте на это письмо: мы постараемся найти решение.",
        "С уважением,",
    ),
}


def words(language: str, about: About) -> Words:
    """A first draft in English or Russian."""
    hello, asks, link, offers, regards = _TEXTS.get(language, _TEXTS["en"])
    between = ", " if language == "ru" else " "
    parts = [
        hello.format(name=between + about.name if about.name else ""),
        asks.format(number=about.number, title=about.title),
        link.format(link=about.link) if about.link else "",
        offers,
        f"{regards}\n{about.sender}".rstrip(),
    ]
    return Words(f"Re: {about.title}", "\n\n".join(part for part in parts if part) + "\n")


def due(calendar: WorkCalendar, sent: date, days: int, back: date | None) -> date:
    """The working day on which to write again: after so many days of silence, and not before the first working day
    after the day of return."""
    day = sent + timedelta(days=days)
    if back is not None and next_working_day(calendar, back) > day:
        day = next_working_day(calendar, back)
    return day if is_working_day(calendar, day) else next_working_day(calendar, day)
