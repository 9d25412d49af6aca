"""The trend as a chart."""

from dashboards.texts import texts_in
from dashboards.trend_view import SPAN, limits, number_points, trend_options
from gateway.history.protocol import Sample
from gateway.model.clock import MILLISECOND, to_datetime
from gateway.model.reading import Quality
from gateway.model.rule import Side, Threshold
from gateway.model.text import Language
from tests.dashboards.samples import CURRENT, ZONE, after, device
from tests.gateway.samples import LEVEL, LOW_WATER, PROPPED, rule

EN = texts_in(Language.EN)
READINGS = (
    Sample(after(0), 1.5, Quality.GOOD),
    Sample(after(2), 4.6, Quality.GOOD),
    Sample(after(20), None, Quality.OFFLINE),
    Sample(after(300), 0.85, Quality.GOOD),
)
UNTIL = after(600)


def test_gaps_stay_gaps_and_the_axes_say_unit_and_local_time() -> None:
    chart = trend_options(LEVEL, READINGS, UNTIL, (), ZONE, EN)
    (series,) = chart["series"]
    assert [value for _, value in series["data"]] == [1.5, 4.6, None, 0.85]
    assert series["connectNulls"] is False
    assert chart["yAxis"]["name"] == "m"
    at_noon, *_ = (to_datetime(1_000 * at) for at, _ in series["data"])
    assert f"{at_noon:%H:%M:%S}" == "06:13:20"
    assert chart["useUTC"] is True, "that is the site's clock, not the browser's"


def test_a_moment_is_where_it_was_and_the_chart_ends_now() -> None:
    chart = trend_options(LEVEL, READINGS, UNTIL, (), ZONE, EN)
    first, second, *_ = (at for at, _ in chart["series"][0]["data"])
    assert second - first == 2_000
    assert chart["xAxis"]["max"] - first == 600_000
    assert chart["xAxis"]["max"] - chart["xAxis"]["min"] == SPAN // MILLISECOND


def test_the_limit_of_the_rule_is_a_line_within_the_axis() -> None:
    high = rule("tank/high", Threshold("tank/level", Side.ABOVE, 4.0))
    thresholds = limits(LEVEL, [LOW_WATER, PROPPED, high])
    chart = trend_options(LEVEL, READINGS, UNTIL, thresholds, ZONE, EN)
    lines = chart["series"][0]["markLine"]["data"]
    assert [(line["yAxis"], line["label"]["formatter"]) for line in lines] == [
        (1.0, "low limit 1 m"),
        (4.0, "high limit 4 m"),
    ]
    assert chart["yAxis"]["min"] < 0.85
    assert chart["yAxis"]["max"] > 4.0


def test_a_trend_without_any_value_is_an_empty_chart() -> None:
    chart = trend_options(CURRENT, [], UNTIL, (), ZONE, EN)
    assert chart["series"][0]["data"] == []
    assert "min" not in chart["yAxis"]


def test_only_numbers_can_be_drawn() -> None:
    assert number_points(device()) == (CURRENT,)
