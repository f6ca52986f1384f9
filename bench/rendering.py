"""Making messages of a mailing on one core: words, bytes and hash, without and with a document of their own."""

import hashlib
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from mailcrm.flow import starters
from mailcrm.mail.address import Address
from mailcrm.mailing import merge, render
from mailcrm.mailing.merge import ClientFacts, Letterhead, Merge, OfferFacts, Person
from mailcrm.mailing.pricing import Item, priced
from mailcrm.mailing.terms import TermSpec
from mailcrm.mailing.wire import Attached, Draft, encoded, serialise
from mailcrm.net.typeset.pool import Typesetter

_ITEMS = tuple(Item(n, f"Valve DN{n * 10}", "pc", Decimal(n), Decimal("84.50"), Decimal(55)) for n in range(1, 6))
_SPECS = (TermSpec("discount", "Discount", "percent"), TermSpec("payment", "Payment", "days"))


def run(count: int = 4000, papers: int = 100) -> str:
    """Measure; the result as a section in Markdown, in messages a second."""
    _, subject, text, html = starters.MESSAGES[0]
    words, attached = (
        render.compiled(subject, text, html),
        Attached("Prices.pdf", "application/pdf", encoded(b"x" * 50_000)),
    )
    plain = _rate(count, lambda number: _made(words, number, ()), time.process_time)
    filed = _rate(count, lambda number: _made(words, number, (attached,)), time.process_time)
    setter = Typesetter()
    setter.pages("modern", "", "pdf", merge.document(_offer(0), "A:B"))
    set_ = _rate(papers, lambda number: setter.pages("modern", "", "pdf", merge.document(_offer(number), "A:B"))[0])
    setter.close()
    return (
        "## Making the messages of a mailing, one core\n\n| | a second |\n|---|---|\n"
        f"| text and HTML with five lines and own terms, bytes, hash | {plain:.0f} |\n"
        f"| the same with a shared price list of 50 KB | {filed:.0f} |\n"
        f"| a PDF of its own (Typst, warm) | {set_:.0f} |\n"
    )


def _rate(count: int, make: Callable[[int], bytes], clock: Callable[[], float] = time.perf_counter) -> float:
    begun = clock()
    for number in range(count):
        hashlib.sha256(make(number)).digest()
    return count / (clock() - begun)


def _offer(number: int) -> Merge:
    values = {"discount": str(number % 15), "payment": str(14 + number % 60)}
    return Merge(
        Letterhead("Lindqvist Valves"),
        ClientFacts(f"Client {number} GmbH"),
        Person(f"Lars Berg {number}", f"lars@client{number}.example"),
        Person("Anna Lindqvist", "anna@example.com"),
        OfferFacts(f"2026-0001-{number}", "Valves for the spring", "EUR", date(2026, 11, 26), date(2026, 12, 31)),
        _SPECS,
        values,
        priced(_ITEMS, values),
        links={"view": f"https://offers.example.com/o/{number:025}"},
    )


def _made(words: render.Compiled, number: int, files: tuple[Attached, ...]) -> bytes:
    offer = _offer(number)
    said = render.rendered(words, merge.fields(offer))
    sender, to = Address(offer.sender.name, offer.sender.email), Address(offer.contact.name, offer.contact.email)
    return serialise(Draft(sender, to, said.subject, said.text, f"<o.{number}@example.com>", said.html, files))
