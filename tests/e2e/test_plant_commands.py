"""Simulated plant behind Modbus and the whole gateway: what people and machines order of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import Dead
from simulators.modbus_server import ModbusServer, Tables, Unit, pump_unit, tank_unit
from simulators.pump import Delivery, Pump
from simulators.tank import Tank
from tests.gateway_client import signed_in, told
from tests.gateway_process import GatewayProcess, running_gateway
from tests.waiting import until

HOST = "127.0.0.1"
PLANT = """\
connections:
  plant: {{type: modbus-tcp, host: {host}, port: {port}, timeout: 300ms}}
  own: {{type: gateway}}
devices:
"""
DEVICE = "{{id: {0}, kind: {1}, profile: {2}, connection: plant, unit: {3}, name: D, place: P"


def device(id_: str, kind: str, profile: str, unit: int, more: str = "") -> str:
    """A line of the site file's `devices`."""
    return f"  - {DEVICE.format(id_, kind, profile, unit)}{more}}}\n"


@asynccontextmanager
async def estate(
    folder: Path, devices: str, units: dict[int, Unit]
) -> AsyncIterator[tuple[GatewayProcess, httpx.AsyncClient]]:
    """A gateway with these devices and units, and a client of it."""
    async with ModbusServer(HOST, 0, units, gateway_clock()) as server:
        site = PLANT.format(host=HOST, port=server.port) + devices
        with running_gateway(folder, site) as gateway:
            async with signed_in(gateway) as client:
                yield gateway, client


async def ordered(client: httpx.AsyncClient, device: str, action: str) -> tuple[int, Any]:
    """The status, and the result or the code of what speaks against it."""
    order = {"action": action, "reason": "trial"}
    answer = await client.post(f"/api/v1/devices/{device}/commands", json=order, timeout=20)
    said = answer.json()
    return answer.status_code, said["result"] if answer.status_code == 200 else said["code"]


def pour(tank: Tank, now: Micros, volume: float) -> None:
    """So many m³ flow in within a second; negative: out."""
    tank.fill_at(now, volume * 3600)
    tank.fill_at(now + SECOND, -volume * 3600)


