"""The doors that docs/engineer/doors.md takes into service, simulated and heard by the driver."""

import re
from pathlib import Path

import pytest

from gateway.model.actor import Actor
from gateway.model.clock import gateway_clock
from gateway.model.command import LASTS_AT_MOST, Action, Command
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality
from gateway.site.load import load_site
from gateway.site.model import Device, MqttAddress
from simulators.guarded_door import GuardedDoor, Visit
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.drivers.mqtt.estate import Gateway, running, subscribed
from tests.servers import Broker

DOORS_MD = Path(__file__).parents[2] / "docs/engineer/doors.md"
HEAD = """\
site:
  id: court
  name: Court
  time_zone: Asia/Shanghai
  data: data
  desk: {calendars: {office: {hours: {mon-fri: ["08:30-17:30"]}}}}
connections: {broker: {type: mqtt, host: 127.0.0.1, client_id: court}}
devices:
  - {id: hall-buzzer, kind: output, profile: gatehouse-json, connection: broker, topic: buzzer,
     name: Buzzer, place: Hall}
"""


@pytest.fixture
def documented(tmp_path: Path) -> dict[str, Device]:
    """The doors of its first three examples, by their profile."""
    examples = re.findall(r"```yaml\n(.*?)```", DOORS_MD.read_text("utf-8"), re.DOTALL)[:3]
    path = tmp_path / "site.yaml"
    path.write_text(HEAD + "".join(examples), "utf-8")
    doors = [device for device in load_site(path, {}).devices if device.kind == "door"]
    return {door.address.profile: door for door in doors if isinstance(door.address, MqttAddress)}


def lasting(door: Device) -> list[Point]:
    """What it tells all the time."""
    return [point for point in door.told if point.kind is not PointKind.EVENT]


@pytest.mark.parametrize("profile", ["gatehouse-json", "esphome", "esp-rfid"])
async def test_every_point_of_a_documented_door_is_heard_and_it_opens_when_asked(
    broker: Broker, documented: dict[str, Device], profile: str
) -> None:
    door, gateway, clock = documented[profile], Gateway(), gateway_clock()
    assert isinstance(door.address, MqttAddress)
    behaviour = GuardedDoor([Visit(clock())])
    simulated = MqttDevice(
        door.address.topic, Style(profile), behaviour, entities=door.address.entities
    )
    await subscribed(broker, gateway, door)
    driver = gateway.driver(broker, door)
    async with (
        running(driver, gateway.sink),
        MqttDevices(broker.host, broker.port, [simulated], clock),
    ):
        await gateway.until(lambda: all(gateway.values(point.id) for point in lasting(door)))
        behaviour.battery -= 1.0  # all is said again: esp-rfid's first *not tampered* is doubted
        await gateway.until(
            lambda: all(Quality.GOOD in gateway.qualities(point.id) for point in lasting(door))
        )
        if any(point.kind is PointKind.EVENT for point in door.told):
            await gateway.until(lambda: bool(gateway.values(f"{door.id}/access")))
        await gateway.until_said(f"{door.id}/lock", "locked")
        gateway.readings.clear()
        now = clock()
        asked = Command("1", door.id, Action.OPEN, Actor("li"), "test", now, now + LASTS_AT_MOST)
        await driver.send(asked)
        await gateway.until_said(f"{door.id}/lock", "unlocked")
    assert gateway.letters == []
