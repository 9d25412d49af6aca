"""One reading followed from the wire to a ticket, for each driver, through the real process."""

from pathlib import Path

from gateway.model.clock import SECOND, gateway_clock
from simulators.door import Door
from simulators.modbus_faults import Dead
from simulators.modbus_server import ModbusSerialServer, ModbusServer, tank_unit
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.rtsp_server import RtspServer
from simulators.scene import Scene, Walk
from simulators.styles import Style
from simulators.tank import Tank
from tests.drivers.modbus.real_peers import serial_pair
from tests.gateway_client import signed_in, ticket_of, told
from tests.gateway_process import running_gateway
from tests.servers import Broker

HOST = "127.0.0.1"


async def test_a_draining_tank_becomes_a_ticket_over_modbus(tmp_path: Path) -> None:
    clock = gateway_clock()
    tank = Tank(clock(), area=4, height=3, level=1.5)
    async with ModbusServer(HOST, 0, {1: tank_unit(tank)}, clock) as field:
        site = f"""
connections: {{line: {{type: modbus-tcp, host: {HOST}, port: {field.port}}}}}
devices:
  - {{id: roof-tank, kind: tank, profile: demo-tank, connection: line, unit: 1,
     name: {{en: Tank, zh: 水箱}}, place: {{en: Roof, zh: 屋顶}}}}
"""
        with running_gateway(tmp_path, site) as gateway:
            async with signed_in(gateway) as client:
                await told(client, "roof-tank/level", value=1.5)
                tank.drain_at(clock(), 4 * 3600)
                ticket = await ticket_of(client, "roof-tank/low-level")
                assert (ticket["state"], ticket["priority"]) == ("new", 1)
                file = (await client.get(f"/api/v1/tickets/{ticket['number']}")).json()
                evidence = file["alarms"][0]["evidence"]
                assert evidence["point"] == "roof-tank/level"
                assert evidence["value"] < 1.0


async def test_a_unit_that_falls_silent_on_a_serial_line_becomes_a_ticket_and_the_other_is_read(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    units = {n: tank_unit(Tank(clock(), area=4, height=3, level=1.5)) for n in (1, 2)}
    with serial_pair(tmp_path) as pair:
        site = f"""
connections: {{line: {{type: modbus-serial, port: {pair.near}, parity: none, timeout: 300ms}}}}
devices:
  - template: {{id: "tank-{{n}}", kind: tank, profile: demo-tank, connection: line, unit: "{{n}}",
      name: {{en: Tank, zh: 水箱}}, place: {{en: Roof, zh: 屋顶}},
      rules: {{offline: {{raise_after: 0s}}}}}}
    range: [1, 2]
"""
        async with ModbusSerialServer(pair.far, units, clock):
            with running_gateway(tmp_path, site) as gateway:
                async with signed_in(gateway) as client:
                    await told(client, "tank-1/level", value=1.5)
                    units[1].fault = Dead()
                    ticket = await ticket_of(client, "tank-1/offline")
                    assert ticket["state"] == "new"
                    await told(client, "tank-2/level", value=1.5)


async def test_a_door_left_open_becomes_a_ticket_over_mqtt_and_is_worked_off(
    tmp_path: Path, broker: Broker
) -> None:
    clock, door = gateway_clock(), Door()
    site = f"""
connections: {{broker: {{type: mqtt, host: {HOST}, port: {broker.port}, client_id: test}}}}
devices:
  - {{id: door-1, kind: door, profile: gatehouse-json, connection: broker, topic: doors/1,
     name: {{en: Door 1, zh: 1号门}}, place: {{en: Hall, zh: 大厅}},
     door: {{open_time: 1s}}}}
"""
    device = MqttDevice("doors/1", Style.GATEHOUSE_JSON, door)
    with running_gateway(tmp_path, site) as gateway:
        async with MqttDevices(HOST, broker.port, [device], clock), signed_in(gateway) as client:
            await told(client, "door-1/contact", value="closed")
            door.open_at(clock(), held_for=5 * SECOND)
            ticket = await ticket_of(client, "door-1/propped")
            acts = f"/api/v1/tickets/{ticket['number']}/acts"
            seen = {"act": "acknowledge", "version": ticket["version"]}
            accepted = await client.post(acts, json=seen)
            assert accepted.status_code == 200, accepted.text
            late = await client.post(acts, json=seen)
            assert (late.status_code, late.json()["title"]) == (409, "Conflict")
            await told(client, "door-1/contact", value="closed")
            for act in ("dispatch", "arrive", "resolve", "close"):
                file = (await client.get(f"/api/v1/tickets/{ticket['number']}")).json()
                said = {"act": act, "text": f"{act} by test", "version": file["ticket"]["version"]}
                said |= {"assignee": "zhang"} if act == "dispatch" else {}
                done = await client.post(acts, json=said)
                assert done.status_code == 200, done.text
            assert done.json()["state"] == "closed"
            assert (await client.get("/api/v1/alarms")).json() == []


async def test_someone_crossing_the_wall_becomes_a_ticket_with_a_picture(tmp_path: Path) -> None:
    clock = gateway_clock()
    walk = Walk(clock(), (0.1, 0.86), (0.9, 0.86), 4 * SECOND, period=8 * SECOND)
    async with RtspServer(HOST, 0, {"wall": Scene(walks=[walk])}, clock) as field:
        site = f"""
connections: {{cameras: {{type: rtsp}}}}
devices:
  - {{id: wall-camera, kind: camera, connection: cameras, url: "{field.url("wall")}",
     tripwires: {{wall: [[0.5, 0.0], [0.5, 1.0]]}},
     name: {{en: Camera, zh: 摄像机}}, place: {{en: Wall, zh: 围墙}}}}
rules:
  - id: wall-camera/breach
    title: {{en: Perimeter breach, zh: 周界入侵}}
    priority: critical
    when: {{event: wall-camera/crossing}}
"""
        with running_gateway(tmp_path, site) as gateway:
            async with signed_in(gateway) as client:
                ticket = await ticket_of(client, "wall-camera/breach")
                file = (await client.get(f"/api/v1/tickets/{ticket['number']}")).json()
                crossing = file["alarms"][0]["evidence"]["value"]
                assert (crossing["line"], crossing["direction"]) == ("wall", "out")
                picture = await client.get(f"/api/v1/snapshots/{crossing['snapshot']}")
                assert picture.headers["content-type"] == "image/jpeg"
                assert picture.content.startswith(b"\xff\xd8")
