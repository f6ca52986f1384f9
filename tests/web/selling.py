"""What the invented company offers: a letterhead, an offer with lines, terms and a price list, templates."""

from dataclasses import replace
from decimal import Decimal

from mailcrm.flow import mailings, offer_terms, offers, prepare, templates
from mailcrm.flow.building import Press
from mailcrm.flow.offers import NewFile, OfferValues
from mailcrm.flow.templates import TemplateValues
from mailcrm.mailing.audience import Audience
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.token import TokenKeys
from mailcrm.net.blobs import open_blobs
from mailcrm.net.typeset.pool import Typesetter
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


def begin(company: Company) -> None:
    """A mailing that was checked, with somebody skipped and somebody without a term, and one that is a draft."""
    office, maria = company.rooms["anna"].office, replace(company.by, actor_id=company.users["vera"])
    offer, store_ = company.offers["valves"], open_blobs(company.site().blobs)
    numbers = (company.clients["Nordwind Pumpen GmbH"], company.clients["ООО «Север-Сервис»"])
    wanted = Audience(clients=(*numbers, company.clients["Atelier Fontaine"]))
    for name in ("draft", "mailing"):
        company.offers[name] = mailings.add_mailing(office, maria, offer, f"Spring {name}", "Europe/Berlin")
        mailings.set_audience(office, maria, company.offers[name], wanted)
    own = {numbers[0]: {"discount": "10", "payment": "45"}, numbers[1]: {"discount": "60"}}
    offer_terms.set_values(office, company.by, offer, "client", own)
    setter = Typesetter()
    press = Press(store_, TokenKeys.derived(company.keyring.derive), setter, "https://offers.example.com")
    prepare.assemble(office, maria, company.offers["mailing"])
    while prepare.make_some(office, press, maria, company.offers["mailing"]):
        pass
    setter.close()


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
    begin(company)
