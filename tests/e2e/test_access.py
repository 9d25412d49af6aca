"""An operator opens doors in a real browser, through a real broker."""

import csv
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from playwright.async_api import Locator, Page, expect

from gateway.model.clock import gateway_clock, to_datetime
from tests.e2e.browser import WAIT_MS, Seen, add_user, browser_page, sign_in
from tests.gateway_process import GatewayProcess, running_gateway
from tests.servers.broker import Broker, mosquitto

SITE = """
  access: {{second_factor: [unlock]}}
connections:
  field: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
kinds:
  gate:
    name: {{en: Gate, zh: 闸门}}
    points:
      lock: {{kind: state, states: [locked, unlocked], period: 60s, name: {{en: Lock, zh: 门锁}}}}
      contact: {{kind: state, states: [closed, open], period: 60s, name: {{en: Contact, zh: 门磁}}}}
      access: {{kind: event, name: {{en: Card, zh: 刷卡}}}}
      tamper: {{kind: state, states: [ok, tampered], name: {{en: Tamper, zh: 防拆}}}}
      command:
        kind: state
        states: [confirmed, refused, failed]
        derived: true
        name: {{en: Last command, zh: 最近指令}}
    commands:
      open: {{confirmed_by: [{{point: lock, in: [unlocked], within: 2s}}]}}
      unlock: {{confirmed_by: [{{point: lock, in: [unlocked], within: 2s}}]}}
    rules:
      command-failed:
        title: {{en: Command failed, zh: 指令未执行}}
        priority: high
        when: {{point: command, in: [failed, unknown]}}
devices:
  - {{id: north, kind: gate, connection: field, profile: gatehouse-json, topic: test/north,
     name: {{en: North gate, zh: 北门}}, place: {{en: Block 1, zh: 1号楼}}}}
  - {{id: south, kind: gate, connection: field, profile: gatehouse-json, topic: test/south,
     name: {{en: South gate, zh: 南门}}, place: {{en: Block 2, zh: 2号楼}}}}
"""


