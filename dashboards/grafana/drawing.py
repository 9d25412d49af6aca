"""Panels as Grafana's own JSON, made with Grafana's builders."""

from collections.abc import Mapping
from string import ascii_uppercase
from typing import Final

from grafana_foundation_sdk.builders import (
    common,
    piechart,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
)

from dashboards.grafana.languages import TYPE, Language, has_no_time, is_table
from dashboards.grafana.panels import Ask, Colours, Drawing, Panel
from dashboards.grafana.schema import ALARM_TAGS
from gateway.model.text import Text

AnyPanel = timeseries.Panel | stat.Panel | statetimeline.Panel | table.Panel | piechart.Panel

QUALITY: Final = {
    "0": ("good 正常", "green"),
    "1": ("stale 陈旧", "yellow"),
    "2": ("bad 异常", "orange"),
    "3": ("offline 离线", "red"),
}
"""Text and colour of a quality's code (gateway.history.line_protocol.QUALITY_CODES)."""

STATES: Final = {
    "ample": "green",
    "armed": "green",
    "between": "red",
    "bypass": "orange",
    "closed": "green",
    "closing": "light-blue",
    "disarmed": "yellow",
    "fault": "red",
    "generator": "orange",
    "high": "red",
    "live": "green",
    "losing": "red",
    "lost": "red",
    "low": "red",
    "mains": "green",
    "manual": "yellow",
    "ok": "green",
    "on-battery": "orange",
    "online": "green",
    "open": "orange",
    "opening": "light-blue",
    "phase-lost": "red",
    "present": "green",
    "refused": "red",
    "running": "green",
    "set": "orange",
    "starting": "light-blue",
    "stopped": "blue",
    "stopping": "light-blue",
    "true": "green",
    "unknown": "purple",
    "waiting": "yellow",
    "warning": "orange",
    "worn": "orange",
    "written": "green",
}

_STEPS: Final[Mapping[Colours, tuple[tuple[float | None, str], ...]]] = {
    Colours.ZERO_IS_GOOD: ((None, "green"), (1, "orange")),
    Colours.RATE: ((None, "green"), (2, "yellow"), (11, "red")),
}


def title(text: Text) -> str:
    """English, with the Chinese beside it."""
    return f"{text.en} {text.zh}"


def source(language: Language) -> dashboard.DataSourceRef:
    """The provisioned data source."""
    return dashboard.DataSourceRef(type_val=TYPE, uid=language.datasource)


def draw(panel: Panel, id_: int, language: Language) -> AnyPanel:
    """The panel, asking in that language."""
    drawn = (
        _blank(panel.drawing)
        .id(id_)
        .title(title(panel.title))
        .description(panel.about)
        .datasource(source(language))
        .span(panel.width)
        .height(panel.height)
        .unit(panel.unit)
        .mappings(_mappings(panel.colours))
    )
    if panel.colours in _STEPS:
        drawn.thresholds(_thresholds(panel.colours))
    if panel.nothing is not None:
        drawn.no_value(panel.nothing)
    for ref, ask in zip(ascii_uppercase, panel.asks, strict=False):
        drawn.with_target(_Target(ask, ref, language))
        if not is_table(ask.question):
            name = dashboard.DynamicConfigValue("displayName", _labelled(ask.legend))
            drawn.override_by_query(ref, [name])
        elif has_no_time(ask.question):
            hidden = dashboard.DynamicConfigValue("custom.hidden", True)
            drawn.override_by_name("Time", [hidden])
    return drawn


def _blank(drawing: Drawing) -> AnyPanel:
    match drawing:
        case Drawing.CURVE:
            return timeseries.Panel().show_points(VisibilityMode.AUTO).span_nulls(False)
        case Drawing.BARS:
            stacked = common.StackingConfig().mode(StackingMode.NORMAL)
            bars = timeseries.Panel().draw_style(GraphDrawStyle.BARS)
            return bars.fill_opacity(80).stacking(stacked)
        case Drawing.TIMELINE:
            return statetimeline.Panel().merge_values(True).show_value(VisibilityMode.AUTO)
        case Drawing.FIGURE:
            return stat.Panel().graph_mode(BigValueGraphMode.NONE).reduce_options(_last())
        case Drawing.PIE:
            legend = piechart.PieChartLegendOptions().display_mode(LegendDisplayMode.TABLE)
            legend = legend.placement(LegendPlacement.RIGHT).show_legend(True)
            return piechart.Panel().legend(legend).reduce_options(_last())
        case Drawing.TABLE:
            return table.Panel()


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def _mappings(colours: Colours) -> list[dashboard.ValueMapping]:
    match colours:
        case Colours.QUALITY:
            shown = QUALITY
        case Colours.STATE:
            shown = {word: (word, colour) for word, colour in STATES.items()}
        case _:
            return []
    results = {
        value: dashboard.ValueMappingResult(text=text, color=colour, index=n)
        for n, (value, (text, colour)) in enumerate(shown.items())
    }
    return [dashboard.ValueMap(results)]


def _thresholds(colours: Colours) -> build.ThresholdsConfig:
    steps = [dashboard.Threshold(value, colour) for value, colour in _STEPS[colours]]
    return build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _labelled(legend: str) -> str:
    """`{device}` is Grafana's `${__field.labels.device}`."""
    for tag in ALARM_TAGS:
        legend = legend.replace(f"{{{tag}}}", f"${{__field.labels.{tag}}}")
    return legend


class _Target(Builder[Dataquery], Dataquery):
    """A query of Grafana's InfluxDB data source, for which its builders have none."""

    def __init__(self, ask: Ask, ref: str, language: Language) -> None:
        self._ask = ask
        self._ref = ref
        self._language = language

    def build(self) -> Dataquery:
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "refId": self._ref,
            "datasource": source(self._language),
            "query": self._language.query(self._ask.question),
            "rawQuery": True,
            "resultFormat": "table" if is_table(self._ask.question) else "time_series",
        }
