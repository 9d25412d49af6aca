"""A barrier and its passes at an operator's and an engineer's hands, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from gateway.model.clock import gateway_clock
from simulators.guarded_barrier import GuardedBarrier
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser_page, sign_in
from tests.gateway_process import GatewayProcess, running_gateway
from tests.servers import Broker

SITE = """
  access: {{second_person: [lock-open]}}
connections:
  field: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
devices:
  - {{id: gate, kind: barrier, connection: field, profile: gatehouse-json, topic: test/gate,
     points: [entry-loop, safety-loop, boom, operated, plate, tamper, fault],
     barrier: {{closes_itself: false, direction: in}},
     name: {{en: Main gate, zh: 正门道闸}}, place: {{en: South, zh: 南侧}}}}
  - {{id: rear, kind: barrier, connection: field, profile: gatehouse-json, topic: test/rear,
     barrier: {{direction: in}}, name: {{en: Rear gate, zh: 后门道闸}},
     place: {{en: North, zh: 北侧}}}}
"""


@asynccontextmanager
async def somebody_at_the_gate(
    folder: Path, broker: Broker, role: str
) -> AsyncIterator[tuple[GatewayProcess, GuardedBarrier, Page]]:
    gate = GuardedBarrier()
    device = MqttDevice("test/gate", Style.GATEHOUSE_JSON, gate)
    with running_gateway(folder, SITE.format(port=broker.port)) as gateway:
        field = MqttDevices(broker.host, broker.port, [device], gateway_clock())
        async with field, browser_page(gateway) as (page, seen):
            await page.goto(gateway.sign_in_link)
            password = await add_user(page, gateway, "olaf", role)
            await add_user(page, gateway, "lena", "leader")
            await page.get_by_role("button", name="Sign out").click()
            await sign_in(page, gateway, "olaf", password)
            yield gateway, gate, page
            assert seen == Seen()


def card(page: Page) -> Locator:
    return page.locator(".access-card")


async def width(shown: Locator) -> float:
    box = await shown.bounding_box()
    assert box is not None
    return box["width"]


async def order(page: Page, action: str) -> Locator:
    """Open the form of that command, with a reason; returns where its end is told."""
    await card(page).get_by_role("button", name=action, exact=True).click()
    await card(page).get_by_label("Reason").fill("a convoy")
    return card(page).get_by_role("status")


async def sent(page: Page) -> None:
    await card(page).get_by_role("button", name="OK").click()


async def test_a_barrier_is_opened_stopped_held_open_and_not_closed_on_what_stands_beneath(
    tmp_path: Path, broker: Broker
) -> None:
    async with somebody_at_the_gate(tmp_path, broker, "operator") as (_gateway, gate, page):
        await page.get_by_role("link", name="Access").click()
        await page.get_by_role("gridcell", name="Main gate").click()
        position = card(page).locator(".state-of").filter(has_text="Position")
        await expect(position).to_contain_text("closed", timeout=WAIT_MS)

        told = await order(page, "Open")
        await sent(page)
        await expect(told).to_contain_text("Main gate: Open: done", timeout=WAIT_MS)
        gate.obstacle = True
        loop = card(page).locator(".state-of").filter(has_text="Safety loop")
        await expect(loop).to_contain_text("occupied", timeout=WAIT_MS)
        told = await order(page, "Close")
        await sent(page)
        await expect(told).to_contain_text("Main gate: Close: not done")
        await expect(told).to_contain_text("Something stands under the arm.")
        await expect(card(page).get_by_label("Reason")).to_have_value("a convoy")
        gate.obstacle = False
        await expect(loop).to_contain_text("free", timeout=WAIT_MS)
        await sent(page)
        await expect(told).to_contain_text("Main gate: Close: done", timeout=WAIT_MS)

        told = await order(page, "Hold open")
        await sent(page)
        await expect(card(page)).to_contain_text("Please fill in")
        await card(page).get_by_label("Second person").fill("lena")
        await card(page).get_by_label("Their password").fill("a guess")
        await sent(page)
        await expect(told).to_contain_text("Main gate: Hold open: not done")
        await expect(card(page).get_by_label("Reason")).to_have_value("a convoy")
        await card(page).get_by_label("Their password").fill("lena has long words")
        await sent(page)
        await expect(told).to_contain_text("Main gate: Hold open: done", timeout=WAIT_MS)
        row = card(page).get_by_role("row").filter(has_text="Hold open")
        await expect(row.filter(has_text="olaf + lena").first).to_be_visible()
        assert await width(page.locator(".access-page .left")) > 700

        await page.get_by_role("gridcell", name="Rear gate").click()
        await expect(card(page).get_by_role("heading", name="Rear gate")).to_be_visible()
        told = await order(page, "Open")
        await sent(page)
        await expect(told).to_contain_text("Rear gate: Open: not delivered", timeout=WAIT_MS)
        await page.get_by_role("button", name="中文").click()
        row = card(page).get_by_role("row").filter(has_text="a convoy")
        await expect(row).to_contain_text("未送达：无法连接设备。")


async def test_a_wrong_pass_says_what_to_do_and_loses_nothing(
    tmp_path: Path, broker: Broker
) -> None:
    async with somebody_at_the_gate(tmp_path, broker, "operator") as (_gateway, _gate, page):
        await page.get_by_role("link", name="Vehicles").click()
        await page.get_by_role("button", name="Add a pass").click()
        form = page.locator("form.form")
        await form.get_by_role("button", name="OK").click()
        await expect(form).to_contain_text("Please fill in")
        await form.get_by_label("Holder").fill("Flat 5-101")
        await form.get_by_label("Plate").fill("!!!")
        await form.get_by_role("button", name="OK").click()
        await expect(page.get_by_role("alert").filter(has_text="plate")).to_be_visible()
        await form.get_by_label("Plate").fill("沪C·77777")
        await form.get_by_label("Until").fill("2020-01-01T10:00")
        await form.get_by_role("button", name="OK").click()
        over = page.get_by_role("alert").filter(has_text="is over before it begins")
        await expect(over).to_contain_text("name a later time")
        await expect(form.get_by_label("Holder")).to_have_value("Flat 5-101")
        await form.get_by_label("Until").fill("2099-01-01T10:00")
        await form.get_by_role("combobox", name="Only at").click()
        await page.get_by_role("option", name="Rear gate").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("listbox")).to_have_count(0)
        await form.get_by_role("button", name="OK").click()
        row = page.locator(".table-passes").get_by_role("row").filter(has_text="沪C77777")
        await expect(row).to_contain_text("Rear gate")
        await page.get_by_role("button", name="中文").click()
        await row.get_by_role("button", name="注销").click()
        await form.get_by_label("原因").fill("已搬离")
        await form.get_by_role("button", name="确定").click()
        await expect(page.locator(".table-passes")).not_to_contain_text("沪C77777")


async def test_an_engineer_opens_a_barrier_but_neither_holds_it_nor_keeps_passes(
    tmp_path: Path, broker: Broker
) -> None:
    async with somebody_at_the_gate(tmp_path, broker, "engineer") as (_gateway, _gate, page):
        await page.get_by_role("link", name="Access").click()
        await page.get_by_role("gridcell", name="Main gate").click()
        await expect(card(page).get_by_role("button", name="Open", exact=True)).to_be_visible()
        await expect(card(page).get_by_role("button", name="Hold open")).to_have_count(0)
        await page.get_by_role("link", name="Vehicles").click()
        await expect(page.locator(".table-passes")).to_be_visible()
        await expect(page.get_by_role("button", name="Add a pass")).to_have_count(0)
