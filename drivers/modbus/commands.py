"""Commands to the devices of one line: what is written, once, before all polls."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from drivers.modbus.encoding import encode, taken
from drivers.modbus.line import Line
from drivers.modbus.wire import Sleep
from gateway.errors import Refused, Unanswered, Unreachable
from gateway.model.clock import SECOND, Micros
from gateway.model.command import Action, Command
from gateway.site.modbus_model import (
    BIT_TABLES,
    ModbusAddress,
    RawWrite,
    Writable,
    Writing,
    Written,
)
from gateway.site.model import Device

LETTING_GO: Final[Micros] = SECOND
"""With less than that left after its time no pulse is begun: it might not be let go of."""

_ALL_BITS = 0xFFFF

_MEND = "see write in its register map"

Words = tuple[int, ...]
_Step = tuple[Writable | RawWrite, Words]


async def obey(line: Line, device: Device, command: Command, sleep: Sleep) -> None:
    """Writes what the command asks for, the first value first. A pulse is let go of however late,
    also where it is not known whether it was taken, and where this is cancelled.

    Raises Refused for what the device does not know, cannot hold or does not take, Unreachable when
    nothing was sent, and Unanswered when any of it may have been done.
    """
    address = device.address
    assert isinstance(address, ModbusAddress)
    asked = _asked(address, command)
    pressed, released = (_steps(address, values) for values in (asked.values, asked.release))
    if not pressed:
        raise Refused(f"{command.device} {command.action}", "its register map does not write that")
    begun_by = command.expires_at - (asked.release_after + LETTING_GO if released else 0)
    try:
        await _write(line, address, pressed, begun_by)
        if released:
            await sleep(asked.release_after / SECOND)
            await _let_go(line, address, released)
    except (Unanswered, asyncio.CancelledError):
        with suppress(Refused, Unreachable):
            await _write(line, address, released)
        raise


async def _let_go(line: Line, address: ModbusAddress, steps: Sequence[_Step]) -> None:
    try:
        await _write(line, address, steps)
    except (Refused, Unreachable) as error:
        told = f"was written, and perhaps not let go of: {error.problem}"
        raise Unanswered(error.subject, told, error.remedy) from error


async def _write(
    line: Line, address: ModbusAddress, steps: Sequence[_Step], expires_at: Micros | None = None
) -> None:
    for place, (writable, words) in enumerate(steps):
        try:
            await write_words(
                line, address.unit, writable, words, pause=address.pause, expires_at=expires_at
            )
        except (Refused, Unreachable) as error:
            if not place:
                raise
            done = f"only {place} of {len(steps)} values were written: {error.problem}"
            raise Unanswered(error.subject, done, error.remedy) from error


def moved_by(device: Device, command: Command) -> frozenset[str]:
    """The points that it is to move, by id: what it writes, and what is to show that it was
    done."""
    assert isinstance(device.address, ModbusAddress)
    asked = _asked(device.address, command).values
    written = {each[0] for each in asked if not isinstance(each, RawWrite)}
    shows = device.commands.get(command.action)
    return frozenset(written | ({shows.point} if shows is not None else set()))


def _asked(address: ModbusAddress, command: Command) -> Writing:
    if command.action is Action.SET:
        point, value = (command.parameters.get(name) for name in ("point", "value"))
        if not isinstance(value, float | int | str):
            raise Refused(f"{command.device}/{point}", f"cannot be set to {value!r}", _MEND)
        return Writing(Action.SET, ((f"{command.device}/{point}", value),))
    found = (each for each in address.writings if each.action is command.action)
    return next(found, Writing(command.action, ()))


def _steps(address: ModbusAddress, values: Written) -> Sequence[_Step]:
    """All of it is made before any of it is sent."""
    by_point = {writable.register.point.id: writable for writable in address.writable}
    steps: list[_Step] = []
    for each in values:
        if isinstance(each, RawWrite):
            steps.append((each, each.words))
            continue
        point, value = each
        writable = by_point.get(point)
        if writable is None:
            raise Refused(point, f"cannot be set to {value!r}", _MEND)
        steps.append((writable, encode(writable.register, value)))
    return steps


async def write_words(
    line: Line,
    unit: int,
    writable: Writable | RawWrite,
    words: Words,
    *,
    pause: Micros = 0,
    expires_at: Micros | None = None,
) -> None:
    """Writes them where they belong, and nothing beside them. Raises what Line.write does."""
    if isinstance(writable, RawWrite):
        place, function = (writable.table, writable.address), writable.function
        await line.write(unit, *place, words, function=function, pause=pause, expires_at=expires_at)
        return
    register = writable.register
    table, start = register.table, register.address
    bits = taken(register)
    if table not in BIT_TABLES and set(bits) != {_ALL_BITS}:
        kept = _ALL_BITS & ~bits[0]
        await line.mask_write(unit, start, kept, words[0], pause=pause, expires_at=expires_at)
    elif writable.function == 23:
        count = len(words)
        await line.read_write(unit, start, count, start, words, pause=pause, expires_at=expires_at)
    else:
        function = writable.function
        await line.write(
            unit, table, start, words, function=function, pause=pause, expires_at=expires_at
        )
