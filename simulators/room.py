"""A technical room, and a lighting circuit outside."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.model.clock import Micros
from gateway.site.modbus_model import RegisterTable
from simulators.course import Course

DARK = 20.0
"""In lx: below it lamps are lit."""


@dataclass(frozen=True, slots=True)
class RoomState:
    """`temperature` in °C, `humidity` in %; `wet`: water on the floor."""

    temperature: float
    humidity: float
    wet: bool


@dataclass(frozen=True, slots=True)
class Room:
    """Its cooling stops at `heats`: then it is 25 K warmer. From `floods` on its floor is wet."""

    temperature: Course
    humidity: float = 45.0
    heats: Micros | None = None
    floods: Micros | None = None

    def step(self, now: Micros) -> RoomState:
        """What its sensors say."""
        hot = self.heats is not None and now >= self.heats
        wet = self.floods is not None and now >= self.floods
        return RoomState(self.temperature.at(now) + (25.0 if hot else 0.0), self.humidity, wet)


@dataclass(frozen=True, slots=True)
class LightingState:
    """`photocell` in lx."""

    lit: bool
    photocell: float


class Lighting:
    """Lit in the dark, until it is switched. Its selector switch stays on auto."""

    def __init__(self, daylight: Course) -> None:
        self._daylight = daylight
        self._switched: bool | None = None

    def switch(self, _: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See simulators.modbus_server.Unit."""
        if table is not RegisterTable.COIL or address != 0 or len(values) != 1:
            raise LookupError(address)
        self._switched = bool(values[0])

    def step(self, now: Micros) -> LightingState:
        """How it stands at `now`."""
        light = self._daylight.at(now)
        return LightingState(light < DARK if self._switched is None else self._switched, light)
