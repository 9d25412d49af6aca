"""Which figures an expression compares its points with."""

import pytest

from gateway.expressions.limits import limits
from tests.gateway.expressions.naming import reckoned

LEVEL, FLOW = "tank/level", "tank/flow"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("if(level > 2.5, 1, 0)", {(LEVEL, 2.5)}),
        ("if(2.5 <= level, 1, 0)", {(LEVEL, 2.5)}),
        ("if(level > area / 2 - 1, 1, 0)", {(LEVEL, 5.0)}),
        ("if(flow == -0.5, level, 0)", {(FLOW, -0.5)}),
        ("if(not (level < 1 or level > 3), 1, 0)", {(LEVEL, 1.0), (LEVEL, 3.0)}),
        ("count(level > 2, 1h) + since(flow < 3)", {(LEVEL, 2.0), (FLOW, 3.0)}),
        ("if(run == running, level, 0)", set()),
        ("if(level > area / 0, 1, 0)", set()),
        ("if(level - 1 > 2, 1, 0)", set()),
        ("if(rate(level, 5m) > 2, 1, 0)", set()),
        ("max(level, 2)", set()),
    ],
)
def test_the_figures_beside_plain_points_are_found(
    text: str, found: set[tuple[str, float]]
) -> None:
    assert limits(reckoned(text)) == found
