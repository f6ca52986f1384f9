"""Runs the migrations on the database that `flow.migrate` was given, all in one transaction."""

from alembic import context
from sqlmodel import SQLModel

import mailcrm.model  # noqa: F401  (registers the tables)

database = context.config.attributes["database"]


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """The search index has no model: it is not the same thing on both databases."""
    return not (type_ == "table" and name is not None and name.startswith("message_search"))


with database.writing() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=include_name,
        compare_type=True,
    )
    context.run_migrations()
