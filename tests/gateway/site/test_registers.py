"""Register maps: what they give, and what is told of wrong ones."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from gateway.model.clock import MILLISECOND, MINUTE, SECOND
from gateway.model.point import PointKind
from gateway.site.modbus_model import (
    ModbusAddress,
    Order,
    RegisterPoint,
    RegisterTable,
    Report,
    RequestLimits,
    TextEncoding,
    TimeLayout,
)
from gateway.site.model import Site
from gateway.site.modicon import perhaps_meant
from gateway.site.overlaps import overlapping

Load = Callable[..., Site]
Told = Callable[..., list[str]]

PLANT = """\
kinds:
  plant:
    name: Plant
    points:
      flow: {kind: number, unit: m3/h, name: Flow}
      power: {kind: number, unit: kW, optional: true, name: Power}
      mode: {kind: state, states: [off, auto, fault], name: Mode}
      serial: {kind: text, optional: true, name: Serial}
      clock: {kind: text, optional: true, name: Clock}
      stop: {kind: event, optional: true, name: Stop}
registers:
  acme:
    kind: plant
    source: "ACME, register list 1.2, pages 3 to 5"
    period: 5s
    limits: {registers: 60, bits: 500, gap: 4, bit_gap: 16}
    pause: 20ms
    word_order: little
    not_available: [0x8000, 4294967295]
    points:
      flow: {table: holding_register, address: 2, type: int16}
      power: {table: holding_register, address: 4, type: float32, word_order: big}
      mode: {table: holding_register, address: 6, type: uint16, mask: 0x00F0,
        states: {0: off, 1-3: auto, 0x4-15: fault}}
      serial: {table: holding_register, address: 10, type: string, length: 8, encoding: gb18030}
      clock: {table: holding_register, address: 30, type: time, layout: six-registers}
devices:
  - {id: p, kind: plant, profile: acme, connection: plant, unit: 1, name: P, place: P}
