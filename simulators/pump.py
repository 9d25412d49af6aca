"""A motor pump: what it says of itself, and what it moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.model.clock import HOUR, Micros
from gateway.site.modbus_model import RegisterTable
from simulators.tank import Tank


@dataclass(frozen=True, slots=True)
class PumpState:
    """`current` in A; `hours`: run in all its life."""

    running: bool
    fault: bool
    current: float
    hours: float


class Motor(Protocol):
    """Whatever drives a pump."""

    def step(self, now: Micros) -> PumpState:
        """What it says at `now`."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """A pump fills `tank` with `flow` (m³/h) while it runs, beside what flows in anyway; negative:
    empties it."""

    tank: Tank
    flow: float


class Pump:
    """Stands still at first. `rated_current` in A is drawn while it runs."""

    def __init__(
        self, *, rated_current: float, hours: float = 0.0, delivery: Delivery | None = None
    ) -> None:
        self._rated_current = rated_current
        self._hours_before = hours
        self._delivery = delivery
        self._started: Micros | None = None
        self._fault = False

    def start(self, now: Micros) -> None:
        """A tripped pump stays where it is until `reset`."""
        if self._started is None and not self._fault:
            self._started = now
            self._deliver(now, +1)

    def stop(self, now: Micros) -> None:
        """Runs no more."""
        if self._started is not None:
            self._hours_before = self._hours(now)
            self._started = None
            self._deliver(now, -1)

    def trip(self, now: Micros) -> None:
        """Its motor protection opens: it stops and says fault."""
        self.stop(now)
        self._fault = True

    def reset(self) -> None:
        """Ready to be started again."""
        self._fault = False

    def obey(self, now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See simulators.modbus_server.Unit. Coil 0 starts and stops it, coil 1 resets it."""
        if table is not RegisterTable.COIL or address not in (0, 1) or len(values) != 1:
            raise LookupError(address)
        if address == 0:
            (self.start if values[0] else self.stop)(now)
        elif values[0]:
            self.reset()

    def step(self, now: Micros) -> PumpState:
        """What it says at `now`."""
        running = self._started is not None
        return PumpState(
            running=running,
            fault=self._fault,
            current=self._rated_current if running else 0.0,
            hours=self._hours(now),
        )

    def _hours(self, now: Micros) -> float:
        running_for = 0 if self._started is None else max(0, now - self._started)
        return self._hours_before + running_for / HOUR

    def _deliver(self, now: Micros, sign: int) -> None:
        if self._delivery:
            self._delivery.tank.fill_at(now, sign * self._delivery.flow)
