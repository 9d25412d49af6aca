"""The trend of a number point as options of an ECharts chart."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from dashboards.device_views import unit_words
from dashboards.moments import clock_time
from dashboards.texts import Texts
from gateway.history.protocol import Bucket
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.rule import Rule, Side, Threshold
from gateway.site.model import Device

SPAN: Final[Micros] = 15 * MINUTE
LEAST_BUCKET: Final[Micros] = 5 * SECOND

_LINE, _LIMIT, _QUIET, _GRID = "#4fc3f7", "#ff8a80", "#9fb0bf", "#2a3946"


def number_points(device: Device) -> tuple[Point, ...]:
    """What of the device can be drawn."""
    return tuple(point for point in device.points if point.kind is PointKind.NUMBER)


def bucket_count(point: Point) -> int:
    """How many buckets to ask for: none so short that a healthy point would leave it empty."""
    return SPAN // max(LEAST_BUCKET, 2 * (point.period or 0))


def limits(point: Point, rules: Iterable[Rule]) -> tuple[Threshold, ...]:
    """The limits that rules set for the point."""
    return tuple(
        rule.when
        for rule in rules
        if isinstance(rule.when, Threshold) and rule.when.point == point.id
    )


def trend_options(
    point: Point,
    buckets: Sequence[Bucket],
    thresholds: Sequence[Threshold],
    zone: ZoneInfo,
    texts: Texts,
) -> dict[str, Any]:
    """The chart: gaps as gaps, the unit on the axis, each limit as a line with its value."""
    unit = unit_words(point, texts)
    return {
        "animation": False,
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
            "type": "category",
            "data": [clock_time(bucket.start, zone) for bucket in buckets],
            "boundaryGap": False,
            "axisLine": {"lineStyle": {"color": _GRID}},
            "axisTick": {"show": False},
            "axisLabel": {"color": _QUIET, "interval": _every(buckets), "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "name": unit,
            "nameTextStyle": {"color": _QUIET, "align": "right"},
            "scale": True,
            "splitNumber": 3,
            "axisLabel": {"color": _QUIET, "showMinLabel": False, "showMaxLabel": False},
            "splitLine": {"lineStyle": {"color": _GRID}},
            **_bounds(buckets, thresholds),
        },
        "series": [
            {
                "type": "line",
                "name": point.name.in_(texts.language),
                "data": [None if b.mean is None else round(b.mean, 4) for b in buckets],
                "connectNulls": False,
                "showSymbol": _is_sparse(buckets),
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


def _bounds(buckets: Sequence[Bucket], thresholds: Sequence[Threshold]) -> dict[str, float]:
    """An axis that shows the limits too, however far the values are from them."""
    known = [bucket.mean for bucket in buckets if bucket.mean is not None]
    values = [*known, *(threshold.limit for threshold in thresholds)]
    if not values:
        return {}
    margin = max((max(values) - min(values)) * 0.15, abs(max(values)) * 0.02, 0.01)
    return {"min": round(min(values) - margin, 2), "max": round(max(values) + margin, 2)}


def _is_sparse(buckets: Sequence[Bucket]) -> bool:
    """Whether a line alone would leave single values out of sight."""
    return sum(bucket.mean is not None for bucket in buckets) < 12


def _every(buckets: Sequence[Bucket]) -> int:
    return max(0, len(buckets) // 4 - 1)
