"""What docs/engineer/modbus.md teaches, from the site file to readings over a real connection."""

import re
import struct
from pathlib import Path
from textwrap import dedent

from drivers.modbus.driver import ModbusDriver
from gateway.model.reading import Quality, Value
from gateway.site.connection_model import ModbusLine
from gateway.site.load import load_site
from simulators.modbus_server import ModbusServer, Tables, Unit
from tests.blocking import excused
from tests.drivers.modbus.field import HOST, Collected, PassingTime, running

GUIDE = Path(__file__).parents[3] / "docs" / "engineer" / "modbus.md"
HEAD = """\
site: {{id: court, name: Court, time_zone: Asia/Shanghai, data: data}}
connections: {{plant: {{type: modbus-tcp, host: {host}, port: {port}}}}}
devices:
  - {{id: d, kind: {kind}, profile: {profile}, connection: plant, unit: 3, name: D, place: P}}
"""
ALL = """\
kinds:
  all:
    name: All
    points:
      flags: {kind: state, states: [calm, storm], name: Flags}
      high: {kind: number, name: High}
      energy: {kind: number, unit: kW.h, name: Energy}
      count: {kind: number, name: Count}
      gone: {kind: number, name: Gone}
      serial: {kind: text, name: Serial}
      clock: {kind: text, name: Clock}
registers:
  all:
    kind: all
    period: 1s
    zone: Asia/Shanghai
    not_available: [0x8000]
    points:
      flags: {table: holding_register, address: 0, type: uint16, mask: 0x0F00,
        states: {0-3: calm, 4-15: storm}}
      high: {table: holding_register, address: 1, type: uint8, byte: high}
      energy: {table: holding_register, address: 2, type: int64, word_order: little, scale: 0.001}
      count: {table: holding_register, address: 6, type: bcd32}
      gone: {table: holding_register, address: 8, type: int16}
      serial: {table: holding_register, address: 9, type: string, length: 4, encoding: gb18030}
      clock: {table: holding_register, address: 13, type: time, layout: six-registers}
"""


async def read(
    folder: Path, kind: str, profile: str, maps: str, memory: Tables
) -> dict[str, Value]:
    """The first reading of each point."""
    time, sink = PassingTime(), Collected()
    async with ModbusServer(HOST, 0, {3: Unit(lambda _: memory)}, time) as server:
        file = folder / "site.yaml"
        head = HEAD.format(host=HOST, port=server.port, kind=kind, profile=profile)
        file.write_text(head + maps, "utf-8")
        with excused():
            site = load_site(file, {})
        (line,) = site.connections
        assert isinstance(line, ModbusLine)
        names = {point.id for point in site.points.values() if not point.derived}
        driver = ModbusDriver(line, site.devices, time, sleep=time.sleep)
        async with running(driver, sink):
            await sink.until(lambda: {each.point for each in sink.readings} >= names)
    assert all((r.value is None) is (r.quality is Quality.BAD) for r in sink.readings)
    return {each.point.removeprefix("d/"): each.value for each in reversed(sink.readings)}


def registers(data: bytes) -> dict[int, int]:
    return dict(enumerate(struct.unpack(f">{len(data) // 2}H", data)))


async def test_the_guides_register_map_reads_its_pump(tmp_path: Path) -> None:
    snippet = re.search(r"```yaml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert snippet is not None
    words = {0: 0x8003, 1: 0, 2: 12_345, 3: 0, 4: 7200 & 0xFFFF, 5: 0}
    said = await read(
        tmp_path, "pump", "acme-p200", dedent(snippet[1]), Tables(input_registers=words)
    )
    assert (said["run"], said["fault"]) == ("running", "fault")
    assert said["current"] == 12.345
    assert round(float(str(said["hours"])), 3) == 2.0


async def test_every_kind_of_value_comes_over_a_connection(tmp_path: Path) -> None:
    data = (
        struct.pack(">HBB", 0x0500, 0xAB, 0)
        + struct.pack(">4H", *struct.unpack("<4H", struct.pack("<q", -1234)))
        + bytes.fromhex("0012 3456 8000")
        + "水泵1".encode("gb18030").ljust(8, b"\0")
        + struct.pack(">6H", 2026, 7, 1, 8, 30, 5)
    )
    said = await read(tmp_path, "all", "all", ALL, Tables(holding_registers=registers(data)))
    assert said == {
        "flags": "storm",
        "high": 171.0,
        "energy": -1.234,
        "count": 123456.0,
        "gone": None,
        "serial": "水泵1",
        "clock": "2026-07-01T08:30:05+08:00",
    }
