"""Languages, times and sizes: what a page says is said in the language of the user and in the zone of the browser."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal
from flask import Flask, g, request
from flask_babel import Babel, get_locale, gettext
from flask_login import current_user
from markupsafe import Markup

LANGUAGES = {"en": "English", "ru": "Русский"}
LANGUAGE_COOKIE, ZONE_COOKIE = "language", "zone"


def install(app: Flask) -> None:
    """Make `app` speak the user's language; filters for templates."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    Babel(app, locale_selector=language)
    app.jinja_env.filters.update(ago=ago, on_day=date_words, weekday=weekday)
    app.jinja_env.filters.update(when=when, day=day, date=whole_date, stamp=stamp, size=size, number=number)
    app.jinja_env.filters.update(dated=dated, iso_dated=iso_dated, plain=plain)


def language() -> str:
    """The language of this answer: the user's, else the chosen one, else what the browser asks for."""
    if current_user.is_authenticated:
        return str(current_user.row.language)
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else (request.accept_languages.best_match(list(LANGUAGES)) or "en")


def zone_name() -> str:
    """The zone that the browser told us of; empty where it told none."""
    name = request.cookies.get(ZONE_COOKIE, "")
    return name if name and _zone(name) else ""


def local(at: datetime) -> datetime:
    """A time in the zone that the browser told us of, else in that of this machine."""
    if "zone" not in g:
        g.zone = _zone(request.cookies.get(ZONE_COOKIE, ""))
    return at.astimezone(g.zone)


def start_of(day: date) -> datetime:
    """The first moment of a day in that zone, in UTC."""
    local(datetime.now(UTC))
    return datetime.combine(day, time(), g.zone).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def day(at: datetime, now: datetime) -> str:
    """A date as short as it can be: the time today, day and month this year, else the whole date."""
    then, today = local(at), local(now)
    code = str(get_locale() or "en")
    if then.date() == today.date():
        return str(format_time(then, "HH:mm", locale=code))
    if then.year == today.year:
        return str(format_skeleton("MMMd", then, locale=code))
    return str(format_date(then, "medium", locale=code))


def whole_date(at: datetime) -> str:
    """The whole local date, without the time."""
    return str(format_date(local(at), "medium", locale=str(get_locale() or "en")))


def ago(at: datetime, now: datetime) -> str:
    """How long ago something was, in one short unit."""
    return str(format_timedelta(now - at, threshold=1.0, format="short", locale=str(get_locale() or "en")))


def date_words(on: date) -> str:
    """A date in words: today, tomorrow, yesterday, day and month this year, else the whole date."""
    today, code = local(datetime.now(UTC)).date(), str(get_locale() or "en")
    near = {-1: gettext("yesterday"), 0: gettext("today"), 1: gettext("tomorrow")}.get((on - today).days)
    if near is not None:
        return str(near)
    if on.year == today.year:
        return str(format_skeleton("MMMd", datetime.combine(on, time()), locale=code))
    return str(format_date(on, "medium", locale=code))


def weekday(on: date) -> str:
    """A date with its weekday, without the year."""
    return str(format_skeleton("MMMMEEEEd", datetime.combine(on, time()), locale=str(get_locale() or "en")))


def dated(day_: date) -> str:
    """A day, with its year."""
    return str(format_date(day_, "medium", locale=str(get_locale() or "en")))


def iso_dated(text: str) -> str:
    """A day that is kept as YYYY-MM-DD, with its year; the text itself where it is no day."""
    try:
        return dated(date.fromisoformat(text))
    except ValueError:
        return text


def bar_name(first: date, kind: str) -> str:
    """What stands below the bar of a plot: a day, the first day of a week, or a month."""
    skeleton = {"day": "d", "week": "MMMd", "month": "yMMM"}[kind]
    return str(format_skeleton(skeleton, first, locale=str(get_locale() or "en")))


def when(at: datetime | None) -> Markup:
    """A <time> with the whole local date and time."""
    if at is None:
        return Markup("")
    then, code = local(at), str(get_locale() or "en")
    shown = f"{format_date(then, 'medium', locale=code)}, {format_time(then, 'HH:mm', locale=code)}"
    return Markup('<time datetime="{}">{}</time>').format(stamp(at), shown)


def stamp(at: datetime) -> str:
    """A time for machines, to the minute, in UTC."""
    return at.strftime("%Y-%m-%dT%H:%MZ")


def size(count: int) -> str:
    """Bytes in words."""
    code = str(get_locale() or "en")
    if count < 1000:
        return str(gettext("%(number)s bytes", number=count))
    if count < 1_000_000:
        return str(gettext("%(number)s KB", number=format_decimal(count // 1000, locale=code)))
    return str(gettext("%(number)s MB", number=format_decimal(round(count / 1_000_000, 1), locale=code)))


def number(value: float) -> str:
    """A number with the separators of the language."""
    return str(format_decimal(value, locale=str(get_locale() or "en")))


def plain(value: Decimal) -> str:
    """An amount for a field of a form, without separators and needless noughts, as the language writes it."""
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return str(format_decimal(Decimal(text), "0.####", locale=str(get_locale() or "en")))
