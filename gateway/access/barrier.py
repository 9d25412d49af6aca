"""A vehicle barrier: who may pass, who did, and what must never be done to it. Pure.

It is opened for a plate with a pass and by order, and never closed over a loop that is not known to
be free: a loop that is silent, doubtful, or told of long ago is not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.access import barrier_orders, barrier_plates
from gateway.access.barrier_state import (
    HOLDING,
    MOVES,
    MOVING,
    UP,
    Alarm,
    Barrier,
    BarrierRefusal,
    Loop,
    Mode,
    Move,
    Position,
)
from gateway.access.held import ORDER_POINT
from gateway.access.machine import Event, Shown, Step, Wish
from gateway.access.plates import Register
from gateway.model.actor import GATEWAY
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality, Reading
from gateway.site.access_model import BarrierSettings
from gateway.site.model import Device

ASKED_LASTS: Final[Micros] = 30 * SECOND
"""An opening that begins later is not the one that was asked for."""
BUFFERED: Final[Micros] = MINUTE
"""What a device took longer ago is history: it says nothing of now."""

ENTRY, SAFETY = "entry-loop", "safety-loop"
_LISTENS: Final = ("position", ENTRY, SAFETY, "boom", "operated", "plate", ORDER_POINT)


@dataclass(frozen=True, slots=True)
class BarrierMachine:
    """Implements gateway.access.machine.Machine. `periods`: how long each loop may be silent."""

    id: str
    settings: BarrierSettings
    points: frozenset[str]
    periods: Mapping[str, Micros]
    register: Register

    def begin(self) -> Barrier:
        """Nothing is known."""
        return Barrier(loops={loop: Loop() for loop in self.periods})

    def take(self, state: Barrier, reading: Reading, now: Micros) -> Step[Barrier]:
        """See Machine.take."""
        step = _TAKES[reading.point.removeprefix(f"{self.id}/")](self, state, reading, now)
        return replace(step, state=self._judged(step.state, now))

    def elapse(self, state: Barrier, now: Micros) -> Step[Barrier]:
        """See Machine.elapse."""
        loops = {name: Loop() if loop.until <= now else loop for name, loop in state.loops.items()}
        state = replace(state, loops=loops)
        if state.hold_until is not None and now >= state.hold_until:
            state = self._closing(barrier_orders.released(state, now), now)
        state, events = barrier_plates.overdue(self.id, state, now)
        wishes: tuple[Wish, ...] = ()
        if state.close_at is not None and now >= state.close_at:
            state, wishes = self._closed(state)
        return Step(self._judged(state, now), events, wishes)

    def deadline(self, state: Barrier) -> Micros | None:
        """See Machine.deadline."""
        alarm, due = self._alarm_due(state)
        instants = (
            None if alarm is state.alarm else due,
            state.hold_until,
            state.close_at,
            *(loop.until for loop in state.loops.values() if loop.state != UNKNOWN_STATE),
            *(arrival.due_at for arrival in state.arrivals if arrival.waits),
        )
        return min((instant for instant in instants if instant is not None), default=None)

    def shown(self, state: Barrier) -> Mapping[str, Shown]:
        """See Machine.shown."""
        known = Quality.STALE if state.position is Position.UNKNOWN else Quality.GOOD
        return {
            f"{self.id}/mode": Shown(state.mode.value),
            f"{self.id}/alarm": Shown(state.alarm.value, known),
            f"{self.id}/reopenings": Shown(float(state.reopenings)),
        }

    def refusal(self, state: Barrier, device: str, action: Action) -> BarrierRefusal | None:
        """See Machine.refusal."""
        if device != self.id:
            return None
        if action is Action.OPEN and state.mode is Mode.BLOCKED:
            return BarrierRefusal.BLOCKED
        return self._against_closing(state) if action is Action.CLOSE else None

    def _against_closing(self, state: Barrier) -> BarrierRefusal | None:
        loops = [
            state.loops.get(name, Loop()).state
            for name in self.periods
            if name in self.settings.under_boom
        ]
        against = (
            (BarrierRefusal.HELD_OPEN, state.mode in HOLDING),
            (BarrierRefusal.BOOM_BROKEN, state.boom == "broken"),
            (BarrierRefusal.NO_LOOP, not loops),
            (BarrierRefusal.LOOP_OCCUPIED, "occupied" in loops),
            (BarrierRefusal.LOOP_UNKNOWN, any(loop != "free" for loop in loops)),
        )
        return next((code for code, applies in against if applies), None)

    def _take_position(self, state: Barrier, reading: Reading, now: Micros) -> Step[Barrier]:
        told = _word(reading)
        position = Position(told) if told in MOVES else Position.UNKNOWN
        if position is state.position:
            return Step(state)
        after = replace(state, position=position, since=now)
        if position is Position.UNKNOWN:
            return Step(after)
        move = MOVES[state.last][position]
        step = _MOVED[move](self, replace(after, last=position), state, now)
        sinks = position in (Position.CLOSING, Position.CLOSED)
        if state.mode in HOLDING and sinks and position is not state.last:
            return replace(step, wishes=(self._open("held-open"),))
        return step

    def _rose(self, state: Barrier, before: Barrier, now: Micros) -> Step[Barrier]:
        asked = before.asked_at is not None and now - before.asked_at <= ASKED_LASTS
        state = self._closing(replace(state, asked_at=None, used_at=now), now, waits=True)
        if asked and state.asked_by != GATEWAY.user:
            facts = {"by": "order", "who": state.asked_by, "reason": state.asked_why}
            return Step(state, (self._event("opening", **facts),))
        by_hand = not asked and state.mode not in HOLDING and not self.settings.opens_itself
        if not by_hand or state.by_hand:
            return Step(state)
        how = "hand" if state.operated == "hand" else "unasked"
        return Step(replace(state, by_hand=True), (self._event("manual-opening", how=how),))

    def _reversed(self, state: Barrier, before: Barrier, now: Micros) -> Step[Barrier]:
        """Asked to open while it came down, it did. Else it met something, and the gateway does not
        close it again before something has passed."""
        if before.asked_at is not None and before.asked_at >= before.since:
            return Step(replace(state, asked_at=None, used_at=now))
        count = state.reopenings + 1
        state = replace(state, reopenings=count, used_at=now, close_at=None)
        return Step(state, (self._event("reopened", count=count),))

    def _came_down(self, state: Barrier, before: Barrier, now: Micros) -> Step[Barrier]:
        late = before.asked_at is not None and before.asked_at >= before.since
        events: tuple[Event, ...] = ()
        if state.passing:  # its loop's word comes later, or is lost
            state, events = barrier_plates.passed(self.id, state, now)
        state = replace(
            state,
            asked_at=before.asked_at if late else None,
            by_hand=False,
            passing=False,
            close_at=None,
        )
        state, unused = barrier_plates.came_down(self.id, state, counted=SAFETY in self.periods)
        if state.waiting and state.mode is Mode.CONTROLLED:
            return Step(
                barrier_plates.opened(state), events + unused, (self._open("plate-allowed"),)
            )
        return Step(state, events + unused)

    def _stayed(self, state: Barrier, before: Barrier, now: Micros) -> Step[Barrier]:
        """First heard of, it counts as used just now."""
        return Step(replace(state, used_at=now) if before.last is Position.UNKNOWN else state)

    def _take_loop(self, state: Barrier, reading: Reading, now: Micros) -> Step[Barrier]:
        name, told = reading.point.rpartition("/")[2], _word(reading)
        known = now - reading.taken_at <= BUFFERED and told in ("free", "occupied")
        loop = Loop(told, now + self.periods[name]) if known else Loop()
        freed = known and told == "free" and state.loops.get(name, Loop()).state != "free"
        state = replace(state, loops={**state.loops, name: loop})
        events: tuple[Event, ...] = ()
        if name == (SAFETY if SAFETY in self.periods else ENTRY):
            if told == "occupied":
                state = replace(state, passing=True)
            elif told == "free" and state.passing:
                state = replace(state, passing=False)
                if state.position is not Position.CLOSED:
                    state, events = barrier_plates.passed(self.id, state, now)
        return Step(self._closing(state, now) if freed else state, events)

    def _take_boom(self, state: Barrier, reading: Reading, _now: Micros) -> Step[Barrier]:
        return Step(replace(state, boom=_word(reading)))

    def _take_operated(self, state: Barrier, reading: Reading, _now: Micros) -> Step[Barrier]:
        told = _word(reading)
        began = told == "hand" and state.operated != "hand" and not state.by_hand
        state = replace(state, operated=told)
        if not began:
            return Step(state)
        return Step(replace(state, by_hand=True), (self._event("manual-opening", how="hand"),))

    def _take_plate(self, state: Barrier, reading: Reading, now: Micros) -> Step[Barrier]:
        if reading.quality is not Quality.GOOD:
            return Step(state)
        at = now if now - reading.taken_at <= BUFFERED else reading.taken_at
        state, events = barrier_plates.seen(
            self.id, self.settings, self.register, state, reading, at
        )
        lets_in = bool(events) and state.arrivals[-1].may_pass
        if not lets_in or state.mode is not Mode.CONTROLLED or state.position is Position.OPENING:
            return Step(state, events)
        return Step(barrier_plates.opened(state), events, (self._open("plate-allowed"),))

    def _take_order(self, state: Barrier, reading: Reading, now: Micros) -> Step[Barrier]:
        after = barrier_orders.ordered(state, reading.value, now)
        if after.mode in HOLDING and state.mode not in HOLDING:
            return Step(replace(after, close_at=None), wishes=(self._open("held-open"),))
        if state.mode in HOLDING and after.mode is Mode.CONTROLLED:
            after = self._closing(after, now)
        return Step(after)

    def _closing(self, state: Barrier, now: Micros, *, waits: bool = False) -> Barrier:
        """Where the gateway closes it: when."""
        settings = self.settings
        closed = state.position is Position.CLOSED
        if settings.closes_itself or closed or state.mode is not Mode.CONTROLLED:
            return state
        return replace(
            state, close_at=now + (settings.pass_time if waits else settings.close_after)
        )

    def _closed(self, state: Barrier) -> tuple[Barrier, tuple[Wish, ...]]:
        if state.waiting:
            later = max(arrival.due_at for arrival in state.waiting)
            return replace(state, close_at=later), ()
        state = replace(state, close_at=None)
        if self._against_closing(state) is not None:
            return state, ()
        return state, (Wish(self.id, Action.CLOSE, "everybody-passed"),)

    def _judged(self, state: Barrier, now: Micros) -> Barrier:
        """While it cannot be trusted where the boom is, nothing is raised nor cleared."""
        if state.position is Position.UNKNOWN:
            return state
        alarm, due = self._alarm_due(state)
        late = due is not None and now >= due
        return replace(state, alarm=alarm if late else Alarm.NORMAL)

    def _alarm_due(self, state: Barrier) -> tuple[Alarm, Micros | None]:
        if state.position in MOVING:
            return Alarm.STUCK, state.since + self.settings.travel_time
        if state.position is Position.CLOSED and state.mode in HOLDING:
            return Alarm.STUCK, max(state.since, state.used_at) + self.settings.travel_time
        if state.position in UP and state.mode not in HOLDING:
            return Alarm.LEFT_OPEN, state.used_at + self.settings.open_time
        return Alarm.NORMAL, None

    def _open(self, reason: str) -> Wish:
        return Wish(self.id, Action.OPEN, reason)

    def _event(self, name: str, **facts: object) -> Event:
        return Event(f"{self.id}/{name}", facts)


_Take = Callable[[BarrierMachine, Barrier, Reading, Micros], Step[Barrier]]
_TAKES: Final[Mapping[str, _Take]] = {
    "position": BarrierMachine._take_position,
    ENTRY: BarrierMachine._take_loop,
    SAFETY: BarrierMachine._take_loop,
    "boom": BarrierMachine._take_boom,
    "operated": BarrierMachine._take_operated,
    "plate": BarrierMachine._take_plate,
    ORDER_POINT: BarrierMachine._take_order,
}
_MOVED: Final[
    Mapping[Move, Callable[[BarrierMachine, Barrier, Barrier, Micros], Step[Barrier]]]
] = {
    Move.NONE: BarrierMachine._stayed,
    Move.ROSE: BarrierMachine._rose,
    Move.REVERSED: BarrierMachine._reversed,
    Move.CAME_DOWN: BarrierMachine._came_down,
}


def barrier_machine(device: Device, register: Register) -> BarrierMachine:
    """The machine of that barrier."""
    points = {point.id.rpartition("/")[2]: point for point in device.points}
    return BarrierMachine(
        device.id,
        device.barrier or BarrierSettings(),
        frozenset(points[name].id for name in _LISTENS if name in points),
        {name: points[name].period or MINUTE for name in (ENTRY, SAFETY) if name in points},
        register,
    )


def _word(reading: Reading) -> str:
    """What it says, as far as it can be trusted."""
    good = reading.quality is Quality.GOOD and isinstance(reading.value, str)
    return str(reading.value) if good else UNKNOWN_STATE