"""
"""Lines 6 to 31."""


def registers(site: Site) -> dict[str, RegisterPoint]:
    address = site.devices[0].address
    assert isinstance(address, ModbusAddress)
    return {each.point.id.removeprefix("p/"): each for each in address.registers}


def test_a_register_map_says_how_its_units_are_asked(load: Load) -> None:
    address = load(PLANT).devices[0].address
    assert isinstance(address, ModbusAddress)
    assert (address.limits, address.pause) == (RequestLimits(60, 500, 4, 16), 20 * MILLISECOND)


def test_addresses_are_taken_as_the_list_writes_them_in_hexadecimal_too(load: Load) -> None:
    text = PLANT.replace("address: 2,", "address: 0x5B00,").replace("address: 4,", 'address: "4",')
    found = registers(load(text))
    assert (found["flow"].address, found["power"].address) == (0x5B00, 4)


def test_a_device_says_how_it_differs_from_its_map(load: Load) -> None:
    own = "place: P, modbus: {limits: {gap: 0}, pause: 0s, zone: Asia/Shanghai}}"
    site = load(PLANT.replace("place: P}", own))
    address = site.devices[0].address
    assert isinstance(address, ModbusAddress)
    assert (address.limits, address.pause) == (RequestLimits(60, 500, 0, 16), 0)
    assert registers(site)["clock"].zone == ZoneInfo("Asia/Shanghai")


def test_orders_and_what_is_not_available_are_the_maps_unless_a_register_has_its_own(
    load: Load,
) -> None:
    found = registers(load(PLANT))
    orders = {name: each.word_order for name, each in found.items()}
    assert orders == {
        "flow": Order.LITTLE,
        "power": Order.BIG,
        "mode": Order.LITTLE,
        "serial": Order.BIG,
        "clock": Order.BIG,
    }, "the order of numbers' registers is none of texts"
    missing = {name: each.not_available for name, each in found.items()}
    assert missing == {
        "flow": {0x8000},
        "power": {0xFFFF_FFFF},
        "mode": {0x8000},
        "serial": frozenset(),
        "clock": frozenset(),
    }, "each for values as long as it is written"


def test_masks_states_texts_and_times_are_read(load: Load) -> None:
    found = registers(load(PLANT))
    assert found["mode"].mask == 0x00F0
    assert found["mode"].states == {
        range(0, 1): "off",
        range(1, 4): "auto",
        range(4, 16): "fault",
    }
    assert (found["serial"].width, found["serial"].encoding) == (8, TextEncoding.GB18030)
    assert (found["clock"].width, found["clock"].layout) == (6, TimeLayout.SIX)
    assert found["serial"].point.kind is PointKind.TEXT


MODICON = PLANT.replace("period: 5s", "period: 5s\n    addressing: modicon")


@pytest.mark.parametrize(
    ("written", "table", "address"),
    [
        ("address: 40003", RegisterTable.HOLDING_REGISTER, 2),
        ("address: 400003", RegisterTable.HOLDING_REGISTER, 2),
        ("address: 465000", RegisterTable.HOLDING_REGISTER, 64999),
        ("address: 30001", RegisterTable.INPUT_REGISTER, 0),
        ("address: 300001", RegisterTable.INPUT_REGISTER, 0),
        ("table: holding_register, address: 40003", RegisterTable.HOLDING_REGISTER, 2),
    ],
)
def test_modicons_numbers_name_table_and_address(
    load: Load, written: str, table: RegisterTable, address: int
) -> None:
    text = _in_modicon(written)
    flow = registers(load(text))["flow"]
    assert (flow.table, flow.address) == (table, address)


@pytest.mark.parametrize(
    ("written", "table", "address"),
    [
        ("address: 00007", RegisterTable.COIL, 6),
        ("address: 000007", RegisterTable.COIL, 6),
        ("address: 100001", RegisterTable.DISCRETE_INPUT, 0),
        ("table: discrete_input, address: 10001", RegisterTable.DISCRETE_INPUT, 0),
        ("table: coil, address: 010001", RegisterTable.COIL, 10000),
    ],
)
def test_modicons_numbers_of_bits(
    load: Load, written: str, table: RegisterTable, address: int
) -> None:
    flow = registers(load(_in_modicon(written).replace(" int16", " bit")))["flow"]
    assert (flow.table, flow.address) == (table, address)


def _in_modicon(flow: str) -> str:
    text = MODICON.replace("table: holding_register, address: 2,", f"{flow},")
    for address in (4, 6, 10, 30):
        text = text.replace(f"address: {address},", f"address: {40001 + address},")
    return text


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        ("address: ¦10001", "expected table: discrete_input or table: coil beside it"),
        (
            "address: ¦0",
            "expected a Modicon number, such as 40001 or 400001 for holding register 0",
        ),
        (
            "table: holding_register, address: ¦30001",
            "expected a holding register's number, such as 40001 or 400001 for holding register 0",
        ),
        (
            "table: input_register, address: ¦40003",
            "expected an input register's number, such as 30001 or 300001 for input register 0",
        ),
        (
            "table: coil, address: ¦70000",
            "expected a coil's number, such as 00001 or 000001 for coil 0",
        ),
        (
            "address: ¦90000",
            "expected a Modicon number, such as 40001 or 400001 for holding register 0",
        ),
    ],
)
def test_a_number_that_is_none_of_modicons_is_told(told: Told, flow: str, expected: str) -> None:
    assert told(_in_modicon(flow)) == [f"'flow' has no such address; {expected}"]


def test_addresses_that_look_like_modicons_are_noted_where_the_map_does_not_say_so(
    load: Load,
) -> None:
    text = PLANT
    for address in (2, 4, 6, 10, 30):
        text = text.replace(f"address: {address},", f"address: {40001 + address},")
    note = (
        "p is asked for holding_register 40003 on the wire; write addressing: modicon if its list"
        " numbers them from 30001 or 40001"
    )
    (noted,) = perhaps_meant(load(text).devices)
    assert noted.en == note
    assert noted.zh.startswith("p 在线上按 holding_register 40003 读取")
    said = text.replace("period: 5s\n    limits", "period: 5s\n    addressing: modicon\n    limits")
    assert list(perhaps_meant(load(said).devices)) == []
    assert list(perhaps_meant(load(PLANT).devices)) == []


def test_points_that_lie_partly_in_each_others_registers_are_noted(load: Load) -> None:
    assert list(overlapping(load(PLANT).devices)) == []
    text = PLANT.replace("address: 2, type: int16", "address: 3, type: float32")
    again = text + text.splitlines()[-1].replace("id: p", "id: q").replace("unit: 1", "unit: 2")
    note = (
        "p: flow at holding_register 3–4 (40004–40005) and power at holding_register 4–5"
        " (40005–40006) overlap; look whether the list has these addresses and types"
    )
    (noted,) = overlapping(load(again).devices)
    assert noted.en == note, "once for both devices of the map"
    assert "重叠" in noted.zh


def test_bits_bytes_masks_and_one_place_under_two_names_share_registers_rightly(
    load: Load,
) -> None:
    text = PLANT.replace("address: 4, type: float32", "address: 2, type: uint16")
    masked = text.replace("address: 6, type: uint16", "address: 10, type: uint16")
    assert list(overlapping(load(masked).devices)) == []


def test_a_state_point_without_raw_values_is_told_with_its_states(told: Told) -> None:
    states = """mask: 0x00F0,
        states: {0: off, 1-3: auto, 0x4-15: fault}}"""
    text = PLANT.replace(states, "bit: 3}").replace("mode: {table", "mode: ¦{table")
    assert told(text.replace("type: uint16, bit", "type: bit, bit")) == [
        "'mode' does not say which raw value is which state; expected states: {raw: state} with"
        " off, auto, fault"
    ]


def test_a_map_that_does_not_say_that_its_numbers_are_modicons_is_told_so_once(told: Told) -> None:
    text = """\
    registers:
      acme:
        kind: pump
        period: 2s
        points:
          run: {address: ¦30001, type: uint16, states: {0: stopped, 1: running}}
          fault: {address: 30001, type: bit, bit: 15, states: {0: ok, 1: fault}}
          current: {address: 30003, type: uint32}
          run-order: {address: 1, type: bit, states: {0: off, 1: on}, write: {}}
        commands: {start: {write: {run-order: on}}}
    devices:
      - {id: p, kind: pump, profile: acme, connection: plant, unit: 1, name: P, place: P}
    """
    assert told(text) == [
        "addresses such as 30001 look like Modicon's numbers; expected addressing: modicon in the"
        " map, or table and address from 0"
    ], "and no rule is told to lack its point"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "vibration",
            "kind 'pump' has no point 'vibration'; expected one of: run, reset-order, fault,"
            " starts, current, run-order, mode, hours, pressure, speed",
        ),
        ("presure", "kind 'pump' has no point 'presure'; did you mean 'pressure'?"),
        (
            "dry-run",
            "'dry-run' is said by the gateway, and by no device; expected it to be left out",
        ),
    ],
)
def test_a_point_that_no_device_of_the_kind_has_is_told_with_those_they_have(
    told: Told, name: str, expected: str
) -> None:
    text = f"""\
    registers:
      acme:
        kind: pump
        period: 2s
        points: {{¦{name}: {{table: coil, address: 0, type: bit}}}}
    """
    assert told(text) == [expected]


@pytest.mark.parametrize("unit", [0, 255])
def test_a_unit_that_only_tcp_has_is_none_on_other_lines(load: Load, told: Told, unit: int) -> None:
    text = PLANT.replace("unit: 1", f"unit: {unit}")
    address = load(text).devices[0].address
    assert isinstance(address, ModbusAddress)
    assert address.unit == unit
    rtu = "connections:\n  rtu: {type: modbus-tcp, host: h, framing: rtu}\n"
    at_rtu = text.replace("connection: plant, unit: ", "connection: rtu, unit: ¦")
    whole = f"site: {{id: c, name: C, time_zone: UTC, data: d}}\n{rtu}{at_rtu}"
    assert told(whole, whole=True) == [f"'p' has unit {unit}; expected 1 to 247 with framing rtu"]


STOP = "      stop: ¦{table: coil, address: 1, type: bit}"
WRONG = [
    ("kind: plant\n    source", "kind: plant\n    ¦vendor", "unknown key 'vendor'"),
    ("period: 5s", "period: 5s\n    addressing: ¦modbus", "'addressing' is 'modbus'"),
    ("registers: 60", "registers: ¦126", "'registers' is 126"),
    ("bits: 500", "bits: ¦2001", "'bits' is 2001"),
    (" gap: 4", " gap: ¦-1", "'gap' is -1"),
    ("pause: 20ms", "pause: ¦20", "'pause' is 20"),
    ("word_order: little", "word_order: ¦midle", "'word_order' is 'midle'"),
    ("[0x8000, ", "[¦0x8G, ", "item 1 is '0x8G'"),
    ("[0x8000, ", "[¦-1, ", "item 1 is -1"),
    ("[0x8000, ", "[¦1.5, ", "item 1 is 1.5"),
    ("table: holding_register, address: 2", "address: ¦2", "'flow' has no table"),
    ("address: 2,", "address: ¦70000,", "'flow' has no such address"),
    ("address: 2,", "address: ¦0x5G,", "'address' is '0x5G'"),
    ("type: int16}", "type: ¦bit}", "'flow' has type bit in a holding register"),
    ("type: int16}", "type: int16, bit: ¦3}", "'flow' has bit and type int16"),
    ("type: int16}", "type: bit, bit: ¦16}", "'bit' is 16"),
    ("type: int16}", "type: int16, byte: ¦high}", "'flow' has byte and type int16"),
    ("type: int16}", "type: int16, mask: ¦0xF}", "'flow' has mask and type int16"),
    ("type: int16}", "type: uint16, mask: ¦0}", "'mask' is 0"),
    ("type: int16}", "type: uint16, mask: ¦0x0F0F}", "'mask' is '0x0F0F'"),
    ("type: int16}", "type: uint16, mask: ¦0x1F000}", "'flow' has a mask of more than 16 bits"),
    ("type: int16}", "type: int16, length: ¦3}", "'flow' has length and type int16"),
    ("type: int16}", "type: int16, layout: ¦bcd}", "'flow' has layout and type int16"),
    ("type: int16}", "type: int16, not_available: [0], ¦dead_zone: 1}", "unknown key 'dead_zone'"),
    ("type: int16}", "type: int16, deadband: ¦1}", "'deadband' is 1"),
    ("type: int16}", "type: int16, deadband: ¦{}}", "'deadband' is empty"),
    ("type: int16}", "type: int16, deadband: {absolute: ¦0}}", "'absolute' is 0"),
    ("type: int16}", "type: int16, deadband: {percent: ¦101}}", "'percent' is 101"),
    (
        "type: int16}",
        "type: int16, deadband: ¦{percent: 1}}",
        "'flow' has no range to take percent of",
    ),
    ("type: int16}", "type: int16, scale: ¦0}", "'flow' would be the same whatever is read"),
    ("fault}}", "fault}, deadband: ¦{absolute: 1}}", "'mode' is no number"),
    ("type: int16}", "type: int16, not_available: ¦[0x10000]}", "'flow' cannot be 0x10000"),
    ("type: int16}", "type: ¦string, length: 2}", "'flow' is a number of type string"),
    ("type: int16}", "type: int16, states: ¦{1: off}}", "'flow' is no state"),
    ("type: string, length: 8", "type: ¦string", "'serial' has type string without length"),
    (
        "type: string, length: 8",
        "type: ¦string, length: 61",
        "'serial' takes 61 registers, and one request 60",
    ),
    ("encoding: gb18030", "encoding: ¦gbk", "'encoding' is 'gbk'"),
    ("length: 8, encoding: gb18030", "length: 8, scale: ¦2", "'serial' has scale and type string"),
    (
        "type: string, length: 8, encoding: gb18030",
        "type: ¦uint32",
        "'serial' is a text of type uint32",
    ),
    ("layout: six-registers", "layout: ¦six", "'layout' is 'six'"),
    ("type: time, layout: six-registers", "type: ¦time", "'clock' has type time without layout"),
    ("type: uint16, mask: 0x00F0", "type: ¦float32", "'mode' is a state of type float32"),
    ("type: uint16, mask: 0x00F0", "type: uint16, mask: 0xF0, scale: ¦2", "'mode' is no number"),
    ("{0: off", "{¦3-1: off", "'3-1' cannot be a key here"),
    ("{0: off", "{¦1.5: off", "'1.5' cannot be a key here"),
    ("states: {0: off", "states: ¦{2: off", "'mode' has two states for 2"),
    ("states: {0: off, 1-3", "states: ¦{-1: off, 1-3", "'mode' can never be -1"),
    (
        "{0: off, 1-3: auto, 0x4-15: fault",
        "¦{0: off, 1-3: auto, 0x4-16: fault",
        "'mode' can never be 16",
    ),
    ("states: {0: off, 1", "states: ¦{0: off, 0x0: auto, 1", "'states' is not right"),
    (
        "mask: 0x00F0,\n        states: {",
        "not_available: [0],\n        states: ¦{",
        "'mode' is never 'off': 0 is not available",
    ),
    (
        "uint16, mask: 0x00F0,\n        states: {0: off, 1-3",
        "int8,\n        states: ¦{-5--3: off, -4",
        "'mode' has two states for -4",
    ),
    (
        "uint16, mask: 0x00F0,\n        states: {0: off, 1-3",
        "int16,\n        states: ¦{65535: off, 1-3",
        "'mode' can never be 65535",
    ),
    (
        "uint16, mask: 0x00F0,\n        states: {0: off, 1-3",
        "bcd16,\n        states: ¦{10000: off, 1-3",
        "'mode' can never be 10000",
    ),
    ("    points:\n      flow: {t", f"    points:\n{STOP}\n      flow: {{t", "'stop' is an event"),
    ("place: P}", "place: P, modbus: {¦limit: {}}}", "unknown key 'limit'"),
    (
        "place: P}",
        "place: P, modbus: {pause: ¦5s}}",
        "'p' cannot be asked so often and be left alone for so long",
    ),
    ("place: P}", "place: P, modbus: {limits: {registers: ¦4}}}", "'p/serial' takes 8 registers"),
    ("place: P}", "place: P, modbus: {zone: ¦Peking}}", "'zone' is 'Peking'"),
]


def test_what_is_no_value_in_registers_is_one_in_coils(load: Load) -> None:
    text = PLANT.replace("[0x8000, 4294967295]", "[0]").replace(
        "holding_register, address: 2, type: int16", "coil, address: 2, type: bit"
    )
    found = registers(load(text))
    assert not found["flow"].not_available
    assert found["mode"].not_available == {0}


@pytest.mark.parametrize("deadband", ["{percent: 100}", "{absolute: 200}"])
def test_a_deadband_as_wide_as_the_range_is_told(told: Told, deadband: str) -> None:
    text = PLANT.replace("Flow}", "Flow, low: -20, high: 180}")
    assert told(text.replace("int16}", f"int16, deadband: ¦{deadband}}}")) == [
        "'flow' could never leave its deadband; expected less than from its low to its high"
    ]


def test_a_map_whose_pause_is_too_long_for_a_device_is_told_at_the_device(told: Told) -> None:
    text = PLANT.replace("pause: 20ms", "pause: 6s").replace("{id: p,", "¦{id: p,")
    assert told(text) == [
        "'p' cannot be asked so often and be left alone for so long;"
        " expected a pause shorter than its period"
    ]


def test_how_often_a_point_is_read_and_reported(load: Load) -> None:
    text = PLANT.replace("Flow}", "Flow, low: -20, high: 180}").replace(
        "Mode}", "Mode, period: 5s}"
    )
    text = text.replace("type: int16}", "type: int16, period: 1s, deadband: {percent: 0.5}}")
    text = text.replace("word_order: big}", "word_order: big, deadband: {absolute: 2}, period: 1m}")
    found = registers(load(text.replace("6, type: uint16", "6, heartbeat: 10s, type: uint16")))
    assert found["flow"].report == Report(MINUTE, 1.0)
    assert found["power"].report == Report(MINUTE, 2.0)
    assert found["mode"].report == Report(10 * SECOND)
    assert found["serial"].report is None
    assert [found[name].period for name in ("flow", "power", "mode")] == [SECOND, MINUTE, None]
    silences = {name: found[name].point.period for name in found}
    # A point is silent when three polls, or three heartbeats where there are fewer, are missing.
    assert silences["flow"] == silences["power"] == 3 * MINUTE
    assert (silences["mode"], silences["serial"]) == (30 * SECOND, 15 * SECOND)


def test_a_whole_map_can_report_by_exception(load: Load) -> None:
    found = registers(load(PLANT.replace("    period: 5s", "    period: 5s\n    heartbeat: 2m")))
    assert {each.report for each in found.values()} == {Report(2 * MINUTE)}


RARE = """\
registers:
  rare-tank:
    kind: tank
    period: 5s
    points: {level: {table: holding_register, address: 0, type: float32, deadband: {absolute: 0.5}}}
