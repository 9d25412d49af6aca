"""The devices of the Modbus benchmarks."""

from gateway.model.clock import Micros
from gateway.model.point import Point, PointKind
from gateway.model.text import Text
from gateway.site.modbus_model import ModbusAddress, RegisterPoint, RegisterTable, RegisterType
from gateway.site.model import Device

_NAME = Text("Meter", "仪表")


def meter(connection: str, unit: int, registers: int, *, period: Micros, id_: str = "") -> Device:
    """With so many scaled points side by side; `period` 1: due again as soon as it has answered."""
    name = id_ or f"meter-{unit}"
    points = tuple(Point(f"{name}/{n}", PointKind.NUMBER, _NAME) for n in range(registers))
    lie = tuple(
        RegisterPoint(point, RegisterTable.HOLDING_REGISTER, n, RegisterType.UINT16, scale=0.1)
        for n, point in enumerate(points)
    )
    address = ModbusAddress(unit, period, lie)
    return Device(name, "meter", _NAME, _NAME, connection, address, points)
