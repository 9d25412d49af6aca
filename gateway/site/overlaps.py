"""Points of a unit that lie partly in each other's registers: mostly a wrong address or type."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.model.text import Text
from gateway.site.modbus_model import BIT_TABLES, ModbusAddress, RegisterPoint, RegisterType
from gateway.site.model import Device
from gateway.site.modicon import number_of

_SHARING: Final = frozenset({RegisterType.BIT, RegisterType.INT8, RegisterType.UINT8})
"""Types that leave some of their register to others."""


def overlapping(devices: Iterable[Device]) -> Iterator[Text]:
    """A line for each two such points; devices of one register map are told of once."""
    told: set[tuple[str, str]] = set()
    for device in devices:
        if not isinstance(device.address, ModbusAddress):
            continue
        for one, other in _pairs(device.address.registers):
            shared = _shown(one), _shown(other)
            if shared not in told:
                told.add(shared)
                yield Text(
                    f"{device.id}: {' and '.join(shared)} overlap; look whether the list has these"
                    " addresses and types",
                    f"{device.id}：{' 与 '.join(shared)} 重叠；请核对寄存器表中的地址和类型",
                )


def _pairs(registers: Iterable[RegisterPoint]) -> Iterator[tuple[RegisterPoint, RegisterPoint]]:
    places = {
        (each.table, each.address, each.end): each
        for each in registers
        if each.table not in BIT_TABLES and each.mask is None and each.type not in _SHARING
    }
    before: RegisterPoint | None = None
    for _, each in sorted(places.items()):
        if before is None or before.table is not each.table:
            before = each
            continue
        if each.address < before.end:
            yield before, each
        before = max(before, each, key=lambda register: register.end)


def _shown(register: RegisterPoint) -> str:
    ends = dict.fromkeys((register.address, register.end - 1))
    numbers = "–".join(number_of(register.table, each) for each in ends)
    name = register.point.id.rpartition("/")[2]
    return f"{name} at {register.table} {'–'.join(map(str, ends))} ({numbers})"
