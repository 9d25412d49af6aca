"""Meters of electricity and of water."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model.clock import HOUR, Micros
from simulators.course import Course

NOMINAL_VOLTAGE = 230.0
POWER_FACTOR = 0.95


@dataclass(frozen=True, slots=True)
class EnergyReading:
    """`power` in kW, `energy` in kW·h, `voltages` in V and `currents` in A by phase."""

    power: float
    energy: float
    voltages: tuple[float, float, float]
    currents: tuple[float, float, float]
    frequency: float = 50.0
    power_factor: float = POWER_FACTOR


@dataclass(frozen=True, slots=True)
class EnergyMeter:
    """A load evenly on three phases. From `phase_lost` on, the second one is dead."""

    load: Course
    energy: float = 0.0
    phase_lost: Micros | None = None

    def step(self, now: Micros) -> EnergyReading:
        """What it shows at `now`."""
        power = self.load.at(now)
        second = self.phase_lost is None or now < self.phase_lost
        voltages = (NOMINAL_VOLTAGE, NOMINAL_VOLTAGE if second else 0.0, NOMINAL_VOLTAGE)
        current = power * 1000 / 3 / NOMINAL_VOLTAGE / POWER_FACTOR
        currents = (current, current if second else 0.0, current)
        return EnergyReading(power, self.energy + self.load.total(now), voltages, currents)


@dataclass(frozen=True, slots=True)
class Leak:
    """From `at` on, `flow` (m³/h) more runs through."""

    at: Micros
    flow: float


@dataclass(frozen=True, slots=True)
class WaterReading:
    """`flow` in m³/h, `volume` in m³."""

    flow: float
    volume: float


@dataclass(frozen=True, slots=True)
class WaterMeter:
    """What is drawn in use, and through leaks."""

    use: Course
    volume: float = 0.0
    leaks: Sequence[Leak] = ()

    def step(self, now: Micros) -> WaterReading:
        """What it shows at `now`."""
        open_ = [leak for leak in self.leaks if leak.at <= now]
        lost = sum(leak.flow * (now - leak.at) / HOUR for leak in open_)
        flow = self.use.at(now) + sum(leak.flow for leak in open_)
        return WaterReading(flow, self.volume + self.use.total(now) + lost)
