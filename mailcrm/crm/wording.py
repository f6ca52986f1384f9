"""What mailcrm writes to users by itself, in their language: reminders, notices of tasks and of mentions."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TaskWords:
    """What a mail about a task tells of it."""

    title: str
    client: str
    due_on: date | None
    due_time: str
    link: str
    by: str = ""
    """Who gave it."""


_SUBJECTS = {
    "en": {
        "reminder": "Reminder: {title}",
        "given": "A task for you: {title}",
        "mention": "{by} mentions you: {client}",
    },
    "ru": {
        "reminder": "Напоминание: {title}",
        "given": "Вам задача: {title}",
        "mention": "{by} упоминает вас: {client}",
    },
}
_LINES = {
    "en": {"client": "Client: {client}", "due": "Due: {due}", "by": "From: {by}"},
    "ru": {"client": "Клиент: {client}", "due": "Срок: {due}", "by": "От кого: {by}"},
}


def task_mail(occasion: str, language: str, words: TaskWords) -> tuple[str, str]:
    """Subject and text of a mail about a task; `occasion` is reminder or given."""
    code = language if language in _LINES else "en"
    subject = _SUBJECTS[code][occasion].format(title=words.title)
    lines = [words.title, ""]
    if words.client:
        lines.append(_LINES[code]["client"].format(client=words.client))
    if words.due_on:
        due = f"{day(code, words.due_on)} {words.due_time}".strip()
        lines.append(_LINES[code]["due"].format(due=due))
    if words.by:
        lines.append(_LINES[code]["by"].format(by=words.by))
    return subject, "\n".join([*lines, "", words.link, ""])


def mention_mail(language: str, by: str, client: str, text: str, link: str) -> tuple[str, str]:
    """Subject and text of a mail to somebody whom a note names."""
    code = language if language in _LINES else "en"
    return _SUBJECTS[code]["mention"].format(by=by, client=client), f"{text}\n\n{link}\n"


def day(language: str, on: date) -> str:
    """A date as the language writes it."""
    return on.strftime("%d.%m.%Y") if language == "ru" else on.isoformat()
