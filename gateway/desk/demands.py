"""What an act asks for, beside a state it can be done from: pure, refused by name."""

from collections.abc import Collection, Mapping
from typing import Final

from gateway.desk.callers import callers_of, chosen, named, to_call_back
from gateway.desk.states import GOING, TERMS, Need, allowed
from gateway.desk.written import check_doing, check_said
from gateway.errors import Refused
from gateway.model.alarm import Alarm, Attention
from gateway.model.clock import DAY, Micros
from gateway.model.ticket import UNACCEPTED, Act, Call, Doing, FalseAlarm, Ticket, TicketState

LONGEST_HOLD: Final[Micros] = 366 * DAY
"""What waits for longer is no work of the desk's any more."""

TO_ACKNOWLEDGE: Final = (Attention.UNACK, Attention.RTN_UNACK)

_MISSING: Mapping[Need, tuple[str, str]] = {
    Need.ASSIGNEE: ("it is not said who goes", "name who goes"),
    Need.UNTIL: ("it is not said until when", "name a time"),
    Need.INTO: ("no other ticket is named", "name the ticket it goes on under"),
    Need.CODE: ("it is not said why it is a false alarm", "choose one of the reasons"),
    Need.STEP: ("no step is named", "name a step of its procedure"),
    Need.SATISFIED: ("no answer is told", "say whether they are satisfied"),
    Need.CALL: ("nothing of the call is told", "write who reports, where, and what"),
}

_TO_DO: Mapping[Act, tuple[Attention, ...]] = {
    Act.ACKNOWLEDGE: TO_ACKNOWLEDGE,
    Act.RESET: (Attention.LATCHED,),
}
_NOTHING: Mapping[Act, str] = {
    Act.ACKNOWLEDGE: "is acknowledged already",
    Act.RESET: "has no latched alarm",
    Act.CALL_BACK: "nobody reported it",
    Act.STEP: "has no procedure",
}
_AFTER_CALL_BACK: Final = (Act.CLOSE, Act.FALSE_ALARM)
"""Whoever reported something is told what came of it, also that there was nothing."""


def possible(ticket: Ticket, alarms: Collection[Alarm]) -> tuple[Act, ...]:
    """What can be done to the ticket now, in the order of work; `alarms` are its open ones."""
    return tuple(act for act in allowed(ticket.state) if _applies(ticket, act, alarms))


def check(ticket: Ticket, doing: Doing, alarms: Collection[Alarm], now: Micros) -> None:
    """Refused when the act lacks something, Malformed when too much was written; `alarms` are the
    ticket's open ones."""
    subject, act = f"ticket {ticket.number}", doing.act
    check_doing(subject, doing)
    if not _applies(ticket, act, alarms):
        raise _inapplicable(ticket, act)
    for need in TERMS[act].needs:
        _check_given(subject, doing, need)
    _check_reason(subject, doing, any(alarm.active for alarm in alarms))
    if act is Act.CALL_BACK:
        chosen(ticket, doing.caller)
    if act is Act.HOLD:
        _check_until(subject, doing.until or 0, now)
    if act is Act.FALSE_ALARM and doing.code not in set(FalseAlarm):
        raise Refused(subject, f"{doing.code!r} is no reason we know", "choose one of the reasons")
    if act is Act.MERGE and doing.into == ticket.number:
        raise Refused(subject, "cannot go on under itself", "name another ticket")
    if doing.call is not None:
        check_call(subject, doing.call)
        _check_caller(ticket, doing.call)


def check_call(subject: str, call: Call) -> None:
    """Refused when it does not say who reports, where, their telephone, or what; Malformed when
    it says too much."""
    check_said(subject, call)
    for said, what in (
        (call.reporter, "who reports it"),
        (call.where, "where"),
        (call.phone, "on which telephone"),
        (call.what, "what is the matter"),
    ):
        if not said.strip():
            raise Refused(subject, f"it is not said {what}", "ask, and write it down")


