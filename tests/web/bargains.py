"""Deals of the invented company: in every stage, with and without an amount, won, lost and archived."""

from datetime import timedelta
from decimal import Decimal

from mailcrm.flow import deal_stages, deals
from mailcrm.flow.deal_stages import NewStage
from mailcrm.flow.deals import NewDeal
from mailcrm.store import deal_board
from tests.web.company import Company
from tests.web.places import OFFER

STAGES = (
    NewStage("First talk", "open", 10),
    NewStage("Offer sent", "open", 50),
    NewStage("Negotiation", "open", 75),
    NewStage("Won", "won"),
    NewStage("Lost", "lost"),
    NewStage("Tender", "open", 30),
)


def bargain(company: Company) -> None:
    """Stages and deals; `company.deals` names some of them."""
    office, by = company.rooms["anna"].office, company.by
    deal_stages.add_stages(office, by, STAGES)
    with company.db.reading() as connection:
        talk, sent, _, won, lost, tender = (one.id for one in deal_board.stages(connection))
    deal_stages.archive(office, by, tender)
    nordwind = company.clients["Nordwind Pumpen GmbH"]
    today, anna = company.now.date(), company.users["anna"]

    def add(title: str, **more: object) -> int:
        return deals.add_deal(office, by, NewDeal(nordwind, title, owner_id=anna, **more))  # type: ignore[arg-type]

    pumps = add(
        "Forty pumps for the waterworks",
        value=Decimal(84000),
        expected_on=today + timedelta(days=20),
        items=(("message", company.number(OFFER)), ("document", company.documents["offer"])),
    )
    deals.move(office, by, pumps, sent)
    water = company.clients["Brightwater Utilities"]
    deals.add_deal(office, by, NewDeal(water, "Pump station", items=(("document", company.documents["offer"]),)))
    add("Spare valves <2027>", value=Decimal("1249.50"), currency="USD", probability=60, stage_id=sent)
    add("Service contract", expected_on=today - timedelta(days=3))
    for title, stage, reason in (("Two test pumps", won, ""), ("Control cabinet", lost, "Too dear by a tenth")):
        deals.move(office, by, add(title, value=Decimal(5300)), stage, reason)
    deals.archive(office, by, add("Entered twice"))
    company.deals |= {"pumps": pumps, "stage": talk, "sent": sent, "won": won, "lost": pumps + 5}
