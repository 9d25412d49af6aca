"""Polls the units of one line, each in its own period, and gives what they say to the sink."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from drivers.modbus.line import Line
from drivers.modbus.schedule import Schedule
from drivers.modbus.unit import Unit
from drivers.modbus.wire import Sleep, Wires
from gateway.errors import BadConfig, Unreachable
from gateway.model.clock import SECOND, Clock
from gateway.model.driver import Sink
from gateway.model.reading import Reading
from gateway.site.connection_model import ModbusLine
from gateway.site.modbus_model import ModbusAddress, RegisterPoint
from gateway.site.model import Device

_OUTBOX: Final = 64
"""Polls that may wait for the journal before polling waits too."""

_Outbox = asyncio.Queue[Sequence[Reading] | None]
"""Polls in order; None ends it."""


class ModbusDriver:
    """The devices on one Modbus connection; a gateway.model.driver.Driver.

    Devices with the same unit, period, limits and pause are one unit on the line, read together.
    `random` jitters the back-off of silent units; `wires` are shared by connections that are one
    line.
    """

    def __init__(
        self,
        connection: ModbusLine,
        devices: Sequence[Device],
        clock: Clock,
        *,
        sleep: Sleep = asyncio.sleep,
        random: Random | None = None,
        wires: Wires | None = None,
    ) -> None:
        """Raises BadConfig without devices, and for registers no request can read."""
        if not devices:
            raise BadConfig(connection.id, "no device is on this connection")
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()
        self._wires = wires or Wires(clock, sleep)
        units = _by_unit(connection, devices)
        self._periods = [unit.period for unit in units]
        self._units = [Unit(unit, f"{connection.id} unit {unit.unit}", clock) for unit in units]

    @property
    def name(self) -> str:
        """The connection's id."""
        return self._connection.id

    async def run(self, sink: Sink) -> None:
        """Polls until cancelled; raises Unreachable when the server cannot be connected to, after
        every finished poll is in the sink."""
        outbox: _Outbox = asyncio.Queue(_OUTBOX)
        async with Line(self._connection, self._wires) as line, asyncio.TaskGroup() as tasks:
            tasks.create_task(_deliver(outbox, sink), name=f"{self.name}: readings to the journal")
            lost = await self._poll_until_lost(line, outbox)
            await outbox.put(None)
        raise lost

    async def _poll_until_lost(self, line: Line, outbox: _Outbox) -> Unreachable:
        schedule = Schedule(self._periods, self._clock(), self._random)
        while True:
            now = self._clock()
            turn = schedule.next(now)
            if turn.due > now:
                line.end_cycle()
                await self._sleep((turn.due - now) / SECOND)
                continue
            try:
                poll = await self._units[turn.index].poll(line)
            except Unreachable as lost:
                return lost
            if poll.readings:
                await outbox.put(poll.readings)
            move_on = schedule.answered if poll.answered else schedule.silent
            move_on(turn, self._clock())


async def _deliver(outbox: _Outbox, sink: Sink) -> None:
    """Gives the sink all polls that wait, in one call, so that one commit may take them all."""
    while True:
        polls = [await outbox.get()]
        while not outbox.empty():
            polls.append(outbox.get_nowait())
        if batch := [reading for poll in polls if poll for reading in poll]:
            await sink(batch)
        if polls[-1] is None:
            return


def _by_unit(connection: ModbusLine, devices: Sequence[Device]) -> Sequence[ModbusAddress]:
    """What is asked for together, in the order of the devices."""
    units: dict[ModbusAddress, list[RegisterPoint]] = {}
    for device in devices:
        if not isinstance(device.address, ModbusAddress):
            raise BadConfig(device.id, f"{connection.id} is Modbus: unit and registers are needed")
        together = replace(device.address, registers=())
        units.setdefault(together, []).extend(device.address.registers)
    return [replace(unit, registers=tuple(registers)) for unit, registers in units.items()]
