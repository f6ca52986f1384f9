"""Offers: add, edit, copy, close; their items, kinds of terms and ready documents."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from mailcrm.errors import NotFound, Refused
from mailcrm.flow import starters
from mailcrm.flow.edit import By, Edit, Office, editing
from mailcrm.mailing.pricing import Item
from mailcrm.mailing.terms import KEY, TYPES, TermSpec
from mailcrm.net.blobs import BlobStore
from mailcrm.store import offers, people, templates, terms
from mailcrm.store.offers import OfferRow

STATES = ("draft", "open", "closed", "withdrawn")
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "RUB", "KZT", "BYN", "UAH", "PLN", "CZK", "TRY", "CNY", "AED", "INR")
MOST_ITEMS = 300
MOST_TERMS = 30
LARGEST_FILE = 25 << 20
STANDARD_TERMS = {
    "en": (
        TermSpec("discount", "Discount", "percent", False),
        TermSpec("payment", "Payment", "days"),
        TermSpec("delivery", "Delivery", "text", False),
        TermSpec("vat", "VAT", "percent", False),
    ),
    "ru": (
        TermSpec("discount", "Скидка", "percent", False),
        TermSpec("payment", "Отсрочка платежа", "days"),
        TermSpec("delivery", "Поставка", "text", False),
        TermSpec("vat", "НДС", "percent", False),
    ),
}
"""What a new offer has to begin with, by the language of whoever makes it."""


@dataclass(frozen=True, slots=True)
class OfferValues:
    """What is asked of an offer; an empty number means the next one of the year."""

    title: str
    number: str = ""
    currency: str = "EUR"
    valid_until: date | None = None
    margin_floor: Decimal | None = None
    owner_id: int | None = None
    template_id: int | None = None
    document_template_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A ready document."""

    filename: str
    content_type: str
    data: bytes


def add_offer(office: Office, by: By, new: OfferValues, language: str = "en") -> int:
    """Add an offer with the usual kinds of terms; returns its id. Raises Refused."""
    with editing(office, by) as edit:
        message, design = starters.install(edit, language)
        chosen = replace(
            new,
            number=new.number.strip() or next_number(edit, by.at.year),
            template_id=new.template_id or message,
            document_template_id=new.document_template_id or design,
        )
        values = _checked(edit, chosen)
        row = values | {"created_by": by.actor_id, "created_at": by.at, "updated_at": by.at, "state": "draft"}
        offer_id = offers.add_offer(edit.connection, row)
        offers.replace_specs(edit.connection, offer_id, STANDARD_TERMS.get(language, STANDARD_TERMS["en"]))
        return offer_id


def edit_offer(office: Office, by: By, offer_id: int, new: OfferValues) -> None:
    """Change the fields of an offer. Raises Refused, or NotFound."""
    with editing(office, by) as edit:
        editable(edit, offer_id)
        offers.change_offer(edit.connection, offer_id, _checked(edit, new, offer_id) | {"updated_at": by.at})


def set_state(office: Office, by: By, offer_id: int, state: str) -> str:
    """Open, close or withdraw an offer; returns the state before. Raises Refused, or NotFound."""
    if state not in STATES:
        raise Refused("There is no such state of an offer.")
    with editing(office, by) as edit:
        before = editable(edit, offer_id).state
        offers.change_offer(edit.connection, offer_id, {"state": state, "updated_at": by.at})
        return before


def copy_offer(office: Office, by: By, offer_id: int) -> int:
    """A new draft with the items, terms and files of an offer; returns its id. Raises NotFound."""
    with editing(office, by) as edit:
        old = known(edit, offer_id)
        row = {name: getattr(old, name) for name in ("title", "currency", "margin_floor", "template_id", "note")}
        row |= {"document_template_id": old.document_template_id, "owner_id": by.actor_id, "created_by": by.actor_id}
        row |= {"number": next_number(edit, by.at.year), "state": "draft", "created_at": by.at, "updated_at": by.at}
        new = offers.add_offer(edit.connection, row)
        offers.replace_items(edit.connection, new, offers.items(edit.connection, offer_id))
        offers.replace_specs(edit.connection, new, offers.specs(edit.connection, offer_id))
        for scope in ("default", "group", "client"):
            terms.save(edit.connection, new, scope, terms.all_of_scope(edit.connection, offer_id, scope))
        for one in offers.files(edit.connection, offer_id):
            values = {"sha256": one.sha256, "filename": one.filename, "content_type": one.content_type}
            offers.add_file(edit.connection, new, values | {"size": one.size})
        return new


def set_items(office: Office, by: By, offer_id: int, items: Sequence[Item]) -> None:
    """Set the lines of an offer; they are numbered anew. Raises Refused, or NotFound."""
    if len(items) > MOST_ITEMS:
        raise Refused(f"An offer has at most {MOST_ITEMS} lines.")
    with editing(office, by) as edit:
        editable(edit, offer_id)
        for number, item in enumerate(items, 1):
            _check_item(number, item)
        numbered = [replace(item, position=number) for number, item in enumerate(items, 1)]
        offers.replace_items(edit.connection, offer_id, numbered)
        touch(edit, offer_id)


