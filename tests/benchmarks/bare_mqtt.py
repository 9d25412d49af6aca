"""What the MQTT benchmarks are compared with: the least a Python program can do.

    python -m tests.benchmarks.bare_mqtt HOST PORT FILE

paho subscribed at QoS 1, `json.loads`, one line of InfluxDB's line protocol appended to FILE: the
time is that of writing, the field `at` the device's. Nothing is checked, and what was acknowledged
is lost with the process. Prints `ready`, then how many lines there are, again and again.
"""

import json
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.benchmarks.estate import ALL_STATES

_TOLD_EVERY_S = 0.01


def main() -> None:
    """Until it is ended from outside."""
    host, port, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    subscribed = threading.Event()
    count = 0
    with file.open("w", buffering=1) as lines:

        def on_message(_client: object, _data: object, message: paho.MQTTMessage) -> None:
            nonlocal count
            said = json.loads(message.payload)
            _, kind, device, _ = message.topic.split("/")
            level, contact = said.get("level"), said.get("contact")
            value = f"level={level}" if contact is None else f'contact="{contact}"'
            at = said["at"]
            lines.write(f'{kind},device={device} {value},at="{at}" {time.time_ns()}\n')
            count += 1

        client = paho.Client(CallbackAPIVersion.VERSION2)
        client.on_message = on_message
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect(host, port)
        client.subscribe(ALL_STATES, qos=1)
        client.loop_start()
        subscribed.wait()
        print("ready", flush=True)
        while True:
            time.sleep(_TOLD_EVERY_S)
            print(count, flush=True)


if __name__ == "__main__":
    main()
