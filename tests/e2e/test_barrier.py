"""A barrier with its camera and loops behind a real broker: who is let in, and what is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import expect

from gateway.model.clock import gateway_clock
from gateway.model.rule import Priority
from simulators.guarded_barrier import GuardedBarrier, Vehicle
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, browser_page, sign_in
from tests.gateway_client import eventually, signed_in, ticket_of, told
from tests.gateway_process import GatewayProcess, running_gateway
from tests.servers.broker import mosquitto

SITE = """
connections:
  field: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
devices:
  - {{id: gate, kind: barrier, connection: field, profile: gatehouse-json, topic: test/gate,
     points: [entry-loop, safety-loop, boom, operated, plate, tamper, fault],
     barrier: {{closes_itself: false, close_after: 1s, direction: in}},
     name: {{en: Main gate, zh: 正门}}, place: {{en: Main gate, zh: 正门}}}}
"""


class Estate:
    """A running gateway and its gate."""

    def __init__(
        self, gateway: GatewayProcess, client: httpx.AsyncClient, device: MqttDevice
    ) -> None:
        self.gateway, self.client, self.device = gateway, client, device
        self.clock = gateway_clock()

    @property
    def gate(self) -> GuardedBarrier:
        behaviour = self.device.behaviour
        assert isinstance(behaviour, GuardedBarrier)
        return behaviour

    def comes(self, plate: str) -> None:
        self.gate.comes(Vehicle(plate, self.clock()))

    async def asks(self, action: str) -> httpx.Response:
        order = {"action": action, "reason": "tried"}
        return await self.client.post("/api/v1/devices/gate/commands", json=order)

    async def records(self, **wanted: str) -> list[dict[str, Any]]:
        records = (await self.client.get("/api/v1/gate-records")).json()
        return [line for line in records if wanted.items() <= line.items()]

    async def recorded(self, **wanted: str) -> None:
        """Waits until there is such a line."""

        def there(lines: list[dict[str, Any]]) -> bool:
            return any(wanted.items() <= line.items() for line in lines)

        await eventually(self.client, "/api/v1/gate-records", there)


@asynccontextmanager
async def estate(folder: Path) -> AsyncIterator[Estate]:
    device = MqttDevice("test/gate", Style.GATEHOUSE_JSON, GuardedBarrier())
    with mosquitto(folder) as broker, running_gateway(folder, SITE.format(port=broker.port)) as up:
        devices = MqttDevices(broker.host, broker.port, [device], gateway_clock())
        async with devices, signed_in(up) as client:
            there = Estate(up, client, device)
            await told(client, "gate/position", value="closed", quality="good")
            new = {"plate": "京A·12345", "kind": "monthly", "holder": "Flat 3-201"}
            assert (await client.post("/api/v1/passes", json=new)).status_code == 201
            yield there


async def test_a_plate_with_a_pass_opens_passes_and_is_closed_behind(tmp_path: Path) -> None:
    async with estate(tmp_path) as there:
        there.comes("京A12345")
        await there.recorded(what="passage", outcome="taken", plate="京A12345", direction="in")
        await told(there.client, "gate/position", value="closed")
        (vehicle,) = (await there.client.get("/api/v1/vehicles")).json()
        assert (vehicle["plate"], vehicle["holder"]) == ("京A12345", "Flat 3-201")
        commands = (await there.client.get("/api/v1/commands")).json()
        assert [one["action"] for one in commands] == ["close", "open"]
        assert await there.records(what="manual-opening") == []


async def test_a_stranger_stays_out_and_a_near_match_is_told(tmp_path: Path) -> None:
    async with estate(tmp_path) as there:
        there.comes("沪B99999")
        await there.recorded(what="arrival", outcome="unknown", plate="沪B99999")
        there.comes("京A1234S")
        ticket = await ticket_of(there.client, "gate/doubtful-plate")
        assert ticket["priority"] == Priority.LOW
        await there.recorded(what="arrival", outcome="near", plate="京A1234S")
        assert (await there.client.get("/api/v1/commands")).json() == []
        await told(there.client, "gate/position", value="closed")


async def test_it_is_not_closed_over_what_stands_there_nor_over_what_nobody_knows(
    tmp_path: Path,
) -> None:
    async with estate(tmp_path) as there:
        assert (await there.asks("open")).json()["result"] == "confirmed"
        there.gate.obstacle = True
        await told(there.client, "gate/safety-loop", value="occupied")
        refused = await there.asks("close")
        assert (refused.status_code, refused.json()["code"]) == (409, "loop-occupied")
        there.gate.obstacle = False
        await told(there.client, "gate/safety-loop", value="free")
        there.device.fault = Fault.OFFLINE
        await told(there.client, "gate/safety-loop", quality="offline")
        refused = await there.asks("close")
        assert (refused.status_code, refused.json()["code"]) == (409, "loop-unknown")
        there.device.fault = None
        await told(there.client, "gate/safety-loop", value="free", quality="good")
        assert (await there.asks("close")).json()["result"] == "confirmed"


async def test_lifted_by_hand_the_desk_asks_why_and_the_reason_is_on_record(tmp_path: Path) -> None:
    async with estate(tmp_path) as there:
        there.gate.lift()
        await ticket_of(there.client, "gate/opened-by-hand")
        await there.recorded(what="manual-opening", outcome="hand")
        (line,) = await there.records(what="manual-opening")
        why = f"/api/v1/gate-records/{line['id']}/reason"
        said = await there.client.post(why, json={"reason": "ambulance"})
        assert said.json()["reason"] == "ambulance"


async def test_a_barrier_that_does_not_obey_is_an_alarm(tmp_path: Path) -> None:
    async with estate(tmp_path) as there:
        there.gate.disobeys = True
        there.gate.broken = True
        assert (await there.asks("stop")).json()["result"] == "confirmed"
        await ticket_of(there.client, "gate/broken")


async def test_on_the_page_a_car_comes_and_a_lift_by_hand_gets_its_reason(tmp_path: Path) -> None:
    async with estate(tmp_path) as there, browser_page(there.gateway) as (page, seen):
        operator = {"name": "li", "role": "operator", "password": "li has long words"}
        assert (await there.client.post("/api/v1/users", json=operator)).status_code == 201
        await sign_in(page, there.gateway, operator["name"], operator["password"])
        await page.goto(f"{there.gateway.url}/vehicles")
        await page.get_by_role("button", name="Add a pass").click()
        await page.get_by_label("Plate").fill("沪C·77777")
        await page.get_by_label("Holder").fill("Flat 5-101")
        await page.get_by_role("button", name="OK").click()
        await expect(page.locator(".table-passes")).to_contain_text("沪C77777")
        there.comes("沪C77777")
        inside, records = page.locator(".table-on-site"), page.locator(".table-gate")
        await expect(inside).to_contain_text("沪C77777", timeout=WAIT_MS)
        there.gate.lift()
        await records.get_by_role("button", name="Give the reason").click(timeout=WAIT_MS)
        await page.get_by_label("Reason").fill("ambulance")
        await page.get_by_role("button", name="OK").click()
        await expect(records).to_contain_text("ambulance")
        await inside.get_by_role("button", name="It has left").click()
        await page.get_by_label("Reason").fill("seen by the guard")
        await page.get_by_role("button", name="OK").click()
        await expect(inside).not_to_contain_text("沪C77777")
        assert (seen.elsewhere, seen.errors) == ([], [])
