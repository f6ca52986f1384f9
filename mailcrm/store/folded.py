"""Text in the form that is compared, in SQL: lower case in every alphabet, and ё as е, on both databases."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

SQLITE_NAME = "mailcrm_folded"
"""SQLite's own lower() knows ASCII alone, so `store.database` gives every connection this function."""


class folded(FunctionElement[str]):  # noqa: N801  (it is written like the functions of a database)
    """SQL for a text in the form that is compared."""

    inherit_cache = True
    type = String()


def fold(text: str | None) -> str:
    """The same in Python."""
    return (text or "").lower().replace("ё", "е")


@compiles(folded)
def _postgresql(element: Any, compiler: Any, **more: Any) -> str:
    # By ICU's rules: lower() alone asks the locale of the database, and "C" knows ASCII alone, too.
    return f"replace(lower({compiler.process(element.clauses, **more)} COLLATE \"und-x-icu\"), 'ё', 'е')"


@compiles(folded, "sqlite")
def _sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"{SQLITE_NAME}({compiler.process(element.clauses, **more)})"
