"""Simulated plant behind Modbus and the whole gateway."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import ModbusServer, Unit
from simulators.pump import Pump
from simulators.tank import Tank
from tests.gateway_client import signed_in
from tests.gateway_process import GatewayProcess, running_gateway

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


class Counting(Pump):
    """A pump that notes what it is told; `broken`: its contactor does not close. `orders`: 1 to
    run, 0 to stand. `ahead`: hours that it is said to have run beside."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__(rated_current=9)
        self.orders: list[int] = []
        self.broken = broken
        self.ahead = 0.0

    def obey(self, now: Micros, table: RegisterTable, address: int, values: Sequence[int]) -> None:
        """See Pump."""
        self.orders += values
        if not self.broken:
            super().obey(now, table, address, values)
