"""What engineers see of the gateway itself, in a real browser."""

import json
from pathlib import Path

import paho.mqtt.publish as mqtt
import yaml
from playwright.async_api import expect

from gateway.model.clock import gateway_clock
from simulators.modbus_faults import Dead
from simulators.modbus_server import ModbusServer, Tables, Unit, tank_unit
from simulators.tank import Tank
from tests.blocking import excused
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser, page_of, sign_in
from tests.gateway_process import running_gateway
from tests.servers import Broker

SITE = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}}}
devices:
  - {{id: door-1, kind: door, profile: gatehouse-json, connection: broker, topic: doors/1,
     name: Door 1, place: Hall}}
"""


async def test_an_engineer_reads_what_nobody_could_and_an_operator_has_no_such_page(
    tmp_path: Path, broker: Broker
) -> None:
    with running_gateway(tmp_path, SITE.format(port=broker.port)) as gateway:
        async with browser() as running:
            admin, of_admin = await page_of(running, gateway)
            await admin.goto(gateway.sign_in_link)
            password = await add_user(admin, gateway, "olaf", "operator")
            await admin.get_by_role("link", name="Health").click()
            connections = admin.get_by_role("region", name="Connections")
            await expect(connections).to_contain_text("broker")
            with excused():
                mqtt.single(
                    "doors/1/state", b"half a mess", 1, hostname=broker.host, port=broker.port
                )
            letters = admin.get_by_role("region", name="The newest of them")
            for told in ("doors/1/state", "not JSON (bad-json)", "half a mess"):
                await expect(letters).to_contain_text(told)
            reasons = admin.get_by_role("region", name="Messages nobody could read, by reason")
            await expect(reasons).to_contain_text("not JSON (bad-json)")

            page, seen = await page_of(running, gateway)
            await sign_in(page, gateway, "olaf", password)
            await expect(page.get_by_role("link", name="Health")).to_have_count(0)
            await page.goto(f"{gateway.url}/health")
            assert page.url == f"{gateway.url}/"
            assert (of_admin, seen) == (Seen(), Seen())


DISCOVERY = """\
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test, discovery: [homeassistant]}}
devices:
  - {{id: door-1, kind: door, profile: gatehouse-json, connection: broker, topic: doors/1,
     name: Door 1, place: Hall}}
"""
CELLAR = {
    "name": "<img src=x onerror=alert(1)>",
    "uniq_id": "cellar",
    "stat_t": "estate/cellar/state",
    "dev_cla": "door",
}


async def test_an_engineer_takes_a_device_that_describes_itself_as_an_entry_of_the_site_file(
    tmp_path: Path, broker: Broker
) -> None:
    with excused():
        for topic, said in (("binary_sensor/cellar", CELLAR), ("vacuum/robot", {"name": "Robby"})):
            mqtt.single(
                f"homeassistant/{topic}/config",
                json.dumps(said),
                1,
                retain=True,
                hostname=broker.host,
                port=broker.port,
            )
    with running_gateway(tmp_path, DISCOVERY.format(port=broker.port)) as gateway:
        async with browser() as running:
            page, seen = await page_of(running, gateway)
            await page.goto(gateway.sign_in_link)
            password = await add_user(page, gateway, "erika", "engineer")
            await page.get_by_role("button", name="Sign out").click()
            await sign_in(page, gateway, "erika", password)
            await page.get_by_role("link", name="Health").click()
            devices = page.get_by_role("region", name="Devices that describe themselves on broker")
            await devices.get_by_role("button", name="Look for three seconds").click()
            await expect(devices).to_contain_text("estate/cellar", timeout=WAIT_MS)
            refused = page.get_by_role("region", name="Nothing could be made of these")
            await expect(refused).to_contain_text("component vacuum is nothing")
            await devices.get_by_role("button", name="Entry").click()
            entry = page.locator(".entry-text")
            await expect(entry).to_contain_text("<img src=x onerror=alert(1)>")
            await expect(entry.locator("img")).to_have_count(0)
            async with page.expect_download() as download:
                await page.get_by_role("button", name="Approve and download").click()
            file = await download.value
            told = yaml.safe_load((await file.path()).read_text("utf-8"))
            assert [device["topic"] for device in told["devices"]] == ["estate/cellar/state"]
            assert file.suggested_filename.endswith(".yaml")
            assert seen == Seen()


MODBUS_SITE = """\
connections: {{plant-room: {{type: modbus-tcp, host: 127.0.0.1, port: {port}, timeout: 200ms}}}}
devices:
  - {{id: tank, kind: tank, profile: demo-tank, connection: plant-room, unit: 1,
     name: Tank, place: Roof}}
  - {{id: pump, kind: pump, profile: demo-pump, connection: plant-room, unit: 2,
     name: Pump, place: Basement}}
  - {{id: deep, kind: tank, profile: demo-tank, connection: plant-room, unit: 3,
     name: Deep tank, place: Basement}}
"""


async def test_an_engineer_sees_which_unit_answers_and_what_is_wrong_with_the_others(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    tank = Tank(clock(), area=1.0, height=4.0, level=2.0)
    deeper = Tank(clock(), area=1.0, height=40.0, level=20.0)
    units = {1: tank_unit(tank), 2: Unit(lambda _: Tables(), Dead()), 3: tank_unit(deeper)}
    async with ModbusServer("127.0.0.1", 0, units, clock) as server, browser() as running:
        with running_gateway(tmp_path, MODBUS_SITE.format(port=server.port)) as gateway:
            admin, seen = await page_of(running, gateway)
            await admin.goto(gateway.sign_in_link)
            await admin.get_by_role("link", name="Health").click()
            rows = admin.get_by_role("region", name="Modbus units").locator("tbody tr")
            for told in ("pump", "silent", "no answer: ", "no answer within 200 ms"):
                await expect(rows.nth(0)).to_contain_text(told)
            deep = "deep/level: input_register 0 (30001): 0x41A0 0x0000, 20 m, is above its kind's"
            for told in ("deep", "answering", deep):
                await expect(rows.nth(1)).to_contain_text(told)
            for told in ("plant-room (", "tank", "answering", " ms, longest "):
                await expect(rows.nth(2)).to_contain_text(told)
            assert seen == Seen()
