"""What an operator does to a zone that the gateway holds, in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from gateway.model.clock import gateway_clock
from simulators.line import Line
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser_page, sign_in
from tests.gateway_process import running_gateway
from tests.servers import Broker

SITE = """
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
  own: {{type: gateway}}
devices:
  - {{id: fence, kind: line, profile: gatehouse-json, connection: broker, topic: e/fence,
     points: [tamper, supply],
     name: {{en: Fence cable, zh: 振动光缆}}, place: {{en: North, zh: 北侧}}}}
  - {{id: garden, kind: line, profile: gatehouse-json, connection: broker, topic: e/garden,
     points: [tamper, supply],
     name: {{en: Garden gate, zh: 园门}}, place: {{en: North, zh: 北侧}}}}
  - {{id: panic, kind: line, profile: gatehouse-json, connection: broker, topic: e/panic,
     points: [tamper, supply],
     name: {{en: Panic button, zh: 紧急按钮}}, place: {{en: North, zh: 北侧}}}}
  - {{id: wall, kind: zone, connection: own, name: {{en: North wall, zh: 北围墙}},
     place: {{en: North, zh: 北侧}},
     zone: {{lines: [{{point: fence/line}}, {{point: garden/line}},
                     {{point: panic/line, always: true}}], exit_delay: 0s}}}}
"""


@asynccontextmanager
async def operator_at_the_wall(folder: Path, broker: Broker) -> AsyncIterator[tuple[Page, Line]]:
    """On the page of the zone; the line given is the fence's."""
    clock, fence = gateway_clock(), Line()
    lines = {"fence": fence, "garden": Line(), "panic": Line()}
    devices = [MqttDevice(f"e/{name}", Style.GATEHOUSE_JSON, line) for name, line in lines.items()]
    with running_gateway(folder, SITE.format(port=broker.port)) as gateway:
        field = MqttDevices("127.0.0.1", broker.port, devices, clock)
        async with field, browser_page(gateway) as (page, seen):
            await page.goto(gateway.sign_in_link)
            password = await add_user(page, gateway, "olaf", "operator")
            await page.get_by_role("button", name="Sign out").click()
            await sign_in(page, gateway, "olaf", password)
            await page.get_by_role("link", name="Access").click()
            await page.get_by_role("gridcell", name="North wall").first.click()
            stands = line_row(page, "Fence cable")
            await expect(stands).to_contain_text("normal", timeout=WAIT_MS)
            yield page, fence
            assert seen == Seen()


def card(page: Page) -> Locator:
    return page.locator(".access-card")


def line_row(page: Page, name: str) -> Locator:
    return page.locator(".table-lines").get_by_role("row").filter(has_text=name)


async def order(page: Page, action: str, **fields: str) -> None:
    """Fill in the form and send it."""
    shown = card(page)
    await shown.get_by_role("button", name=action, exact=True).click()
    for label, said in fields.items():
        await shown.get_by_label(label).fill(said)
    await shown.get_by_role("button", name="OK").click()


async def test_lines_are_chosen_for_a_bypass_and_nothing_is_lost_of_a_wrong_form(
    tmp_path: Path, broker: Broker
) -> None:
    async with operator_at_the_wall(tmp_path, broker) as (page, _fence):
        shown = card(page)
        await order(page, "Bypass", Reason="branches in the wind")
        await expect(shown).to_contain_text("Please fill in")
        await shown.get_by_role("combobox", name="Which lines").click()
        await expect(page.get_by_role("option")).to_have_count(3)
        await expect(page.get_by_role("option", name="Panic button")).to_have_count(0)
        await page.get_by_role("option", name="Fence cable · normal").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("listbox")).to_have_count(0)

        until = shown.get_by_label("Until")
        right = await until.input_value()
        await until.fill("2020-01-01T10:00")
        await shown.get_by_role("button", name="OK").click()
        told = shown.get_by_role("status")
        await expect(told).to_contain_text("North wall: Bypass: not done")
        await expect(told).to_contain_text("must have an end that is still to come")
        await expect(shown.get_by_label("Reason")).to_have_value("branches in the wind")
        await until.fill(right)
        await shown.get_by_role("button", name="OK").click()
        await expect(told).to_contain_text("North wall: Bypass: done")
        await expect(line_row(page, "Fence cable")).to_contain_text("bypassed until")
        await expect(line_row(page, "Garden gate")).to_contain_text("yes, when armed")
        await expect(line_row(page, "Panic button")).to_contain_text("always")

        await page.get_by_role("button", name="中文").click()
        await expect(line_row(page, "振动光缆")).to_contain_text("旁路至")
        await shown.get_by_role("button", name="解除旁路", exact=True).click()
        await shown.get_by_label("原因").fill("风停了")
        await shown.get_by_role("button", name="确定").click()
        await expect(line_row(page, "振动光缆")).to_contain_text("布防时警戒")


async def test_a_zone_is_disarmed_part_armed_walked_and_not_armed_over_an_open_line(
    tmp_path: Path, broker: Broker
) -> None:
    async with operator_at_the_wall(tmp_path, broker) as (page, fence):
        told = card(page).get_by_role("status")
        mode = card(page).locator(".state-of").filter(has_text="Mode")
        for action, state in (
            ("Disarm", "disarmed"),
            ("Walk test", "walk test"),
            ("End walk test", "disarmed"),
            ("Arm in part", "part-armed"),
            ("Disarm", "disarmed"),
        ):
            await order(page, action, Reason="patrol")
            await expect(told).to_contain_text(f"North wall: {action}: done")
            await expect(mode).to_contain_text(state)
        log = page.get_by_role("region", name="Who went through, what tripped")
        row = log.get_by_role("row").filter(has_text="walk test over")
        await expect(row).to_contain_text("Not tested: Fence cable, Garden gate")
        await expect(log).not_to_contain_text("nobody known")

        fence.trip_at(gateway_clock()())
        await expect(line_row(page, "Fence cable")).to_contain_text("alarm", timeout=WAIT_MS)
        await order(page, "Arm", Reason="night")
        await expect(told).to_contain_text("North wall: Arm: not done")
        await expect(told).to_contain_text("A detector line stands in alarm")
        await expect(card(page).get_by_label("Reason")).to_have_value("night")
