"""What every part of a site file has in common."""

from collections.abc import Sized
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from gateway.model.text import Text
from gateway.site import fields as f

Several = TypeVar("Several", bound=Sized)


class Entry(BaseModel):
    """What every part of the file has in common: unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True
    )


class TextEntry(Entry):
    """One name in every language of the desk."""

    en: f.Line
    """In English."""
    zh: f.Line
    """In Chinese."""

    def text(self) -> Text:
        """The same, for the gateway."""
        return Text(self.en, self.zh)


def _both(value: object) -> object:
    if not isinstance(value, str | dict):
        raise ValueError("expected a text, or {en: …, zh: …}")  # noqa: TRY004
    return {"en": value, "zh": value} if isinstance(value, str) else value


Label = Annotated[TextEntry, BeforeValidator(_both, json_schema_input_type=TextEntry | str)]
"""A text in both languages, or one text for both."""


def some(several: Several) -> Several:
    """The same, if there is anything in it; else ValueError."""
    if not several:
        raise ValueError("expected at least one")
    return several
