"""Pumps behind Modbus while the gateway is killed, loses the level, or the clock is put forward."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.clock import Micros, gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import Dead, Mute
from simulators.modbus_server import Tables, Unit, pump_unit, registers, tank_unit
from simulators.tank import Tank
from tests.e2e.plant import Counting, device, estate, pour
from tests.gateway_client import signed_in, told
from tests.gateway_process import GatewayProcess
from tests.waiting import until

SITE = (
    device("pit", "tank", "demo-tank", 1)
    + device("one", "pump", "metered", 2, ", pump: {service_every: 100}")
    + device("two", "pump", "metered", 3)
    + """\
  - id: pair
    kind: pump-group
    connection: own
    name: P
    place: P
    group: {pumps: [one, two], by: pit/level, start: 1.5, stop: 0.5}
registers:
  metered:
    kind: pump
    period: 1s
    points:
      run: {table: discrete_input, address: 0, type: bit, states: {0: stopped, 1: running}}
      fault: {table: discrete_input, address: 1, type: bit, states: {0: ok, 1: fault}}
      current: {table: input_register, address: 0, type: uint16, scale: 0.1}
      hours: {table: input_register, address: 3, type: float32}
      run-order: {table: coil, address: 0, type: bit, states: {0: "off", 1: "on"}, write: {}}
    commands:
      start: {write: {run-order: "on"}}
      stop: {write: {run-order: "off"}}
"""
)


def metered_unit(pump: Counting) -> Unit:
    """A pump whose hours are told to the second."""
    unit = pump_unit(pump)
    shows = unit.tables

    def tables(now: Micros) -> Tables:
        hours = registers(">f", 3, pump.step(now).hours + pump.ahead)
        said = shows(now)
        return replace(said, input_registers={**said.input_registers, **hours})

    return Unit(tables, write=unit.write)


class Pit:
    """A pit with two pumps; `level` is poured to."""

    def __init__(self, level: float) -> None:
        self.now = gateway_clock()
        self.water = Tank(self.now(), area=1, height=3, level=level)
        self.one, self.two = Counting(), Counting()
        self.units = {1: tank_unit(self.water), 2: metered_unit(self.one)}
        self.units[3] = metered_unit(self.two)

    def orders(self) -> list[list[int]]:
        """What each pump was told."""
        return [self.one.orders, self.two.orders]

    async def polled(self, times: int = 3) -> None:
        """Each pump has been asked so often again."""
        asked = {id_: unit.asked for id_, unit in self.units.items() if id_ > 1}
        await until(lambda: all(self.units[id_].asked > n + 3 * times for id_, n in asked.items()))


async def killed(gateway: GatewayProcess) -> None:
    """By SIGKILL, and started again."""
    await asyncio.to_thread(gateway.server.kill)
    await asyncio.to_thread(gateway.server.start)


@pytest.mark.promise("S11")
async def test_a_kill_while_a_pump_runs_orders_nothing_and_loses_no_hour_and_no_start(
    tmp_path: Path,
) -> None:
    pit = Pit(level=1.0)
    async with estate(tmp_path, SITE, pit.units) as (gateway, client):
        await told(client, "pair/state", value="resting", quality="good")
        await told(client, "one/interlock", value="none")
        await told(client, "one/run", value="stopped", quality="good")
        pour(pit.water, pit.now(), 0.6)
        await told(client, "one/run", value="running")
        await told(client, "one/starts-per-hour", value=1.0)
        pit.one.ahead = 0.11
        await told(client, "one/hours-since-service", value=0.1)
        pit.units[1].fault = Dead()
        pour(pit.water, pit.now(), -1.2)
        await killed(gateway)
        await pit.polled()
        assert pit.orders() == [[1], []], "of the level nobody has heard since"
        async with signed_in(gateway) as again:
            await told(again, "one/starts-per-hour", value=1.0)
            await told(again, "one/hours-since-service", value=0.1)
            pit.units[1].fault = None
            await until(lambda: pit.orders() == [[1, 0], []])
            await told(again, "one/starts-per-hour", value=1.0)
            await told(again, "pair/lead", value="two")


@pytest.mark.promise("S1")
@pytest.mark.parametrize("closes", [True, False])
async def test_a_kill_while_a_start_is_under_way_sends_it_no_second_time(
    tmp_path: Path, closes: bool
) -> None:
    pit = Pit(level=1.0)
    pit.one.broken = not closes

    def lose_power(now: Micros, table: RegisterTable, at: int, values: Sequence[int]) -> None:
        pit.one.obey(now, table, at, values)
        pit.units[2].fault = Mute()

    pit.units[2].write = lose_power
    async with estate(tmp_path, SITE, pit.units) as (gateway, client):
        await told(client, "pair/state", value="resting", quality="good")
        await told(client, "one/interlock", value="none")
        await told(client, "one/run", value="stopped", quality="good")
        pour(pit.water, pit.now(), 0.6)
        await until(lambda: bool(pit.one.orders))
        await asyncio.to_thread(gateway.server.kill)
        pit.units[1].fault, pit.units[2].fault = Dead(), None
        pit.units[2].write = pit.one.obey
        pit.one.broken = False
        await asyncio.to_thread(gateway.server.start)
        await pit.polled()
        assert pit.orders() == [[1], []], "of the level nobody has heard since"
        async with signed_in(gateway) as again:
            (kept,) = (await again.get("/api/v1/commands")).json()
            assert (kept["result"], kept["code"]) == ("unknown", "gateway-stopped")
            pit.units[1].fault = None
            await told(again, "pair/state", value="pumping", quality="good")
            await until(lambda: pit.one.step(pit.now()).running or bool(pit.two.orders))
            await pit.polled()
        ran = [[1], []] if closes else [[1, 1], []]
        assert pit.orders() in (ran, [[1], [1]] if not closes else ran)


async def test_a_group_that_loses_its_level_says_so_and_stops_what_runs_for_too_long(
    tmp_path: Path,
) -> None:
    pit = Pit(level=1.0)
    site = SITE.replace("stop: 0.5", "stop: 0.5, runs_blind: 3s")
    async with estate(tmp_path, site, pit.units) as (_, client):
        await told(client, "pair/state", value="resting", quality="good")
        await told(client, "one/interlock", value="none")
        await told(client, "one/run", value="stopped", quality="good")
        pour(pit.water, pit.now(), 0.6)
        await told(client, "one/run", value="running")
        pit.units[1].fault = Dead()
        await told(client, "pair/state", value="level-unknown")
        assert pit.orders() == [[1], []]
        await until(lambda: pit.orders() == [[1, 0], []])
        await pit.polled()
        (last, *_) = (await client.get("/api/v1/commands")).json()
        assert (last["action"], last["reason"]) == ("stop", "level-unknown")
        pit.units[1].fault = None
        await until(lambda: pit.orders() == [[1, 0, 1], []])
