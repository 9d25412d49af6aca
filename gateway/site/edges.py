"""What report by exception must not hide: the limits that rules and pumps watch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from gateway.model.rule import InState, Rule, Side, Threshold
from gateway.site.modbus_model import ModbusAddress, RegisterPoint
from gateway.site.model import Device

Edge = tuple[str, float]
"""A point, and a value on whose other side it means something else."""


def watched(devices: Sequence[Device], rules: Sequence[Rule]) -> tuple[Device, ...]:
    """The devices, their points told whenever they cross a limit, however small the step. A point
    whose readings a rule counts is told at every poll."""
    edges: defaultdict[str, set[float]] = defaultdict(set)
    for point, value in (*_of_rules(rules), *_of_pumps(devices)):
        edges[point].add(value)
    counted = {
        rule.when.point
        for rule in rules
        if rule.of > 1 and isinstance(rule.when, Threshold | InState)
    }
    return tuple(_watched(device, edges, counted) for device in devices)


def _of_rules(rules: Iterable[Rule]) -> Iterator[Edge]:
    for rule in rules:
        when = rule.when
        if isinstance(when, Threshold):
            back = when.deadband if when.side is Side.BELOW else -when.deadband
            yield when.point, when.limit
            yield when.point, when.limit + back


def _of_pumps(devices: Iterable[Device]) -> Iterator[Edge]:
    for pump in (device.pump for device in devices if device.pump is not None):
        band = pump.level_deadband
        for tank, limit, back in (
            (pump.draws_from, pump.low_level, band),
            (pump.fills, pump.high_level, -band),
        ):
            if tank is not None and limit is not None:
                yield f"{tank}/level", limit
                yield f"{tank}/level", limit + back


def _watched(device: Device, edges: Mapping[str, Set[float]], counted: Set[str]) -> Device:
    address = device.address
    if not isinstance(address, ModbusAddress):
        return device
    registers = tuple(_told(each, edges, counted) for each in address.registers)
    return replace(device, address=replace(address, registers=registers))


def _told(
    register: RegisterPoint, edges: Mapping[str, Set[float]], counted: Set[str]
) -> RegisterPoint:
    point, report = register.point.id, register.report
    if report is None or point in counted:
        return replace(register, report=None)
    return replace(register, report=replace(report, edges=tuple(sorted(edges.get(point, ())))))
