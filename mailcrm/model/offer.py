"""Offer, its items, terms and files; Template and CompanyLetterhead: what is offered, and to whom how."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, Money, UtcTime


class Offer(SQLModel, table=True):
    """A document or text with terms, sent for a decision, to one client or to many."""

    __tablename__ = "offer"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    number: str = Field(unique=True)
    """As clients read it: "2026-0412"; each client's own copy adds a suffix."""
    title: str
    title_key: str = Field(index=True)
    state: str = Field(default="draft", index=True)
    """draft, open (sent to somebody), closed or withdrawn."""
    owner_id: int | None = Field(
        default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id, index=True
    )
    currency: str = "EUR"
    """ISO 4217."""
    valid_until: date | None = None
    margin_floor: Decimal | None = Field(default=None, sa_type=Money)
    """The least margin in per cent of the price; an offer below it is not sent."""
    template_id: int | None = Field(default=None, foreign_key="template.id", ondelete="SET NULL", sa_type=Id)
    """The words of the message."""
    document_template_id: int | None = Field(default=None, foreign_key="template.id", ondelete="SET NULL", sa_type=Id)
    """What its document is made from; empty for an offer without one of its own."""
    note: str = ""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    created_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)


class OfferItem(SQLModel, table=True):
    """One line of an offer, before the terms of a client."""

    __tablename__ = "offer_item"

    offer_id: int = Field(foreign_key="offer.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    name: str
    unit: str = ""
    quantity: Decimal = Field(sa_type=Money)
    price: Decimal = Field(sa_type=Money)
    """Of one unit, in the currency of the offer."""
    cost: Decimal | None = Field(default=None, sa_type=Money)
    """What one unit costs us: for the margin, never shown to a client."""


class TermKind(SQLModel, table=True):
    """One of the terms that an offer has: price, discount, payment days, delivery, anything."""

    __tablename__ = "term_kind"

    offer_id: int = Field(foreign_key="offer.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    key: str = Field(primary_key=True)
    """As templates name it: letters, digits and underscores."""
    label: str
    kind: str
    """number, percent, money, days, date or text."""
    position: int
    required: bool = True


class Terms(SQLModel, table=True):
    """Values of terms: the defaults of an offer, those of a group, of a variant, or of one client.

    The more special one wins: client, then variant, then group, then default.
    """

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("offer_id", "scope", "scope_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    offer_id: int = Field(foreign_key="offer.id", ondelete="CASCADE", sa_type=Id)
    scope: str
    """default, group, variant or client."""
    scope_id: int = Field(default=0, sa_type=Id)
    """Of the group, variant or client; 0 for the defaults."""
    data: str
    """JSON: the key of a TermKind to its value, numbers as text."""


class Template(SQLModel, table=True):
    """Words or a document with places for fields, compiled in a sandbox."""

    __tablename__ = "template"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    kind: str
    """message (subject, text and HTML), pdf (Typst) or docx (a Word file with fields)."""
    language: str = ""
    """en, ru, …: a client gets the template of his language where there is one of the same name."""
    subject: str = ""
    text: str = ""
    html: str = ""
    source: str = ""
    """Of a pdf: the Typst source; empty for one that comes with mailcrm."""
    sha256: str = ""
    """Of a docx: the blob of the Word file."""
    builtin: str = ""
    """The name of a template that comes with mailcrm."""
    created_by: int | None = Field(default=None, foreign_key="user_account.id", ondelete="SET NULL", sa_type=Id)
    updated_at: datetime = Field(sa_type=UtcTime)
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)


class OfferFile(SQLModel, table=True):
    """A ready document (a price list) that goes with an offer as it is."""

    __tablename__ = "offer_file"

    offer_id: int = Field(foreign_key="offer.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    position: int = Field(primary_key=True)
    sha256: str
    filename: str
    content_type: str
    size: int


class CompanyLetterhead(SQLModel, table=True):
    """How the company shows itself on its documents; one row, with the id 1."""

    __tablename__ = "letterhead"

    id: int = Field(default=1, primary_key=True, sa_type=Id)
    name: str = ""
    address: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    tax_id: str = ""
    accent: str = "#1f55ad"
    """The colour of lines and headings."""
    small_print: str = ""
    language: str = "en"
    """Of clients about whom nothing else is known."""
    updated_at: datetime = Field(sa_type=UtcTime)


class MailingSkip(SQLModel, table=True):
    """A client whom a mailing leaves out although its audience names him, with the reason."""

    __tablename__ = "mailing_skip"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    mailing_id: int = Field(foreign_key="mailing.id", ondelete="CASCADE", sa_type=Id, index=True)
    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", sa_type=Id)
    address: str = ""
    reason: str
    """no-address, no-account, left-out, duplicate, conflict or suppressed."""
