"""What stands in reports, in the languages of the desk."""

from collections.abc import Mapping
from typing import Final

from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import ClockKind, FalseAlarm, Source, TicketState
from gateway.reports.period import Span

TITLES: Final[Mapping[Span, Text]] = {
    Span.SHIFT: Text("Shift report", "班次报表"),
    Span.WEEK: Text("Weekly report", "周报"),
    Span.MONTH: Text("Monthly report", "月报"),
}

SO_FAR: Final = Text("so far, until {until}", "截至 {until}，本期尚未结束")

SUMMARY: Final = Text("Summary", "概要")
OPENED: Final = Text("Tickets opened", "新建工单")
CLOSED: Final = Text("Tickets ended", "办结工单")
STILL_OPEN: Final = Text("Still open", "未办结")
LATE: Final = Text("Not done in time", "超时")
ON_TIME: Final = Text("Repairs on time", "维修及时率")
REPEATED: Final = Text("Repeat repairs", "返修率")
SATISFIED: Final = Text("Satisfied", "满意率")
TARGET: Final = Text(
    "{share} ({part} of {whole}; target {target})", "{share}（{part}/{whole}，目标 {target}）"
)
NONE: Final = Text("none", "无")

SPEED: Final = Text("How fast", "处理时效")
STEP: Final = Text("Step", "环节")
COUNT: Final = Text("Count", "次数")
MEDIAN: Final = Text("Median", "中位数")
P90: Final = Text("90 % within", "90% 不超过")
ANSWERED: Final = Text("Answered", "受理")
ARRIVED: Final = Text("On the spot", "到场")
RESOLVED: Final = Text("Resolved", "解决")
ACKNOWLEDGED: Final = Text("Alarm acknowledged", "报警确认")

BY_PRIORITY: Final = Text("By priority", "按优先级")
PRIORITY: Final = Text("Priority", "优先级")
TICKETS: Final = Text("Tickets", "工单")
ALARMS: Final = Text("Alarms", "报警")
SHARE: Final = Text("Share", "占比")
RECOMMENDED: Final = Text("Recommended", "推荐占比")
BY_SOURCE: Final = Text("By source", "按来源")
SOURCE: Final = Text("Source", "来源")

PRIORITIES: Final[Mapping[Priority, Text]] = {
    Priority.CRITICAL: Text("Critical", "紧急"),
    Priority.HIGH: Text("High", "高"),
    Priority.MEDIUM: Text("Medium", "中"),
    Priority.LOW: Text("Low", "低"),
}
SOURCES: Final[Mapping[Source, Text]] = {
    Source.ALARM: Text("Alarm", "报警"),
    Source.CALL: Text("Call", "来电"),
    Source.WEBHOOK: Text("Other system", "其他系统"),
}
STATES: Final[Mapping[TicketState, Text]] = {
    TicketState.NEW: Text("New", "新建"),
    TicketState.REOPENED: Text("Reopened", "重新打开"),
    TicketState.ACCEPTED: Text("Accepted", "已受理"),
    TicketState.DISPATCHED: Text("Dispatched", "已派工"),
    TicketState.ON_SITE: Text("On site", "已到场"),
    TicketState.ON_HOLD: Text("On hold", "挂起"),
    TicketState.RESOLVED: Text("Resolved", "已解决"),
    TicketState.CLOSED: Text("Closed", "已关闭"),
    TicketState.MERGED: Text("Merged", "已合并"),
    TicketState.FALSE_ALARM: Text("False alarm", "误报"),
}
CLOCKS: Final[Mapping[ClockKind, Text]] = {
    ClockKind.ANSWER: Text("Answer", "受理"),
    ClockKind.ARRIVE: Text("Arrive", "到场"),
    ClockKind.DIAGNOSE: Text("Diagnose", "诊断"),
    ClockKind.RESOLVE: Text("Resolve", "解决"),
    ClockKind.RESOLVE_AT_MOST: Text("Resolve at the latest", "最迟解决"),
    ClockKind.CALL_BACK: Text("Call back", "回访"),
}

CODES: Final[Mapping[str, Text]] = {
    FalseAlarm.OPERATOR_ERROR: Text("Operator's error", "人员误操作"),
    FalseAlarm.DEVICE_FAULT: Text("Device fault", "设备故障"),
    FalseAlarm.WEATHER: Text("Weather", "天气"),
    FalseAlarm.ANIMAL: Text("Animal", "动物"),
    FalseAlarm.TEST: Text("Test", "测试"),
    FalseAlarm.OTHER: Text("Other", "其他"),
}

PERFORMANCE: Final = Text(
    "Alarm system (ISA-18.2, EEMUA 191)", "报警系统指标（ISA-18.2、EEMUA 191）"
)
ANNOUNCED: Final = Text("Alarms announced", "报警次数")
SUPPRESSED: Final = Text("Suppressed, not announced", "被抑制（未报）")
PER_HOUR: Final = Text("Per hour", "每小时")
PER_TEN_MINUTES: Final = Text("Per 10 minutes", "每 10 分钟")
PEAK: Final = Text("Peak in 10 minutes", "10 分钟峰值")
PEAK_AT: Final = Text("{count} from {since} on", "{count}（自 {since} 起）")
FLOODS: Final = Text("Floods", "报警洪泛")
FLOODED: Final = Text("{count}, {share} of the time", "{count} 次，占时间 {share}")
TOP_TEN: Final = Text("The ten most frequent make", "前十项占比")
BAD_ACTORS: Final = Text("Most frequent alarms", "最频繁的报警")
CHATTERING: Final = Text("Chattering (3 in a minute)", "抖动报警（1 分钟内 3 次）")
FLEETING: Final = Text("Fleeting (gone within 10 s)", "瞬时报警（10 秒内消失）")
STANDING: Final = Text("Active for over a day", "持续超过一天的报警")
ALARM: Final = Text("Alarm", "报警")
RULE: Final = Text("Rule", "规则")
SINCE: Final = Text("Since", "开始")
UNTIL: Final = Text("Until", "结束")

NUMBER: Final = Text("No.", "编号")
TITLE: Final = Text("What", "事项")
PLACE: Final = Text("Where", "地点")
STATE: Final = Text("State", "状态")
OPENED_AT: Final = Text("Opened", "建单时间")
DUE: Final = Text("Due", "应于")
DONE: Final = Text("Done", "完成于")
REPEATS: Final = Text("Repeat faults (within 30 days)", "重复故障（30 天内）")
EARLIER: Final = Text("Earlier ticket", "前次工单")
FALSE_ALARMS: Final = Text("False alarms", "误报")
CODE: Final = Text("Code", "原因代码")
HANDOVERS: Final = Text("Late hand-overs", "交接班超时")
SHIFT: Final = Text("Shift", "班次")
TEAM: Final = Text("Team", "班组")
UNWATCHED: Final = Text("Bypassed, or not known, at the end", "结束时旁路或状态未知")
DEVICE: Final = Text("Device", "设备")
BYPASSED: Final = Text("Bypassed", "旁路")
NOT_KNOWN: Final = Text("Not known", "未知")
