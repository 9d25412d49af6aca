"""Commands to the devices of one line: what is written, once, before all polls."""

from collections.abc import Sequence

from drivers.modbus.encoding import encode, taken
from drivers.modbus.line import Line
from gateway.errors import Refused, Unanswered, Unreachable
from gateway.model.clock import Micros
from gateway.model.command import Action, Command
from gateway.site.modbus_model import BIT_TABLES, ModbusAddress, Writable
from gateway.site.model import Device

_ALL_BITS = 0xFFFF

Words = tuple[int, ...]


async def obey(line: Line, device: Device, command: Command) -> None:
    """Writes what the command asks for, the first value first.

    Raises Refused for what the device does not know, cannot hold or does not take, Unreachable when
    nothing was sent, and Unanswered when any of it may have been done.
    """
    assert isinstance(device.address, ModbusAddress)
    writing = _writing(device.address, command)
    for place, (writable, words) in enumerate(writing):
        try:
            await write_words(
                line,
                device.address.unit,
                writable,
                words,
                pause=device.address.pause,
                expires_at=command.expires_at,
            )
        except (Refused, Unreachable) as error:
            if not place:
                raise
            done = f"only {place} of {len(writing)} values were written: {error.problem}"
            raise Unanswered(error.subject, done, error.remedy) from error


def moved_by(device: Device, command: Command) -> frozenset[str]:
    """The points that it is to move, by id: what it writes, and what is to show that it was
    done."""
    assert isinstance(device.address, ModbusAddress)
    written = {point for point, _ in _values(device.address, command)}
    shows = device.commands.get(command.action)
    return frozenset(written | ({shows.point} if shows is not None else set()))


def _writing(address: ModbusAddress, command: Command) -> Sequence[tuple[Writable, Words]]:
    """All of it is made before any of it is sent."""
    by_point = {writable.register.point.id: writable for writable in address.writable}
    writing = []
    for point, value in _values(address, command):
        writable = by_point.get(point)
        if writable is None or not isinstance(value, float | int | str):
            raise Refused(point, f"cannot be set to {value!r}", "see write in its register map")
        writing.append((writable, encode(writable.register, value)))
    if not writing:
        raise Refused(f"{command.device} {command.action}", "its register map does not write that")
    return writing


def _values(address: ModbusAddress, command: Command) -> Sequence[tuple[str, object]]:
    if command.action is Action.SET:
        named = command.parameters
        return [(f"{command.device}/{named.get('point')}", named.get("value"))]
    found = (each.values for each in address.writings if each.action is command.action)
    return next(found, ())


async def write_words(
    line: Line,
    unit: int,
    writable: Writable,
    words: Words,
    *,
    pause: Micros = 0,
    expires_at: Micros | None = None,
) -> None:
    """Writes them where they belong, and nothing beside them. Raises what Line.write does."""
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
