"""All doors locked down in one act: simulators, real broker, gateway, real browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from gateway.model.clock import MINUTE, gateway_clock
from simulators.fire_panel import FirePanel
from simulators.guarded_door import GuardedDoor, Visit, Way
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, browser_page, sign_in
from tests.gateway_client import signed_in, told
from tests.gateway_process import GatewayProcess, running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"
PASSWORD = "olaf has long words"
SITE = """
  access: {{second_factor: [{proved}]}}
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: downs}}
  own: {{type: gateway}}
devices:
  - {{id: panel, kind: panel, profile: gatehouse-json, connection: broker, topic: d/panel,
     points: [fault], name: Panel, place: Desk}}
  - {{id: burns, kind: fire, connection: own, name: Fire release, place: Desk,
     fire: {{inputs: [panel/fire], doors: [roof], within: 2s}}}}
  - {{id: hall, kind: door, profile: gatehouse-json, connection: broker, topic: d/hall,
     area: tower-a, points: [lock, exit-request, tamper, battery, access, double-lock, fault],
     name: {{en: Hall door, zh: 大堂门}}, place: {{en: Tower A, zh: A栋}}}}
  - {{id: roof, kind: door, profile: gatehouse-json, connection: broker, topic: d/roof,
     area: tower-a, points: [lock, exit-request, tamper, battery, access, double-lock, fault],
     name: {{en: Roof door, zh: 屋面门}}, place: {{en: Tower A, zh: A栋}}}}
  - {{id: yard, kind: door, profile: gatehouse-json, connection: broker, topic: d/yard,
     area: yard, points: [lock, exit-request, tamper, battery, access, double-lock, fault],
     name: {{en: Yard door, zh: 后院门}}, place: {{en: Yard, zh: 后院}}}}
"""
now = gateway_clock()


@dataclass
class Estate:
    """Three doors and a panel, all heard."""

    gateway: GatewayProcess
    doors: dict[str, GuardedDoor]
    panel: FirePanel
    client: httpx.AsyncClient

    async def modes(self) -> list[object]:
        points = [(await self.client.get(f"/api/v1/points/{door}/mode")) for door in self.doors]
        return [point.json()["latest"]["value"] for point in points]


@asynccontextmanager
async def estate(folder: Path, broker: Broker, proved: str = "lock-down") -> AsyncIterator[Estate]:
    doors = {name: GuardedDoor() for name in ("hall", "roof", "yard")}
    panel = FirePanel()
    devices = [MqttDevice(f"d/{name}", Style.GATEHOUSE_JSON, door) for name, door in doors.items()]
    devices.append(MqttDevice("d/panel", Style.GATEHOUSE_JSON, panel))
    with running_gateway(folder, SITE.format(port=broker.port, proved=proved)) as gateway:
        async with (
            MqttDevices(HOST, broker.port, devices, now),
            signed_in(gateway) as client,
        ):
            olaf = {"name": "olaf", "role": "operator", "password": PASSWORD}
            assert (await client.post("/api/v1/users", json=olaf)).status_code == 201
            for name in doors:
                await told(client, f"{name}/lock", value="locked", quality="good")
            await told(client, "panel/fire", value="normal", quality="good")
            yield Estate(gateway, doors, panel, client)


def downs(page: Page) -> Locator:
    return page.locator(".lock-downs")


async def fill(page: Page, button: str, reason: str, password: str, area: str = "") -> None:
    shown = downs(page)
    await shown.get_by_role("button", name=button).click()
    if area:
        await shown.get_by_role("combobox", name="Area").click()
        await page.get_by_role("option", name=area).click()
    await shown.get_by_label("Reason").fill(reason)
    await shown.get_by_label("Your own password, once more").fill(password)
    await shown.get_by_role("button", name="OK").click()


async def test_an_operator_locks_an_area_down_sees_who_is_not_shut_and_ends_it(
    tmp_path: Path, broker: Broker
) -> None:
    async with estate(tmp_path, broker) as here, browser_page(here.gateway) as (page, seen):
        here.doors["roof"].visit(Visit(now(), Way.COMMAND, held_for=10 * MINUTE))
        await sign_in(page, here.gateway, "olaf", PASSWORD)
        await page.get_by_role("link", name="Access").click()

        await fill(page, "Lock all doors down", "man with a knife", "a guess", "tower-a")
        said = downs(page).get_by_role("status")
        await expect(said).to_contain_text("Your password is wrong.")
        assert await here.modes() == ["locked"] * 3
        secret = downs(page).get_by_label("Your own password, once more")
        await secret.fill(PASSWORD)
        await secret.press("Enter")
        await expect(said).to_contain_text("2 of 2 doors, confirmed", timeout=WAIT_MS)
        assert await here.modes() == ["locked-down", "locked-down", "locked"]
        rows = downs(page).get_by_role("row")
        await expect(rows).to_have_count(3)
        await expect(rows.filter(has_text="Hall door")).to_contain_text("shut and locked")
        await expect(rows.filter(has_text="Roof door")).to_contain_text("Contact: open")

        for place in ("Quiet", "Hand-over"):
            await page.get_by_role("link", name=place).click()
            stands = page.get_by_role("region", name="Ordered to stay so").get_by_role("row")
            await expect(stands.filter(has_text="Hall door")).to_contain_text(
                re.compile("locked down.*Tower A.*olaf.*man with a knife")
            )
        await page.get_by_role("link", name="Access").click()

        await page.get_by_role("button", name="中文").click()
        shown = downs(page)
        await expect(shown.get_by_role("row").filter(has_text="屋面门")).to_contain_text("门磁：开")
        await shown.get_by_role("button", name="解除所有门的全面封锁").click()
        await shown.get_by_label("原因").fill("警察已带走")
        await shown.get_by_role("button", name="确定").click()
        await expect(shown.get_by_role("status")).to_contain_text(
            "共 2 扇门，已确认 2 扇", timeout=WAIT_MS
        )
        await expect(shown.get_by_role("row")).to_have_count(0)
        assert set(await here.modes()) <= {"locked", "accessed"}
        assert seen == Seen()


@pytest.mark.promise("S5")
async def test_a_fire_keeps_its_doors_out_of_a_lock_down_and_they_are_named(
    tmp_path: Path, broker: Broker
) -> None:
    async with estate(tmp_path, broker) as here, browser_page(here.gateway) as (page, seen):
        here.panel.fire_at(now())
        await told(here.client, "roof/lock", value="unlocked")
        await sign_in(page, here.gateway, "olaf", PASSWORD)
        await page.get_by_role("link", name="Access").click()
        await fill(page, "Lock all doors down", "looting", PASSWORD)
        said = downs(page).get_by_role("status")
        await expect(said).to_contain_text("2 of 3 doors, confirmed", timeout=WAIT_MS)
        await expect(said).to_contain_text("Roof door · Tower A: not done")
        await told(here.client, "roof/lock", value="unlocked")
        assert await here.modes() == ["locked-down", "locked-open", "locked-down"]
        assert seen == Seen()


@pytest.mark.promise("S5")
async def test_a_fire_releases_what_is_locked_down(tmp_path: Path, broker: Broker) -> None:
    async with estate(tmp_path, broker, proved="") as here:
        order = {"action": "lock-down", "reason": "looting"}
        answer = (await here.client.post("/api/v1/lock-downs", json=order)).json()
        assert [(each["device"], each["result"]) for each in answer] == [
            (door, "confirmed") for door in here.doors
        ]
        here.panel.fire_at(now())
        await told(here.client, "roof/lock", value="unlocked")
        assert await here.modes() == ["locked-down", "locked-open", "locked-down"]
