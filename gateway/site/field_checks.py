"""What the pydantic types of a site file are made of: a check, and what the JSON Schema says of it.

A validator's ValueError carries the clause a person reads ("expected 1 to 247"). In the JSON
Schema every scalar may also be a text with braces: `${NAME}`, or a template's `{n}`.
"""

import re

from pydantic import AfterValidator, WithJsonSchema


def matching(pattern: str, expected: str) -> AfterValidator:
    """The whole text is as the pattern says."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(expected)
        return text

    return AfterValidator(check)


def pattern_schema(pattern: str) -> WithJsonSchema:
    """Of a text."""
    return WithJsonSchema({"type": "string", "pattern": rf"^({pattern}|.*\{{.*)$"})


def figure_schema(kind: str, low: float, high: float) -> WithJsonSchema:
    """Of a number; `kind` is integer or number."""
    number = {"type": kind, "minimum": low, "maximum": high}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": r"^[0-9.]+$|\{"}]})


def no_bool(value: object) -> object:
    """To Python True is 1; to a person it is a slip."""
    if isinstance(value, bool):
        raise ValueError("expected a number")  # noqa: TRY004 -- what pydantic takes as a finding
    return value


def between(low: float, high: float) -> AfterValidator:
    """Both included."""

    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"expected {low} to {high}")
        return value

    return AfterValidator(check)


def at_most(longest: int) -> AfterValidator:
    """So many characters."""

    def check(name: str) -> str:
        if len(name) > longest:
            raise ValueError(f"expected at most {longest} characters")
        return name

    return AfterValidator(check)


def at_least(low: int, told: str) -> AfterValidator:
    """`told` is `low` as a person writes it."""

    def check(value: int) -> int:
        if value < low:
            raise ValueError(f"expected at least {told}")
        return value

    return AfterValidator(check)
