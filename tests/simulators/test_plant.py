"""Simulated meters, sumps, standby sets and rooms: behaviour alone, and as the gateway reads it."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.modbus.driver import ModbusDriver
from gateway.errors import BadConfig
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import Quality, Value
from gateway.site.connection_model import ModbusLine
from gateway.site.load import load_site
from gateway.site.modbus_model import RegisterTable
from gateway.site.problems import BadSite
from simulators.course import Course
from simulators.grundfos import CONTROL
from simulators.meters import EnergyMeter, Leak, WaterMeter
from simulators.plant import Plant
from simulators.plant_entries import MovedEntry, PumpEntry, TankEntry, UnitEntry
from simulators.room import Lighting, Room
from simulators.scenario import simulated
from simulators.simulation_file import load_simulation
from simulators.sump import Sump, SumpPump
from simulators.supply import Mains, Outage, StandbySet, Ups
from tests.blocking import excused
from tests.drivers.modbus.field import Collected, PassingTime, running
from tests.servers import free_port

START = 1_700_000_000 * SECOND
INSTANTS = st.integers(0, 3 * DAY).map(lambda after: START + after)


def sump(fails: Micros | None = None) -> Sump:
    return Sump(START, 2.0, 2.0, inflow=1.0, outflow=9.0, start=1.0, stop=0.2, fails=fails)


def test_a_course_is_least_at_its_start_and_most_half_a_day_later() -> None:
    course = Course(START, 2.0, 10.0)
    assert [round(course.at(START + n * DAY // 4), 9) for n in range(5)] == [2, 6, 10, 6, 2]
    assert course.total(START) == 0
    assert course.total(START + DAY) == pytest.approx(24 * 6.0)


@given(INSTANTS)
def test_what_a_course_comes_to_is_the_sum_of_what_it_was(now: Micros) -> None:
    course, step = Course(START, 2.0, 10.0), MINUTE
    grown = course.total(now + step) - course.total(now)
    assert grown == pytest.approx(course.at(now + step // 2) * step / HOUR, rel=1e-4)


@given(INSTANTS, INSTANTS)
def test_counters_only_grow(one: Micros, other: Micros) -> None:
    earlier, later = sorted((one, other))
    energy = EnergyMeter(Course(START, 2.0, 10.0), 100.0)
    water = WaterMeter(Course(START, 0.0, 5.0), 100.0, [Leak(START + DAY, 3.0)])
    assert energy.step(earlier).energy <= energy.step(later).energy
    assert water.step(earlier).volume <= water.step(later).volume
    assert sump().ran(earlier) <= sump().ran(later)


def test_a_leak_runs_beside_the_use_from_its_instant_on() -> None:
    meter = WaterMeter(Course(START, 2.0, 2.0), 10.0, [Leak(START + HOUR, 6.0)])
    assert meter.step(START + HOUR - 1).flow == 2.0
    assert meter.step(START + 2 * HOUR).flow == 8.0
    assert meter.step(START + 2 * HOUR).volume == pytest.approx(10 + 4 + 6)


def test_a_lost_phase_has_neither_voltage_nor_current() -> None:
    meter = EnergyMeter(Course(START, 9.0, 9.0), phase_lost=START + HOUR)
    assert min(meter.step(START).voltages) == 230.0
    assert meter.step(START + HOUR).voltages == (230.0, 0.0, 230.0)
    assert meter.step(START + HOUR).currents[1] == 0.0


def test_a_sump_fills_to_its_start_level_and_is_emptied_to_its_stop_level() -> None:
    filling, emptying = round(1.6 * HOUR), round(0.2 * HOUR)
    assert sump().step(START + filling - SECOND).level == pytest.approx(1.0, abs=0.001)
    assert not sump().step(START + filling - SECOND).running
    assert sump().step(START + filling + SECOND).running
    assert sump().step(START + filling + emptying - SECOND).level == pytest.approx(0.2, abs=0.002)
    assert sump().ran(START + 10 * (filling + emptying)) == 10 * emptying


@given(INSTANTS)
def test_a_sump_keeps_between_its_levels_until_its_pump_fails(now: Micros) -> None:
    assert 0.2 <= sump().step(now).level <= 1.0 + 1e-9
    failed = sump(fails=START + HOUR).step(now)
    assert failed.level <= 2.0
    assert failed.high == (failed.level >= 1.8)
    assert not failed.running


def test_the_pump_of_a_sump_draws_current_while_it_runs() -> None:
    pump = SumpPump(sump(), rated_current=4.0, hours=70.0)
    assert pump.step(START).current == 0.0
    state = pump.step(START + round(1.7 * HOUR))
    assert (state.running, state.current) == (True, 4.0)
    assert state.hours == pytest.approx(70.1)


def standby(outage: Outage, *, fails: bool = False) -> StandbySet:
    return StandbySet(Mains([outage]), fails)


def test_a_set_takes_over_from_the_mains_and_gives_back_after_three_minutes() -> None:
    field = standby(Outage(START, START + HOUR))
    told = {
        after: (field.step(START + after).engine, field.step(START + after).position)
        for after in (2 * SECOND, 4 * SECOND, 11 * SECOND, 15 * SECOND, 17 * SECOND, HOUR + MINUTE)
    }
    assert list(told.values()) == [
        ("stopped", "mains"),
        ("starting", "mains"),
        ("running", "mains"),
        ("running", "between"),
        ("running", "generator"),
        ("running", "generator"),
    ]
    back = START + HOUR + 3 * MINUTE
    assert field.step(back).position == "between"
    assert field.step(back + 2 * SECOND).position == "mains"
    assert field.step(back + 2 * SECOND).engine == "stopping"
    assert field.step(back + 2 * MINUTE).engine == "stopped"


def test_a_set_sleeps_through_a_blink_and_one_that_cannot_start_says_fault() -> None:
    blink = standby(Outage(START, START + 2 * SECOND))
    assert {blink.step(START + n * SECOND).engine for n in range(60)} == {"stopped"}
    broken = standby(Outage(START), fails=True)
    engines = [broken.step(START + n * SECOND).engine for n in (1, 10, 30)]
    assert engines == ["stopped", "starting", "fault"]
    assert broken.step(START + HOUR).position == "mains"


def test_a_ups_lasts_for_its_autonomy_and_charges_slowly() -> None:
    ups = Ups(Mains([Outage(START, START + 15 * MINUTE)]), load=40.0, autonomy=30 * MINUTE)
    assert ups.step(START - SECOND).charge == 100.0
    half = ups.step(START + 15 * MINUTE - SECOND)
    assert (half.state, round(half.charge)) == ("on-battery", 50)
    assert ups.step(START + 15 * MINUTE).state == "online"
    assert ups.step(START + 2 * HOUR).charge == 100.0
    empty = Ups(Mains([Outage(START)]), load=40.0, autonomy=30 * MINUTE).step(START + HOUR)
    assert (empty.state, empty.charge, empty.load) == ("off", 0.0, 0.0)


def test_a_room_grows_hot_and_wet_when_it_is_to() -> None:
    room = Room(Course(START, 20.0, 24.0), heats=START + HOUR, floods=START + 2 * HOUR)
    assert room.step(START).temperature == pytest.approx(20.0)
    assert room.step(START + HOUR).temperature > 45
    assert [room.step(START + n * HOUR).wet for n in (1, 2)] == [False, True]


def test_lamps_are_lit_in_the_dark_until_they_are_switched() -> None:
    lighting = Lighting(Course(START, 0.0, 20_000.0))
    assert lighting.step(START).lit
    assert not lighting.step(START + DAY // 2).lit
    lighting.switch(START, RegisterTable.COIL, 0, [1])
    assert lighting.step(START + DAY // 2).lit
    with pytest.raises(LookupError):
        lighting.switch(START, RegisterTable.HOLDING_REGISTER, 0, [1])


FILE = """\
outages: [{{after: 10s}}]
modbus:
  port: {port}
  units:
    1:
      sump:
        {{area: 2, height: 2, inflow: 1, outflow: 9, start: 1, stop: 0.25, fails_after: 0s}}
    2: {{pump: {{rated_current: 4, hours: 70, drains: 1}}}}
    3: {{pump: {{rated_current: 9, hours: 20, running: true, fills: {{unit: 11, flow: 6}}}}}}
    4: {{energy_meter: {{least: 6, most: 6, energy: 123456}}}}
    5: {{water_meter: {{least: 1.5, most: 1.5, volume: 70000}}}}
    6: {{generator: {{}}}}
    7: {{transfer_switch: {{generator: 6}}}}
    8: {{ups: {{load: 42, autonomy: 40m}}}}
    9: {{room: {{least: 21, most: 21, humidity: 44}}}}
    10: {{lighting: {{most: 800}}}}
    11: {{tank: {{area: 4, height: 3, level: 1.5, flows: [{{after: 0s, flow: -6}}]}}}}
