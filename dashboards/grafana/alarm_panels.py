"""The alarm system as EEMUA 191 and ISA-18.2 look at one."""

from typing import Final

from dashboards.grafana import questions as q
from dashboards.grafana.panels import Ask, Colours, Drawing, Panel
from gateway.model.text import Text

RATE: Final = Panel(
    Text("Alarms in ten minutes", "每10分钟报警数"),
    (Ask(q.AlarmRate(), "{priority}"),),
    Drawing.BARS,
    width=16,
    colours=Colours.RATE,
    about="Raised alarms. EEMUA 191: about 1 is acceptable in steady operation, over 10 a flood.",
)
PRIORITY_MIX: Final = Panel(
    Text("Priorities", "优先级分布"),
    (Ask(q.PriorityMix(), "{priority}"),),
    Drawing.PIE,
    width=8,
    about="Of raised alarms. ISA-18.2 takes about 80 % low, 15 % medium, 5 % high for healthy; "
    "with a fourth, highest priority that has less than 1 %.",
)
MEAN_RATE: Final = Panel(
    Text("Mean in ten minutes", "每10分钟平均"),
    (Ask(q.AlarmRateFigure(q.Figure.MEAN), "alarms"),),
    Drawing.FIGURE,
    width=4,
    height=4,
    colours=Colours.RATE,
    nothing="0",
)
PEAK_RATE: Final = Panel(
    Text("Peak in ten minutes", "每10分钟峰值"),
    (Ask(q.AlarmRateFigure(q.Figure.MAX), "alarms"),),
    Drawing.FIGURE,
    width=4,
    height=4,
    colours=Colours.RATE,
    nothing="0",
)
FLOOD_SHARE: Final = Panel(
    Text("Time in flood", "报警洪流时间占比"),
    (Ask(q.FloodShare(), "flood"),),
    Drawing.FIGURE,
    unit="percentunit",
    width=4,
    height=4,
    about=f"Share of ten minutes with more than {q.FLOOD} alarms. EEMUA 191, ISA-18.2: under 1 %.",
    nothing="0 %",
)
STANDING_COUNT: Final = Panel(
    Text("Standing alarms", "持续报警"),
    (Ask(q.StandingCount(), "alarms"),),
    Drawing.FIGURE,
    width=4,
    height=4,
    colours=Colours.RATE,
    about="Alarm conditions that hold now. EEMUA 191: fewer than 10.",
    nothing="0",
)
TOP_SHARE: Final = Panel(
    Text("Share of the top ten", "前十占比"),
    (Ask(q.TopShare(), "share"),),
    Drawing.FIGURE,
    unit="percentunit",
    width=4,
    height=4,
    about="How much of all alarms the ten most frequent rules make. ISA-18.2: 1 to 5 % at most; "
    "in small estates it is always high.",
    nothing="0 %",
)
TOP_RULES: Final = Panel(
    Text("Top ten rules", "前十报警规则"),
    (Ask(q.TopRules()),),
    Drawing.TABLE,
    width=8,
)
CHATTERING: Final = Panel(
    Text("Chattering rules", "抖动报警"),
    (Ask(q.Chattering()),),
    Drawing.TABLE,
    width=8,
    about=f"Raised {q.CHATTER} times or more within one minute of the clock; the most in one.",
    nothing="none",
)
STANDING: Final = Panel(
    Text("Standing alarms, since", "持续报警列表"),
    (Ask(q.Standing()),),
    Drawing.TABLE,
    width=8,
    about="ISA-18.2 calls those that stand for more than a day stale.",
    nothing="none",
)
LOG: Final = Panel(
    Text("Alarm changes", "报警记录"),
    (Ask(q.AlarmLog()),),
    Drawing.TABLE,
    width=24,
    height=10,
)
