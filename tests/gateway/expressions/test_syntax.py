"""What an expression may say, and what it never can."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.expressions.check import words
from gateway.expressions.syntax import LONGEST, BadExpression, Name, Operation, parse
from gateway.model.clock import SECOND
from tests.gateway.expressions.naming import reckoned

HOSTILE = (
    "__import__('os').system('true')",
    "level.__class__",
    "().__class__.__bases__[0]",
    "lambda: 1",
    "[x for x in level]",
    "level[0]",
    "9**9**9",
    "9 ** 9",
    "2 << 99",
    "'a' * 999999999",
    '"a" * 999999999',
    "f'{level}'",
    "level := 3",
    "import os",
    "exec(level)",
    "eval(level)",
    "open(level)",
    "print(level)",
    "level; level",
    "level\x00",
    "ｌｅｖｅｌ",
    "1e999",
    "0x10",
    "1_000",
    "nan",
    "inf",
    "sqrt(",
    "",
    " ",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_more_than_reckoning_is_refused(text: str) -> None:
    with pytest.raises(BadExpression):
        reckoned(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 2_000 + "1" + ")" * 2_000,
        "-" * (LONGEST - 1) + "1",
        "not " * 100 + "level < 1",
        "abs(" * 90 + "1" + ")" * 90,
        "1" + " + 1" * 120,
        "9" * (LONGEST - 1),
        "9" * (LONGEST + 1),
        "level < 1 " * 200,
    ],
)
def test_what_is_long_deep_or_large_is_refused_at_once(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(BadExpression):
        reckoned(text)
    with pytest.raises(BadExpression):
        words(text + " (")
    assert time.monotonic() - begun < 1


@given(st.text(max_size=60) | st.text('()+-*/ <=>!.,:"0159mhlevrunatifsc', max_size=60))
def test_any_text_is_an_expression_or_a_bad_one(text: str) -> None:
    with suppress(BadExpression):
        parse(text)
        made = reckoned(text)
        made.value({"tank/level": 1.0}, made.remember({}, {"tank/level": 1.0}, SECOND))


def test_names_hold_hyphens_and_slashes_so_minus_and_division_stand_apart() -> None:
    assert parse("pump-1/run") == Name("pump-1/run")
    assert parse("level - area") == Operation("-", Name("level"), Name("area"))
    assert parse("android") == Name("android")
    assert parse("1f-pump/level") == Name("1f-pump/level")
    with pytest.raises(BadExpression, match=r"unknown name 'level/area'.*stand between spaces"):
        reckoned("level/area")


def test_what_binds_more_closely_is_done_first() -> None:
    values = {"tank/level": 2.0, "tank/flow": 5.0}
    told = {
        "1 + 2 * 3 - 4 / 2": 5.0,
        "-area + 2 * -3": -18.0,
        "10 - 3 - 2": 5.0,
        "(1 + 2) * 3": 9.0,
        "if(1 < 2 or 1 > 2 and 3 < 2, 1, 0)": 1.0,
        "if(not 1 < 2 or 2 < 3, 1, 0)": 1.0,
        "max(level, 3) + min(1, 2) + abs(-1) + sqrt(4) + round(level / 3, 1)": 7.7,
    }
    for text, value in told.items():
        assert reckoned(text).value(values, {}) == pytest.approx(value), text


def test_names_are_found_for_what_an_expression_needs() -> None:
    assert words("rate(level, 5m) * area + if(run == running, 1, 0)") == {
        "level",
        "area",
        "run",
        "running",
    }


def test_spans_are_written_as_elsewhere_in_the_site_file() -> None:
    window = reckoned("mean(level, 1.5m)").windows[0]
    assert window.span.reach(900 * SECOND) == 810 * SECOND
