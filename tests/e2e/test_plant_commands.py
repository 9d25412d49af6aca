"""Simulated plant behind Modbus and the whole gateway: what people and machines order of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.model.clock import SECOND, Micros, gateway_clock
from simulators.modbus_faults import Dead
from simulators.modbus_server import ModbusServer, Unit, pump_unit, tank_unit
from simulators.pump import Delivery, Pump
from simulators.tank import Tank
from tests.gateway_client import signed_in, told
from tests.gateway_process import running_gateway

HOST = "127.0.0.1"
PLANT = "connections: {{plant: {{type: modbus-tcp, host: {host}, port: {port}, timeout: 300ms}}}}"
DEVICE = "{{id: {0}, kind: {1}, profile: {2}, connection: plant, unit: {3}, name: D, place: P"


def device(id_: str, kind: str, profile: str, unit: int, more: str = "") -> str:
    """A line of the site file's `devices`."""
    return f"  - {DEVICE.format(id_, kind, profile, unit)}{more}}}\n"


@asynccontextmanager
async def estate(
    folder: Path, site: str, units: dict[int, Unit]
) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway on that site, with these units; its client."""
    async with ModbusServer(HOST, 0, units, gateway_clock()) as server:
        with running_gateway(folder, PLANT.format(host=HOST, port=server.port) + site) as gateway:
            async with signed_in(gateway) as client:
                yield client


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
    site = "\ndevices:\n" + device("roof", "tank", "demo-tank", 1)
    site += device("lift", "pump", "demo-pump", 2, ", pump: {fills: roof, high_level: 2.8}")
    async with estate(tmp_path, site, units) as client:
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
