"""The duty desk in a real browser, before a real gateway with simulated devices."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from playwright.async_api import expect

from gateway.model.clock import SECOND, Micros, gateway_clock
from simulators.modbus_server import ModbusServer, tank_unit
from simulators.rtsp_server import RtspServer
from simulators.scene import Scene, Walk
from simulators.tank import Tank
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser_page, sign_in
from tests.gateway_process import GatewayProcess, running_gateway

HOST = "127.0.0.1"
CROSSES_EVERY: Micros = 8 * SECOND
"""Often, since nobody knows how soon the gateway watches the camera."""
TAKES: Micros = 4 * SECOND
WAY = ((0.1, 0.86), (0.9, 0.86))
SITE = """
connections:
  line: {{type: modbus-tcp, host: 127.0.0.1, port: {modbus}}}
  cameras: {{type: rtsp}}
devices:
  - {{id: roof-tank, kind: tank, profile: demo-tank, connection: line, unit: 1,
     name: {{en: Roof tank, zh: 屋顶水箱}}, place: {{en: Block 1, zh: 1号楼}},
     position: [0.2, 0.2]}}
  - {{id: wall-camera, kind: camera, connection: cameras, url: "{camera}",
     tripwires: {{wall: [[0.5, 0.0], [0.5, 1.0]]}},
     name: {{en: Wall camera, zh: 围墙摄像机}}, place: {{en: North wall, zh: 北围墙}},
     position: [0.8, 0.1]}}
rules:
  - id: wall-camera/breach
    title: {{en: Perimeter breach, zh: 周界入侵}}
    priority: critical
    clear_after: 5m
    when: {{event: wall-camera/crossing}}
"""


async def test_a_breach_comes_up_with_its_picture_and_is_acknowledged(tmp_path: Path) -> None:
    crossing = Walk(gateway_clock()() + CROSSES_EVERY, *WAY, TAKES, period=CROSSES_EVERY)
    async with estate(tmp_path, crossing) as gateway, browser_page(gateway) as (page, seen):
        await page.goto(gateway.sign_in_link)
        ticket = page.get_by_role("region", name="Ticket", exact=True)
        await expect(ticket.get_by_role("heading", name="Perimeter breach")).to_be_visible(
            timeout=WAIT_MS
        )
        picture = ticket.get_by_role("img", name="Perimeter breach")  # beside what it sees now
        await expect(picture).to_have_attribute("alt", re.compile("North wall · Wall camera"))
        await page.wait_for_function(
            "() => document.querySelector('.snapshot img')?.naturalWidth > 0"
        )

        note = ticket.get_by_label("Note or reason")
        await note.press_sequentially("a guard is on the way")
        await expect(ticket.get_by_text("New", exact=True)).to_be_visible()
        await page.reload()  # what was written is kept, and typing an "a" acknowledged nothing
        await expect(note).to_have_value("a guard is on the way")
        await expect(ticket.get_by_text("New", exact=True)).to_be_visible()

        await ticket.get_by_role("button", name="Acknowledge").click()
        await expect(ticket.get_by_text("Accepted", exact=True)).to_be_visible()
        await expect(note).to_have_value("")
        file = await (await page.request.get(f"{gateway.url}/api/v1/tickets/1")).json()
        acknowledged = file["entries"][-1]
        assert file["ticket"]["state"] == "accepted"
        assert [acknowledged[key] for key in ("who", "what", "text")] == [
            *("admin", "acknowledge", "a guard is on the way")
        ]

        await page.get_by_role("button", name="中文").click()
        ticket = page.get_by_role("region", name="工单", exact=True)
        await expect(ticket.get_by_role("heading", name="周界入侵")).to_be_visible()
        await expect(ticket.get_by_text("已受理", exact=True)).to_be_visible()
        await ticket.get_by_role("button", name="解决").click()
        await expect(ticket.get_by_role("alert")).to_contain_text("报警尚未解除")

        password = await add_user(page, gateway, "tina", "tester")
        await page.get_by_role("button", name="退出").click()
        await page.wait_for_url("**/sign-in")
        await sign_in(page, gateway, "tina", password)
        ticket = page.get_by_role("region", name="Ticket", exact=True)
        await expect(ticket.get_by_role("img", name="Perimeter breach")).to_be_visible()
        await page.keyboard.press("a")
        await expect(page.get_by_role("button", name=re.compile("Resolve|Note"))).to_have_count(0)
        await expect(ticket.get_by_role("list", name="History")).to_contain_text("Acknowledged")
        assert seen == Seen()


async def test_the_devices_of_the_estate_are_live_on_plan_table_and_trend(tmp_path: Path) -> None:
    async with estate(tmp_path) as gateway, browser_page(gateway) as (page, seen):
        await page.goto(gateway.sign_in_link)
        await expect(page.get_by_text("Nothing to do: no ticket is open.")).to_be_visible()
        table = page.get_by_role("region", name="Devices")
        await expect(table.get_by_role("gridcell", name="1.50 m")).to_be_visible(timeout=WAIT_MS)
        marker = page.locator("[id='device:roof-tank']")
        await expect(marker).to_have_attribute("aria-label", "Roof tank: normal, 1.50 m")
        await marker.click()
        trend = page.get_by_role("region", name=re.compile("Trend"))
        await expect(trend.get_by_text("low limit 1 m")).to_be_visible()
        await table.get_by_role("gridcell", name="Wall camera").click()
        await expect(trend.get_by_text("This device measures no number.")).to_be_visible()
        assert seen == Seen()


async def test_a_history_that_is_away_is_told_and_not_that_alarms_may_be_missing(
    tmp_path: Path,
) -> None:
    site = f"  influx: {{url: 'http://{HOST}:1', version: 1, database: away}}\n"
    with running_gateway(tmp_path, site) as gateway:
        async with browser_page(gateway) as (page, seen):
            await page.goto(gateway.sign_in_link)
            told = page.get_by_text("The gateway is not well, but alarms come.")
            await expect(told).to_be_visible(timeout=WAIT_MS)
            await expect(page.get_by_text("does not answer")).to_be_visible()
            assert seen == Seen()


async def test_nobody_unknown_gets_further_than_the_sign_in_page(tmp_path: Path) -> None:
    with running_gateway(tmp_path, "") as gateway:
        async with httpx.AsyncClient(base_url=gateway.url, verify=False) as client:
            page = await client.get("/")
            assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
            socket = await client.get(
                "/_nicegui_ws/socket.io/", params={"EIO": "4", "transport": "polling"}
            )
            assert socket.status_code == 401
            refused = await client.post(
                "/sign-in", data={"name": "admin", "password": "guessed", "language": "zh"}
            )
            assert refused.status_code == 401
            assert "用户名或密码错误" in refused.text
            assert (await client.get("/no-such-page")).headers["content-type"] == (
                "application/problem+json"
            )


@asynccontextmanager
async def estate(folder: Path, *walks: Walk) -> AsyncIterator[GatewayProcess]:
    """A gateway, a tank that is well, and a camera before which those people walk."""
    clock = gateway_clock()
    tank = Tank(clock(), area=4, height=3, level=1.5)
    async with (
        ModbusServer(HOST, 0, {1: tank_unit(tank)}, clock) as line,
        RtspServer(HOST, 0, {"wall": Scene(walks=walks)}, clock) as camera,
    ):
        site = SITE.format(modbus=line.port, camera=camera.url("wall"))
        with running_gateway(folder, site) as gateway:
            yield gateway
