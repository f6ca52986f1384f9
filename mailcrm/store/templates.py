"""Templates and the letterhead as rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from mailcrm.mailing.merge import Letterhead
from mailcrm.model import CompanyLetterhead, Template
from mailcrm.store.rows import table


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One template."""

    id: int
    name: str
    kind: str
    language: str
    subject: str
    text: str
    html: str
    source: str
    sha256: str
    builtin: str
    updated_at: datetime
    archived_at: datetime | None


_ID: Any = col(Template.id)
_COLUMNS: Any = (
    _ID,
    col(Template.name),
    col(Template.kind),
    col(Template.language),
    col(Template.subject),
    col(Template.text),
    col(Template.html),
    col(Template.source),
    col(Template.sha256),
    col(Template.builtin),
    col(Template.updated_at),
    col(Template.archived_at),
)
HEAD: Any = tuple(
    getattr(CompanyLetterhead, name)
    for name in ("name", "address", "phone", "email", "website", "tax_id", "accent", "small_print", "language")
)


def template(connection: Connection, template_id: int) -> TemplateRow | None:
    """The template with this id."""
    row = connection.execute(select(*_COLUMNS).where(template_id == _ID)).one_or_none()
    return TemplateRow(*row) if row else None


def templates(connection: Connection, kinds: tuple[str, ...] = ("message", "pdf", "docx")) -> list[TemplateRow]:
    """The templates in use of some kinds, by name and language."""
    query = select(*_COLUMNS).where(col(Template.archived_at).is_(None), col(Template.kind).in_(kinds))
    query = query.order_by(col(Template.kind), col(Template.name), col(Template.language), _ID)
    return [TemplateRow(*row) for row in connection.execute(query)]


def in_languages(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, TemplateRow]]:
    """Id → language → the template of the same name and kind, the chosen one among them; one query."""
    chosen: Any = table(Template).alias("chosen")
    same = and_(chosen.c.name == col(Template.name), chosen.c.kind == col(Template.kind))
    alive = or_(col(Template.archived_at).is_(None), chosen.c.id == _ID)
    query = select(chosen.c.id, *_COLUMNS).join(chosen, same).where(chosen.c.id.in_(ids), alive)
    found: dict[int, dict[str, TemplateRow]] = {}
    for number, *row in connection.execute(query.order_by(chosen.c.id == _ID, _ID.desc())):
        one = TemplateRow(*row)
        found.setdefault(number, {})[one.language] = one
    return found


def add_template(connection: Connection, values: dict[str, Any]) -> int:
    """Insert a template from columns; returns the id."""
    return int(connection.execute(insert(Template).values(values).returning(_ID)).scalar_one())


def change_template(connection: Connection, template_id: int, values: dict[str, Any]) -> None:
    """Set columns of a template."""
    connection.execute(update(Template).where(template_id == _ID).values(values))


def letterhead(connection: Connection) -> tuple[Letterhead, str]:
    """How the company shows itself, and the language of clients about whom nothing else is known."""
    row = connection.execute(select(*HEAD)).first()
    return (Letterhead(*row[:-1]), row[-1]) if row else (Letterhead(), "en")


def save_letterhead(connection: Connection, values: dict[str, Any]) -> None:
    """Set columns of the letterhead."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table(CompanyLetterhead)).values(id=1, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