devices:
  - {id: pit, kind: tank, profile: rare-tank, connection: plant, unit: 1, name: T, place: P,
     rules: {high-level: {enabled: true, when: {above: 3.0}}}}
  - {id: lift, kind: pump, profile: gatehouse-json, connection: broker, topic: t/lift, name: L,
     place: P, pump: {draws_from: pit, low_level: 0.4}}
"""


def test_no_deadband_hides_the_limits_of_rules_and_pumps(load: Load) -> None:
    report = registers(load(RARE))["pit/level"].report
    # low-level below 1.0, deadband 0.1; high-level above 3.0, deadband 0.1; the pump's own.
    assert report is not None
    assert report.edges == (0.4, 0.45, 1.0, 1.1, 2.9, 3.0)


def test_no_deadband_hides_what_expressions_compare_a_point_with(load: Load) -> None:
    nearly_full = """\
  - {id: ups, kind: ups, profile: apc-smart-ups, connection: plant, unit: 2, name: U, place: P,
     derived: {nearly-full: {name: N, kind: state, states: [no, yes],
       expression: "if(pit/level > 2.5, yes, no)"}}}
"""
    report = registers(load(RARE + nearly_full))["pit/level"].report
    assert report is not None
    assert 2.5 in report.edges


PLANT_LIMITS = """\
site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
connections:
  plant: {type: modbus-tcp, host: 127.0.0.1, port: 1502}
  broker: {type: mqtt, host: 127.0.0.1, client_id: court}
  own: {type: gateway}
