"""The trend of a number point as options of an ECharts chart."""

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboards.device_views import unit_words
from dashboards.texts import Texts
from gateway.history.protocol import Sample
from gateway.model.clock import MILLISECOND, MINUTE, Micros, from_datetime
from gateway.model.point import Point, PointKind
from gateway.model.rule import Rule, Side, Threshold
from gateway.model.wall_clock import shown_at
from gateway.site.model import Device

SPAN: Final[Micros] = 15 * MINUTE
MOST_READINGS: Final = 1_000
"""Drawn; of a point that speaks every second all of them."""

_LINE, _LIMIT, _QUIET, _GRID = "#4fc3f7", "#ff8a80", "#9fb0bf", "#2a3946"


def number_points(device: Device) -> tuple[Point, ...]:
    """What of the device can be drawn."""
    return tuple(point for point in device.points if point.kind is PointKind.NUMBER)


def limits(point: Point, rules: Iterable[Rule]) -> tuple[Threshold, ...]:
    """The limits that rules set for the point."""
    return tuple(
        rule.when
        for rule in rules
        if isinstance(rule.when, Threshold) and rule.when.point == point.id
    )


def trend_options(
    point: Point,
    readings: Sequence[Sample],
    until: Micros,
    thresholds: Sequence[Threshold],
    zone: ZoneInfo,
    texts: Texts,
) -> dict[str, Any]:
    """The chart up to then: gaps as gaps, the unit on the axis, each limit as a line with its
    value."""
    unit = unit_words(point, texts)
    return {
        "animation": False,
        "useUTC": True,  # of times by the wall clock of the site, wherever the browser is
        "textStyle": {"color": _QUIET},
        "aria": {"enabled": True, "label": {"description": point.name.in_(texts.language)}},
        "grid": {"left": 44, "right": 30, "top": 26, "bottom": 24},
        "tooltip": {
            "trigger": "axis",
            "backgroundColor": "#1c2833",
            "borderColor": _GRID,
            "textStyle": {"color": "#e8eef3"},
        },
        "xAxis": {
            "type": "time",
            "min": _on_the_wall(until - SPAN, zone),
            "max": _on_the_wall(until, zone),
            "splitNumber": 3,
            "axisLine": {"lineStyle": {"color": _GRID}},
            "axisTick": {"show": False},
            "axisLabel": {"color": _QUIET, "formatter": "{HH}:{mm}", "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "name": unit,
            "nameTextStyle": {"color": _QUIET, "align": "right"},
            "scale": True,
            "splitNumber": 3,
            "axisLabel": {"color": _QUIET, "showMinLabel": False, "showMaxLabel": False},
            "splitLine": {"lineStyle": {"color": _GRID}},
            **_bounds(readings, thresholds),
        },
        "series": [
            {
                "type": "line",
                "name": point.name.in_(texts.language),
                "data": [[_on_the_wall(r.taken_at, zone), _number(r)] for r in readings],
                "connectNulls": False,
                "showSymbol": _is_sparse(readings),
                "symbolSize": 4,
                "lineStyle": {"color": _LINE, "width": 2},
                "itemStyle": {"color": _LINE},
                "markLine": _limit_lines(thresholds, unit, texts),
            }
        ],
    }


def _limit_lines(thresholds: Sequence[Threshold], unit: str, texts: Texts) -> dict[str, Any]:
    return {
        "symbol": "none",
        "silent": True,
        "lineStyle": {"color": _LIMIT, "type": "dashed"},
        "label": {"color": _LIMIT, "position": "insideStartTop"},
        "data": [
            {
                "yAxis": threshold.limit,
                "label": {
                    "formatter": texts(
                        "trend.low" if threshold.side is Side.BELOW else "trend.high",
                        limit=f"{threshold.limit:g} {unit}".rstrip(),
                    )
                },
            }
            for threshold in thresholds
        ],
    }


def _on_the_wall(instant: Micros, zone: ZoneInfo) -> int:
    """The milliseconds at which a clock in UTC shows what the site's clock shows then."""
    return from_datetime(shown_at(instant, zone).replace(tzinfo=UTC)) // MILLISECOND


def _number(reading: Sample) -> float | None:
    return round(reading.value, 4) if isinstance(reading.value, float) else None


def _bounds(readings: Sequence[Sample], thresholds: Sequence[Threshold]) -> dict[str, float]:
    """An axis that shows the limits too, however far the values are from them."""
    known = [reading.value for reading in readings if isinstance(reading.value, float)]
    values = [*known, *(threshold.limit for threshold in thresholds)]
    if not values:
        return {}
    margin = max((max(values) - min(values)) * 0.15, abs(max(values)) * 0.02, 0.01)
    return {"min": round(min(values) - margin, 2), "max": round(max(values) + margin, 2)}


def _is_sparse(readings: Sequence[Sample]) -> bool:
    """Whether a line alone would leave single values out of sight."""
    return sum(_number(reading) is not None for reading in readings) < 12