def check_target(ticket: Ticket, target: Ticket) -> None:
    """Refused when a ticket cannot go on under that one. One that has ended takes none in, so
    tickets never go round in a circle; one on hold none that would be on hold with it."""
    if target.state not in GOING:
        problem = f"cannot go on under ticket {target.number}, which is {target.state}"
        held = target.state is TicketState.ON_HOLD
        remedy = f"{'resume' if held else 'reopen'} that one first, or name another"
        raise Refused(f"ticket {ticket.number}", problem, remedy)


def check_reopening(ticket: Ticket, standing: Ticket | None) -> None:
    """Refused when the same alarm has another ticket by now; `standing` is its open one."""
    if standing is not None and standing.number != ticket.number:
        problem = f"its alarm is worked on under ticket {standing.number}"
        raise Refused(f"ticket {ticket.number}", problem, "work on that one")


def check_step(ticket: Ticket, step: int, steps: int, ticked: Collection[int]) -> None:
    """Refused when there is no such step, or it is ticked off already."""
    subject = f"ticket {ticket.number}"
    if step >= steps:
        raise Refused(subject, f"its procedure has no step {step + 1}", "look at it again")
    if step in ticked:
        raise Refused(subject, f"step {step + 1} is ticked off already", "look at it again")


def _applies(ticket: Ticket, act: Act, alarms: Collection[Alarm]) -> bool:
    """Whether there is anything to do it to."""
    if act is Act.ACKNOWLEDGE and ticket.state in UNACCEPTED:
        return True
    if act in _TO_DO:
        return any(alarm.attention in _TO_DO[act] for alarm in alarms)
    if act is Act.CALL_BACK:
        return bool(callers_of(ticket))
    if act in _AFTER_CALL_BACK:
        return not to_call_back(ticket)
    return act is not Act.STEP or ticket.procedure is not None


def _inapplicable(ticket: Ticket, act: Act) -> Refused:
    subject = f"ticket {ticket.number}"
    if act not in _AFTER_CALL_BACK:
        return Refused(subject, _NOTHING[act])
    problem = f"whoever reported it was not called back yet: {named(to_call_back(ticket))}"
    if ticket.state is TicketState.RESOLVED:
        return Refused(subject, problem, "call them back first")
    return Refused(subject, problem, "resolve it and call them back first")


def _check_caller(ticket: Ticket, call: Call) -> None:
    """Name or telephone may be put right; both together are somebody else's."""
    told = ticket.call
    if told is None or told.reporter == call.reporter or told.phone == call.phone:
        return
    problem = f"{told.reporter} ({told.phone}) reported it, and would not be called back"
    remedy = "open a ticket for this call too, and merge one into the other"
    raise Refused(f"ticket {ticket.number}", problem, remedy)


def _check_until(subject: str, until: Micros, now: Micros) -> None:
    if until <= now:
        raise Refused(subject, "the time it is to wait until is past", "name a later one")
    if until > now + LONGEST_HOLD:
        raise Refused(subject, "it would wait for over a year", "name an earlier time")


def _check_given(subject: str, doing: Doing, need: Need) -> None:
    given = getattr(doing, need)
    if given not in ("", None):
        return
    if need is not Need.TEXT:
        raise Refused(subject, *_MISSING[need])
    if doing.act is Act.NOTE:
        raise Refused(subject, "an empty note says nothing", "write a text")
    raise Refused(subject, f"cannot {doing.act} without a reason", "write a text")


def _check_reason(subject: str, doing: Doing, active: bool) -> None:
    if doing.text:
        return
    act = doing.act
    if active and act in (Act.RESOLVE, Act.CLOSE, Act.FALSE_ALARM):
        raise Refused(subject, "its alarm is still active", f"say in the text why you {act} it")
    if act is Act.FALSE_ALARM and doing.code == FalseAlarm.OTHER:
        raise Refused(subject, "'other' says nothing", "say in the text what it was")
    if act is Act.CALL_BACK and doing.satisfied is False:
        raise Refused(subject, "it is not said what was wrong", "say in the text what they miss")
