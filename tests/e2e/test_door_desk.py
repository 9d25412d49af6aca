"""A guarded door before an operator's eyes: simulator, real broker, gateway, real browser."""

from pathlib import Path

from playwright.async_api import Locator, Page, expect

from gateway.model.clock import SECOND, gateway_clock
from simulators.guarded_door import GuardedDoor, Visit, Way
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, browser_page
from tests.gateway_process import running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"
SITE = """
connections: {{broker: {{type: mqtt, host: {host}, port: {port}, client_id: desk}}}}
devices:
  - {{id: hall, kind: door, profile: gatehouse-json, connection: broker, topic: doors/hall,
     name: {{en: Hall door, zh: 大堂门}}, place: {{en: Hall, zh: 大堂}},
     points: [lock, exit-request, tamper, battery, access, double-lock, fault]}}
"""
now = gateway_clock()


async def test_an_operator_opens_a_door_locks_it_down_and_is_told_when_it_does_not_obey(
    tmp_path: Path, broker: Broker
) -> None:
    door = GuardedDoor()
    devices = [MqttDevice("doors/hall", Style.GATEHOUSE_JSON, door)]
    with running_gateway(tmp_path, SITE.format(host=HOST, port=broker.port)) as gateway:
        async with (
            MqttDevices(HOST, broker.port, devices, now),
            browser_page(gateway) as (page, seen),
        ):
            await page.goto(gateway.sign_in_link)
            await page.get_by_role("link", name="Access").click()
            await expect(state(page, "Contact")).to_contain_text("closed", timeout=WAIT_MS)
            await expect(state(page, "Lock")).to_contain_text("locked")
            await expect(state(page, "Door alarm")).to_contain_text("normal")
            await expect(state(page, "Tamper contact")).to_contain_text("ok")

            opening = page.get_by_role("button", name="Open", exact=True)
            await opening.focus()
            door.visit(Visit(now(), holder="Chen Jie", held_for=SECOND))
            log = page.get_by_role("region", name="Who went through")
            went = log.get_by_role("row").filter(has_text="went through")
            await expect(went.filter(has_text="Chen Jie")).to_be_visible(timeout=WAIT_MS)
            await expect(state(page, "Lock")).to_contain_text("locked", timeout=WAIT_MS)
            await expect(opening).to_be_focused()  # whatever the door says: no press is lost

            await command(page, "Open")
            await expect(outcome(page)).to_contain_text("Hall door: Open: done", timeout=WAIT_MS)
            door.visit(Visit(now(), Way.COMMAND, held_for=SECOND))
            await expect(state(page, "Contact")).to_contain_text("open", timeout=WAIT_MS)
            await expect(state(page, "Lock")).to_contain_text("locked", timeout=WAIT_MS)
            await expect(state(page, "Door alarm")).to_contain_text("normal")

            await command(page, "Lock down")
            await expect(outcome(page)).to_contain_text("Lock down: done", timeout=WAIT_MS)
            await expect(state(page, "Mode")).to_contain_text("locked down")
            await command(page, "Open")
            await expect(outcome(page)).to_contain_text("Open: not done")
            await expect(outcome(page)).to_contain_text("The door is locked down: end that first.")
            await page.keyboard.press("Escape")
            await command(page, "End lock-down")
            await expect(outcome(page)).to_contain_text("End lock-down: done", timeout=WAIT_MS)

            by_itself = page.get_by_role("row").filter(has_text="what was ordered has ended")
            await expect(by_itself).to_contain_text("done", timeout=WAIT_MS)  # its lock, locked
            door.disobeys = True
            await command(page, "Open")
            await expect(outcome(page)).to_contain_text("Open: not known", timeout=WAIT_MS)
            await expect(outcome(page)).to_contain_text("Look at it by camera")
            await page.get_by_role("link", name="Desk").click()
            tickets = page.get_by_role("region", name="Open tickets")
            await expect(tickets).to_contain_text("Hall", timeout=WAIT_MS)
            assert seen == Seen()


def state(page: Page, name: str) -> Locator:
    """What the door's card says of that point."""
    term = page.locator("dt").get_by_text(name, exact=True)
    return page.locator(".state-of").filter(has=term)


def outcome(page: Page) -> Locator:
    return page.locator(".access-card").get_by_role("status")


async def command(page: Page, word: str) -> None:
    card = page.locator(".access-card")
    await card.get_by_role("button", name=word, exact=True).click()
    await card.get_by_label("Reason").fill("a test")
    await card.get_by_label("Reason").press("Enter")
