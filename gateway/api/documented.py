"""Schemas that show an example of themselves, and times as the API writes and reads them."""

import re
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.model.clock import to_datetime

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


Instant = Annotated[
    AwareDatetime, BeforeValidator(_written), Field(examples=["2026-05-01T08:00:00.250000Z"])
]
"""An instant of ours (microseconds) in an answer: RFC 3339, UTC."""

Moment = Annotated[
    AwareDatetime, BeforeValidator(_only_rfc3339), Field(examples=["2026-05-01T08:00:00Z"])
]
"""An instant in a request: RFC 3339 with any offset."""

Sentence = Annotated[str, Field(max_length=2_000, pattern=r"^[^\x00]*$")]
"""What a person wrote. PostgreSQL stores no NUL."""
