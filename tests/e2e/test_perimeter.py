"""A perimeter that the gateway holds, and a fire, through a real broker and the real process."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from gateway.model.clock import HOUR, Micros, gateway_clock, to_datetime
from simulators.fire_panel import FirePanel
from simulators.line import Line
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.output import Output
from simulators.styles import Style
from tests.gateway_client import signed_in, ticket_of, told
from tests.gateway_process import running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"
JSON = Style.GATEHOUSE_JSON
DONE = ("confirmed", "shown")

ZONE = """
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
  own: {{type: gateway}}
devices:
  - {{id: fence, kind: line, profile: gatehouse-json, connection: broker, topic: e/fence,
     points: [tamper, supply], name: Fence, place: North}}
  - {{id: lamp, kind: output, profile: gatehouse-json, connection: broker, topic: e/lamp,
     name: Lamp, place: North}}
  - {{id: siren, kind: output, profile: gatehouse-json, connection: broker, topic: e/siren,
     name: Siren, place: North}}
  - {{id: wall, kind: zone, connection: own, name: Wall, place: North,
     zone: {{lines: [{{point: fence/line}}], lamps: [lamp], sirens: [siren], siren_time: 1s,
             cleared_after: 1s}}}}
"""

FIRE = """
connections:
  broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: test}}
  own: {{type: gateway}}
kinds:
  exit:
    name: {{en: Exit, zh: 出口}}
    points:
      lock: {{kind: state, states: [locked, unlocked], period: 60s, name: {{en: Lock, zh: 门锁}}}}
    commands:
      lock: {{confirmed_by: [{{point: lock, in: [locked]}}]}}
      lock-open: {{confirmed_by: [{{point: lock, in: [unlocked]}}]}}
devices:
  - {{id: panel, kind: panel, profile: gatehouse-json, connection: broker, topic: e/panel,
     points: [fault], name: Panel, place: Hall}}
  - {{id: hall, kind: exit, profile: gatehouse-json, connection: broker, topic: e/hall,
     name: Hall, place: Hall}}
  - {{id: yard, kind: exit, profile: gatehouse-json, connection: broker, topic: e/yard,
     name: Yard, place: Yard}}
  - {{id: linkage, kind: fire, connection: own, name: Release, place: Hall,
     fire: {{inputs: [panel/fire], doors: [hall, yard], within: 2s}}}}
"""


class Lock:
    """A lock that obeys, or is stuck."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.stuck = stuck
        self.orders: list[str] = []
        self._word = "locked"

    def obey(self, action: str, _parameters: Mapping[str, object], _now: Micros) -> None:
        self.orders.append(action)
        if not self.stuck:
            self._word = "unlocked" if action == "lock-open" else "locked"

    def step(self, _now: Micros) -> Mapping[str, str]:
        return {"lock": self._word}


async def ask(client: httpx.AsyncClient, device: str, action: str, **more: Any) -> tuple[str, str]:
    """How the command came out, and the code of why."""
    order = {"action": action, "reason": "a test", **more}
    answer = await client.post(f"/api/v1/devices/{device}/commands", json=order)
    said = answer.json()
    return ("refused" if answer.status_code == 409 else said["result"]), said["code"]


async def test_a_breach_is_a_ticket_and_lamp_and_siren_go_on_and_the_siren_off_again(
    tmp_path: Path, broker: Broker
) -> None:
    clock, fence = gateway_clock(), Line()
    devices = [
        MqttDevice("e/fence", JSON, fence),
        MqttDevice("e/lamp", JSON, Output()),
        MqttDevice("e/siren", JSON, Output()),
    ]
    with running_gateway(tmp_path, ZONE.format(port=broker.port)) as gateway:
        async with MqttDevices(HOST, broker.port, devices, clock), signed_in(gateway) as client:
            await told(client, "wall/supervision", value="ok")
            for device in ("lamp", "siren"):
                await told(client, f"{device}/state", value="off")
            fence.trip_at(clock(), 500_000)
            ticket = await ticket_of(client, "wall/breach")
            assert (ticket["priority"], ticket["procedure"]) == (1, "break-in")
            await told(client, "lamp/state", value="on")
            await told(client, "siren/state", value="on")
            await told(client, "siren/state", value="off")
            await told(client, "wall/alarm", value="normal")
            await told(client, "lamp/state", value="off")


async def test_a_zone_stays_disarmed_and_bypassed_over_a_power_cut_and_commands_nothing_then(
    tmp_path: Path, broker: Broker
) -> None:
    clock, fence, lamp = gateway_clock(), Line(), Output()
    devices = [MqttDevice("e/fence", JSON, fence), MqttDevice("e/lamp", JSON, lamp)]
    field = MqttDevices(HOST, broker.port, devices, clock)
    with running_gateway(tmp_path, ZONE.format(port=broker.port)) as gateway:
        async with field, signed_in(gateway) as client:
            await told(client, "fence/line", value="normal")
            assert await ask(client, "wall", "disarm") == DONE
            only = {"until": to_datetime(clock() + HOUR).isoformat(), "lines": ["fence"]}
            assert await ask(client, "wall", "bypass", **only) == DONE
            assert await ask(client, "wall", "bypass") == ("refused", "device-refuses")
            fence.trip_at(clock())
            await told(client, "fence/line", value="alarm")
            gateway.server.kill()
            gateway.server.start()
            async with signed_in(gateway) as again:
                await told(again, "wall/mode", value="disarmed")
                await told(again, "wall/bypass", value="bypassed")
                assert await ask(again, "wall", "end-bypass") == DONE
                assert await ask(again, "wall", "arm") == ("refused", "line-not-ready")
                await told(again, "wall/alarm", value="normal")
                assert lamp.step(clock()) == {"state": "off"}


async def test_a_fire_releases_the_doors_and_the_one_that_stays_locked_is_named(
    tmp_path: Path, broker: Broker
) -> None:
    clock, panel, hall, yard = gateway_clock(), FirePanel(), Lock(), Lock(stuck=True)
    devices = [
        MqttDevice("e/panel", JSON, panel),
        MqttDevice("e/hall", JSON, hall),
        MqttDevice("e/yard", JSON, yard),
    ]
    with running_gateway(tmp_path, FIRE.format(port=broker.port)) as gateway:
        async with MqttDevices(HOST, broker.port, devices, clock), signed_in(gateway) as client:
            await told(client, "linkage/input", value="ok")
            for door in ("hall", "yard"):
                await told(client, f"{door}/lock", value="locked")
            panel.fire_at(clock())
            await ticket_of(client, "linkage/fire")
            await told(client, "hall/lock", value="unlocked")
            shut_in = await ticket_of(client, "linkage/not-released")
            assert (shut_in["priority"], shut_in["procedure"]) == (1, "fire")
            verified = (await client.get("/api/v1/points/linkage/verified")).json()["latest"]
            assert verified["value"] == {"not-released": ["yard"], "released": ["hall"]}
            assert await ask(client, "hall", "lock") == ("refused", "fire")
            panel.reset_at(clock())
            await told(client, "linkage/fire", value="normal")
            assert await ask(client, "hall", "lock") == DONE
    assert (hall.orders, yard.orders) == (["lock-open", "lock"], ["lock-open"])