registers:
  rare-pump:
    kind: pump
    heartbeat: 60s
    period: 5s
    points:
      run: {table: coil, address: 0, type: bit, states: {0: stopped, 1: running}}
      current: {table: input_register, address: 0, type: float32, deadband: {absolute: 2}}
      pressure: {table: input_register, address: 2, type: float32, deadband: {absolute: 1}}
  rare-light:
    kind: lighting
    period: 5s
    points:
      state: {table: coil, address: 0, type: bit, states: {0: "off", 1: "on"}}
      photocell: {table: input_register, address: 0, type: float32, deadband: {absolute: 99}}
devices:
  - {id: booster, kind: pump, profile: rare-pump, connection: plant, unit: 1, name: B, place: P,
     pump: {rated_current: 20, dry_below: 40, overload_above: 110, low_pressure: 0.5},
     rules: {fault: {enabled: false}}}
  - {id: path, kind: lighting, profile: rare-light, connection: plant, unit: 2, name: L, place: P,
     lighting: {photocell: path/photocell, on_below: 30, off_above: 60}}
  - {id: lift, kind: pump, profile: gatehouse-json, connection: broker, topic: t/lift, name: L,
     place: P}
  - {id: pumps, kind: pump-group, connection: own, name: G, place: P,
     group: {pumps: [lift], by: booster/pressure, start: 2, lag: 1.5, stop: 4}}
"""


def test_no_deadband_hides_the_limits_of_pumps_groups_and_photocells(load: Load) -> None:
    site = load(PLANT_LIMITS, whole=True)
    told = {
        register.point.id: register.report.edges
        for device in site.devices
        if isinstance(device.address, ModbusAddress)
        for register in device.address.registers
        if register.report is not None
    }
    assert told["booster/current"] == (8.0, 22.0)
    assert told["booster/pressure"] == (0.5, 1.5, 2.0, 4.0)
    assert told["path/photocell"] == (30.0, 60.0)


def test_where_a_rule_counts_readings_each_of_them_is_told(load: Load) -> None:
    counting = RARE.replace("enabled: true,", "enabled: true, needed: 2 of 3,")
    report = registers(load(counting))["pit/level"].report
    assert report is not None
    assert report.heartbeat == 0


@pytest.mark.parametrize(("old", "new", "expected"), WRONG)
def test_what_is_wrong_with_a_register_map_is_told_where_it_stands(
    told: Told, old: str, new: str, expected: str
) -> None:
    assert old in PLANT
    text = PLANT.replace(old, new, 1)
    found = [line.partition(";")[0] for line in told(text)]
    assert found[:1] == [expected]