async def test_an_operator_starts_and_stops_the_lift_pump_unless_its_tank_is_full_or_unknown(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    tank = Tank(clock(), area=4, height=3, level=1.6)
    pump = Pump(rated_current=11.2, delivery=Delivery(tank, 60))
    units = {1: tank_unit(tank), 2: pump_unit(pump)}
    site = device("roof", "tank", "demo-tank", 1)
    site += device("lift", "pump", "demo-pump", 2, ", pump: {fills: roof, high_level: 2.8}")
    async with estate(tmp_path, site, units) as (_, client):
        await told(client, "lift/interlock", value="none", quality="good")
        assert await ordered(client, "lift", "start") == (200, "confirmed")
        assert pump.step(clock()).running
        await told(client, "lift/run-order", value="on", quality="good")
        assert await ordered(client, "lift", "stop") == (200, "confirmed")
        pour(tank, clock(), 5.2)
        await told(client, "lift/interlock", value="target-full")
        assert await ordered(client, "lift", "start") == (409, "target-full")
        units[1].fault = Dead()
        await told(client, "lift/interlock", value="target-unknown")
        assert await ordered(client, "lift", "start") == (409, "target-unknown")
        assert not pump.step(clock()).running
        pump.trip(clock())
        await told(client, "lift/fault", value="fault")
        assert await ordered(client, "lift", "reset") == (200, "confirmed")
        assert not pump.step(clock()).fault


class Broken(Pump):
    """A pump whose contactor takes its order and does not close. `orders`: what it was told."""

    def __init__(self) -> None:
        super().__init__(rated_current=9)
        self.orders: list[int] = []

    def obey(self, _: Micros, __: RegisterTable, ___: int, values: Sequence[int]) -> None:
        """See Pump."""
        self.orders += values


GROUP = """\
  - id: pair
    kind: pump-group
    connection: own
    name: P
    place: P
    group: {pumps: [one, two], by: pit/level, start: 1.5, stop: 0.5, starts_within: 3s}
"""


@pytest.mark.promise("S11")
async def test_a_group_starts_its_standby_when_its_lead_fails_and_a_restart_orders_nothing(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    pit, lead, standby = Tank(clock(), area=1, height=3, level=1.0), Broken(), Pump(rated_current=9)
    units = {1: tank_unit(pit), 2: pump_unit(lead), 3: pump_unit(standby)}
    site = device("pit", "tank", "demo-tank", 1) + device("one", "pump", "demo-pump", 2)
    site += device("two", "pump", "demo-pump", 3) + GROUP
    async with estate(tmp_path, site, units) as (gateway, client):
        for pump in ("one", "two"):
            await told(client, f"{pump}/interlock", value="none", quality="good")
        await told(client, "pair/state", value="resting", quality="good")
        pour(pit, clock(), 0.6)
        await until(lambda: standby.step(clock()).running)
        assert lead.orders == [1]
        await told(client, "pair/takeover", value="failed")
        await told(client, "two/run", value="running", quality="good")
        pour(pit, clock(), -1.2)
        await until(lambda: not standby.step(clock()).running)
        await told(client, "pair/state", value="resting")
        orders, asked = list(lead.orders), [each.asked for each in units.values()]
        await asyncio.to_thread(gateway.server.stop)
        pour(pit, clock(), 0.6)
        await asyncio.to_thread(gateway.server.start)
        await until(
            lambda: all(u.asked > n + 2 for u, n in zip(units.values(), asked, strict=True))
        )
        assert (lead.orders, standby.step(clock()).running) == (orders, False)


class Standby:
    """A generator that runs as its coil says, and stands without it; the mains are a contact.
    `orders`: what it was told."""

    def __init__(self) -> None:
        self.mains = True
        self.orders: list[int] = []

    def tables(self, _: Micros) -> Tables:
        """See Unit."""
        runs = self.orders[-1:] == [1]
        return Tables(coils={0: runs}, discrete_inputs={0: self.mains, 1: runs})

    def obey(self, _: Micros, __: RegisterTable, ___: int, values: Sequence[int]) -> None:
        """See Unit."""
        self.orders += values


GENERATOR = """\
  - id: set
    kind: generator
    profile: relay
    connection: plant
    unit: 1
    name: G
    place: P
    generator: {control: gateway, start_after: 1s, stop_after: 2s}
registers:
  relay:
    kind: generator
    period: 500ms
    points:
      state: {table: discrete_input, address: 1, type: bit, states: {0: stopped, 1: running}}
      mains: {table: discrete_input, address: 0, type: bit, states: {0: lost, 1: present}}
      run-order: {table: coil, address: 0, type: bit, states: {0: "off", 1: "on"}, write: {}}
    commands:
      start: {write: {run-order: "on"}}
      stop: {write: {run-order: "off"}}
"""


@pytest.mark.promise("S11")
async def test_a_generator_without_a_controller_is_started_once_when_the_mains_are_lost(
    tmp_path: Path,
) -> None:
    standby = Standby()
    unit = Unit(standby.tables, write=standby.obey)
    async with estate(tmp_path, GENERATOR, {1: unit}) as (gateway, client):
        await told(client, "set/mains", value="present", quality="good")
        standby.mains = False
        await until(lambda: standby.orders == [1])
        await told(client, "set/state", value="running", quality="good")
        await told(client, "set/command", value="confirmed")
        asked = unit.asked
        await asyncio.to_thread(gateway.server.stop)
        await asyncio.to_thread(gateway.server.start)
        await until(lambda: unit.asked > asked + 5)
        assert standby.orders == [1], "it is asked for nothing by a restart"
