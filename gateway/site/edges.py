"""What report by exception must not hide: the limits that rules, plant and expressions watch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from gateway.expressions.limits import limits
from gateway.model.rule import InState, Rule, Side, Threshold
from gateway.site.modbus_model import ModbusAddress, RegisterPoint
from gateway.site.model import Device
from gateway.site.plant_model import PumpSettings

Edge = tuple[str, float]
"""A point, and a value on whose other side it means something else."""


def watched(devices: Sequence[Device], rules: Sequence[Rule]) -> tuple[Device, ...]:
    """The devices, their points told whenever they cross a limit, however small the step. A point
    whose readings a rule counts is told at every poll."""
    edges: defaultdict[str, set[float]] = defaultdict(set)
    for point, value in (*_of_rules(rules), *_of_plant(devices), *_of_expressions(devices)):
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


def _of_plant(devices: Iterable[Device]) -> Iterator[Edge]:
    for device in devices:
        if device.pump is not None:
            yield from _of_pump(device.id, device.pump)
        if device.group is not None:
            group = device.group
            limits = (group.start, group.stop, group.lag)
            yield from ((group.by, limit) for limit in limits if limit is not None)
        light = device.lighting
        if light is not None and light.photocell is not None:
            yield light.photocell, light.on_below
            yield light.photocell, light.off_above


def _of_expressions(devices: Iterable[Device]) -> Iterator[Edge]:
    for device in devices:
        for formula in device.derived.values():
            yield from limits(formula)


def _of_pump(id_: str, pump: PumpSettings) -> Iterator[Edge]:
    band = pump.level_deadband
    for tank, limit, back in (
        (pump.draws_from, pump.low_level, band),
        (pump.fills, pump.high_level, -band),
    ):
        if tank is not None and limit is not None:
            yield f"{tank}/level", limit
            yield f"{tank}/level", limit + back
    if pump.low_pressure is not None:
        yield f"{id_}/pressure", pump.low_pressure
    if pump.rated_current is not None:
        for percent in (pump.dry_below, pump.overload_above):
            yield f"{id_}/current", percent * pump.rated_current / 100


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
    if report is None:
        return register
    # Not taken away: its silence is told by the polls it misses, not by the heartbeats.
    heartbeat = 0 if point in counted else report.heartbeat
    crossed = tuple(sorted(edges.get(point, ())))
    return replace(register, report=replace(report, heartbeat=heartbeat, edges=crossed))
