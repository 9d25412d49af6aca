"""What of the devices on one connection is asked for together."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from drivers.modbus.found import LineFound, digest
from drivers.modbus.report import Exceptions
from drivers.modbus.unit import Unit
from gateway.errors import BadConfig
from gateway.model.clock import Clock
from gateway.site.connection_model import ModbusLine
from gateway.site.modbus_model import ModbusAddress, RegisterPoint
from gateway.site.model import Device


class Polled(NamedTuple):
    """Points of one unit that are read so often, and what of them is worth telling. `unit` is that
    of all parts with the same limits and pause, which are asked for in the same requests when they
    are due together; `digest` is of them all."""

    address: ModbusAddress
    unit: Unit
    digest: str
    exceptions: Exceptions


def polled_on(
    connection: ModbusLine,
    devices: Sequence[Device],
    clock: Clock,
    found: LineFound,
    noted: Callable[[], None],
) -> Sequence[Polled]:
    """In the order of the devices. Raises BadConfig for registers no request can read."""
    parts = read_together(connection, devices)
    by_unit: defaultdict[ModbusAddress, list[ModbusAddress]] = defaultdict(list)
    for part in parts:
        by_unit[_without_parts(part)].append(part)
    units = {}
    for of_all, own in by_unit.items():
        key, subject = digest(own), f"{connection.id} unit {of_all.unit}"
        units[of_all] = Unit(own, subject, clock, found.units.get(key), noted), key
    return [
        Polled(
            part,
            *units[_without_parts(part)],
            Exceptions(part.registers, part.period, clock()),
        )
        for part in parts
    ]


def read_together(connection: ModbusLine, devices: Sequence[Device]) -> Sequence[ModbusAddress]:
    """Units with the registers that are asked for so often, in the order of the devices."""
    units: defaultdict[ModbusAddress, list[RegisterPoint]] = defaultdict(list)
    for device in devices:
        if not isinstance(device.address, ModbusAddress):
            raise BadConfig(device.id, f"{connection.id} is Modbus: unit and registers are needed")
        for register in device.address.registers:
            period = register.period or device.address.period
            units[replace(_without_parts(device.address), period=period)].append(register)
    return [replace(unit, registers=tuple(registers)) for unit, registers in units.items()]


def _without_parts(address: ModbusAddress) -> ModbusAddress:
    return replace(address, period=0, registers=(), writable=(), writings=())
