"""The devices' side: doors, barriers and fire panels that say what they are told to, and obey."""

import json
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.crash.tap import Address

PREFIX: Final = "field"

OBEYED: Final[Mapping[tuple[str, str], tuple[Mapping[str, str], ...]]] = {
    ("side", "open"): ({"lock": "unlocked"}, {"lock": "locked"}),
    ("exit", "lock-open"): ({"lock": "unlocked"},),
    ("gate", "open"): (
        {"position": "opening"},
        {"position": "open"},
        {"safety-loop": "occupied"},
        {"safety-loop": "free"},
    ),
}
"""By kind of device and action, what it then says, one after the other. The one behind a gate
drives through as soon as it is up."""


@dataclass(frozen=True, slots=True)
class Order:
    """One command as it reached a device."""

    id: str
    device: str
    action: str


class Field:
    """One client for all of them. Orders come at QoS 0, so the broker gives none out twice: what
    comes twice the gateway has sent twice. `deaf`: the devices that do not obey."""

    def __init__(self, broker: Address, deaf: Collection[str]) -> None:
        self._deaf = frozenset(deaf)
        self._orders: list[Order] = []
        self._said = 0
        self._lock = threading.Lock()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "field", clean_session=False)
        self._client.max_inflight_messages_set(0)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{PREFIX}/+/command", 0)
        self._client.on_message = self._on_message
        self._client.connect(*broker)
        self._client.loop_start()

    @property
    def orders(self) -> tuple[Order, ...]:
        """All that came, in order."""
        with self._lock:
            return tuple(self._orders)

    def say(self, device: str, *contents: Mapping[str, object]) -> None:
        """A message each, in order, sent again until the broker has it. None has a time; each has
        an id of its own, and so is known again."""
        for content in contents:
            with self._lock:
                self._said += 1
                message = {"id": f"crash-suite/field/{self._said}", **content}
            self._client.publish(f"{PREFIX}/{device}/state", json.dumps(message), qos=1)

    def stop(self) -> None:
        """Nothing of it is left running."""
        self._client.disconnect()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_message = None

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        said = json.loads(message.payload)
        device = message.topic.split("/")[1]
        with self._lock:
            self._orders.append(Order(said["id"], device, said["action"]))
        if device not in self._deaf:
            kind = device.partition("-")[0]
            self.say(device, *OBEYED.get((kind, said["action"]), ()))
