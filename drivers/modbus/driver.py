"""Polls the units of one line, each in its own period, gives what they say to the sink, and writes
what they are commanded to."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Final, NamedTuple

from drivers.modbus.commands import moved_by, obey
from drivers.modbus.found import LineFound
from drivers.modbus.line import Line
from drivers.modbus.polled import Polled, polled_on
from drivers.modbus.schedule import Group, Schedule, Turn
from drivers.modbus.unit import Asking, Poll, Unit
from drivers.modbus.wire import Sleep, Wires
from gateway.errors import BadConfig, Refused, Unreachable
from gateway.model.clock import SECOND, Clock, Micros
from gateway.model.command import Command
from gateway.model.driver import Sink
from gateway.model.line_figures import LineFigures
from gateway.model.memory import Memory
from gateway.model.reading import Reading
from gateway.site.connection_model import ModbusLine
from gateway.site.modbus_model import ModbusAddress
from gateway.site.model import Device

_OUTBOX: Final = 64
"""Polls that may wait for the journal before polling waits too."""

_Outbox = asyncio.Queue[Sequence[Reading] | None]
"""Polls in order; None ends it."""


class _Begun(NamedTuple):
    """A poll under way, and whose turn it is."""

    asking: Asking
    turns: Sequence[Turn]


class ModbusDriver:
    """The devices on one Modbus connection; a gateway.model.driver.Driver, Commander and Measured.

    Points of one unit, with one set of limits and one pause, are read together when they are due
    together. `random` jitters the back-off of silent units and the beginning; `wires` are shared by
    connections that are one line; what was found out about the units is kept in `memory`.
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
        memory: Memory | None = None,
    ) -> None:
        """Raises BadConfig without devices, and for registers no request can read."""
        if not devices:
            raise BadConfig(connection.id, "no device is on this connection")
        self._connection = connection
        self._clock = clock
        self._sleep = sleep
        self._random = random or Random()
        self._line = Line(connection, wires or Wires(clock, sleep))
        self._memory = memory
        self._has_findings = False
        self._found = LineFound.kept(memory, connection.id)
        self._polled = polled_on(connection, devices, clock, self._found, self._note)
        self._groups = [Group(each.address.unit, each.address.period) for each in self._polled]
        self._devices = {device.id: device for device in devices}
        self._names = _names(devices)
        self._is_commanded = any(device.commands for device in devices)
        self._is_running = False
        self._nap: asyncio.Future[None] | None = None
        self._schedule = self._begin(None)

    @property
    def name(self) -> str:
        """The connection's id."""
        return self._connection.id

    async def run(self, sink: Sink) -> None:
        """Polls until cancelled; raises Unreachable when the server cannot be connected to, after
        every finished poll is in the sink."""
        outbox: _Outbox = asyncio.Queue(_OUTBOX)
        async with self._line as line, asyncio.TaskGroup() as tasks:
            tasks.create_task(_deliver(outbox, sink), name=f"{self.name}: readings to the journal")
            self._is_running = True
            try:
                lost = await self._poll_until_lost(line, outbox)
            finally:
                self._is_running = False
            await outbox.put(self._silent(self._polled))
            await outbox.put(None)
        raise lost

    async def send(self, command: Command) -> None:
        """See Commander. What it is to move is read at once afterwards, and more often for as long
        as the command lasts."""
        device = self._devices.get(command.device)
        if device is None:
            raise Refused(command.device, f"is not on {self.name}")
        if not self._is_running:
            raise Unreachable(self.name, "is not connected", "see what the log says of it")
        try:
            await obey(self._line, device, command, self._sleep)
        finally:
            self._look_at(moved_by(device, command), command.expires_at)

    def figures(self) -> LineFigures:
        """See Measured."""
        now, meter = self._clock(), self._line.meter
        return LineFigures(
            self.name,
            meter.duty(now),
            tuple(
                meter.units[unit].figures(
                    unit, devices, self._schedule.due(unit), now, self._unread(unit)
                )
                for unit, devices in sorted(self._names.items())
            ),
        )

    async def _poll_until_lost(self, line: Line, outbox: _Outbox) -> Unreachable:
        """While a unit rests between two of its requests, the others go on."""
        self._schedule = schedule = self._begin(self._schedule)
        under_way: dict[Unit, _Begun] = {}
        while True:
            now = self._clock()
            turn = schedule.next(now)
            if (ready_at := turn.ready_at) > now:
                if turn.due > now and not under_way:
                    line.end_cycle()
                await self._rest((ready_at - now) / SECOND)
                continue
            if (free_at := line.free_at(turn.group.unit)) > now:
                schedule.rest(turn.group.unit, free_at)
                continue
            unit = self._polled[turn.index].unit
            begun = under_way.pop(unit, None) or self._ask(unit, turn, now)
            try:
                poll = await unit.go_on(line, begun.asking)
            except Unreachable as lost:
                return lost
            if poll is None:
                under_way[unit] = begun
            elif news := self._news(line, begun.turns, poll, now):
                await outbox.put(news)
            if self._has_findings:
                self._keep()

    def _ask(self, unit: Unit, turn: Turn, now: Micros) -> _Begun:
        turns = self._schedule.together(turn, now)
        if len(turns) > 1:
            turns = [each for each in turns if self._polled[each.index].unit is unit]
        return _Begun(unit.begin(tuple([each.group.period for each in turns]), now), turns)

    def _news(
        self, line: Line, turns: Sequence[Turn], poll: Poll, now: Micros
    ) -> Sequence[Reading]:
        """What the poll brought that is worth telling; sets when the unit is asked again."""
        news = poll.readings
        for turn in turns:
            exceptions = self._polled[turn.index].exceptions
            if now < turn.hurried_until:
                exceptions.forget()
            news = exceptions.worth_telling(news)
        number = turns[0].group.unit
        if poll.answered:
            if missed := self._schedule.answered(turns, poll.at):
                line.meter.units[number].missed += missed
            return news
        self._schedule.silent(turns[0], max(poll.at, line.free_at(number)))
        return [*news, *self._silent(self._of(number))]

    async def _rest(self, seconds: float) -> None:
        """For so long, or until a command wakes it."""
        if not self._is_commanded:
            await self._sleep(seconds)
            return
        self._nap = nap = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait([nap])
        finally:
            nap.cancel()

    def _look_at(self, points: Collection[str], until: Micros) -> None:
        now = self._clock()
        for index, polled in enumerate(self._polled):
            if any(register.point.id in points for register in polled.address.registers):
                self._schedule.hurry(index, now, until)
        if self._nap is not None:
            self._nap.cancel()

    def _begin(self, before: Schedule | None) -> Schedule:
        # Lines too are staggered: they may all have been connected in the same instant.
        shortest = min(SECOND, *(group.period for group in self._groups))
        begun = self._clock() + self._random.randrange(shortest)
        answering = self._found.answering
        return Schedule(self._groups, begun, self._random, before, answering, self._note)

    def _note(self) -> None:
        self._has_findings = True

    def _keep(self) -> None:
        self._has_findings = False
        if self._memory is not None:
            units = {each.digest: each.unit.found for each in self._polled}
            LineFound(tuple(self._schedule.answering), units).keep(self._memory)

    def _of(self, unit: int) -> Sequence[Polled]:
        return [each for each in self._polled if each.address.unit == unit]

    def _unread(self, unit: int) -> Mapping[str, str]:
        return {point: why for each in self._of(unit) for point, why in each.unit.unread.items()}

    def _silent(self, polled: Sequence[Polled]) -> Sequence[Reading]:
        now = self._clock()
        return [reading for each in polled for reading in each.exceptions.silent(now)]


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


def _names(devices: Sequence[Device]) -> Mapping[int, Sequence[str]]:
    """By unit."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    for device in devices:
        if isinstance(device.address, ModbusAddress):
            names[device.address.unit].append(device.id)
    return names
