"""`${NAME}` in values."""

import pytest

from gateway.site.document import parse
from gateway.site.environment import substituted
from gateway.site.problems import Problem


def filled(text: str, **environ: str) -> tuple[object, list[str]]:
    problems: list[Problem] = []
    node = substituted(parse("f", f"- {text}", problems), environ, problems)
    return node.items[0].plain(), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${A}", "1"),
        ("${A:-2}", "1"),
        ("${B:-2}", "2"),
        ("${B:-}", ""),
        ("${EMPTY:-2}", "2"),
        ("${EMPTY}", ""),
        ("x${A}y${B:-z}", "x1yz"),
        ("$${A}", "${A}"),
        ("$A", "$A"),
        ("cost $5", "cost $5"),
    ],
)
def test_marks_are_filled_as_in_a_shell(text: str, value: str) -> None:
    assert filled(f'"{text}"', A="1", EMPTY="") == (value, [])


def test_a_value_from_outside_is_not_filled_again() -> None:
    assert filled("${A}", A="${B}", B="2") == ("${B}", [])


def test_a_variable_that_is_not_set_is_named() -> None:
    _, told = filled('"${A} ${KEY}"', A="1")
    assert told == [
        "f:1:3: variable KEY is not set; expected KEY to be set, or a default: ${KEY:-value}"
    ]


def test_a_broken_mark_is_told() -> None:
    _, told = filled('"${A and more"', A="1")
    assert told[0].startswith("f:1:3: '${A and more' has a broken ${;")


def test_keys_are_left_alone() -> None:
    problems: list[Problem] = []
    node = substituted(parse("f", '"${A}": x', problems), {}, problems)
    assert (node.plain(), problems) == ({"${A}": "x"}, [])
