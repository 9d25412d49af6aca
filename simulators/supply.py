"""Mains that fails now and then, and what stands by for it: generator, transfer switch and UPS.

The times are those of a usual set: it waits out a blink, starts, takes the load when it runs, and
gives it back when the mains has been there for three minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.model.clock import MINUTE, SECOND, Micros

BLINK: Final = 3 * SECOND
CRANKING: Final = 7 * SECOND
WARMING: Final = 5 * SECOND
SWITCHING: Final = SECOND
STABLE: Final = 3 * MINUTE
COOLING: Final = MINUTE


@dataclass(frozen=True, slots=True)
class Outage:
    """The mains is gone from `lost` until `back`, for ever where that is not said."""

    lost: Micros
    back: Micros | None = None

    def lasts(self, now: Micros) -> bool:
        """Whether the mains is gone then."""
        return self.lost <= now and (self.back is None or now < self.back)


@dataclass(frozen=True, slots=True)
class Mains:
    """There, but for its outages: in order, and far enough apart for the set to come to rest."""

    outages: Sequence[Outage] = ()

    def present(self, now: Micros) -> bool:
        """Whether it is there."""
        return not any(outage.lasts(now) for outage in self.outages)

    def newest(self, now: Micros) -> Outage | None:
        """The outage that began last."""
        return next((each for each in reversed(self.outages) if each.lost <= now), None)


@dataclass(frozen=True, slots=True)
class GeneratorState:
    """`engine`: stopped, starting, running, stopping or fault; `position`: of the transfer switch,
    mains, generator or between; `voltage`: whether the generator gives any."""

    engine: str
    position: str
    voltage: bool


@dataclass(frozen=True, slots=True)
class StandbySet:
    """A generator with its transfer switch. `fails`: it cranks in vain."""

    mains: Mains
    fails: bool = False

    def step(self, now: Micros) -> GeneratorState:
        """How both stand at `now`."""
        outage = self.mains.newest(now)
        if outage is None or self._slept_through(outage):
            return GeneratorState("stopped", "mains", voltage=False)
        begun = outage.lost + BLINK
        if self.fails:
            return self._failing(now, begun)
        given_back = None if outage.back is None else max(outage.back, begun + CRANKING) + STABLE
        if given_back is not None and now >= given_back:
            return self._after(now - given_back)
        return self._taking_over(now - begun)

    @staticmethod
    def _slept_through(outage: Outage) -> bool:
        return outage.back is not None and outage.back - outage.lost <= BLINK

    @staticmethod
    def _failing(now: Micros, begun: Micros) -> GeneratorState:
        since = now - begun
        engine = "stopped" if since < 0 else "starting" if since < 3 * CRANKING else "fault"
        return GeneratorState(engine, "mains", voltage=False)

    @staticmethod
    def _taking_over(since: Micros) -> GeneratorState:
        """So long after it was told to start."""
        taken = CRANKING + WARMING
        engine = "stopped" if since < 0 else "starting" if since < CRANKING else "running"
        position = (
            "mains" if since < taken else "between" if since < taken + SWITCHING else "generator"
        )
        return GeneratorState(engine, position, voltage=engine == "running")

    @staticmethod
    def _after(since: Micros) -> GeneratorState:
        """So long after it has given the load back."""
        engine = "stopping" if since < COOLING else "stopped"
        position = "between" if since < SWITCHING else "mains"
        return GeneratorState(engine, position, voltage=engine == "stopping")


@dataclass(frozen=True, slots=True)
class UpsState:
    """`state`: online, on-battery or off; `charge` and `load` in %, `runtime` in s."""

    state: str
    charge: float
    runtime: float
    load: float


@dataclass(frozen=True, slots=True)
class Ups:
    """Full when the mains goes; it feeds its `load` (%) for `autonomy`, and charges four times as
    long."""

    mains: Mains
    load: float
    autonomy: Micros

    def step(self, now: Micros) -> UpsState:
        """How it stands at `now`."""
        outage = self.mains.newest(now)
        if outage is None:
            return self._told("online", 100.0)
        until = now if outage.back is None else min(now, outage.back)
        left = max(0.0, 100.0 * (1 - (until - outage.lost) / self.autonomy))
        if outage.lasts(now):
            return self._told("on-battery" if left else "off", left)
        charged = 100.0 * (now - until) / (4 * self.autonomy)
        return self._told("online", min(100.0, left + charged))

    def _told(self, state: str, charge: float) -> UpsState:
        runtime = charge / 100 * self.autonomy / SECOND
        return UpsState(state, charge, runtime, 0.0 if state == "off" else self.load)
