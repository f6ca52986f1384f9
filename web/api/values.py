"""The building blocks of what goes in and out of the API: texts, ids, pages of lists."""

import base64
import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from web.api.operations import Problem


def _whole(value: object) -> object:
    """1.0 is an integer in JSON Schema."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(_whole)]
Short = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line."""
Percent = Annotated[int, Field(ge=0, le=100), BeforeValidator(_whole)]
Long = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]


def _sensible(value: datetime) -> datetime:
    """Mail is never older or newer; databases differ on what lies beyond."""
    return min(max(value, datetime(1970, 1, 1, tzinfo=UTC)), datetime(2200, 1, 1, tzinfo=UTC))


Time = Annotated[AwareDatetime, AfterValidator(_sensible)]
"""ISO 8601 with its offset from UTC."""


class Given(BaseModel):
    """What comes in as JSON: nothing unknown, no text for a number."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asked(BaseModel):
    """What comes in behind the question mark."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """What goes out; made from the rows of the store."""

    model_config = ConfigDict(from_attributes=True)


class PageAsked(Asked):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    after: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    """`next` of the page before."""


def cursor(*values: str | int | datetime | None) -> str:
    """Where a page ends, as an opaque text."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def opened(text: str, count: int) -> list[Any]:
    """The values of a cursor, not yet checked; raises Problem for what is none of ours."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        found = None
    plain = isinstance(found, list) and len(found) == count and isinstance(found[-1], int)
    if not plain or not 0 <= found[-1] < 2**63:
        raise Problem(404, "This cursor is not one that this list gave.")
    return list(found)


def time_of(value: object) -> datetime | None:
    """A time out of a cursor; raises Problem for what is none."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        raise Problem(404, "This cursor is not one that this list gave.") from None
