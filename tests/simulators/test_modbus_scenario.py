"""Modbus in a simulation file: what carries it, and what is wrong with its units when."""

from pathlib import Path

import pytest

from drivers.modbus.answers import WrongLength
from drivers.modbus.line import IllegalAddress, Line, NoAnswer
from gateway.errors import GatehouseError, Refused
from gateway.model.clock import MINUTE, SECOND
from gateway.site.connection_model import Framing, ModbusLine, Tcp
from gateway.site.modbus_model import RegisterTable
from gateway.site.problems import BadSite
from simulators.scenario import simulated
from simulators.simulation_file import load_simulation
from tests.drivers.modbus.field import HOST, SHORT, WITHIN_S, PassingTime, connection
from tests.drivers.modbus.real_peers import serial_pair
from tests.drivers.modbus.serial_peer import serial_line
from tests.servers import free_port

INPUT = RegisterTable.INPUT_REGISTER
TANK = "tank: {area: 4, height: 3, level: 1.5}"


async def level_of(line: Line) -> list[int]:
    return list(await line.read(1, INPUT, 0, 2))


def written(folder: Path, text: str) -> Path:
    file = folder / "estate.simulation.yaml"
    file.write_text(text)
    return file


FAULTS: list[tuple[str, type[GatehouseError] | None]] = [
    ("dead", NoAnswer),
    ("mute", NoAnswer),
    ("exception, code: 2", IllegalAddress),
    ("exception", Refused),
    ("exception, code: 11", NoAnswer),
    ("wrong-unit", NoAnswer),
    ("wrong-length", WrongLength),
    ("wrong-checksum", NoAnswer),
    ("late, by: 1m", NoAnswer),
    ("swapped", NoAnswer),
    ("slow, by: 1ms", None),
    ("noisy", None),
    ("resets", NoAnswer),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
async def test_a_unit_fails_when_the_file_says_and_only_then(
    tmp_path: Path, fault: str, error: type[GatehouseError] | None
) -> None:
    time, port = PassingTime(), free_port()
    faults = f"[{{fault: {fault}, after: 10s, lasts: 5s}}]"
    units = f"{{1: {{{TANK}, faults: {faults}}}}}"
    text = f"modbus: {{port: {port}, framing: rtu, units: {units}}}"
    rtu = ModbusLine("plant-room", Tcp(HOST, port), Framing.RTU, SHORT)
    async with simulated(load_simulation(written(tmp_path, text), {}), time), Line(rtu) as line:
        sound = await level_of(line)
        time.now += 10 * SECOND
        if error is None:
            assert await level_of(line) == sound
        else:
            with pytest.raises(error):
                await level_of(line)
        time.now += 5 * SECOND
        assert await level_of(line) == sound


async def test_a_fault_without_an_end_lasts(tmp_path: Path) -> None:
    time, port = PassingTime(), free_port()
    text = f"modbus: {{port: {port}, units: {{1: {{{TANK}, faults: [{{fault: dead}}]}}}}}}"
    async with (
        simulated(load_simulation(written(tmp_path, text), {}), time),
        Line(connection(port, SHORT)) as line,
    ):
        for _ in range(2):
            with pytest.raises(NoAnswer):
                await level_of(line)
            time.now += MINUTE


async def test_units_stand_on_a_serial_line(tmp_path: Path) -> None:
    with serial_pair(tmp_path) as pair:
        text = f"modbus: {{serial: {pair.far}, units: {{1: {{{TANK}}}}}}}"
        async with (
            simulated(load_simulation(written(tmp_path, text), {}), PassingTime()),
            Line(serial_line(pair.near, WITHIN_S * SECOND)) as line,
        ):
            assert await level_of(line) == [0x3FC0, 0]


def test_a_fault_there_is_not_is_told_where_it_stands(tmp_path: Path) -> None:
    text = f"modbus: {{units: {{1: {{{TANK}, faults: [{{fault: ded}}]}}}}}}"
    with pytest.raises(BadSite, match="'fault' is 'ded'"):
        load_simulation(written(tmp_path, text), {})
