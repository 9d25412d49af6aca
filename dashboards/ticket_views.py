"""What the desk shows of a ticket: in the list, and opened."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from dashboards.history_lines import Line, lines
from dashboards.moments import age, date_and_time, moment
from dashboards.shelving import shelvable
from dashboards.texts import Texts
from dashboards.ticket_details import (
    ClockView,
    Fact,
    StepView,
    cameras,
    clocks,
    facts,
    guidance,
    steps,
)
from gateway.desk.demands import TO_ACKNOWLEDGE, possible
from gateway.desk.desk import TicketFile
from gateway.desk.states import TERMS
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.rule import Priority, Rule
from gateway.model.ticket import UNACCEPTED, Act, Source, Ticket, TicketState
from gateway.security.roles import Right
from gateway.site.model import Device

SYMBOLS: Final[Mapping[Priority, str]] = {
    Priority.CRITICAL: "◆",
    Priority.HIGH: "▲",
    Priority.MEDIUM: "■",
    Priority.LOW: "●",
}
"""A shape for each priority: colour alone tells nothing to one man in twelve."""


_NEXT: Final[Mapping[TicketState, Act]] = {
    TicketState.NEW: Act.ACKNOWLEDGE,
    TicketState.REOPENED: Act.ACKNOWLEDGE,
    TicketState.ACCEPTED: Act.DISPATCH,
    TicketState.DISPATCHED: Act.ARRIVE,
    TicketState.ON_SITE: Act.RESOLVE,
    TicketState.ON_HOLD: Act.RESUME,
    TicketState.RESOLVED: Act.CLOSE,
}
"""In the usual run of work."""


def priority_word(priority: Priority, texts: Texts) -> str:
    """Symbol and word."""
    return f"{SYMBOLS[priority]} {texts(f'priority.{priority.name.lower()}')}"


@dataclass(frozen=True, slots=True)
class CardView:
    """One ticket in the list. `fresh`: nobody has taken it on, or its alarm asks for someone."""

    number: int
    priority: Priority
    priority_word: str
    title: str
    where: str
    when: str
    state: str
    alarm: str
    active: bool
    fresh: bool
    selected: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A camera's picture with what, where and when."""

    url: str
    caption: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """One ticket opened. `acts` are those possible now, in the order of work; `next_act` is what
    usually comes next. `taken_on`: somebody works on it. `called`: a person reported it.
    `to_shelve`: the alarms whose rules may be shelved from here."""

    number: int
    version: int
    priority: Priority
    priority_word: str
    title: str
    where: str
    state: str
    opened: str
    alarm: str
    active: bool
    acts: tuple[Act, ...]
    next_act: Act | None
    snapshot: Snapshot | None
    lines: tuple[Line, ...]
    facts: tuple[Fact, ...] = ()
    guidance: tuple[Fact, ...] = ()
    steps: tuple[StepView, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    taken_on: bool = False
    called: bool = False
    to_shelve: tuple[Alarm, ...] = ()


def card(
    ticket: Ticket,
    alarms: tuple[Alarm, ...],
    devices: Mapping[str, Device],
    *,
    selected: bool,
    now: Micros,
    zone: ZoneInfo,
    texts: Texts,
) -> CardView:
    """The ticket in the list; `alarms` are its open ones."""
    return CardView(
        number=ticket.number,
        priority=ticket.priority,
        priority_word=priority_word(ticket.priority, texts),
        title=ticket.title.in_(texts.language),
        where=_where(ticket, devices, texts),
        when=f"{moment(ticket.opened_at, now, zone)} · {age(ticket.opened_at, now, texts)}",
        state=texts(f"ticket.state.{ticket.state}"),
        alarm=_alarm_or_source(ticket, alarms, texts),
        active=any(alarm.active for alarm in alarms),
        fresh=Act.ACKNOWLEDGE in possible(ticket, alarms),
        selected=selected,
    )


def _where(ticket: Ticket, devices: Mapping[str, Device], texts: Texts) -> str:
    """Which device, and where it is: two of a place are told apart."""
    device = devices.get(ticket.device)
    name = ticket.device if device is None else device.name.in_(texts.language)
    return " · ".join(word for word in (name, ticket.place.in_(texts.language)) if word)


def opened(
    file: TicketFile,
    devices: Mapping[str, Device],
    rules: Mapping[str, Rule],
    rights: Collection[Right],
    *,
    now: Micros,
    zone: ZoneInfo,
    texts: Texts,
) -> TicketView:
    """The ticket with everything that belongs to it, and what somebody with these rights may do."""
    ticket = file.ticket
    current = tuple(alarm for alarm in file.alarms if alarm.ended_at is None)
    device = devices.get(ticket.device)
    return TicketView(
        number=ticket.number,
        version=ticket.version,
        priority=ticket.priority,
        priority_word=priority_word(ticket.priority, texts),
        title=ticket.title.in_(texts.language),
        where=_where(ticket, devices, texts),
        state=texts(f"ticket.state.{ticket.state}"),
        opened=date_and_time(ticket.opened_at, zone),
        alarm=_alarm_or_source(ticket, current, texts),
        active=any(alarm.active for alarm in current),
        acts=tuple(act for act in possible(ticket, current) if TERMS[act].right in rights),
        next_act=_NEXT.get(ticket.state),
        snapshot=_snapshot(file.alarms, devices, zone, texts),
        lines=lines(file, now=now, zone=zone, texts=texts),
        facts=(
            *cameras(device, devices, texts),
            *facts(ticket, now=now, zone=zone, texts=texts),
        ),
        guidance=guidance(file, rules, texts),
        steps=steps(file, now=now, zone=zone, texts=texts),
        clocks=clocks(file, now=now, zone=zone, texts=texts),
        taken_on=ticket.state not in UNACCEPTED,
        called=ticket.call is not None,
        to_shelve=shelvable(current, rules) if Right.SHELVE in rights else (),
    )


def _alarm_or_source(ticket: Ticket, alarms: Iterable[Alarm], texts: Texts) -> str:
    alarms = tuple(alarms)
    if not alarms and ticket.source is not Source.ALARM:
        return texts(f"source.{ticket.source}")
    return alarm_words(alarms, texts)


def alarm_words(alarms: Iterable[Alarm], texts: Texts) -> str:
    """How the alarms behind a ticket stand, in words."""
    alarms = tuple(alarms)
    if not alarms:
        return texts("alarm.ended")
    kept = sorted({kind for alarm in alarms if alarm.active for kind in alarm.suppressed})
    if kept and not any(alarm.active and alarm.presented for alarm in alarms):
        return " · ".join([texts("alarm.active"), *(texts(f"suppressing.{kind}") for kind in kept)])
    active = any(alarm.active for alarm in alarms)
    unseen = any(alarm.attention in TO_ACKNOWLEDGE for alarm in alarms)
    words = [texts("alarm.active" if active else "alarm.returned")]
    words.append(texts("alarm.unacknowledged" if unseen else "alarm.acknowledged"))
    times = sum(alarm.occurrences for alarm in alarms)
    if times > 1:
        words.append(texts("alarm.times", times=times))
    return " · ".join(words)


def has_snapshot(alarm: Alarm) -> bool:
    """Whether a camera's picture shows what raised the alarm."""
    return _snapshot_name(alarm) is not None


def _snapshot(
    alarms: Iterable[Alarm], devices: Mapping[str, Device], zone: ZoneInfo, texts: Texts
) -> Snapshot | None:
    """The newest picture; `alarms` newest first."""
    for alarm in alarms:
        name = _snapshot_name(alarm)
        if alarm.evidence is None or name is None:
            continue
        camera = devices.get(alarm.evidence.device)
        caption = texts(
            "snapshot.caption",
            what=alarm.title.in_(texts.language),
            place=alarm.place.in_(texts.language),
            camera=alarm.evidence.device if camera is None else camera.name.in_(texts.language),
            when=date_and_time(alarm.evidence.taken_at, zone),
        )
        return Snapshot(f"/api/v1/snapshots/{name}", caption)
    return None


def _snapshot_name(alarm: Alarm) -> str | None:
    value = alarm.evidence.value if alarm.evidence is not None else None
    name = value.get("snapshot") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) else None
