"""How the gateway itself is doing."""

from typing import Final

from dashboards.grafana.panels import Ask, Colours, Drawing, Panel
from dashboards.grafana.questions import Curve, Figure, Newest
from dashboards.grafana.schema import FOLLOWERS, GATEWAY, HISTORIES
from gateway.model.text import Text
from gateway.vitals import Vital, behind


def _curve(field: str, figure: Figure = Figure.LAST) -> Curve:
    return Curve(GATEWAY, field, figure, of_site=True)


def _figure(title: Text, field: str, colours: Colours = Colours.ZERO_IS_GOOD) -> Panel:
    asks = (Ask(_curve(field), field),)
    return Panel(title, asks, Drawing.FIGURE, width=4, height=4, colours=colours)


DOWN: Final = _figure(Text("Connections down", "断开的连接"), Vital.DRIVERS_DOWN)
UP: Final = _figure(Text("Connections up", "正常的连接"), Vital.DRIVERS_UP, Colours.NONE)
OFFLINE: Final = _figure(Text("Points offline", "离线测点"), Vital.POINTS_OFFLINE)
OPEN_ALARMS: Final = _figure(Text("Open alarms", "未结束报警"), Vital.OPEN_ALARMS)
OPEN_TICKETS: Final = _figure(Text("Open tickets", "未关闭工单"), Vital.OPEN_TICKETS)
DEAD_LETTERS: Final = _figure(Text("Dead letters", "死信"), Vital.DEAD_LETTERS)

BEHIND: Final = Panel(
    Text("Readings not yet dealt with", "待处理读数"),
    tuple(Ask(_curve(behind(name), Figure.MAX), name) for name in FOLLOWERS),
    Drawing.CURVE,
    about="How far each follower of the journal, and of the ledger's alarm changes, is behind.",
)
WAITING: Final = Panel(
    Text("Oldest reading not yet dealt with", "最早待处理读数"),
    (Ask(_curve(Vital.JOURNAL_UNSHIPPED_AGE, Figure.MAX), "age 时长"),),
    Drawing.CURVE,
    unit="s",
    about="How long it waits in the journal: for InfluxDB to come back, for example.",
)
COMMITS: Final = Panel(
    Text("Journal commits", "日志提交耗时"),
    (
        Ask(_curve(Vital.COMMIT_MS, Figure.MAX), "mean 平均"),
        Ask(_curve(Vital.COMMIT_LONGEST_MS, Figure.MAX), "longest since the start 启动以来最长"),
    ),
    Drawing.CURVE,
    unit="ms",
)
JOURNAL_SIZE: Final = Panel(
    Text("Journal size", "日志大小"),
    (Ask(_curve(Vital.JOURNAL_BYTES, Figure.MAX), "journal 日志"),),
    Drawing.CURVE,
    unit="decbytes",
)
JOURNAL_ROWS: Final = Panel(
    Text("Readings in the journal", "日志中读数"),
    (Ask(_curve(Vital.JOURNAL_ROWS, Figure.MAX), "readings 读数"),),
    Drawing.CURVE,
)
MEMORY: Final = Panel(
    Text("Memory", "内存"),
    (Ask(_curve(Vital.RSS_MB, Figure.MAX), "gateway"),),
    Drawing.CURVE,
    unit="decmbytes",
    about="Of the gateway's process, without the capture process.",
)
WORK: Final = Panel(
    Text("Open alarms and tickets", "未结束报警与工单"),
    (
        Ask(_curve(Vital.OPEN_ALARMS, Figure.MAX), "alarms 报警"),
        Ask(_curve(Vital.OPEN_TICKETS, Figure.MAX), "tickets 工单"),
    ),
    Drawing.CURVE,
)
FIELD: Final = Panel(
    Text("Field", "现场"),
    (
        Ask(_curve(Vital.DRIVERS_DOWN, Figure.MAX), "connections down 断开的连接"),
        Ask(_curve(Vital.POINTS_OFFLINE, Figure.MAX), "points offline 离线测点"),
    ),
    Drawing.CURVE,
)
_STATES: Final = ("disk", "clock", *HISTORIES)

STORES: Final = Panel(
    Text("Disk, clock, histories now", "磁盘、时钟、历史库 当前"),
    (Ask(Newest(GATEWAY, _STATES, of_gateway=True)),),
    Drawing.TABLE,
    colours=Colours.STATE,
)
STORES_CHANGES: Final = Panel(
    Text("Disk, clock, histories: changes", "磁盘、时钟、历史库 变化"),
    tuple(Ask(_curve(name), name) for name in _STATES),
    Drawing.TIMELINE,
    colours=Colours.STATE,
    about="Told when they change only.",
    nothing="no change",
)
