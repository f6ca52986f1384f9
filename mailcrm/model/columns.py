"""The column types that both databases must agree on: a time in UTC, a 64-bit id, an exact amount."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer key; SQLite gives row ids only to a column that is called INTEGER."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC: `timestamptz` on PostgreSQL, text without a zone on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The native type of the database at hand."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The value as the driver wants it; raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The stored time, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact decimal with four places, stored as a whole number of ten-thousandths: SQLite has no decimals."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """The number of ten-thousandths, halves rounded to even; raises ValueError for what is no finite number."""
        if value is None:
            return None
        if not value.is_finite():
            raise ValueError("an amount must be a finite number")
        return int((value * 10_000).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """The amount, exact."""
        return None if value is None else Decimal(value) / 10_000
