"""A guarded door through mosquitto and the whole gateway: passed, forced, propped, commanded."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.model.clock import HOUR, SECOND, Micros, gateway_clock, to_datetime
from simulators.guarded_door import GuardedDoor, Visit, Way
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.output import Output
from simulators.styles import Style
from tests.drivers.mqtt.estate import publisher
from tests.gateway_client import eventually, signed_in, ticket_of, told
from tests.gateway_process import running_gateway
from tests.servers import Broker
from tests.waiting import until

HOST = "127.0.0.1"
SITE = """
connections: {{broker: {{type: mqtt, host: {host}, port: {port}, client_id: doors}}}}
devices:
  - {{id: hall, kind: door, profile: gatehouse-json, connection: broker, topic: doors/hall,
     name: {{en: Hall door, zh: 大堂门}}, place: {{en: Hall, zh: 大堂}},
     points: [lock, exit-request, tamper, battery, access, double-lock, fault],
     door: {{open_time: {open_time}, pre_alarm_time: 1s, sounder: buzzer}}}}
  - {{id: buzzer, kind: output, profile: gatehouse-json, connection: broker, topic: doors/buzzer,
     name: {{en: Buzzer, zh: 蜂鸣器}}, place: {{en: Hall, zh: 大堂}}}}
"""
AREA = """
  - {{id: court, kind: passback, connection: own, name: Court, place: Hall,
     passback: {{mode: hard, doors: [{{door: hall}}]}}}}
