"""What a benchmark found, and how it is shown and kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """`ratio` is `value` divided by the same figure of `ratio_to`, measured in the same run: on
    another or a busier machine it moves far less than the value does."""

    name: str
    value: float
    unit: str
    ratio: float
    ratio_to: str


def table(results: Sequence[Result]) -> str:
    """One line a result, in columns; figures to the right."""
    head = ("benchmark", "value", "unit", "ratio", "to")
    rows = [
        (result.name, figure(result.value), result.unit, f"{result.ratio:.2f}", result.ratio_to)
        for result in results
    ]
    name, value, unit, ratio, _ = (
        max(len(row[column]) for row in (head, *rows)) for column in range(5)
    )
    lines = [
        f"{row[0]:{name}}  {row[1]:>{value}}  {row[2]:{unit}}  {row[3]:>{ratio}}  {row[4]}"
        for row in (head, *rows)
    ]
    return "\n".join(lines)


def figure(value: float) -> str:
    """Three digits that count, whole from a hundred on: 0.0123, 4.56, 78.9, 12,345."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}"


def write_json_lines(results: Sequence[Result], file: Path) -> None:
    """Exactly these results, one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(asdict(result))}\n" for result in results))
