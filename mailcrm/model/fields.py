"""CustomField, ClientField, Tag, ClientTag: what a company notes of its clients besides what every client has."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from mailcrm.model.columns import Id, UtcTime


class CustomField(SQLModel, table=True):
    """A field of one's own that every client may have a value for."""

    __tablename__ = "field"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(unique=True)
    """As templates, rules and files name it: letters, digits and underscores; it never changes."""
    label: str
    kind: str
    """text, number, date, choice or yesno."""
    choices: str = "[]"
    """JSON: the texts that a choice may have, in their order."""
    position: int = Field(default=0)
    in_list: bool = False
    """It is a column of the list of clients."""
    created_at: datetime = Field(sa_type=UtcTime)
    archived_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """No longer asked for; its values stay."""


class ClientField(SQLModel, table=True):
    """The value of a field at a client; there is no row where there is no value."""

    __tablename__ = "client_field"
    __table_args__ = (Index("ix_client_field_order", "field_id", "sort_key", "client_id"),)

    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    field_id: int = Field(foreign_key="field.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    value: str
    """Text and choices as they are, 1234.5, 2026-01-31, yes or no."""
    sort_key: str
    """By which values of one field are ordered and compared: see `crm.fields.sort_key`."""


class Tag(SQLModel, table=True):
    """A word that clients are marked with."""

    __tablename__ = "tag"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str
    name_key: str = Field(unique=True)
    """The name case-folded and with single spaces."""


class ClientTag(SQLModel, table=True):
    """A client that has a tag."""

    __tablename__ = "client_tag"

    client_id: int = Field(foreign_key="client.id", ondelete="CASCADE", primary_key=True, sa_type=Id)
    tag_id: int = Field(foreign_key="tag.id", ondelete="CASCADE", primary_key=True, sa_type=Id, index=True)
