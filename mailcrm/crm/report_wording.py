"""The words of reports that go out by e-mail, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mailcrm.crm.reports import Period
from mailcrm.crm.wording import day

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "mail": "Mail and answers",
        "clients": "Clients",
        "documents": "Documents",
        "offers": "Offers",
        "deals": "Deals",
        "tasks": "Tasks",
        "in": "From clients",
        "out": "To clients",
        "answered": "Answers",
        "first-answers": "First answers",
        "waiting": "Without an answer",
        "new-clients": "New clients",
        "silent": "Silent clients",
        "lost-sight": "Lost from sight",
        "documents-sent": "Documents sent",
        "deal-documents": "of them for deals",
        "offers-sent": "Offers sent",
        "offers-answered": "Offers answered",
        "offers-accepted": "Offers accepted",
        "offers-declined": "Offers declined",
        "deals-new": "New deals",
        "deals-moved": "Moves of deals",
        "deals-won": "Deals won",
        "deals-lost": "Deals lost",
        "tasks-done": "Tasks done",
        "tasks-late": "of them late",
        "tasks-overdue": "Tasks overdue",
    },
    "ru": {
        "mail": "Письма и ответы",
        "clients": "Клиенты",
        "documents": "Документы",
        "offers": "Предложения",
        "deals": "Сделки",
        "tasks": "Задачи",
        "in": "От клиентов",
        "out": "Клиентам",
        "answered": "Ответы",
        "first-answers": "Первые ответы",
        "waiting": "Без ответа",
        "new-clients": "Новые клиенты",
        "silent": "Молчащие клиенты",
        "lost-sight": "Потерянные из виду",
        "documents-sent": "Отправлено документов",
        "deal-documents": "из них по сделкам",
        "offers-sent": "Отправленные предложения",
        "offers-answered": "Ответили на предложение",
        "offers-accepted": "Приняли предложение",
        "offers-declined": "Отклонили предложение",
        "deals-new": "Новые сделки",
        "deals-moved": "Переходы сделок",
        "deals-won": "Выиграно сделок",
        "deals-lost": "Проиграно сделок",
        "tasks-done": "Выполнено задач",
        "tasks-late": "из них с опозданием",
        "tasks-overdue": "Просрочено задач",
    },
}
"""Of sections and numbers; the page has the same ones."""
_SENTENCES = {
    "en": {
        "subject": "Report {first} – {last}",
        "before": "before: {count}",
        "whole": "The whole report, with the list behind each number: {link}",
        "stop": "You get this because you asked for it. The same page stops it.",
    },
    "ru": {
        "subject": "Отчёт {first} – {last}",
        "before": "до этого: {count}",
        "whole": "Весь отчёт, со списком за каждым числом: {link}",
        "stop": "Вы получаете это письмо, потому что попросили о нём. Отключить его можно на той же странице.",
    },
}


@dataclass(frozen=True, slots=True)
class ReportWords:
    """What the mail of a report tells."""

    period: Period
    sections: Mapping[str, Sequence[str]]
    """Section → its numbers, in order."""
    counts: Mapping[str, int]
    earlier: Mapping[str, int]
    """Of the period before."""
    sums: Mapping[str, Mapping[str, Decimal]]
    """Number → currency → what it comes to."""
    link: str


def report_mail(language: str, words: ReportWords) -> tuple[str, str]:
    """Subject and text of the mail of a report."""
    code = language if language in LABELS else "en"
    said = _SENTENCES[code]
    first, last = day(code, words.period.first), day(code, words.period.last)
    lines: list[str] = []
    for section, keys in words.sections.items():
        lines += [LABELS[code][section].upper(), *(_line(code, key, words) for key in keys), ""]
    subject = said["subject"].format(first=first, last=last)
    return subject, "\n".join([*lines, said["whole"].format(link=words.link), "", said["stop"], ""])


def _line(code: str, key: str, words: ReportWords) -> str:
    count, earlier = words.counts.get(key, 0), words.earlier.get(key)
    told = f"{LABELS[code][key]}: {count}"
    if earlier is not None and (count or earlier):
        told += f" ({_SENTENCES[code]['before'].format(count=earlier)})"
    amounts = [f"{total:,.2f} {currency}".replace(",", "\u00a0") for currency, total in words.sums.get(key, {}).items()]
    return " – ".join([told, ", ".join(amounts)]) if amounts else told
