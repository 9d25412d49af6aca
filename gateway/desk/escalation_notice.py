"""What people are told of a ticket that goes up the chain, in both languages: who reads it is not
known here."""

from collections.abc import Mapping
from typing import Final

from gateway.desk.chains import Cause, Escalation, Telling
from gateway.desk.notices import Notice
from gateway.model.rule import Priority
from gateway.model.text import Text
from gateway.model.ticket import Ticket

_CAUSES: Final[Mapping[Cause, Text]] = {
    Cause.OPENED: Text("nobody has accepted it yet", "尚未受理"),
    Cause.REOPENED: Text("reopened; nobody has accepted it yet", "重新打开，尚未受理"),
    Cause.AGAIN: Text("its alarm asks again, and nobody has looked", "报警再次触发，尚无人处理"),
    Cause.ASKED: Text("the desk cannot settle it", "值班台无法处理，请求上报"),
    Cause.ANSWER: Text("not answered in time", "接单超时"),
    Cause.ARRIVE: Text("nobody is on site in time", "到场超时"),
    Cause.DIAGNOSE: Text("not diagnosed in time", "诊断超时"),
    Cause.RESOLVE: Text("not resolved in time", "处理超时"),
    Cause.RESOLVE_AT_MOST: Text("beyond the longest time allowed", "超过最长处理时限"),
    Cause.CALL_BACK: Text("not called back in time", "回访超时"),
}

_PRIORITIES: Final[Mapping[Priority, Text]] = {
    Priority.CRITICAL: Text("CRITICAL", "紧急"),
    Priority.HIGH: Text("High", "高"),
    Priority.MEDIUM: Text("Medium", "中"),
    Priority.LOW: Text("Low", "低"),
}


def escalation_notice(escalation: Escalation, telling: Telling, ticket: Ticket) -> Notice:
    """One telling of the chain; its key is the same however often it is made."""
    key = f"escalation/{escalation.ticket}/{escalation.generation}/{telling.level}"
    level, cause = _level(telling), _CAUSES[escalation.cause]
    priority = _PRIORITIES[ticket.priority]
    return Notice(
        key=f"{key}/nag {telling.again}" if telling.again else key,
        audience=telling.audience,
        title=_both(
            Text(
                f"{priority.en}: {ticket.title.en}, ticket {ticket.number}",
                f"【{priority.zh}】{ticket.title.zh}（工单 {ticket.number}）",
            ),
            " / ",
        ),
        body=_both(
            Text(
                f"{ticket.place.en}. {cause.en[0].upper()}{cause.en[1:]}. {level.en}",
                f"{ticket.place.zh}。{cause.zh}。{level.zh}",
            ),
            "\n",
        ),
        ticket=ticket.number,
        priority=ticket.priority,
    )


def _level(telling: Telling) -> Text:
    en = f"Level {telling.level} of {telling.of}"
    zh = f"第 {telling.level} 级，共 {telling.of} 级"
    if telling.again:
        en, zh = f"{en}, told again ({telling.again})", f"{zh}，再次通知（{telling.again}）"
    if telling.late:
        en, zh = f"{en}, late: the gateway stood still", f"{zh}，网关停顿后补发"
    return Text(f"{en}.", f"{zh}。")


def _both(text: Text, between: str) -> str:
    return f"{text.zh}{between}{text.en}"
