"""The trend as a chart."""

from dashboards.texts import texts_in
from dashboards.trend_view import bucket_count, limits, number_points, trend_options
from gateway.history.protocol import Bucket
from gateway.model.clock import MINUTE
from gateway.model.rule import Side, Threshold
from gateway.model.text import Language
from tests.dashboards.samples import CURRENT, ZONE, after, device
from tests.gateway.samples import LEVEL, LOW_WATER, PROPPED, rule

EN = texts_in(Language.EN)
BUCKETS = (
    Bucket(after(0), 2, 1.0, 1.5, 1.4, 1.6, 1.5),
    Bucket(after(10)),
    Bucket(after(20), 1, 0.0, None, None, None, None),
    Bucket(after(30), 2, 1.0, 0.9, 0.8, 0.9, 0.85),
)


def test_gaps_stay_gaps_and_the_axes_say_unit_and_local_time() -> None:
    chart = trend_options(LEVEL, BUCKETS, (), ZONE, EN)
    (series,) = chart["series"]
    assert series["data"] == [1.5, None, None, 0.85]
    assert series["connectNulls"] is False
    assert chart["yAxis"]["name"] == "m"
    assert chart["xAxis"]["data"][0] == "06:13:20"


def test_the_limit_of_the_rule_is_a_line_within_the_axis() -> None:
    high = rule("tank/high", Threshold("tank/level", Side.ABOVE, 4.0))
    thresholds = limits(LEVEL, [LOW_WATER, PROPPED, high])
    chart = trend_options(LEVEL, BUCKETS, thresholds, ZONE, EN)
    lines = chart["series"][0]["markLine"]["data"]
    assert [(line["yAxis"], line["label"]["formatter"]) for line in lines] == [
        (1.0, "low limit 1 m"),
        (4.0, "high limit 4 m"),
    ]
    assert chart["yAxis"]["min"] < 0.85
    assert chart["yAxis"]["max"] > 4.0


def test_a_trend_without_any_value_is_an_empty_chart() -> None:
    chart = trend_options(CURRENT, [Bucket(after(0))], (), ZONE, EN)
    assert chart["series"][0]["data"] == [None]
    assert "min" not in chart["yAxis"]


def test_buckets_are_never_shorter_than_what_a_healthy_point_fills() -> None:
    assert CURRENT.period is not None
    assert 15 * MINUTE // bucket_count(CURRENT) >= 2 * CURRENT.period


def test_only_numbers_can_be_drawn() -> None:
    assert number_points(device()) == (CURRENT,)
