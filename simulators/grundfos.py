"""A Grundfos pump behind its communication module: its control word, and what it says.

Registers as in grundfos-cim.yaml; addresses here are the protocol's.
"""

from collections.abc import Sequence
from typing import Final

from gateway.model.clock import Micros
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import Tables, Unit, registers
from simulators.pump import Pump

CONTROL: Final = 100
"""Holding register: bit 0 controlled by bus, 1 on, 2 reset of alarms as it rises."""
_BUS, _ON, _RESET = 1 << 0, 1 << 1, 1 << 2


class CimPump:
    """`held`: by its buttons, so that the bus moves nothing. `words`: all that it was given."""

    def __init__(self, pump: Pump) -> None:
        self.held = False
        self.words: list[int] = []
        self._pump = pump

    @property
    def word(self) -> int:
        """The control word as it stands."""
        return self.words[-1] if self.words else 0

    def obey(self, now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See simulators.modbus_server.Unit."""
        if table is not RegisterTable.HOLDING_REGISTER or address != CONTROL or len(values) != 1:
            raise LookupError(address)
        rises = values[0] & ~self.word
        self.words.append(values[0])
        if rises & _RESET:
            self._pump.reset()
        if values[0] & _BUS and not self.held:
            (self._pump.start if values[0] & _ON else self._pump.stop)(now)

    def tables(self, now: Micros) -> Tables:
        """What its module answers."""
        state = self._pump.step(now)
        by_bus = bool(self.word & _BUS) and not self.held
        status = state.running << 6 | by_bus << 8 | state.running << 9 | state.fault << 10
        return Tables(
            holding_registers={CONTROL: self.word},
            input_registers=dict.fromkeys(range(200, 336), 0)
            | {200: status, 308: round(state.current * 10)}
            | registers(">I", 326, int(state.hours)),
        )


def cim_unit(pump: CimPump) -> Unit:
    """The module as a Modbus unit."""
    return Unit(pump.tables, write=pump.obey)