"""
OWN = "own: {{type: gateway}}, "
now = gateway_clock()


@asynccontextmanager
async def hall(
    folder: Path, broker: Broker, open_time: str = "30s", text: str = SITE
) -> AsyncIterator[tuple[httpx.AsyncClient, GuardedDoor, Output]]:
    """The estate, its door shut and heard."""
    door, buzzer = GuardedDoor(), Output()
    devices = [
        MqttDevice("doors/hall", Style.GATEHOUSE_JSON, door),
        MqttDevice("doors/buzzer", Style.GATEHOUSE_JSON, buzzer),
    ]
    site = text.format(host=HOST, port=broker.port, open_time=open_time)
    with running_gateway(folder, site) as gateway:
        async with MqttDevices(HOST, broker.port, devices, now), signed_in(gateway) as client:
            await told(client, "hall/contact", value="closed", quality="good")
            await told(client, "hall/bolt", value="ok", quality="good")
            await told(client, "buzzer/state", value="off", quality="good")
            yield client, door, buzzer


def opened(commands: Any) -> int:
    """How often the door was opened for somebody."""
    return sum(each["action"] == "open" for each in commands)


async def command(
    client: httpx.AsyncClient, action: str, device: str = "hall", **more: str
) -> httpx.Response:
    order = {"action": action, "reason": "a test", **more}
    return await client.post(f"/api/v1/devices/{device}/commands", json=order)


async def test_a_card_lets_somebody_pass_and_somebody_else_forces_the_door(
    tmp_path: Path, broker: Broker
) -> None:
    async with hall(tmp_path, broker) as (client, door, _):
        door.visit(Visit(now(), holder="chen", held_for=SECOND))
        passage = {"credential": "card-chen", "holder": "chen", "direction": "in"}
        taken = {**passage, "by": "credential", "result": "taken"}
        await told(client, "hall/passage", value=taken)
        await told(client, "hall/contact", value="closed")
        door.visit(Visit(now(), Way.BUTTON, held_for=SECOND))
        await told(client, "hall/passage", value={"by": "exit-button", "result": "taken"})
        await told(client, "hall/mode", value="locked")
        assert (await client.get("/api/v1/alarms")).json() == []
        door.visit(Visit(now() + 3 * SECOND, Way.FORCE, held_for=SECOND))
        ticket = await ticket_of(client, "hall/forced")
        assert ticket["priority"] == 1
        await told(client, "hall/alarm", value="normal")
        (alarm,) = (await client.get("/api/v1/alarms")).json()
        assert alarm["rule"] == "hall/forced"  # latched until somebody has looked


async def test_a_door_that_stands_open_sounds_before_the_desk_is_called(
    tmp_path: Path, broker: Broker
) -> None:
    async with hall(tmp_path, broker, "3s") as (client, door, buzzer):
        door.visit(Visit(now(), held_for=8 * SECOND))
        await until(lambda: buzzer.state == "on")
        assert (await client.get("/api/v1/alarms")).json() == []
        ticket = await ticket_of(client, "hall/propped")
        assert ticket["priority"] == 2
        await until(lambda: buzzer.state == "off")
        await told(client, "hall/alarm", value="normal", quality="good")
        assert (await client.get("/api/v1/commands")).json()[0]["device"] == "buzzer"


async def test_a_door_is_opened_from_the_desk_and_in_a_lock_down_it_is_not(
    tmp_path: Path, broker: Broker
) -> None:
    async with hall(tmp_path, broker) as (client, door, _):
        opened = await command(client, "open")
        assert (opened.status_code, opened.json()["result"]) == (200, "confirmed")
        door.visit(Visit(now(), Way.COMMAND, held_for=SECOND))
        await told(client, "hall/contact", value="open")
        await told(client, "hall/alarm", value="normal", quality="good")
        await told(client, "hall/lock", value="locked")
        assert (await command(client, "lock-down")).json()["result"] == "confirmed"
        refused = await command(client, "open")
        assert (refused.status_code, refused.json()["code"]) == (409, "locked-down")
        assert (await command(client, "end-lock-down")).json()["result"] == "confirmed"


async def test_a_door_that_does_not_obey_is_told(tmp_path: Path, broker: Broker) -> None:
    async with hall(tmp_path, broker) as (client, door, _):
        door.disobeys = True
        assert (await command(client, "open")).json()["result"] == "unknown"
        await ticket_of(client, "hall/command-failed")


async def test_what_is_played_again_after_a_restart_is_doubted(
    tmp_path: Path, broker: Broker
) -> None:
    def say(word: str, at: Micros) -> bytes:
        return json.dumps({"id": word, "at": to_datetime(at).isoformat(), "contact": word}).encode()

    site = SITE.format(host=HOST, port=broker.port, open_time="30s")
    with running_gateway(tmp_path, site) as gateway:
        async with publisher(broker) as door, signed_in(gateway) as client:
            opened = now()
            await door.publish("doors/hall/state", say("open", opened))
            await told(client, "hall/contact", value="open", quality="good")
        gateway.server.kill()
        gateway.server.start()
        async with publisher(broker) as anybody, signed_in(gateway) as client:
            await anybody.publish("doors/hall/state", say("closed", opened - HOUR))
            await told(client, "hall/contact", value="closed", quality="stale")


async def test_who_has_come_in_is_not_let_in_again_by_a_reader_that_asks(
    tmp_path: Path, broker: Broker
) -> None:
    text = SITE.replace("connections: {{", f"connections: {{{{{OWN}") + AREA
    async with hall(tmp_path, broker, text=text) as (client, door, _):
        door.visit(Visit(now(), Way.ASKS, holder="chen", takes=False))
        await told(client, "hall/command", value="confirmed")
        door.visit(Visit(now(), Way.COMMAND, held_for=SECOND))
        card = {"credential": "card-chen", "holder": "chen", "direction": "in"}
        passage = {**card, "by": "command", "result": "taken", "reason": "reader-asked"}
        await told(client, "hall/passage", value=passage)
        await told(client, "court/inside", value=1.0)
        await told(client, "hall/lock", value="locked")
        door.visit(Visit(now(), Way.ASKS, holder="chen", takes=False))
        denied = {**card, "door": "hall", "result": "denied"}
        await told(client, "court/second-entry", value=denied)
        ticket = await ticket_of(client, "court/second-entry")
        assert ticket["priority"] == 4
        commands = (await client.get("/api/v1/commands")).json()
        assert [each["action"] for each in commands] == ["open"]
        (inside,) = (await client.get("/api/v1/roll-calls/court")).json()
        assert (inside["holder"], inside["door"]) == ("chen", "hall")
        forgiven = await command(client, "forgive", "court", person=inside["who"])
        assert (forgiven.json()["result"], forgiven.json()["code"]) == ("confirmed", "shown")
        assert (await client.get("/api/v1/roll-calls/court")).json() == []
        assert (await command(client, "forgive", "court")).status_code == 409
        door.visit(Visit(now(), Way.ASKS, holder="chen", takes=False))
        await eventually(client, "/api/v1/commands", lambda all_: opened(all_) == 2)
