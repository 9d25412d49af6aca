"""A pump behind a Modbus server and the whole gateway: started, set, and what faults make of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_faults import Excepts, Late, Mute
from simulators.modbus_server import ModbusServer, Tables, Unit, memory_unit
from tests.e2e.browser import WAIT_MS, Seen, browser_page
from tests.gateway_client import signed_in, told
from tests.gateway_process import running_gateway
from tests.waiting import until

HOST = "127.0.0.1"
SITE = """
connections: {{plant: {{type: modbus-tcp, host: {host}, port: {port}, timeout: 300ms}}}}
kinds:
  well:
    name: Well
    points:
      run: {{kind: state, states: [stopped, running], name: Run}}
      speed: {{kind: number, unit: Hz, low: 0, high: 50, name: Speed}}
      command: {{kind: state, states: [confirmed, refused, failed], derived: true, name: Last}}
    commands:
      start: {{confirmed_by: [{{point: run, in: [running]}}]}}
registers:
  acme:
    kind: well
    period: 1h
    points:
      run: {{table: coil, address: 0, type: bit, states: {{0: stopped, 1: running}}, write: {{}}}}
      speed: {{table: holding_register, address: 4, type: uint16, scale: 0.1, write: {{low: 20}}}}
    commands:
      start: {{write: {{run: running}}}}
devices:
  - {{id: well, kind: well, profile: acme, connection: plant, unit: 1, name: Well, place: Yard}}
"""
COMMANDS = "/api/v1/devices/well/commands"
START = {"action": "start", "reason": "night fill"}


@asynccontextmanager
async def well(folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Unit]]:
    """The estate, its well heard."""
    unit = memory_unit(Tables(coils={0: False}, holding_registers={4: 300}))
    async with ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server:
        with running_gateway(folder, SITE.format(host=HOST, port=server.port)) as gateway:
            async with signed_in(gateway) as client:
                await told(client, "well/run", value="stopped", quality="good")
                yield client, unit


async def test_an_operator_sets_a_point_on_the_page_and_sees_it_done(tmp_path: Path) -> None:
    unit = memory_unit(Tables(coils={0: False}, holding_registers={4: 300}))
    async with ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server:
        with running_gateway(tmp_path, SITE.format(host=HOST, port=server.port)) as gateway:
            async with browser_page(gateway) as (page, seen):
                await page.goto(gateway.sign_in_link)
                await page.get_by_role("link", name="Access").click()
                card = page.locator(".access-card")
                speed = card.locator(".state-of").filter(has_text="Speed")
                await expect(speed).to_contain_text("30.00 Hz", timeout=WAIT_MS)
                await card.get_by_role("button", name="Set: Speed", exact=True).click()
                value = card.get_by_label("Speed (20 – 50 Hz)")
                await expect(value).to_have_value("30")
                await value.fill("51")
                await card.get_by_label("Reason").fill("night")
                await card.get_by_role("button", name="OK").click()
                said = card.get_by_role("status")
                await expect(said).to_contain_text("Speed may be set to: 20 – 50 Hz")
                await expect(said).to_be_in_viewport(ratio=1)
                await value.fill("42.5")
                await card.get_by_role("button", name="OK").click()
                await expect(said).to_contain_text("Well: Set: Speed: done", timeout=WAIT_MS)
                await expect(speed).to_contain_text("42.50 Hz")
                await expect(card.locator(".table-commands")).to_contain_text("Set Speed = 42.5 Hz")
                assert seen == Seen()
    assert unit.tables(0).holding_registers[4] == 425


async def asked(client: httpx.AsyncClient, order: dict[str, Any]) -> tuple[int, Any]:
    answer = await client.post(COMMANDS, json=order, timeout=20)
    return answer.status_code, answer.json()


async def test_a_pump_read_once_an_hour_is_started_and_set_and_shows_it_at_once(
    tmp_path: Path,
) -> None:
    async with well(tmp_path) as (client, unit):
        offered = (await client.get("/api/v1/devices/well")).json()
        assert {each["action"] for each in offered["commands"]} == {"start", "set"}
        assert offered["setpoints"] == [
            {"point": "speed", "right": "command", "low": 20.0, "high": 50.0, "states": []}
        ]
        status, started = await asked(client, START)
        assert (status, started["result"], started["code"]) == (200, "confirmed", "shown")
        speed = {"action": "set", "reason": "slower", "point": "speed", "value": 42.04}
        status, done = await asked(client, speed)
        assert (status, done["result"]) == (200, "confirmed")
        assert unit.tables(0).holding_registers[4] == 420
        audit = (await client.get("/api/v1/audit")).json()
        assert any(entry["subject"] == "well set speed = 42.04" for entry in audit)


async def test_what_must_not_be_set_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    async with well(tmp_path) as (client, unit):
        order = {"action": "set", "reason": "x", "point": "speed", "value": 51}
        status, problem = await asked(client, order)
        assert (status, problem["code"]) == (409, "value-not-allowed")
        assert problem["problem"] == "is refused (value-not-allowed: expected 20 to 50 Hz)"
        limits = {"point": "well/speed", "low": 20.0, "high": 50.0, "unit": "Hz"}
        assert problem["parameters"] == limits
        status, problem = await asked(client, {**order, "point": "run", "value": "running"})
        assert (status, problem["code"]) == (409, "unknown-setpoint")
        assert unit.tables(0).holding_registers[4] == 300


async def test_faults_on_the_line_are_told_for_what_they_are(tmp_path: Path) -> None:
    async with well(tmp_path) as (client, unit):
        unit.fault = Excepts(6)
        status, problem = await asked(client, START)
        assert (status, problem["code"]) == (409, "device-refuses")
        assert "exception 6 (device busy)" in str(problem)
        unit.fault = Late(60 * SECOND)
        speed = {"action": "set", "reason": "x", "point": "speed", "value": 35}
        status, lost = await asked(client, speed)
        assert (status, lost["result"], lost["code"]) == (200, "unknown", "not-shown")
        unit.fault = Mute()
        status, lost = await asked(client, START)
        assert (status, lost["result"], lost["code"]) == (200, "unknown", "not-shown")
        assert unit.tables(0).coils[0], "it had been done, though nobody said so"


@pytest.mark.promise("S1")
async def test_a_gateway_that_dies_with_a_write_under_way_sends_nothing_when_it_is_back(
    tmp_path: Path,
) -> None:
    unit = memory_unit(Tables(coils={0: False}, holding_registers={4: 300}))
    written: list[int] = []

    def lose_power(_: Micros, __: RegisterTable, address: int, ___: Sequence[int]) -> None:
        written.append(address)
        unit.fault = Mute()

    unit.write = lose_power
    async with ModbusServer(HOST, 0, {1: unit}, gateway_clock()) as server:
        with running_gateway(tmp_path, SITE.format(host=HOST, port=server.port)) as gateway:
            async with signed_in(gateway) as client:
                await told(client, "well/run", value="stopped", quality="good")
                asking = asyncio.create_task(asked(client, START))
                await until(lambda: bool(written))
                await asyncio.to_thread(gateway.server.kill)
                with pytest.raises(httpx.HTTPError):
                    await asking
            unit.fault = None
            before = unit.asked
            await asyncio.to_thread(gateway.server.start)
            async with signed_in(gateway) as client:
                await until(lambda: unit.asked > before)
                (kept,) = (await client.get("/api/v1/commands")).json()
    assert (kept["result"], kept["code"]) == ("unknown", "gateway-stopped")
    assert written == [0]