class Gate:
    """A gate's controller on the broker: opens when it is told to, unless it is stuck."""

    def __init__(self, broker: Broker, name: str, *, stuck: bool) -> None:
        self.topic, self.stuck = f"test/{name}", stuck
        self.orders: list[dict[str, Any]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, name)
        self._client.on_message = self._obey
        self._client.will_set(f"{self.topic}/status", "offline", 1, retain=True)
        self._client.connect(broker.host, broker.port)
        self._client.subscribe(f"{self.topic}/command", 1)
        self._client.publish(f"{self.topic}/status", "online", 1, retain=True)
        self._client.loop_start()
        self.says(lock="locked", contact="closed")

    def says(self, **points: object) -> None:
        said = {"id": f"{self.topic} {gateway_clock()():020}", **points}
        said["at"] = to_datetime(gateway_clock()()).isoformat()
        self._client.publish(f"{self.topic}/state", json.dumps(said), 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # and with it two sockets: Playwright keeps the test's frame for a while

    def _obey(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        assert not message.retain
        self.orders.append(json.loads(message.payload))
        if not self.stuck:
            self.says(lock="unlocked", contact="open")


@contextmanager
def gate(broker: Broker, name: str, *, stuck: bool = False) -> Iterator[Gate]:
    gate = Gate(broker, name, stuck=stuck)
    try:
        yield gate
    finally:
        gate.close()


@asynccontextmanager
async def estate(
    folder: Path,
) -> AsyncIterator[tuple[GatewayProcess, Gate, Gate, Page, Seen]]:
    """Two gates; the southern one does not move."""
    with (
        mosquitto(folder) as broker,
        running_gateway(folder, SITE.format(port=broker.port)) as up,
        gate(broker, "north") as north,
        gate(broker, "south", stuck=True) as south,
    ):
        async with browser_page(up) as (page, seen):
            yield up, north, south, page, seen


def card(page: Page, name: str) -> Locator:
    return page.locator(".access-card").filter(has=page.get_by_role("heading", name=name))


def ticket_list(page: Page) -> Locator:
    return page.get_by_role("region", name="Open tickets")


async def ask(shown: Locator, action: str) -> None:
    """With a reason of those offered; pressing Enter twice."""
    await shown.get_by_role("button", name=action, exact=True).click()
    await shown.get_by_role("button", name="Courier").click()
    reason = shown.get_by_label("Reason")
    await expect(reason).to_have_value("Courier")
    await reason.evaluate(
        """field => { for (let i = 0; i < 2; i++) field.form.requestSubmit(); }"""
    )


async def test_an_operator_opens_a_gate_and_sees_it_confirmed(tmp_path: Path) -> None:
    async with estate(tmp_path) as (gateway, north, _south, page, seen):
        await page.goto(gateway.sign_in_link)
        await page.get_by_role("link", name="Access").click()
        shown = card(page, "North gate")
        await expect(shown.locator(".state-of").filter(has_text="Lock")).to_contain_text("locked")
        await expect(shown.locator(".state-of").filter(has_text="Tamper")).to_contain_text(
            "unknown"
        )
        await ask(shown, "Open")
        await expect(shown.get_by_role("status")).to_contain_text("North gate: Open: done")
        (order,) = north.orders
        assert order["action"] == "open"
        row = shown.get_by_role("row").filter(has_text="Courier")
        await expect(row).to_contain_text("admin")
        assert len(north.orders) == 1
        assert seen == Seen()


async def test_cards_are_listed_as_they_are_held_up(tmp_path: Path) -> None:
    async with estate(tmp_path) as (gateway, north, south, page, seen):
        await page.goto(gateway.sign_in_link)
        await page.get_by_role("link", name="Access").click()
        log = page.get_by_role("region", name="Who went through")
        await expect(log).to_contain_text("Nobody yet.")
        north.says(access={"result": "granted", "holder": "Li Wei", "direction": "in"})
        await expect(log.get_by_role("row").nth(1)).to_contain_text(
            re.compile("North gate.*Card.*Li Wei.*granted · in"), timeout=WAIT_MS
        )
        south.says(access={"result": "denied", "holder": "Wang Fang", "reason": "expired"})
        await expect(log.get_by_role("row").nth(1)).to_contain_text("denied · expired")
        await expect(log.get_by_role("row").nth(2)).to_contain_text("Li Wei")

        await log.get_by_label("Name, card or plate").fill("li w")
        await expect(log.get_by_role("row")).to_have_count(2)
        async with page.expect_download() as download:
            await log.get_by_role("link", name="CSV").click()
        table = (await (await download.value).path()).read_text("utf-8")
        assert [row["holder"] for row in csv.DictReader(table.splitlines())] == ["Li Wei"]

        await log.get_by_label("Name, card or plate").fill("")
        await page.get_by_role("gridcell", name="South gate").click()
        await log.get_by_role("checkbox", name="This device only").click()
        await expect(log.get_by_role("row")).to_have_count(2)
        await expect(log.get_by_role("row").nth(1)).to_contain_text("Wang Fang")
        await page.get_by_role("button", name="中文").click()
        await expect(page.get_by_role("region", name="通行记录")).to_contain_text("拒绝")
        assert seen == Seen()


async def test_what_a_gate_does_not_show_is_not_known_and_an_alarm(tmp_path: Path) -> None:
    async with estate(tmp_path) as (gateway, north, south, page, seen):
        await page.goto(gateway.sign_in_link)
        await page.get_by_role("link", name="Access").click()
        await page.get_by_role("gridcell", name="South gate").click()
        shown = card(page, "South gate")
        await expect(shown.locator(".state-of").filter(has_text="Lock")).to_contain_text("locked")
        await ask(shown, "Open")
        await expect(shown.get_by_role("status")).to_contain_text("Waits until the device shows it")
        await expect(shown.get_by_role("button", name="Open", exact=True)).to_be_disabled()

        # Nobody waits for it: another gate is opened meanwhile.
        await page.get_by_role("gridcell", name="North gate").click()
        await ask(card(page, "North gate"), "Open")
        until = card(page, "North gate").get_by_role("row").filter(has_text="Courier")
        await expect(until).to_contain_text("done")
        assert len(north.orders) == 1

        await page.get_by_role("gridcell", name="South gate").click()
        row = shown.get_by_role("row").filter(has_text="Courier")
        await expect(row).to_contain_text("not known", timeout=WAIT_MS)
        assert len(south.orders) == 1
        await page.get_by_role("link", name="Desk").click()
        ticket = page.get_by_role("region", name="Ticket", exact=True)
        await expect(ticket.get_by_role("heading", name="Command failed")).to_be_visible()
        await expect(ticket).to_contain_text("South gate")
        await ticket_list(page).get_by_text("Command failed").click()
        await page.get_by_role("link", name="States and commands").click()
        await expect(shown).to_be_visible()
        assert seen == Seen()


async def test_what_is_refused_says_why_and_moves_nothing(tmp_path: Path) -> None:
    async with estate(tmp_path) as (gateway, north, _south, page, seen):
        await page.goto(gateway.sign_in_link)
        password = await add_user(page, gateway, "li", "operator")
        await add_user(page, gateway, "tina", "tester")
        await page.get_by_role("button", name="Sign out").click()
        await sign_in(page, gateway, "li", password)
        await page.get_by_role("link", name="Access").click()
        shown = card(page, "North gate")
        await shown.get_by_role("button", name="Unlock", exact=True).click()
        await shown.get_by_label("Reason").fill("office hours")
        secret = shown.get_by_label("Your own password, once more")
        await secret.fill("a guess")
        await secret.press("Enter")
        said = shown.get_by_role("status")
        await expect(said).to_contain_text("North gate: Unlock: not done")
        await expect(said).to_contain_text("Your password is wrong.")
        assert north.orders == []

        await expect(secret).to_have_value("")  # what else was written is still there
        await secret.fill(password)
        await secret.press("Enter")
        await expect(said).to_contain_text("North gate: Unlock: done")
        assert [order["action"] for order in north.orders] == ["unlock"]

        await page.get_by_role("button", name="中文").click()
        table = page.get_by_role("region", name="指令记录")
        await expect(table.get_by_role("row").nth(1)).to_contain_text("已执行")
        await expect(table.get_by_role("row").nth(2)).to_contain_text("未执行：本人密码错误。")
        await page.get_by_role("button", name="退出").click()
        await sign_in(page, gateway, "tina", "tina has long words")
        await page.get_by_role("link", name="Access").click()
        await expect(card(page, "North gate")).to_contain_text("unlocked")
        await expect(card(page, "North gate").get_by_role("button")).to_have_count(0)
        assert seen == Seen()
