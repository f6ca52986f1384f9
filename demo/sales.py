"""The deals of the demo company: its stages, and what it is selling to whom."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from mailcrm.flow.deal_stages import NewStage, add_stages
from mailcrm.flow.deals import NewDeal, add_deal, move
from mailcrm.flow.edit import By, Office
from mailcrm.store.deal_board import stages

_STAGES = (
    NewStage("First talk", "open", 10),
    NewStage("Needs are clear", "open", 25),
    NewStage("Offer sent", "open", 50),
    NewStage("Negotiation", "open", 75),
    NewStage("Won", "won"),
    NewStage("Lost", "lost"),
)
_DEALS = (
    ("Fjord Salmon AS", "Oxygen sensors for the new cages", "48600", "EUR", 24, "Offer sent"),
    ("Harrow Brewing Ltd", "pH probes, yearly contract", "12400", "GBP", 12, "Negotiation"),
    ("Kessler Umwelttechnik GmbH", "Turbidity meters for three stations", "31900", "EUR", 40, "Needs are clear"),
    ("Lakeside Water Authority", "Replacement of flow meters", "118000", "EUR", 75, "Offer sent"),
    ("Волжский водоканал", "Приборы учёта для насосных станций", "2400000", "RUB", 33, "Negotiation"),
    ("Northfield College", "Teaching set for the laboratory", "5200", "GBP", -5, "First talk"),
    ("Harrow Brewing Ltd", "Calibration visit in autumn", "1850", "GBP", -20, "Won"),
    ("Kessler Umwelttechnik GmbH", "Data loggers", "9700", "EUR", -30, "Lost"),
)
"""Client, title, value, currency, days until it is expected, stage."""


def sell(office: Office, by: By, clients: Mapping[str, int], owners: Mapping[str, int]) -> None:
    """Set up the stages and the deals; clients and the ids of their owners by the names of the clients."""
    add_stages(office, by, _STAGES)
    with office.database.reading() as connection:
        numbers = {one.name: one.id for one in stages(connection)}
    for client, title, value, currency, days, stage in _DEALS:
        mine = By(owners[client], by.at)
        new = NewDeal(
            clients[client],
            title,
            value=Decimal(value),
            currency=currency,
            expected_on=(by.at + timedelta(days=days)).date(),
            owner_id=owners[client],
        )
        deal_id = add_deal(office, mine, new)
        move(office, mine, deal_id, numbers[stage], "A cheaper one from overseas")
