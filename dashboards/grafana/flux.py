"""Questions in Flux, as Grafana's data source for InfluxDB 2.x takes them.

`v.…` and `${site:regex}` are Grafana's: bucket, time and interval, and what is chosen above the
panels.
"""

from typing import Final

from dashboards.grafana import questions as q
from dashboards.grafana.schema import ALARM, TAGS

_START: Final = "v.timeRangeStart"


def query(question: q.Question) -> str:
    """One script."""
    match question:
        case q.Curve(measurement, field, figure, of_site):
            chosen = _chosen("site") if of_site else _chosen(*TAGS)
            return (
                f"{_read(measurement, field)}{chosen}"
                f"\n  |> aggregateWindow(every: v.windowPeriod, fn: {figure}, createEmpty: false)"
            )
        case q.Newest(measurement, fields, of_gateway):
            read = _read(measurement, *fields, start="0" if of_gateway else _START)
            return (
                f"{read}{_chosen('site') if of_gateway else _chosen(*TAGS)}"
                "\n  |> last()"
                # A device may have been in another area before.
                f"\n  |> group(columns: [{_quoted(*_DEVICE, '_field')}])"
                '\n  |> sort(columns: ["_time"])\n  |> last()'
                '\n  |> pivot(rowKey: ["device"], columnKey: ["_field"], valueColumn: "_value")'
                f"\n  |> group(){_keep(*_DEVICE, *fields)}"
            )
        case q.Events(measurement, field, limit):
            return (
                f"{_read(measurement, field)}{_chosen(*TAGS)}"
                f'\n  |> rename(columns: {{_value: "{field}"}})'
                f"\n  |> group(){_newest_first(limit)}{_keep('_time', *_DEVICE, field)}"
            )
        case _:
            return _of_alarms(question)


def tag_values(tag: str, measurements: tuple[str, ...]) -> str:
    """The values of a tag that go with what is chosen for the tags before it."""
    before = TAGS[: TAGS.index(tag)]
    conditions = [_matches(tag) for tag in before]
    if measurements:
        conditions.append(f"({_any('_measurement', measurements)})")
    return (
        'import "influxdata/influxdb/schema"\n\nschema.tagValues(bucket: v.defaultBucket, '
        f'tag: "{tag}", predicate: (r) => {" and ".join(conditions) or "true"}, start: -30d)'
    )


def _of_alarms(question: q.AlarmQuestion) -> str:  # noqa: PLR0911  # a table
    match question:
        case q.AlarmRate():
            return _counted("10m", "priority")
        case q.AlarmRateFigure(figure):
            return f"{_counted('10m')}\n  |> {figure}()"
        case q.FloodShare():
            flood = f"if r._value > {q.FLOOD} then 1.0 else 0.0"
            return (
                f"{_counted('10m')}\n  |> map(fn: (r) => ({{_value: {flood}}}))"
                '\n  |> mean()\n  |> rename(columns: {_value: "share"})'
            )
        case q.StandingCount():
            return f'{_STANDING}\n  |> count(column: "rule")'
        case q.Standing():
            return f"{_STANDING}{_keep('_time', 'priority', *_RULE, 'attention')}"
        case q.TopRules(limit):
            return f"{_BY_RULE}\n  |> limit(n: {limit}){_keep(*_RULE, '_value')}"
        case q.TopShare(limit):
            part = (
                f"accumulator.part + (if accumulator.n < {limit} then float(v: r._value) else 0.0)"
            )
            sums = (
                f"n: accumulator.n + 1, part: {part}, whole: accumulator.whole + float(v: r._value)"
            )
            return (
                f"{_BY_RULE}\n  |> reduce(identity: {{n: 0, part: 0.0, whole: 0.0}}, "
                f"fn: (r, accumulator) => ({{{sums}}}))"
                "\n  |> map(fn: (r) => ({share: r.part / r.whole}))"
            )
        case q.PriorityMix():
            return f'{_RAISED}\n  |> group(columns: ["priority"])\n  |> count()'
        case q.Chattering():
            return (
                f"{_counted('1m', *_RULE, empty=False)}\n  |> max()\n  |> group()"
                f"\n  |> filter(fn: (r) => r._value >= {q.CHATTER}){_keep(*_RULE, '_value')}"
            )
        case q.AlarmLog(limit):
            columns = ("priority", *_RULE, "move", "attention", "who")
            return (
                f"{_read(ALARM, 'move', 'attention', 'who')}{_chosen(*TAGS)}{_ROWS}\n  |> group()"
                f"{_newest_first(limit)}{_keep('_time', *columns)}"
            )


def _read(measurement: str, *fields: str, start: str = _START) -> str:
    asked = f'r._measurement == "{measurement}" and ({_any("_field", fields)})'
    return (
        f"from(bucket: v.defaultBucket)\n  |> range(start: {start}, stop: v.timeRangeStop)"
        f"\n  |> filter(fn: (r) => {asked})"
    )


def _any(column: str, values: tuple[str, ...]) -> str:
    return " or ".join(f'r.{column} == "{value}"' for value in values)


def _chosen(*tags: str) -> str:
    return "".join(f"\n  |> filter(fn: (r) => {_matches(tag)})" for tag in tags)


def _matches(tag: str) -> str:
    return f"{_tag(tag)} =~ /^${{{tag}:regex}}$/"


def _tag(tag: str) -> str:
    """Devices may have no area, and what is not there matches nothing."""
    return '(if exists r.area then r.area else "")' if tag == "area" else f"r.{tag}"


def _counted(every: str, *columns: str, empty: bool = True) -> str:
    by = "" if not columns else f"columns: [{_quoted(*columns)}]"
    return (
        f"{_RAISED}\n  |> group({by})\n  |> aggregateWindow("
        f"every: {every}, fn: count, createEmpty: {'true' if empty else 'false'})"
    )


def _newest_first(limit: int) -> str:
    return f'\n  |> sort(columns: ["_time"], desc: true)\n  |> limit(n: {limit})'


def _keep(*columns: str) -> str:
    return f"\n  |> keep(columns: [{_quoted(*columns)}])"


def _quoted(*texts: str) -> str:
    return ", ".join(f'"{text}"' for text in texts)


_DEVICE: Final = ("site", "device")
"""Sites in one bucket may have devices, and rules, of the same name."""
_RULE: Final = (*_DEVICE, "rule")
_ROWS: Final = '\n  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")'
_RAISED: Final = (
    f'{_read(ALARM, "move")}\n  |> filter(fn: (r) => r._value == "raise"){_chosen(*TAGS)}'
)
_BY_RULE: Final = (
    f"{_RAISED}\n  |> group(columns: [{_quoted(*_RULE)}])\n  |> count()\n  |> group()"
    '\n  |> sort(columns: ["_value"], desc: true)'
)
_STANDING: Final = (
    f"{_read(ALARM, 'active', 'attention', start='0')}{_chosen(*TAGS)}{_ROWS}"
    f"\n  |> group(columns: [{_quoted('priority', 'device', 'rule')}])"
    '\n  |> sort(columns: ["_time"])\n  |> last(column: "active")'
    "\n  |> filter(fn: (r) => r.active)\n  |> group()"
)
