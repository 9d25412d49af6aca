"""Schemas that show an example of themselves, and times as the API writes and reads them."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from gateway.model.clock import to_datetime

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2261
"""What 64 bits of nanoseconds hold (InfluxDB)."""

OfCalendar = TypeVar("OfCalendar", date, datetime)

_RFC3339 = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)"


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """An example put together from those of its fields; every field must have one."""
    return {name: (field.examples or [])[0] for name, field in model.model_fields.items()}


def _show_example(schema: dict[str, Any], model: type[BaseModel]) -> None:
    schema["examples"] = [example_of(model)]


class Documented(BaseModel):
    """Made from the frozen types of gateway.model by their attributes, or from a request's body,
    where a key that does not belong is an error and not ignored."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        from_attributes=True,
        use_attribute_docstrings=True,
        json_schema_extra=_show_example,
    )


def _written(value: object) -> object:
    return to_datetime(value) if isinstance(value, int) else value


def _only_rfc3339(value: object) -> object:
    # Pydantic alone would also take a bare number, for seconds or milliseconds.
    if not isinstance(value, str) or not re.fullmatch(_RFC3339, value):
        raise ValueError("expected an RFC 3339 time with its offset, such as 2026-05-01T08:00:00Z")
    return value


def _in_our_time(moment: OfCalendar) -> OfCalendar:
    # Calendars end at the years 1 and 9999, and time zones and shifts reach beyond an instant.
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"expected a time in the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment


Instant = Annotated[
    AwareDatetime, BeforeValidator(_written), Field(examples=["2026-05-01T08:00:00.250000Z"])
]
"""An instant of ours (microseconds) in an answer: RFC 3339, UTC."""

Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_rfc3339),
    AfterValidator(_in_our_time),
    Field(examples=["2026-05-01T08:00:00Z"]),
]
"""An instant in a request: RFC 3339 with any offset."""

Day = Annotated[date, AfterValidator(_in_our_time), Field(examples=["2026-05-31"])]
"""A day of the calendar in a request."""

STORABLE: Final = r"^[^\x00]*$"
"""PostgreSQL stores no NUL."""

Sentence = Annotated[str, Field(max_length=2_000, pattern=STORABLE)]
"""What a person wrote."""
