"""What the invented company offers: a letterhead, an offer with lines, terms and a price list, templates."""

from dataclasses import replace
from decimal import Decimal

from mailcrm.flow import offer_terms, offers, templates
from mailcrm.flow.offers import NewFile, OfferValues
from mailcrm.flow.templates import TemplateValues
from mailcrm.mailing.pricing import Item
from mailcrm.net.blobs import open_blobs
from mailcrm.store import offers as store
from mailcrm.store import templates as stored_templates
from tests.web.company import Company

HEAD = {
    "name": "Lindqvist Valves",
    "address": "Hafenstraße 14\n20457 Hamburg",
    "phone": "+49 40 5550100",
    "email": "sales@example.com",
    "website": "www.example.com",
    "accent": "#1f55ad",
    "language": "en",
}
ITEMS = (
    Item(1, "Gate valve DN50, PN16", "pc", Decimal(40), Decimal(84), Decimal(55)),
    Item(2, "Gate valve DN80, PN16", "pc", Decimal(12), Decimal("112.5"), Decimal(80)),
    Item(3, "Flange set with gaskets", "set", Decimal(52), Decimal("18.9"), Decimal(9)),
)


def sell(company: Company) -> None:
    """Make the offer."""
    office, by = company.rooms["anna"].office, company.by
    boss = replace(by, actor_id=company.users["vera"])
    templates.save_letterhead(office, boss, HEAD)
    offer = offers.add_offer(office, by, OfferValues("Valves for the spring", margin_floor=Decimal(10)))
    company.offers["valves"] = offer
    offers.set_items(office, by, offer, ITEMS)
    with company.db.reading() as connection:
        found = stored_templates.templates(connection)
        row = store.offer(connection, offer)
    assert row is not None
    message = next(one.id for one in found if one.kind == "message" and one.language == "en")
    paper = next(one.id for one in found if one.builtin == "modern")
    chosen = OfferValues(row.title, row.number, template_id=message, document_template_id=paper, owner_id=by.actor_id)
    offers.edit_offer(office, by, offer, replace(chosen, margin_floor=Decimal(10)))
    offer_terms.set_values(office, by, offer, "default", {0: {"payment": "30", "discount": "5", "vat": "19"}})
    own = {company.clients["Nordwind Pumpen GmbH"]: {"discount": "10", "payment": "45"}}
    offer_terms.set_values(office, by, offer, "client", own)
    plain = TemplateValues("Short", subject="{{ offer.title }}", text="Dear {{ contact.name }}, our offer is attached.")
    templates.add_template(office, by, plain)
    store_ = open_blobs(company.site().blobs)
    offers.add_file(office, by, store_, offer, NewFile("Prices 2026.pdf", "application/pdf", b"%PDF-1.4 prices"))
