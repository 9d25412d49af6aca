"""Who is inside stands on the page of an area, on paper, and can be forgiven there."""

import csv
from pathlib import Path

from playwright.async_api import expect

from gateway.model.clock import SECOND
from simulators.guarded_door import GuardedDoor, Visit
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.e2e.browser import WAIT_MS, Seen, browser_page
from tests.e2e.test_doors import AREA, HOST, OWN, SITE, now
from tests.gateway_process import running_gateway
from tests.servers import Broker


async def test_who_is_inside_is_listed_for_a_muster_and_forgiven_with_a_reason(
    tmp_path: Path, broker: Broker
) -> None:
    text = SITE.replace("connections: {{", f"connections: {{{{{OWN}") + AREA
    site = text.format(host=HOST, port=broker.port, open_time="30s")
    door = GuardedDoor()
    devices = [MqttDevice("doors/hall", Style.GATEHOUSE_JSON, door)]
    with running_gateway(tmp_path, site) as gateway:
        async with (
            MqttDevices(HOST, broker.port, devices, now),
            browser_page(gateway) as (page, seen),
        ):
            await page.goto(gateway.sign_in_link)
            await page.get_by_role("link", name="Access").click()
            card, roll = page.locator(".access-card"), page.locator(".table-inside")
            await expect(card.get_by_text("closed", exact=True)).to_be_visible(timeout=WAIT_MS)
            await expect(roll).to_be_hidden()
            await page.get_by_role("gridcell", name="Court").click()
            await expect(roll).to_contain_text("Nobody is known to be inside.")
            door.visit(Visit(now(), holder="chen", held_for=SECOND))
            person = roll.get_by_role("row").nth(1)
            await expect(person).to_contain_text("chen", timeout=WAIT_MS)
            async with page.expect_download() as download:
                await roll.get_by_role("link", name="CSV").click()
            table = (await (await download.value).path()).read_text("utf-8-sig")
            (row,) = csv.DictReader(table.splitlines())
            assert (row["holder"], row["where"], row["door"]) == ("chen", "inside", "hall")
            await roll.get_by_role("button", name="Forgive").click()
            await card.get_by_role("button", name="Courier").click()
            await card.get_by_label("Reason").press("Enter")
            await expect(card.get_by_role("status")).to_contain_text("done", timeout=WAIT_MS)
            await expect(roll).to_contain_text("Nobody is known to be inside.", timeout=WAIT_MS)
            assert seen == Seen()
