"""The demo's two brokers, each between a simulated door and the driver."""

import asyncio
import subprocess
import sys
from pathlib import Path

from drivers.mqtt.driver import MqttDriver
from gateway.demo_broker import demo_broker
from gateway.model.clock import SECOND, gateway_clock
from gateway.site.connection_model import MqttBroker
from gateway.supervise import Supervisor
from simulators.door import Door, Opening
from simulators.mqtt_devices import MqttDevice, MqttDevices
from simulators.styles import Style
from tests.drivers.mqtt.estate import Gateway, door
from tests.servers import free_port, require

HOST = "127.0.0.1"


async def door_heard_through(folder: Path, mosquitto: str | None) -> str:
    """The broker's name, when a door was heard open and closed through it."""
    clock, heard, port = gateway_clock(), Gateway(), free_port()
    connection = MqttBroker("broker", HOST, port, client_id="test")
    swinging = Door([Opening(clock(), held_for=SECOND // 2, every=SECOND)])
    device = MqttDevice("estate/door-1", Style.GATEHOUSE_JSON, swinging)
    async with demo_broker(folder, port, mosquitto) as name:
        driver = MqttDriver(connection, [door(1)], clock, heard.dead_letters)
        running = asyncio.create_task(Supervisor(driver, clock).run(heard.sink))
        async with MqttDevices(HOST, port, [device], clock):
            await heard.until(lambda: {"open", "closed"} <= {r.value for r in heard.readings})
        running.cancel()
        await asyncio.wait([running])
    return name


async def test_mosquitto_carries_the_demo(tmp_path: Path) -> None:
    mosquitto = require("mosquitto", "mosquitto")
    assert await door_heard_through(tmp_path, mosquitto) == "mosquitto"


def test_amqtt_carries_the_demo_where_there_is_no_mosquitto_and_says_so(tmp_path: Path) -> None:
    """In a process of its own: amqtt leaves tasks behind when it ends."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.gateway.test_demo_broker", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.stdout == "amqtt\n", told.stderr
    assert "mosquitto is not installed: using amqtt" in told.stderr


if __name__ == "__main__":
    print(asyncio.run(door_heard_through(Path(sys.argv[1]), None)))
