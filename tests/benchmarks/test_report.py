"""How results are shown and kept."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.report import Result, figure, table, write_json_lines

FAST = Result("messages_per_s", 12345.6, "messages/s", 0.876, "bare loop, 14,093/s")
SLOW = Result("to_ticket_ms", 7.0, "ms", 11.0, "bare loop, 0.64 ms")


def test_the_table_has_one_line_a_result_with_its_figures_under_each_other() -> None:
    assert table([FAST, SLOW]).splitlines() == [
        "benchmark        value  unit        ratio  to",
        "messages_per_s  12,346  messages/s   0.88  bare loop, 14,093/s",
        "to_ticket_ms      7.00  ms          11.00  bare loop, 0.64 ms",
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.01234, "0.0123"), (4.555, "4.55"), (78.91, "78.9"), (743653.4, "743,653")],
)
def test_a_figure_shows_the_digits_that_count(value: float, shown: str) -> None:
    assert figure(value) == shown


def test_the_json_lines_are_exactly_this_run(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.jsonl"
    write_json_lines([SLOW], file)
    write_json_lines([FAST, SLOW], file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines[0] == {
        "name": "messages_per_s",
        "value": 12345.6,
        "unit": "messages/s",
        "ratio": 0.876,
        "ratio_to": "bare loop, 14,093/s",
    }
    assert [line["name"] for line in lines] == ["messages_per_s", "to_ticket_ms"]
