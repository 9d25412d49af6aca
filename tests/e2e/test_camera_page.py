"""A zone's breach brings up what its camera sees, in a real browser, over real RTSP."""

from pathlib import Path

from playwright.async_api import Locator, expect

from gateway.model.clock import gateway_clock
from simulators.line import Line
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.rtsp_server import RtspServer, StreamFault
from simulators.scene import Scene
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, browser_page
from tests.gateway_process import running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"
SITE = """
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
  own: {{type: gateway}}
  cameras: {{type: rtsp}}
devices:
  - {{id: fence, kind: line, profile: gatehouse-json, connection: broker, topic: e/fence,
     points: [tamper, supply], name: Fence, place: North}}
  - {{id: eye, kind: camera, connection: cameras, url: "{url}",
     name: {{en: Wall camera, zh: 围墙摄像机}}, place: {{en: North, zh: 北侧}}}}
  - {{id: wall, kind: zone, connection: own, name: Wall, place: North, cameras: [eye],
     zone: {{lines: [{{point: fence/line}}]}}}}
"""


async def is_a_picture(image: Locator) -> None:
    await expect(image).to_be_visible(timeout=WAIT_MS)
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


async def test_a_breach_brings_up_its_camera_and_a_camera_that_is_lost_shows_no_old_picture(
    tmp_path: Path, broker: Broker
) -> None:
    clock, fence = gateway_clock(), Line()
    async with RtspServer(HOST, 0, {"wall": Scene()}, clock) as cameras:
        site = SITE.format(port=broker.port, url=cameras.url("wall"))
        field = MqttDevices(
            HOST, broker.port, [MqttDevice("e/fence", Style.GATEHOUSE_JSON, fence)], clock
        )
        with running_gateway(tmp_path, site) as gateway:
            async with field, browser_page(gateway) as (page, seen):
                await page.goto(gateway.sign_in_link)
                fence.trip_at(clock(), 500_000)
                ticket = page.get_by_role("region", name="Ticket", exact=True)
                await expect(ticket.get_by_role("heading", name="Perimeter breach")).to_be_visible(
                    timeout=WAIT_MS
                )
                await is_a_picture(ticket.get_by_role("img", name="Wall camera (North)"))
                await expect(ticket).to_contain_text("Wall camera (North) · live, ")

                await page.get_by_role("link", name="Access").click()
                await page.get_by_role("gridcell", name="Wall", exact=True).click()
                card = page.locator(".access-card")
                await is_a_picture(card.get_by_role("img", name="Wall camera (North)"))
                cameras.set_fault("wall", StreamFault.STALL)
                gone = card.get_by_text("Wall camera (North) · no picture now: gives no picture")
                await expect(gone).to_be_visible(timeout=WAIT_MS)
                await expect(card.get_by_role("img")).to_have_count(0)
                await page.get_by_role("button", name="中文").click()
                await expect(card).to_contain_text(
                    "围墙摄像机 (北侧) · 当前无画面：摄像机没有画面", timeout=WAIT_MS
                )
                assert seen == Seen()
