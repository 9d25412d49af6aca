"""Questions in InfluxQL, as Grafana's data source for InfluxDB 1.x and 3.x takes them.

`$timeFilter`, `$__interval` and `${__to}` are Grafana's, and so are `${site:regex}` and the like,
which stand for what is chosen above the panels.
"""

from typing import Final

from dashboards.grafana import questions as q
from dashboards.grafana.schema import ALARM, TAGS


def query(question: q.Question) -> str:
    """One statement."""
    match question:
        case q.Curve(measurement, field, figure, of_site):
            chosen = _chosen("site") if of_site else _chosen(*TAGS)
            return (
                f'SELECT {figure}("{field}") FROM "{measurement}" '
                f"WHERE {chosen} AND $timeFilter GROUP BY time($__interval), {_DEVICE} fill(none)"
            )
        case q.Newest(measurement, fields, of_gateway):
            newest = ", ".join(f'last("{field}") AS "{field}"' for field in fields)
            when = _EVER if of_gateway else "$timeFilter"
            chosen = _chosen("site") if of_gateway else _chosen(*TAGS)
            return (
                f'SELECT {newest} FROM "{measurement}" WHERE {chosen} AND {when} GROUP BY {_DEVICE}'
            )
        case q.Events(measurement, field, limit):
            return (
                f'SELECT {_DEVICE}, "{field}" FROM "{measurement}" '
                f"WHERE {_chosen(*TAGS)} AND $timeFilter ORDER BY time DESC LIMIT {limit}"
            )
        case _:
            return _of_alarms(question)


def tag_values(tag: str, measurements: tuple[str, ...]) -> str:
    """The values of a tag that go with what is chosen for the tags before it."""
    of = "" if not measurements else f" FROM /^({'|'.join(measurements)})$/"
    before = TAGS[: TAGS.index(tag)]
    where = f" WHERE {_chosen(*before)}" if before else ""
    return f'SHOW TAG VALUES{of} WITH KEY = "{tag}"{where}'


def _of_alarms(question: q.AlarmQuestion) -> str:  # noqa: PLR0911  # a table
    match question:
        case q.AlarmRate():
            return _raised('time(10m), "priority" fill(0)')
        case q.AlarmRateFigure(figure):
            return f'SELECT {figure}("n") AS "n" FROM ({_RATE})'
        case q.FloodShare():
            floods = f'SELECT count("n") AS "part" FROM ({_RATE}) WHERE "n" > {q.FLOOD}'
            return _share(floods, f'SELECT count("n") AS "whole" FROM ({_RATE})')
        case q.StandingCount():
            return f'SELECT count("active") AS "n" FROM ({_LAST_MOVES}) WHERE "active" = true'
        case q.Standing():
            return (
                f'SELECT "priority", {_RULE}, "attention" '
                f'FROM ({_LAST_MOVES}) WHERE "active" = true'
            )
        case q.TopRules(limit):
            return f'SELECT top("n", {_RULE}, {limit}) AS "n" FROM ({_RAISED_BY_RULE})'
        case q.TopShare(limit):
            top = f'SELECT top("n", {_RULE}, {limit}) AS "part" FROM ({_RAISED_BY_RULE})'
            return _share(top, f'SELECT sum("n") AS "whole" FROM ({_RAISED_BY_RULE})')
        case q.PriorityMix():
            return _raised('"priority"')
        case q.Chattering():
            each_minute = _raised(f"time(1m), {_RULE} fill(none)")
            most = f'SELECT max("n") AS "n" FROM ({each_minute}) GROUP BY {_RULE}'
            return f'SELECT {_RULE}, "n" FROM ({most}) WHERE "n" >= {q.CHATTER}'
        case q.AlarmLog(limit):
            return (
                f'SELECT "priority", {_RULE}, "move", "attention", "who" FROM "{ALARM}" '
                f"WHERE {_chosen(*TAGS)} AND $timeFilter ORDER BY time DESC LIMIT {limit}"
            )


def _chosen(*tags: str) -> str:
    return " AND ".join(f'"{tag}" =~ /^${{{tag}:regex}}$/' for tag in tags)


def _raised(grouped: str) -> str:
    return (
        f'SELECT count("alarm") AS "n" FROM "{ALARM}" '
        f"WHERE \"move\" = 'raise' AND {_chosen(*TAGS)} AND $timeFilter GROUP BY {grouped}"
    )


def _share(part: str, whole: str) -> str:
    """The sum of "part" over the sum of "whole". Only over an inner SELECT of both does InfluxQL
    find the two in one row."""
    return (
        'SELECT sum("part") / sum("whole") AS "share" '
        f'FROM (SELECT "part", "whole" FROM ({part}), ({whole}))'
    )


_DEVICE: Final = '"site", "device"'
"""Sites in one database may have devices, and rules, of the same name."""
_RULE: Final = f'{_DEVICE}, "rule"'
_EVER: Final = "time <= ${__to}ms"
_RATE: Final = _raised("time(10m) fill(0)")
_RAISED_BY_RULE: Final = _raised(_RULE)
_LAST_MOVES: Final = (
    f'SELECT last("active") AS "active", "attention" FROM "{ALARM}" '
    f'WHERE {_chosen(*TAGS)} AND {_EVER} GROUP BY "priority", {_RULE}'
)
