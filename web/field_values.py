"""Values of the company's own fields on pages: shown in the language of the user, and taken from forms."""

from datetime import date
from decimal import Decimal

from flask import request
from flask_babel import format_date, format_decimal, gettext

from mailcrm.crm import fields as rules
from mailcrm.store.fields import FieldRow, Value

_PREFIX = "field-"


def shown(value: Value | str, kind: str) -> str:
    """A value, stored or as what it means, as people read it."""
    typed = rules.value(kind, value) if isinstance(value, str) else value
    if isinstance(typed, bool):
        return str(gettext("yes") if typed else gettext("no"))
    if isinstance(typed, Decimal):
        return str(format_decimal(typed))
    if isinstance(typed, date):
        return str(format_date(typed, "medium"))
    return typed


def entered(known: list[FieldRow]) -> dict[str, str]:
    """What a form says of these fields, by key; those that it does not ask for are left out."""
    names = {row.key: _PREFIX + row.key for row in known}
    return {key: request.form[name] for key, name in names.items() if name in request.form}
