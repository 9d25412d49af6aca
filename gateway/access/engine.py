"""All machines over all readings: what changes, and when to look again. Pure."""

import heapq
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.access.device_clock import DeviceClock, in_its_own_time
from gateway.access.machine import FIRE, NOT_COMMANDED, AnyMachine, Event, Shown, Step, Wish
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.reading import Delivery, Quality, Reading, message_number

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one reading, or a deadline that had passed when it came by, did to one machine.

    `seq` is that reading's place; `told_at` when the cause happened, by the device's clock where it
    has one, and `happened_at` the same but for what that clock is known to be slow by; `due_at`
    when this gateway's clock showed it.
    """

    machine: AnyMachine
    step: Step[Any]
    changed: Mapping[str, Shown]
    seq: int
    happened_at: Micros
    told_at: Micros
    due_at: Micros

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What the machine asks for."""
        return self.step.wishes

    def readings(self, now: Micros, *, again: bool) -> Iterator[Reading]:
        """What it says. The same cause gives the same readings under the same numbers: the journal
        leaves out those it has when it is read `again`; what a fire asked for then is not."""
        events = [*self.step.events, *(self._not_commanded() if again else ())]
        said = [
            *((point, shown.value, shown.quality) for point, shown in self.changed.items()),
            *((event.point, event.value, Quality.GOOD) for event in events),
        ]
        for place, (point, value, quality) in enumerate(said):
            number = message_number(
                self.seq.to_bytes(8), self.due_at.to_bytes(8), place.to_bytes(2), point.encode()
            )
            yield Reading(
                point, value, self.happened_at, now, quality, None, Delivery(number, again)
            )

    def _not_commanded(self) -> Iterator[Event]:
        devices = [wish.device for wish in self.wishes if wish.reason == FIRE]
        if devices:
            yield Event(f"{self.machine.id}/{NOT_COMMANDED}", {"devices": sorted(devices)})


class Engine:
    """The states of every machine, moved by readings in journal order. `states` are those kept from
    before; what was stamped up to `seq` counts as no later than `start`, for the clock may have
    been ahead then. `now`: what time it was by then."""

    def __init__(
        self,
        machines: Iterable[AnyMachine],
        states: Mapping[str, Any],
        start: Micros,
        seq: int,
        now: Micros = 0,
    ) -> None:
        self.machines = {machine.id: machine for machine in machines}
        self.states = {
            id_: states[id_] if id_ in states else machine.begin()
            for id_, machine in self.machines.items()
        }
        self.changed: set[str] = set()
        """The machines whose state is not what was kept."""
        self._broken: dict[str, str] = {}
        self._start, self._start_seq = start, seq
        self.now = min(now, start)
        """The journal's time: it never goes back, though readings may overtake each other."""
        self._by_point: dict[str, list[AnyMachine]] = defaultdict(list)
        clocks = (each for each in self.machines.values() if isinstance(each, DeviceClock))
        self._clocks = {point: clock.id for clock in clocks for point in clock.points}
        for machine in self.machines.values():
            for point in machine.points:
                self._by_point[point].append(machine)
        self._deadlines: list[tuple[Micros, str]] = []
        self._said = {machine.id: self._shown(machine) for machine in self.machines.values()}
        for machine in self.machines.values():
            self._watch(machine)

    @property
    def fault(self) -> str | None:
        """Which machines stand still for a fault of ours; None where all go."""
        told = [f"{id_} stands still: {fault}" for id_, fault in sorted(self._broken.items())]
        return "; ".join(told) or None

    @property
    def deadline(self) -> Micros | None:
        """When a machine changes by itself next."""
        while self._deadlines:
            at, id_ = self._deadlines[0]
            if self._due(self.machines[id_]) == at:
                return at
            heapq.heappop(self._deadlines)
        return None

    def take(self, reading: Reading) -> list[Turn]:
        """What that reading changes: deadlines that have passed by then first, in their order. One
        of 0 is due at once, and happens then."""
        seq, received_at = reading.seq or 0, reading.received_at
        if seq <= self._start_seq:
            received_at = min(received_at, self._start)
        self.now = now = max(self.now, received_at)
        turns = self._elapsed(seq) if self._deadlines else []
        clock = self._clocks.get(reading.point)
        slow_by = 0
        for machine in self._by_point.get(reading.point, ()):
            told = in_its_own_time(reading, slow_by)
            moved = partial(machine.take, self.states[machine.id], told, now)
            at = (reading.taken_at + slow_by, reading.taken_at, now)
            turns += self._turn(machine, moved, seq, at)
            if machine.id == clock and reading.taken_at != reading.received_at:
                slow_by = self.states[clock].slow_by
        return turns

    def shown(self) -> dict[str, Shown]:
        """What every derived point says now."""
        said: dict[str, Shown] = {}
        for machine in self.machines.values():
            said |= self._shown(machine)
        return said

    def refusal(self, device: str, action: Action) -> str | None:
        """Why that must not be asked of that device now; None where nothing speaks against it."""
        for machine in self.machines.values():
            refusal = machine.refusal(self.states[machine.id], device, action)
            if refusal is not None:
                return refusal.value
        return None

    def _elapsed(self, seq: int) -> list[Turn]:
        turns: list[Turn] = []
        while (due := self.deadline) is not None and due <= self.now:
            machine = self.machines[self._deadlines[0][1]]
            moved = partial(machine.elapse, self.states[machine.id], self.now)
            turns += self._turn(machine, moved, seq, (due or self.now, due or self.now, due))
            if self._due(machine) == due:
                self._stop(machine, "does not let its deadline pass")
                still = Step(self.states[machine.id])
                turns.append(Turn(machine, still, self._news(machine), seq, due, due, due))
        return turns

    def _turn(
        self,
        machine: AnyMachine,
        moved: Callable[[], Step[Any]],
        seq: int,
        at: tuple[Micros, Micros, Micros],
    ) -> Sequence[Turn]:
        """`at`: when it happened, was told and was due."""
        before = self.states[machine.id]
        try:
            step = moved()
            if step == Step(before) and machine.id not in self._broken:
                return ()  # as nearly all readings do
            machine.shown(step.state)
        except Exception as error:  # a fault of ours in one machine stops no other
            self._stop(machine, repr(error))
            step = Step(before)
        else:
            self._broken.pop(machine.id, None)
        self.states[machine.id] = step.state
        self.changed.add(machine.id)
        self._watch(machine)
        return [Turn(machine, step, self._news(machine), seq, *at)]

    def _news(self, machine: AnyMachine) -> Mapping[str, Shown]:
        """What its points say now and did not say before."""
        known, shown = self._said[machine.id], self._shown(machine)
        self._said[machine.id] = shown
        return {point: said for point, said in shown.items() if known.get(point) != said}

    def _shown(self, machine: AnyMachine) -> Mapping[str, Shown]:
        """Of a machine that stands still nothing is known."""
        shown = machine.shown(self.states[machine.id])
        if machine.id not in self._broken:
            return shown
        return dict.fromkeys(shown, Shown(None, Quality.BAD))

    def _stop(self, machine: AnyMachine, fault: str) -> None:
        if machine.id not in self._broken:
            logger.critical("access: %s stands still: %s", machine.id, fault, exc_info=True)
        self._broken[machine.id] = fault

    def _due(self, machine: AnyMachine) -> Micros | None:
        return None if machine.id in self._broken else machine.deadline(self.states[machine.id])

    def _watch(self, machine: AnyMachine) -> None:
        due = self._due(machine)
        if due is not None:
            heapq.heappush(self._deadlines, (due, machine.id))
