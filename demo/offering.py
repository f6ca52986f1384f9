"""What the demo company offers: its letterhead, a group, an offer with terms of their own for some, a mailing to be."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from demo.people import STAFF
from mailcrm.config import Config
from mailcrm.flow import accounts, groups, mailings, offer_terms, offers, templates
from mailcrm.flow.accounts import NewAccount
from mailcrm.flow.edit import By, Office
from mailcrm.flow.groups import GroupForm
from mailcrm.flow.offers import OfferValues
from mailcrm.mailing.audience import Audience
from mailcrm.mailing.pricing import Item
from mailcrm.net.secrets import Keyring
from mailcrm.store.database import Database

_HEAD = {
    "name": "Taiga Instruments",
    "address": "2 Harbour Road\nLondon",
    "phone": "+44 20 7946 0112",
    "email": "sales@taiga.example",
    "accent": "#1d6b57",
    "language": "en",
}
_ITEMS = (
    Item(1, "Calibration of an oxygen probe", "pc", Decimal(8), Decimal(95), Decimal(40)),
    Item(2, "Membrane cap OxyLine 200", "pc", Decimal(16), Decimal("38.5"), Decimal(19)),
    Item(3, "Visit of an engineer, one day", "day", Decimal(1), Decimal(640), Decimal(410)),
)
_TERMS = {"payment": "30", "discount": "5"}
_OWN = {
    "Fjord Salmon AS": {"discount": "12", "payment": "45"},
    "Lakeside Water Authority": {"discount": "8"},
}
_GROUP = (
    "Fjord Salmon AS",
    "Harrow Brewing Ltd",
    "Kessler Umwelttechnik GmbH",
    "Lakeside Water Authority",
    "Northfield College",
)


def lend(database: Database, keyring: Keyring, config: Config, by: By) -> None:
    """Let everybody of the staff send from his own address; the demo's server keeps the copies itself."""
    server = config.server("demo")
    where = {"host": server.smtp_host, "port": server.smtp_port, "tls": server.smtp_tls}
    for member in STAFF:
        email = member.person.email
        new = NewAccount(email, **where, login=email, name=member.person.name, user=email)  # type: ignore[arg-type]
        number = accounts.add_account(database, by, new)
        accounts.set_password(database, by, keyring, number, member.password)
        accounts.edit_account(database, by, number, {"sent_copy": "server"})


def offer(office: Office, users: Mapping[str, int], clients: Mapping[str, int], now: datetime) -> None:
    """Prepare everything up to the check of the mailing, which is left to whoever tries it: Daniel made it, so that
    Marina can approve it."""
    marina, daniel = By(users["marina"], now), By(users["daniel"], now)
    templates.save_letterhead(office, marina, _HEAD)
    form = GroupForm("Abroad", "", users["daniel"], note="Whoever is written to in English.")
    group = groups.add_group(office, marina, form)
    groups.put(office, marina, group, [clients[name] for name in _GROUP])
    until = (now + timedelta(days=30)).date()
    new = OfferValues("Service for the spring", valid_until=until, margin_floor=Decimal(15), owner_id=users["daniel"])
    number = offers.add_offer(office, daniel, new)
    offers.set_items(office, daniel, number, _ITEMS)
    offer_terms.set_values(office, daniel, number, "default", {0: _TERMS})
    offer_terms.set_values(office, daniel, number, "client", {clients[name]: own for name, own in _OWN.items()})
    mailing = mailings.add_mailing(office, daniel, number, "Service for the spring", "Europe/London")
    mailings.set_audience(office, daniel, mailing, Audience(groups=(group,)))