def set_specs(office: Office, by: By, offer_id: int, specs: Sequence[TermSpec]) -> None:
    """Set the kinds of terms of an offer; values of those that are gone stay stored. Raises Refused, or NotFound."""
    if len(specs) > MOST_TERMS:
        raise Refused(f"An offer has at most {MOST_TERMS} terms.")
    keys = [spec.key for spec in specs]
    for spec in specs:
        if not KEY.fullmatch(spec.key):
            raise Refused(f'"{spec.key}" cannot name a term: use small Latin letters, digits and _.')
        if not spec.label.strip() or spec.kind not in TYPES or keys.count(spec.key) > 1:
            raise Refused(f'The term "{spec.key}" needs a label, a kind and a name of its own.')
    with editing(office, by) as edit:
        editable(edit, offer_id)
        offers.replace_specs(edit.connection, offer_id, specs)
        touch(edit, offer_id)


def add_file(office: Office, by: By, blobs: BlobStore, offer_id: int, new: NewFile) -> None:
    """Put a ready document beside an offer. Raises Refused, or NotFound."""
    if not new.data or len(new.data) > LARGEST_FILE:
        raise Refused("A file must have some content, and at most 25 MB of it.")
    with office.database.reading() as connection:
        if offers.offer(connection, offer_id) is None:
            raise NotFound("There is no such offer.")
    sha = blobs.keep(new.data)
    blobs.settle()
    name = "".join(c for c in new.filename if c.isprintable() and c not in '/\\"').strip()[:150] or "document"
    values = {"sha256": sha, "filename": name, "content_type": new.content_type, "size": len(new.data)}
    with editing(office, by) as edit:
        editable(edit, offer_id)
        offers.add_file(edit.connection, offer_id, values)
        touch(edit, offer_id)


def add_from_library(office: Office, by: By, offer_id: int, sha256: str) -> None:
    """Put a ready document of another offer beside this one, too. Raises NotFound."""
    with editing(office, by) as edit:
        editable(edit, offer_id)
        found = [one for _, one in offers.library(edit.connection) if one.sha256 == sha256]
        if not found:
            raise NotFound("There is no such file.")
        values = {"sha256": sha256, "filename": found[0].filename, "content_type": found[0].content_type}
        offers.add_file(edit.connection, offer_id, values | {"size": found[0].size})
        touch(edit, offer_id)


def remove_file(office: Office, by: By, offer_id: int, position: int) -> None:
    """Take a ready document away from an offer. Raises NotFound."""
    with editing(office, by) as edit:
        editable(edit, offer_id)
        if not offers.remove_file(edit.connection, offer_id, position):
            raise NotFound("There is no such file.")
        touch(edit, offer_id)


def known(edit: Edit, offer_id: int) -> OfferRow:
    """The offer; raises NotFound where there is none."""
    found = offers.offer(edit.connection, offer_id)
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def editable(edit: Edit, offer_id: int) -> OfferRow:
    """The offer, where whoever edits may: its owner, who made it, managers and admins. Raises Refused, or NotFound."""
    found, actor = known(edit, offer_id), edit.by.actor_id
    if actor is None or actor in (found.owner_id, found.created_by):
        return found
    user = people.user(edit.connection, actor)
    if user is None or user.role == "staff":
        raise Refused("Only its owner, managers and admins may change this offer.")
    return found


def touch(edit: Edit, offer_id: int) -> None:
    """Note that something of an offer was changed."""
    offers.change_offer(edit.connection, offer_id, {"updated_at": edit.by.at})


def next_number(edit: Edit, year: int) -> str:
    """The next free number of a year, like 2026-0007."""
    taken = [number[5:] for number in offers.numbers_like(edit.connection, f"{year}-")]
    return f"{year}-{max((int(n) for n in taken if n.isascii() and n.isdigit()), default=0) + 1:04}"


def _checked(edit: Edit, new: OfferValues, offer_id: int = 0) -> dict[str, object]:
    title, number = " ".join(new.title.split()), new.number.strip()
    if not title or len(title) > 200:
        raise Refused("An offer needs a title of at most 200 characters.")
    if not number or len(number) > 40 or not number.isprintable():
        raise Refused("An offer needs a number of at most 40 characters.")
    if offers.has_number(edit.connection, number, offer_id):
        raise Refused(f"There is an offer {number} already.")
    if new.currency not in CURRENCIES:
        raise Refused("There is no such currency here.")
    if new.margin_floor is not None and not -100 <= new.margin_floor <= 100:
        raise Refused("A margin is between -100 and 100 per cent.")
    for chosen, kinds in ((new.template_id, ("message",)), (new.document_template_id, ("pdf", "docx"))):
        row = templates.template(edit.connection, chosen) if chosen is not None else None
        if chosen is not None and (row is None or row.kind not in kinds):
            raise Refused("There is no such template.")
    names = ("currency", "valid_until", "margin_floor", "owner_id", "template_id", "document_template_id")
    return {name: getattr(new, name) for name in names} | {
        "title": title,
        "number": number,
        "note": new.note.strip(),
    }


def _check_item(number: int, item: Item) -> None:
    if not item.name.strip() or not item.name.isprintable() or len(item.name) > 300:
        raise Refused(f"Line {number} needs a name of at most 300 characters.")
    if item.quantity <= 0 or item.price < 0 or (item.cost is not None and item.cost < 0):
        raise Refused(f"Line {number}: the quantity must be above zero, price and cost not below it.")
