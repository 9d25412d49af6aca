"""The plan that an engineer reads."""

from dataclasses import replace

from drivers.modbus.plan_report import Planned, overbusy, planned, report
from gateway.model.clock import MINUTE, SECOND
from gateway.model.text import Language
from gateway.site.connection_model import Framing, ModbusLine, Serial, Tcp
from gateway.site.modbus_model import ModbusAddress, RegisterTable, RegisterType, RequestLimits
from tests.drivers.modbus.field import register

BUS = ModbusLine("bus", Serial("/dev/ttyS0", baud=9600), Framing.RTU)
LAN = ModbusLine("lan", Tcp("10.0.0.5", 502), Framing.TCP)


def meter(unit: int, limits: RequestLimits = RequestLimits()) -> list[ModbusAddress]:
    registers = (
        register(f"m{unit}/a", 0),
        register(f"m{unit}/b", 4, kind=RegisterType.FLOAT32),
        register(f"m{unit}/c", 0, RegisterTable.COIL, RegisterType.BIT),
    )
    rare = (register(f"m{unit}/d", 6),)
    return [
        ModbusAddress(unit, SECOND, registers, limits),
        ModbusAddress(unit, MINUTE, rare, limits),
    ]


def requests(line: ModbusLine, unit: int, limits: RequestLimits = RequestLimits()) -> list[Planned]:
    return [request for part in meter(unit, limits) for request in planned(line, part)]


def test_each_request_says_what_it_reads_and_what_it_costs() -> None:
    coil, block, rare = requests(BUS, 1)
    # RTU, 9600 baud, 8E1: 11 bits a character, and 3.5 of them silent before each of two frames.
    character = 11 * SECOND // 9600
    assert (coil.every, coil.bytes) == (SECOND, 8 + 6)
    assert coil.lasts == 14 * character + 2 * (7 * character // 2)
    assert (block.block.start, block.block.count, block.block.unwanted) == (0, 6, 3)
    assert block.bytes == 8 + 5 + 12
    assert (rare.every, rare.block.count) == (MINUTE, 1)


def test_the_limits_of_a_unit_are_those_of_its_plan() -> None:
    found = requests(LAN, 1, RequestLimits(gap=0))
    assert [each.block.count for each in found] == [1, 1, 2, 1]
    assert {each.lasts for each in found} == {None}


def test_bytes_go_by_the_framing() -> None:
    counts = {framing: requests(replace(BUS, framing=framing), 1)[0].bytes for framing in Framing}
    assert counts == {
        Framing.TCP: 12 + 10,
        Framing.RTU: 8 + 6,
        Framing.ASCII: 17 + 13,
    }


def test_units_that_are_asked_alike_are_told_once_and_the_line_says_how_busy_it_is() -> None:
    assert list(report(BUS, [*meter(1), *meter(2)], Language.EN)) == [
        "bus: /dev/ttyS0 9600 Bd, rtu",
        "  unit 1, 2: m1, m2",
        "    every  table             start  count  points  unwanted  bytes     time",
        "      1 s  coil                  0      1       1         0     14  24.0 ms",
        "      1 s  holding_register      0      6       2         3     25  36.6 ms",
        "     60 s  holding_register      6      1       1         0     15  25.2 ms",
        "    requests when all is due together: 2",
        "  line busy for 12% of the time, without what the devices take to answer",
    ]


def test_a_line_that_can_never_do_what_is_asked_of_it_is_told() -> None:
    few = [part for unit in range(1, 16) for part in meter(unit)]
    many = [*few, *(part for unit in range(16, 21) for part in meter(unit))]
    assert (list(overbusy(BUS, few)), list(overbusy(LAN, many))) == ([], [])
    (note,) = overbusy(BUS, many)
    assert note.en.startswith("bus would be busy for 122% of the time")


def test_the_plan_speaks_chinese_and_keeps_its_columns() -> None:
    assert list(report(LAN, meter(1), Language.ZH)) == [
        "lan：10.0.0.5:502，tcp",
        "  从站 1：m1",
        "    周期  数据表            起始  数量  点位  多读  字节  耗时",
        "     1 s  coil                 0     1     1     0    22     –",
        "     1 s  holding_register     0     6     2     3    33     –",
        "    60 s  holding_register     6     1     1     0    23     –",
        "    全部同时到期时的请求数：2",
    ]