"""
SITE = """\
site: {{id: court, name: Court, time_zone: Asia/Shanghai, data: data}}
connections: {{plant: {{type: modbus-tcp, host: 127.0.0.1, port: {port}}}}}
devices:
"""
DEVICE = "{{id: {0}, kind: {1}, profile: {2}, connection: plant, unit: {3}, name: D, place: P}}"
DEVICES = (
    ("pit", "sump", "demo-sump"),
    ("pump", "pump", "demo-sump-pump"),
    ("lift", "pump", "demo-pump"),
    ("meter", "energy-meter", "eastron-sdm630"),
    ("water", "water-meter", "tuf-2000"),
    ("set", "generator", "deep-sea-gencomm"),
    ("switch", "transfer-switch", "demo-transfer-switch"),
    ("ups", "ups", "apc-smart-ups"),
    ("room", "room", "demo-room"),
    ("lights", "lighting", "demo-lighting"),
    ("roof", "tank", "demo-tank"),
)
AT_REST: Mapping[str, Value] = {
    "pit/level": 0.25,
    "pit/high-switch": "clear",
    "pit/pump": "stopped",
    "pump/run": "stopped",
    "pump/fault": "ok",
    "pump/current": 0.0,
    "pump/hours": 70.0,
    "lift/run": "running",
    "lift/fault": "ok",
    "lift/current": 9.0,
    "lift/hours": 20.0,
    "lift/run-order": "on",
    "lift/reset-order": "off",
    "meter/power": 6.0,
    "meter/energy": 123456.0,
    **{f"meter/voltage-l{n}": 230.0 for n in (1, 2, 3)},
    **{f"meter/current-l{n}": 9.15 for n in (1, 2, 3)},
    "meter/frequency": 50.0,
    "meter/power-factor": 0.95,
    "water/flow": 1.5,
    "water/volume": 70000.0,
    "set/state": "stopped",
    "set/mode": "auto",
    "set/alarm": "ok",
    "set/coolant": 40.0,
    "set/fuel": 82.0,
    "set/battery": 27.2,
    "set/frequency": 0.0,
    "set/power": 0.0,
    "set/hours": 812.0,
    "set/starts": 143.0,
    "switch/position": "mains",
    "switch/mains": "present",
    "switch/generator": "lost",
    "ups/state": "online",
    "ups/battery": "ok",
    "ups/charge": 100.0,
    "ups/runtime": 40.0,
    "ups/temperature": 27.0,
    "ups/load": 42.0,
    "room/temperature": 21.0,
    "room/humidity": 44.0,
    "room/floor": "dry",
    "lights/state": "on",
    "lights/mode": "auto",
    "lights/photocell": 0.0,
    "roof/level": 1.5,
}


async def test_the_gateway_reads_of_each_what_it_does(tmp_path: Path) -> None:
    time, sink, port = PassingTime(), Collected(), free_port()
    estate, site_file = tmp_path / "estate.yaml", tmp_path / "site.yaml"
    estate.write_text(FILE.format(port=port), "utf-8")
    devices = "".join(
        f"  - {DEVICE.format(*device, unit)}\n" for unit, device in enumerate(DEVICES, 1)
    )
    site_file.write_text(SITE.format(port=port) + devices, "utf-8")
    with excused():
        site = load_site(site_file, {})
    (line,) = site.connections
    assert isinstance(line, ModbusLine)
    async with simulated(load_simulation(estate, {}), time):
        driver = ModbusDriver(line, site.devices, time, sleep=time.sleep)
        async with running(driver, sink):
            await sink.until(lambda: {each.point for each in sink.readings} >= AT_REST.keys())
    assert {each.quality for each in sink.readings} == {Quality.GOOD}
    first = {each.point: each.value for each in reversed(sink.readings)}
    assert first.keys() == AT_REST.keys()
    for point, value in AT_REST.items():
        expected = pytest.approx(value, rel=1e-2) if isinstance(value, float) else value
        assert first[point] == expected, point


def test_of_two_pumps_one_fills_its_tank_and_the_other_empties_it() -> None:
    moved = MovedEntry(unit=1, flow=2)
    entries = {
        1: UnitEntry(tank=TankEntry(area=1, height=9, level=5)),
        2: UnitEntry(pump=PumpEntry(rated_current=4, running=True, fills=moved)),
        3: UnitEntry(pump=PumpEntry(rated_current=4, empties=moved)),
    }
    plant = Plant(START, entries)
    write = plant.units()[3].write
    assert write is not None
    assert plant.tanks[1].step(START + HOUR) == pytest.approx(7)
    write(START + HOUR, RegisterTable.COIL, 0, [1])
    write(START + HOUR, RegisterTable.COIL, 0, [1])
    assert plant.tanks[1].step(START + 2 * HOUR) == pytest.approx(7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"fills": {"unit": 1, "flow": 2}, "empties": {"unit": 1, "flow": 2}},
        {"drains": 1, "empties": {"unit": 1, "flow": 2}},
        {"drains": 1, "running": True},
    ],
)
def test_a_pump_moves_one_water_alone(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected"):
        PumpEntry.model_validate({"rated_current": 4, **wrong})


@pytest.mark.parametrize(
    ("units", "problem"),
    [
        ("{1: {}}", "unit 1: is not one piece of plant"),
        ("{1: {ups: {}, room: {least: 1, most: 2}}}", "unit 1: is not one piece of plant"),
        ("{1: {transfer_switch: {generator: 2}}}", "unit 1: unit 2 is no generator"),
        ("{1: {pump: {rated_current: 4, drains: 1}}}", "unit 1: unit 1 is no sump"),
        (
            "{1: {pump: {rated_current: 4, fills: {unit: 2, flow: 1}}}}",
            "unit 1: unit 2 is no tank",
        ),
        (
            "{1: {pump: {rated_current: 4, empties: {unit: 2, flow: 1}}}}",
            "unit 1: unit 2 is no tank",
        ),
    ],
)
async def test_units_that_do_not_fit_together_are_told(
    tmp_path: Path, units: str, problem: str
) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text(f"modbus: {{port: {free_port()}, units: {units}}}", "utf-8")
    with pytest.raises(BadConfig, match=problem):
        async with simulated(load_simulation(file, {}), PassingTime()):
            pass


def test_a_sump_that_cannot_work_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "estate.yaml"
    file.write_text(
        "modbus:\n  units:\n    1:\n"
        "      sump: {area: 2, height: 2, inflow: 9, outflow: 1, start: 1, stop: 0}\n",
        "utf-8",
    )
    with pytest.raises(BadSite, match="expected 0 <= stop < start < height"):
        load_simulation(file, {})


def test_a_pump_may_have_its_makers_registers() -> None:
    entry = UnitEntry(pump=PumpEntry(rated_current=9, module="grundfos-cim"))
    unit = Plant(0, {1: entry}).units()[1]
    assert unit.write is not None
    unit.write(0, RegisterTable.HOLDING_REGISTER, CONTROL, [0b011])
    assert unit.tables(0).input_registers[308] == 90
    with pytest.raises(ValidationError, match="its float decides"):
        PumpEntry(rated_current=9, module="grundfos-cim", drains=2)
