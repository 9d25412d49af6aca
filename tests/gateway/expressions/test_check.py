"""Names, kinds and units of an expression, checked before it ever runs."""

import pytest

from gateway.expressions.check import MOST_WINDOWS, formula
from gateway.expressions.syntax import BadExpression
from gateway.model.point import PointKind
from tests.gateway.expressions.naming import names, reckoned


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("levle * 2", "unknown name 'levle'; did you mean 'level'?"),
        ("door/acces", "unknown name 'door/acces'; did you mean 'door/access'?"),
        ("door/access", "'door/access' is an event; expected a number or a state"),
        ("serial", "'tank/serial' is a text; expected a number or a state"),
        ("average(level, 5m)", "unknown function 'average'"),
        ("run", "the expression is a state; expected a number"),
        ("level < 2", "the expression is a condition; expected a number"),
        ("run + 1", "each side of + is a state; expected a number"),
        ("not level", "what follows not is a number; expected a condition"),
        ("if(level, 1, 2)", "what if asks is a number; expected a condition"),
        ("if(level < 1, 1, run)", "if gives a number or a state; expected the same for both"),
        ("if(run == runing, 1, 0)", "'run' has no state 'runing'; expected one of: stopped"),
        ("if(run == level, 1, 0)", "a state is compared with a number"),
        ("if(run == unknown, 1, 0)", "'run' has no state 'unknown'"),
        ("level + flow", "'+' joins m and m3/h; expected one unit"),
        ("if(level > voltage-l1, 1, 0)", "'>' joins V and m; expected one unit"),
        ("min(level, flow)", "'min' joins m and m3/h"),
        ("count(level, 1h)", "what count looks at is a number; expected a condition"),
        ("rate(level)", "rate does not say over what time"),
        ("rate(level, 5)", "rate does not say over what time"),
        ("rate(level, 5s)", "rate cannot look back that far, or that little; expected 30s to 31d"),
        ("mean(level, 40d)", "mean cannot look back that far"),
        ('rate(level, "02:00-04:00")', "rate does not say over what time"),
        ("mean(level, 25:00-26:00)", "'25:00-26:00' are no hours"),
        ("since(level)", "what since looks at is a number"),
        ("since(run == running, 1h)", "since has 2 arguments; expected 1"),
        ("unchanged(level, 1h, area)", "unchanged does not say within what"),
        ("abs(1, 2)", "abs has 2 arguments; expected 1"),
        ("5m", "a span of time stands by itself"),
    ],
)
def test_what_cannot_be_is_told_with_what_was_expected(text: str, wrong: str) -> None:
    with pytest.raises(BadExpression) as caught:
        reckoned(text)
    assert wrong in str(caught.value)


def test_units_are_followed_as_far_as_they_can_be() -> None:
    reckoned("rate(level, 5m)", unit="m/h")
    reckoned("rate(level, 5m) * area", unit="m3/h")
    reckoned("mean(level + 0.5, 1h)", unit="m")
    reckoned("since(run == running)", unit="h")
    with pytest.raises(BadExpression, match="gives m/h; expected m3/h"):
        reckoned("rate(level, 5m)", unit="m3/h")


def test_a_state_point_is_given_its_own_words() -> None:
    made = formula("if(level < 1, low, ok)", names(("ok", "low")), PointKind.STATE)
    assert made.value({"tank/level": 0.5}, {}) == "low"
    assert made.value({"tank/level": 1.5}, {}) == "ok"
    assert made.value({"tank/level": None}, {}) is None
    with pytest.raises(BadExpression, match="unknown name 'low'"):
        formula("if(level < 1, low, ok)", names(("ok",)), PointKind.STATE)
    with pytest.raises(BadExpression, match="is a number; expected a state"):
        formula("level", names(("ok",)), PointKind.STATE)


def test_functions_over_time_are_counted() -> None:
    many = " + ".join(f"mean(level, {60 + n}s)" for n in range(MOST_WINDOWS))
    assert len(reckoned(many).windows) == MOST_WINDOWS
    with pytest.raises(BadExpression, match="too many functions over time"):
        reckoned(many + " + mean(level, 1h)")


def test_what_looks_back_on_the_same_shares_one_memory() -> None:
    assert len(reckoned("max(level, 1h) - min(level, 1h)").windows) == 1


@pytest.mark.parametrize(
    "text",
    [
        "1 / (level - 2)",
        "sqrt(level - 3)",
        "level * 1" + "0" * 300 + " * 1" + "0" * 100,
    ],
)
def test_what_no_figure_can_be_made_of_is_not_known(text: str) -> None:
    assert reckoned(text).value({"tank/level": 2.0}, {}) is None


def test_nothing_is_made_of_a_point_that_is_not_known() -> None:
    made = reckoned("if(run == running, level, 0)")
    assert made.value({"pump-1/run": "stopped", "tank/level": None}, {}) is None
    assert made.value({"pump-1/run": "stopped"}, {}) is None
    assert made.value({"pump-1/run": "stopped", "tank/level": 1.0}, {}) == 0.0
