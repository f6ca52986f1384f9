"""How results are shown: shares with their denominators, intervals, words about the terms, comma-separated values."""

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel.numbers import format_percent
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from mailcrm.mailing.optimise import Arm, ArmResult, Prior, Ranking, shares_of
from mailcrm.mailing.statistics import Counts, Share
from mailcrm.store.statistics import Part, terms_line
from web.offered import money

FILTERS = {
    "": _l("All"),
    "accepted": _l("Accepted"),
    "declined": _l("Declined"),
    "replied": _l("Replied"),
    "suggested": _l("To look at"),
    "silent": _l("Silent"),
    "bounced": _l("Bounced"),
    "failed": _l("Failed"),
    "unsubscribed": _l("Unsubscribed"),
    "complained": _l("Complained"),
    "uncertain": _l("Uncertain"),
    "waiting": _l("Waiting"),
    "skipped": _l("Skipped"),
}
DIMENSIONS = {"variant": _l("By variant"), "group": _l("By group"), "terms": _l("By terms")}
WORDS = {
    "clear": _l("Clear"),
    "leaning": _l("Leaning"),
    "not-enough": _l("Not enough data"),
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking with what was believed before, and the currency of its money."""

    ranking: Ranking
    prior: Prior
    currency: str


def chance(seed: int) -> random.Random:
    """Random numbers for simulations: the same seed, the same answer; no secrets are made of them."""
    return random.Random(seed)  # noqa: S311


def percent(value: float) -> str:
    """A share in per cent: with one place below ten."""
    shape = "#,##0.#%" if value < 0.0995 else "#,##0%"
    return str(format_percent(value, shape, locale=str(get_locale() or "en")))


def likely(low: float, high: float) -> str:
    """An interval in words."""
    return str(gettext("likely %(low)s to %(high)s", low=percent(low), high=percent(high)))


def share(one: Share) -> str:
    """A share with its denominator; the ratio only where there are enough."""
    counted = gettext("%(count)s of %(of)s", count=one.count, of=one.of)
    return f"{percent(one.ratio)} · {counted}" if one.ratio is not None else counted


def top(parts: Sequence[Part]) -> float:
    """The end of the common scale of some intervals: a round share beyond all of them."""
    ends = [part.counts.rate.interval[1] for part in parts if part.counts.rate.interval]
    return _round_up(max(ends, default=0.1))


def top_of(ranked: Ranked) -> float:
    """The end of the scale of a ranking."""
    return _round_up(max(one.high for one in ranked.ranking.arms))


def scale(found: Sequence[ArmResult]) -> float:
    """The end of the scale of some arms."""
    return _round_up(max(one.high for one in found))


def _round_up(share: float) -> float:
    return next(step for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0) if share <= step)


def place(value: float, scale: float) -> str:
    """Where a share stands on a scale that is 200 wide."""
    return f"{min(value / scale, 1.0) * 200:.1f}"


def arms(parts: Iterable[Part]) -> list[Arm]:
    """Parts as arms: with their mean margin where it is known of all, else acceptances alone count."""
    found = list(parts)
    known = all(part.counts.margins and part.counts.margins == part.counts.recipients for part in found)
    return [
        Arm(
            part.name,
            part.counts.accepted_in_time,
            part.counts.matured,
            part.counts.margin / part.counts.margins / 10_000 if known else 1.0,
            part.baseline,
        )
        for part in found
    ]


def terms_arms(tried: Mapping[str, Counts]) -> list[Arm]:
    """Terms (JSON) with their numbers as arms."""
    parts = [Part(key, terms_line(key) or gettext("the defaults"), one) for key, one in sorted(tried.items())]
    return arms([part for part in parts if part.counts.matured])


def next_shares(ranked: Ranked) -> list[float]:
    """The shares of the next batch: by the chance to be best, with a tenth spread over all."""
    return shares_of(ranked.ranking)


def has_money(ranked: Ranked) -> bool:
    """Whether the ranking goes by money."""
    return any(one.arm.margin != 1.0 for one in ranked.ranking.arms)


def worth(value: float, ranked: Ranked) -> str:
    """An amount for each client, in the currency of the offer."""
    return money(Decimal(str(round(value, 2))), ranked.currency)


def sentence(ranked: Ranked) -> str:
    """What can be said of the terms, in one sentence and without more certainty than there is."""
    ranking = ranked.ranking
    best = ranking.arms[ranking.best]
    sure = percent(best.best)
    if ranking.word == "clear":
        text = gettext("“%(name)s” brings most; the chance that it does is %(sure)s.", name=best.arm.name, sure=sure)
        return str(text)
    if ranking.word == "leaning":
        text = gettext(
            "“%(name)s” is ahead, with a chance of %(sure)s: not yet sure enough to decide on.",
            name=best.arm.name,
            sure=sure,
        )
        return str(text)
    return str(gettext("The numbers do not tell the variants apart. Whichever has the highest rate now is chance."))


def csv_of(head: Sequence[str], rows: Iterable[Sequence[str | datetime]]) -> bytes:
    """Comma-separated values for spreadsheets; what could be a formula is text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: str | datetime) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
