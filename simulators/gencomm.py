"""A Deep Sea controller of a standby set: what its keys make of it, and what it says.

Registers and keys as in deep-sea-gencomm.yaml.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.model.clock import Micros
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import NotTaken, Tables, Unit, registers
from simulators.supply import COOLING, CRANKING, GeneratorState, StandbySet

KEYS: Final = 4104
"""One key, and behind it its ones' complement."""
START: Final = 35732
CANCEL: Final = 35733
WRONG_KEY: Final = 7
"""The exception."""

_MODES: Final[Mapping[str, int]] = {"off": 0, "auto": 1, "manual": 2}
_STATES: Final = {"stopped": 0, "starting": 1, "running": 3, "stopping": 4, "fault": 0}
_SHUTDOWN: Final = 1 << 13


class GenComm:
    """It starts its set for lost mains, and on `mode` auto by key; then the set runs without load
    until the key is cancelled. `keys`: all that it was given."""

    def __init__(self, standby: StandbySet, *, cranking: Micros = CRANKING) -> None:
        self.mode = "auto"
        self.keys: list[int] = []
        self._standby = standby
        self._cranking = cranking
        self._started: Micros | None = None
        self._cancelled: Micros | None = None

    def obey(self, now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See simulators.modbus_server.Unit."""
        if table is not RegisterTable.HOLDING_REGISTER or address != KEYS:
            raise LookupError(address)
        if len(values) != 2 or values[0] ^ values[1] != 0xFFFF or values[0] not in (START, CANCEL):
            raise NotTaken(WRONG_KEY)
        self.keys.append(values[0])
        if self.mode != "auto":
            return
        if values[0] == START:
            self._started, self._cancelled = now, None
        elif self._started is not None and self._cancelled is None:
            self._cancelled = now

    def step(self, now: Micros) -> GeneratorState:
        """How the set stands at `now`."""
        state = self._standby.step(now)
        if state.engine != "stopped":
            return state
        engine = self._asked(now)
        return replace(state, engine=engine, voltage=engine in ("running", "stopping"))

    def _asked(self, now: Micros) -> str:
        """What the keys have made of the engine."""
        if self._started is None:
            return "stopped"
        runs_from = self._started + self._cranking
        if self._cancelled is not None:
            cools = runs_from <= self._cancelled and now < self._cancelled + COOLING
            return "stopping" if cools else "stopped"
        return "starting" if now < runs_from else "running"


def generator_unit(controller: GenComm) -> Unit:
    """The controller; a fault of its set is its shutdown alarm."""

    def tables(now: Micros) -> Tables:
        state = controller.step(now)
        running = state.voltage
        alarm = _SHUTDOWN if state.engine == "fault" else 0
        basic = registers(">8H", 1024, 300 if running else 0, 40, 45, 82, 0, 272, 0, 0)
        return Tables(
            holding_registers=registers(">3H", 772, _MODES[controller.mode], 0, alarm)
            | basic
            | {1031: 500 if running else 0, 1408: _STATES[state.engine]}
            | registers(">i", 1536, 60_000 if state.position == "generator" else 0)
            | dict.fromkeys(range(1798, 1812), 0)
            | registers(">I", 1798, 812 * 3600)
            | registers(">I", 1808, 143)
        )

    return Unit(tables, write=controller.obey)
