"""The words and amounts of offers and mailings, in the language of the user."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from mailcrm.mailing import phrases

STATES = {
    "draft": _l("Draft"),
    "open": _l("Open"),
    "closed": _l("Closed"),
    "withdrawn": _l("Withdrawn"),
}
STATE_FILTERS = {"": _l("All"), **STATES}
TERM_TYPES = {
    "percent": _l("Per cent"),
    "money": _l("Amount"),
    "days": _l("Days"),
    "number": _l("Number"),
    "date": _l("Date"),
    "text": _l("Text"),
}
SCOPES = {
    "client": _l("of this client"),
    "variant": _l("of the variant"),
    "group": _l("of the group"),
    "default": _l("default"),
}
WRONG = {
    "number": _l("not a number"),
    "range": _l("too small or too large"),
    "date": _l("not a date"),
    "line": _l("more than one line"),
    "long": _l("too long"),
}
TEMPLATE_KINDS = {"message": _l("Message"), "pdf": _l("PDF document"), "docx": _l("Word document")}
TEMPLATE_LANGUAGES = {"": _l("any language"), "en": _l("English"), "ru": _l("Russian")}
DESIGNS = {"modern": _l("Modern"), "classic": _l("Classic"), "plain": _l("Plain"), "": _l("a source of our own")}
RENDER_FAILURES = {
    "missing": _l("The template names %(detail)s, and this client has no such value."),
    "line": _l("There is a line break in the subject."),
    "empty": _l("The subject or the text is empty."),
    "long": _l("The message is too long, or making it takes too long."),
    "failed": _l("The template fails: %(detail)s."),
}


def money(value: Decimal | None, currency: str) -> str:
    """An amount with its currency; empty for none."""
    return "" if value is None else phrases.amount(value, currency, _language())


def number(value: Decimal | None) -> str:
    """A number as people type it in this language, without separators of thousands; empty for none."""
    if value is None:
        return ""
    text = format(value.normalize(), "f")
    return text.replace(".", ",") if _language() == "ru" else text


def percent(value: Decimal | None) -> str:
    """Per cent; empty for none."""
    return "" if value is None else phrases.percent(value, _language())


def term(kind: str, value: str, currency: str) -> str:
    """A stored value of a term as people read it."""
    return phrases.term(kind, value, currency, _language())


def typed(kind: str, value: str) -> str:
    """A stored value of a term as it stands in a field."""
    return number(Decimal(value)) if value and kind in ("number", "percent", "money", "days") else value


def on(value: date | None) -> str:
    """A day."""
    return "" if value is None else str(format_date(value, "medium", locale=_language()))


def failure(reason: str, detail: str) -> str:
    """Why a message could not be made."""
    sentence = RENDER_FAILURES.get(reason, RENDER_FAILURES["failed"])
    return str(sentence) % {"detail": detail or reason}


def _language() -> str:
    return str(get_locale() or "en")[:2]
