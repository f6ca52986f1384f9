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
    "template": _l("No template of the message is chosen at the offer."),
    "long": _l("The message is too long, or making it takes too long."),
    "failed": _l("The template fails: %(detail)s."),
}
COUNTED = {
    "none": _l("nothing"),
    "clicks": _l("which links are followed"),
    "opens": _l("which links are followed, and loaded pictures"),
}
"""What a mailing counts of clients who agreed to it."""
CONSENTS = {
    "click": _l("It may be recorded which links of our offers are followed."),
    "open": _l("It may be recorded when the pictures of our offers are loaded."),
}
"""What a client agrees to, in the words that are kept with his consent."""
PAUSES = {
    "by hand": _l("by hand"),
    "sender": _l("The server refuses the address it comes from"),
    "blocked": _l("Too many servers refuse it as unwanted"),
    "unanswered": _l("Too many servers do not say whether they took it"),
    "addresses": _l("Too many addresses do not exist"),
    "complaints": _l("Too many clients complained"),
    "disk-full": _l("The database has no room left"),
}
"""Why a mailing rests; what follows the first colon of a reason is what a server said."""


def paused(reason: str) -> str:
    """Why a mailing rests, in a sentence, with the words of the server where there are any."""
    key, _, detail = reason.partition(": ")
    words = str(PAUSES.get(key, key))
    return f"{words}: {detail}" if detail else words


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


MAILING_STATES = {
    "draft": _l("Draft"),
    "preparing": _l("Checked, not approved"),
    "scheduled": _l("Approved, waits for its time"),
    "running": _l("Leaving"),
    "paused": _l("Paused"),
    "finishing": _l("Last attempts"),
    "done": _l("Sent out"),
    "cancelled": _l("Called off"),
}
RECIPIENT_STATES = {
    "new": _l("to be made"),
    "rendered": _l("ready"),
    "render_error": _l("with a problem"),
    "queued": _l("waiting"),
    "claimed": _l("about to leave"),
    "sending": _l("leaving"),
    "accepted": _l("taken by the server"),
    "deferred": _l("put off by the server"),
    "failed": _l("refused"),
    "uncertain": _l("uncertain"),
    "skipped": _l("skipped"),
    "cancelled": _l("called off"),
}
SKIPS = {
    "no-address": _l("has no e-mail address"),
    "no-account": _l("its owner has no account to send from, and no other is chosen"),
    "left-out": _l("left out by hand"),
    "had-it": _l("got this offer before"),
    "duplicate": _l("its address is written to for another client already"),
    "conflict": _l("its address belongs to another client, too"),
    "suppressed": _l("must not be written to"),
}
PROBLEMS = {
    "missing": _l("a value is missing: %(detail)s"),
    "margin": _l("the margin is below the least one of the offer"),
    "size": _l("the message is larger than the server takes; offer the files as a link"),
    "document": _l("the document cannot be made: %(detail)s"),
    "address": _l("the address or a name cannot be written: %(detail)s"),
    "account": _l("the account to send from is gone"),
    "line": _l("there is a line break in the subject"),
    "empty": _l("the subject or the text is empty"),
    "template": _l("no template of the message is chosen at the offer"),
    "long": _l("the message is too long"),
    "failed": _l("the template fails: %(detail)s"),
}
WARNINGS = {
    "wrote-lately": _l("somebody wrote since yesterday"),
    "open-offer": _l("holds an open offer that asks no more"),
    "link": _l("a link in the message leads nowhere, or elsewhere than its words say"),
}
TIME_NOTICES = {
    "": _l("Saved."),
    "skipped": _l("Saved. The clocks jump over that time: the mailing begins right after the jump."),
    "twice": _l("Saved. That time comes twice on that day: the first one counts."),
    "moved": _l("Saved. That is a day off: the mailing begins on the next working day."),
}


def problem(reason: str) -> str:
    """What is wrong with a recipient."""
    key, _, detail = reason.partition(": ")
    sentence = PROBLEMS.get(key)
    return reason if sentence is None else str(sentence) % {"detail": detail}


def ten_thousandths(total: int, currency: str) -> str:
    """A stored total as an amount."""
    return money(Decimal(total) / 10_000, currency)
