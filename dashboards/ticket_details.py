"""What stands in an opened ticket beside its history: facts, guidance, steps, clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dashboards.moments import moment
from dashboards.texts import Texts
from gateway.desk.callers import named, to_call_back
from gateway.desk.desk import TicketFile
from gateway.model.clock import Micros
from gateway.model.rule import Rule
from gateway.model.ticket import Caller, FalseAlarm, Ticket, TicketState
from gateway.site.model import Device


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of the ticket."""

    name: str
    said: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of its procedure; `done` says when and by whom, empty while it is to be done."""

    number: int
    text: str
    done: str


@dataclass(frozen=True, slots=True)
class ClockView:
    """Something that must be done in time."""

    name: str
    said: str
    late: bool


def facts(ticket: Ticket, *, now: Micros, zone: ZoneInfo, texts: Texts) -> tuple[Fact, ...]:
    """Who reported it, who works on it, what it waits for."""
    found = [(texts("ask.assignee"), ticket.assignee)]
    if ticket.call is not None:
        call = ticket.call
        found += [
            (
                texts("call.reporter"),
                " · ".join(said for said in (call.reporter, call.phone) if said),
            ),
            (texts("call.where"), call.where),
            (texts("call.what"), call.what),
            (texts("call.convenient"), call.convenient),
        ]
    found += [(texts("call.also"), _caller(caller, texts)) for caller in ticket.callers]
    if ticket.state is TicketState.RESOLVED:
        found.append((texts("call.to_call_back"), named(to_call_back(ticket))))
    if ticket.state is TicketState.ON_HOLD and ticket.held_until is not None:
        found.append((texts("ask.until"), moment(ticket.held_until, now, zone)))
    if ticket.merged_into is not None:
        found.append((texts("ask.into"), f"#{ticket.merged_into}"))
    if ticket.code in set(FalseAlarm):
        found.append((texts("ask.code"), texts(f"false_alarm.{FalseAlarm(ticket.code)}")))
    if ticket.satisfied is not None:
        found.append((texts("ask.satisfied"), texts("yes") if ticket.satisfied else texts("no")))
    return tuple(Fact(name, said) for name, said in found if said)


def cameras(device: Device | None, devices: Mapping[str, Device], texts: Texts) -> tuple[Fact, ...]:
    """By which to look at what it is about."""
    names = camera_names(device, devices, texts)
    return (Fact(texts("ticket.look"), names),) if names else ()


def seen_by(device: Device | None, devices: Mapping[str, Device]) -> tuple[Device, ...]:
    """The cameras that see the device; a camera sees for itself."""
    if device is None:
        return ()
    own = (device,) if device.kind == "camera" else ()
    return (*own, *(devices[id_] for id_ in device.cameras if id_ in devices))


def camera_names(device: Device | None, devices: Mapping[str, Device], texts: Texts) -> str:
    """The cameras that see the device, with their places; empty where none is known."""
    seen_by = () if device is None else device.cameras
    return ", ".join(
        f"{devices[id_].name.in_(texts.language)} ({devices[id_].place.in_(texts.language)})"
        for id_ in seen_by
        if id_ in devices
    )


def _caller(caller: Caller, texts: Texts) -> str:
    """Who reported a ticket merged into this one, what, and what they say of the work."""
    call = caller.call
    said = [f"#{caller.number}", call.reporter, call.phone, call.where, call.what]
    if caller.satisfied is not None:
        answer = texts("yes") if caller.satisfied else texts("no")
        said.append(texts("name_and_value", name=texts("ask.satisfied"), value=answer))
    return " · ".join(word for word in said if word)


def guidance(file: TicketFile, rules: Mapping[str, Rule], texts: Texts) -> tuple[Fact, ...]:
    """What the newest alarm's rule tells the desk: cause, consequence, what to do."""
    for alarm in file.alarms:
        told = rules[alarm.rule].guidance if alarm.rule in rules else None
        if told is not None:
            language = texts.language
            return (
                Fact(texts("guidance.response"), told.response.in_(language)),
                Fact(texts("guidance.cause"), told.cause.in_(language)),
                Fact(texts("guidance.consequence"), told.consequence.in_(language)),
            )
    return ()


def steps(file: TicketFile, *, now: Micros, zone: ZoneInfo, texts: Texts) -> tuple[StepView, ...]:
    """Its procedure, as far as it is ticked off."""
    return tuple(
        StepView(
            number,
            step.text.in_(texts.language),
            "" if step.done_at is None else f"{moment(step.done_at, now, zone)} {step.done_by}",
        )
        for number, step in enumerate(file.steps)
    )


def clocks(file: TicketFile, *, now: Micros, zone: ZoneInfo, texts: Texts) -> tuple[ClockView, ...]:
    """What must still be done in time, and what was done late; the newest run of each."""
    newest = {clock.kind: clock for clock in sorted(file.clocks, key=lambda clock: clock.run)}
    views = []
    for clock in sorted(newest.values(), key=lambda clock: clock.due_at):
        late = clock.late_at is not None
        over = clock.met_at is not None or clock.dropped_at is not None
        if over and not late:
            continue
        due = moment(clock.due_at, now, zone)
        if over:
            said = texts("due.was_late", due=due)
        elif clock.left is not None:
            said = texts("due.held")
        else:
            said = texts("due.late" if late else "due.by", due=due)
        views.append(ClockView(texts(f"clock.{clock.kind}"), said, late))
    return tuple(views)
