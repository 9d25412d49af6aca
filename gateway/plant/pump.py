"""A pump: whether it does what it is told, what it has done, and when it must not be started.

Pure. It is started and stopped by itself only at the ends of its hours or of a timed run, and only
when it has just been heard: nothing is commanded by a restart.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from gateway.access.held import ORDER_POINT
from gateway.access.instants import instant
from gateway.access.machine import Event, Shown, Step, Wish
from gateway.desk.calendars import WorkingTime
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading, Value
from gateway.model.wall_clock import shown_at
from gateway.plant.facts import expired, learned, next_expiry, word
from gateway.plant.hours import in_hours
from gateway.plant.lasting import Lasting
from gateway.plant.pump_state import RUNNING, STOPPED, PumpRefusal, PumpState, Seen
from gateway.plant.response import Response, Word
from gateway.plant.senses import (
    OF_TANKS,
    SOURCE_HEARD,
    SOURCE_LEVEL,
    TARGET_HEARD,
    TARGET_LEVEL,
    certain,
    senses,
)
from gateway.plant.still import Still
from gateway.site.model import Device, Site
from gateway.site.plant_model import PumpSettings

CLEAR: Final = "none"
"""The word of the point `interlock` while nothing speaks against a start."""
AT_ANY_TIME: Final = "—"
UNKNOWN: Final = Shown(UNKNOWN_STATE, Quality.BAD)
UNKNOWN_NUMBER: Final = Shown(None, Quality.BAD)
_ENDS: Final = frozenset({Action.STOP, Action.SET})
"""What can make a pump stand: setting its speed to nothing too."""
_LEVELS: Final = frozenset({SOURCE_LEVEL, SOURCE_HEARD, TARGET_LEVEL, TARGET_HEARD})


class Pump:
    """One pump; see gateway.access.machine.Machine."""

    def __init__(self, device: Device, site: Site) -> None:
        self.id = device.id
        self._settings = settings = device.pump or PumpSettings()
        self._zone = site.time_zone
        self._senses = senses(device, settings, {each.id: each for each in site.devices})
        self._has = frozenset(sense.name for sense in self._senses.values())
        self._levels = frozenset(
            point for point, sense in self._senses.items() if sense.name in _LEVELS
        )
        self._commands = frozenset(device.commands)
        self._told = {point.id for point in device.told}
        self._derived = {point.id for point in device.points if point.derived}
        self._order = self._point(ORDER_POINT)
        name = settings.runs_during
        calendar = None if name is None else site.desk.timing.calendars[name]
        self._hours = None if calendar is None else WorkingTime(calendar, self._zone)

    @property
    def points(self) -> frozenset[str]:
        """Its own, its tanks', and what is ordered of it."""
        counters = {self._point("hours"), self._point("starts")} & self._told
        return frozenset({*self._senses, *counters, self._order})

    def begin(self) -> PumpState:
        """See Machine."""
        return PumpState()

    def take(self, state: PumpState, reading: Reading, now: Micros) -> Step[PumpState]:
        """See Machine. What was buffered says nothing of now."""
        if reading.point == self._order:
            return self._ordered(state, reading.value, now)
        if instant(reading, now).is_history:
            return Step(state)
        state = self._judged(self._heard(self._of_tanks(state), reading, now), now)
        fresh = reading.quality is Quality.GOOD and reading.point == self._point("run")
        return self._wished(state, now) if fresh else Step(state)

    def elapse(self, state: PumpState, now: Micros) -> Step[PumpState]:
        """See Machine."""
        return Step(self._judged(state, now))

    def deadline(self, state: PumpState) -> Micros | None:
        """See Machine. What turns on something that is not known waits for a reading."""
        settings, seen = self._settings, self._seen(state)
        known = seen.running is not None and seen.commanded is not None
        instants = (
            next_expiry(state.facts),
            state.starts.deadline(),
            state.hours.deadline(),
            state.orders.look_at,
            state.response.deadline(settings) if known else None,
            state.dry.deadline(settings.dry_after) if seen.is_dry else None,
            state.overload.deadline(settings.overload_after) if seen.is_overloaded else None,
        )
        return min((at for at in instants if at is not None), default=None)

    def refusal(self, state: PumpState, device: str, action: Action) -> PumpRefusal | None:
        """See Machine. To stop, or set, is refused of fire pumps alone, to start of all others."""
        if device != self.id:
            return None
        if action in _ENDS and self._settings.fire:
            return PumpRefusal.FIRE_PUMP
        return self._against_start(state) if action is Action.START else None

    def shown(self, state: PumpState) -> Mapping[str, Shown]:
        """See Machine."""
        seen, hours, most = self._seen(state), state.hours, self._settings.most_starts
        said = {
            "response": self._response(state),
            "interlock": Shown(self._against_start(state) or CLEAR),
            "may-start": Shown(self._may_start(state)),
            "starts-per-hour": Shown(float(state.starts.in_an_hour)),
            "starting": Shown("too-many" if state.starts.in_an_hour > most else "ok"),
            "run-hours": self._run_hours(hours.total),
            "hours-since-service": Shown(in_hours(hours.of_service)),
            "service": Shown("due" if self._is_due(state) else "ok"),
            "dry-run": _lasting(state.dry, seen.is_dry, "dry"),
            "overload": _lasting(state.overload, seen.is_overloaded, "overload"),
            "level-sensor": self._sensor(state),
        }
        points = {self._point(name): shown for name, shown in said.items()}
        return {point: shown for point, shown in points.items() if point in self._derived}

    def _run_hours(self, total: Micros | None) -> Shown:
        if total is None and self._point("hours") in self._told:
            return UNKNOWN_NUMBER
        return Shown(in_hours(total or 0))

    # --- how it goes ---------------------------------------------------------------------------

    def _heard(self, state: PumpState, reading: Reading, now: Micros) -> PumpState:
        value = certain(reading)
        if reading.point == self._point("hours"):
            return replace(state, hours=state.hours.told(_number(value), now))
        if reading.point == self._point("starts"):
            counter = _number(value)
            return state if counter is None else _counted(state, counter, now)
        sense = self._senses[reading.point]
        said = sense.word(value, word(state.facts, sense.name))
        facts = learned(state.facts, sense.name, said, sense.period, now)
        state = state if facts is state.facts else replace(state, facts=facts)
        if reading.point in self._levels:
            return self._levelled(state, reading.point, _number(value), now)
        return self._ran(state, now) if sense.name == "run" else state

    def _ran(self, state: PumpState, now: Micros) -> PumpState:
        """What it does is told anew."""
        running = self._seen(state).running
        if self._point("hours") not in self._told:
            state = replace(state, hours=state.hours.runs(running is True, now))
        if running is None:
            return state
        before, last = state.last_run, RUNNING if running else STOPPED
        starts, orders = state.starts, state.orders.done(running)
        if (before, last) == (STOPPED, RUNNING):
            has_counter = self._point("starts") in self._told
            starts = starts.seen(now) if has_counter else starts.started(now)
        if last == STOPPED and (before == RUNNING or orders.is_past(self._settings, now)):
            orders = orders.stopped()
        still = state.still if running else {p: each.rests() for p, each in state.still.items()}
        return replace(state, last_run=last, starts=starts, orders=orders, still=still)

    def _levelled(
        self, state: PumpState, point: str, level: float | None, now: Micros
    ) -> PumpState:
        if not self._seen(state).running:
            return state
        settings, before = self._settings, state.still.get(point, Still())
        after = before.heard(level, settings.stuck_band, settings.stuck_after, now)
        return state if after is before else replace(state, still={**state.still, point: after})

    def _judged(self, state: PumpState, now: Micros) -> PumpState:
        """What follows by now."""
        state = _known(state, now)
        settings, seen, due = self._settings, self._seen(state), state.hours.deadline()
        return replace(
            state,
            orders=state.orders.at(self._hours, now),
            response=self._responded(state, now),
            starts=state.starts.passed(now),
            hours=state.hours if due is None or now < due else state.hours.counted(now),
            dry=state.dry.judged(seen.is_dry, settings.dry_after, now),
            overload=state.overload.judged(seen.is_overloaded, settings.overload_after, now),
        )

    def _responded(self, state: PumpState, now: Micros) -> Response:
        seen = self._seen(state)
        if seen.is_its_own:
            return state.response if seen.running is None else state.response.freed()
        return state.response.judged(seen.commanded, seen.running, self._settings, now)

    def _ordered(self, state: PumpState, order: Value, now: Micros) -> Step[PumpState]:
        if not isinstance(order, Mapping):
            return Step(state)
        if order.get("action") == Action.NOTE_SERVICE:
            hours = state.hours.counted(now)
            who = {key: order.get(key) for key in ("id", "who", "reason")}
            event = Event(self._point("serviced"), {**who, "hours": in_hours(hours.of_service)})
            return Step(replace(state, hours=hours.serviced()), (event,))
        return Step(self._judged(replace(state, orders=state.orders.taken(order)), now))

    def _wished(self, state: PumpState, now: Micros) -> Step[PumpState]:
        """It has just been heard."""
        running = self._seen(state).running
        wanted = None if running is None else state.orders.wanted(running, now)
        if wanted is None:
            return Step(state)
        action, reason = wanted
        if action not in self._commands or self.refusal(state, self.id, action) is not None:
            return Step(state)
        state = replace(state, orders=state.orders.asked(action, now))
        return Step(state, wishes=(Wish(self.id, action, reason),))

    # --- what it is ----------------------------------------------------------------------------

    def _seen(self, state: PumpState) -> Seen:
        return Seen(self._of_tanks(state), self._has)

    def _of_tanks(self, state: PumpState) -> PumpState:
        """Without what was heard of tanks that it had by an earlier site file."""
        tanks = (self._settings.draws_from, self._settings.fills)
        if state.tanks == tanks:
            return state
        own = {name: fact for name, fact in state.facts.items() if name not in OF_TANKS}
        return replace(state, tanks=tanks, facts=own)

    def _point(self, name: str) -> str:
        return f"{self.id}/{name}"

    def _against_start(self, state: PumpState) -> PumpRefusal | None:
        if self._settings.fire:
            return None
        return self._seen(state).against_start(state.starts.room_at(self._settings.most_starts))

    def _may_start(self, state: PumpState) -> str:
        at = state.starts.room_at(self._settings.most_starts)
        return AT_ANY_TIME if at is None else f"{shown_at(at, self._zone):%H:%M:%S}"

    def _is_due(self, state: PumpState) -> bool:
        every = self._settings.service_every
        return every is not None and in_hours(state.hours.of_service) >= every

    def _response(self, state: PumpState) -> Shown:
        seen = self._seen(state)
        sure = seen.running is not None and (seen.is_its_own or seen.commanded is not None)
        if state.response.word is Word.OK and not sure:
            return UNKNOWN
        return Shown(state.response.word.value, Quality.GOOD if sure else Quality.STALE)

    def _sensor(self, state: PumpState) -> Shown:
        known = self._has & _LEVELS <= state.facts.keys()
        if any(state.still.get(point, Still()).stuck for point in self._levels):
            return Shown("stuck", Quality.GOOD if known else Quality.STALE)
        return Shown("ok") if known else UNKNOWN


def _known(state: PumpState, now: Micros) -> PumpState:
    """Without what was heard too long ago; it has run for as long as that was known."""
    facts = expired(state.facts, now)
    if len(facts) == len(state.facts):
        return state
    run = state.facts.get("run")
    silent = run is not None and "run" not in facts
    until = now if run is None or run.until is None else run.until
    return replace(
        state, facts=facts, hours=state.hours.runs(False, until) if silent else state.hours
    )


def _counted(state: PumpState, counter: float, now: Micros) -> PumpState:
    return replace(state, starts=state.starts.told(counter, now))


def _lasting(lasting: Lasting, holds: bool | None, bad: str) -> Shown:
    if lasting.raised:
        return Shown(bad, Quality.STALE if holds is None else Quality.GOOD)
    return UNKNOWN if holds is None else Shown("ok")


def _number(value: Value) -> float | None:
    return value if isinstance(value, float) else None
