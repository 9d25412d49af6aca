"""What people do at the desk while a journal is played: pinned to a place in it, refused or not."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from gateway.alarms.suppression import OutOfService, Shelving
from gateway.desk_wiring import DeskParts
from gateway.errors import Missing, Refused
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm
from gateway.model.clock import DAY, HOUR, MINUTE, Micros
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, Call, Doing, FalseAlarm, Report
from gateway.security.roles import Role
from tests.gateway.alarms.estate import BARRIER, LAMP, POWER, READER

LI, WANG = Actor("li", Role.OPERATOR, "desk-1"), Actor("wang", Role.LEADER, "desk-2")
CHEN, HE = Actor("chen", Role.ENGINEER, "desk-1"), Actor("he", Role.MANAGER, "desk-1")
PEOPLE = (LI, WANG, CHEN, HE)

SAID = Call("Wang", "138", "Water on the floor", "now", "3-1201")
SHELVABLE = (POWER, BARRIER, READER, LAMP)

Do = Callable[[DeskParts, int, Micros], Awaitable[object]]
"""Done now to whatever has that number (a ticket, an alarm, a rule, ...)."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Done `at` that instant, when so many readings have been dealt with."""

    after: int
    at: Micros
    what: str
    number: int

    async def do(self, parts: DeskParts) -> str:
        """What came of it, in a few words."""
        try:
            await DEEDS[self.what](parts, self.number, self.at)
        except (Refused, Missing) as refused:
            return f"{self.what}, {self.number}, refused: {refused}"
        return f"{self.what}, {self.number}, done"


async def _alarm(parts: DeskParts, number: int) -> Alarm:
    for alarm in await parts.desk.alarms(ended=True):
        if alarm.id == number:
            return alarm
    raise Missing(f"alarm {number}", "there is none yet")


async def _acknowledge(parts: DeskParts, number: int, at: Micros, *, late: int = 0) -> object:
    alarm = await _alarm(parts, number)
    seen = alarm.sequence - late
    return await parts.desk.acknowledge(
        number, who=LI, occurrence=alarm.occurrences, sequence=seen, text="seen"
    )


async def _reset(parts: DeskParts, number: int, at: Micros) -> object:
    alarm = await _alarm(parts, number)
    return await parts.desk.reset(
        number, who=LI, occurrence=alarm.occurrences, sequence=alarm.sequence
    )


async def _shelve(parts: DeskParts, number: int, at: Micros) -> object:
    rule = SHELVABLE[number % len(SHELVABLE)]
    return await parts.suppressions.shelve(
        Shelving(rule.id, at + 10 * MINUTE, "sensor swapped"), who=LI
    )


async def _shelve_alarm(parts: DeskParts, number: int, at: Micros) -> object:
    alarm = await _alarm(parts, number)
    return await parts.suppressions.shelve_alarm(
        number,
        occurrence=alarm.occurrences,
        sequence=alarm.sequence,
        until=at + MINUTE,
        reason="known",
        who=WANG,
    )


async def _out_of_service(parts: DeskParts, number: int, at: Micros) -> object:
    rule = SHELVABLE[number % len(SHELVABLE)]
    asked = OutOfService(rule.id, at + DAY, "WO-1", HE.user, "overhaul")
    return await parts.suppressions.out_of_service(asked, who=CHEN)


async def _report(parts: DeskParts, number: int, at: Micros) -> object:
    report = Report(SAID, JobKind.REPAIR, Priority(number), device="tank")
    return await parts.desk.open(report, who=LI)


async def _hold(parts: DeskParts, number: int, at: Micros) -> object:
    doing = Doing(Act.HOLD, "waits for a part", until=at + 2 * HOUR)
    return await parts.desk.act(number, doing, who=LI, version=None)


async def _act(parts: DeskParts, number: int, at: Micros, *, doing: Doing) -> object:
    return await parts.desk.act(number, doing, who=WANG, version=None)


async def _act_late(parts: DeskParts, number: int, at: Micros) -> object:
    return await parts.desk.act(number, Doing(Act.NOTE, "late"), who=LI, version=1)


_DOINGS = (
    Doing(Act.ACKNOWLEDGE),
    Doing(Act.DISPATCH, assignee="zhang"),
    Doing(Act.ARRIVE),
    Doing(Act.DIAGNOSE, "a fuse"),
    Doing(Act.RESUME),
    Doing(Act.RESET, "clean"),
    Doing(Act.RESOLVE, "replaced"),
    Doing(Act.CALL_BACK, satisfied=True),
    Doing(Act.CLOSE, "mended"),
    Doing(Act.REOPEN, "again"),
    Doing(Act.MERGE, into=1),
    Doing(Act.FALSE_ALARM, "a bird", code=FalseAlarm.ANIMAL),
    Doing(Act.ESCALATE),
    Doing(Act.REPORT, call=SAID),
    Doing(Act.NOTE, "looked at"),
)

DEEDS: Mapping[str, Do] = {
    **{f"ticket: {doing.act}": partial(_act, doing=doing) for doing in _DOINGS},
    "ticket: hold": _hold,
    "ticket: act late": _act_late,
    "ticket: open": _report,
    "alarm: acknowledge": _acknowledge,
    "alarm: acknowledge late": partial(_acknowledge, late=1),
    "alarm: reset": _reset,
    "alarm: shelve": _shelve_alarm,
    "rule: shelve": _shelve,
    "rule: out of service": _out_of_service,
    "unshelve": lambda parts, number, _: parts.suppressions.unshelve(number, who=LI),
    "back in service": lambda parts, number, _: parts.suppressions.back_in_service(
        number, who=CHEN
    ),
    "hand-over: note": lambda parts, number, _: parts.shifts.note(f"{number} keys out", who=LI),
    "hand-over: leave": lambda parts, number, _: parts.shifts.leave(number, who=LI),
    "hand-over: take": lambda parts, number, _: parts.shifts.take(number, who=WANG),
    "key: lend": lambda parts, number, _: parts.keys.lend(f"roof {number}", "zhang", who=LI),
    "key: take back": lambda parts, number, _: parts.keys.take_back(number, who=WANG),
}
