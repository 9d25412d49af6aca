"""Listening for discovery messages, in a session of its own that leaves nothing on the broker."""

import queue
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from drivers.mqtt import credentials, tls
from drivers.mqtt.failures import broken, unreachable
from drivers.mqtt.packets import LARGEST_PAYLOAD
from gateway.site.connection_model import MqttBroker

MOST_MESSAGES = 5000
"""Whoever writes more than this does not describe an estate."""
CONNECTS_WITHIN_S = 5.0


def heard(broker: MqttBroker, prefixes: Sequence[str], listen_s: float) -> list[tuple[str, bytes]]:
    """What is said below these prefixes within that time, each topic's newest; what is retained
    comes at once. Blocks. Raises Unreachable."""
    said: dict[str, bytes] = {}
    with _connected(broker, prefixes) as messages:
        end = time.monotonic() + listen_s
        while (left := end - time.monotonic()) > 0 and len(said) < MOST_MESSAGES:
            try:
                topic, payload = messages.get(timeout=left)
            except queue.Empty:
                break
            if len(payload) <= LARGEST_PAYLOAD:
                said[topic] = payload
    return [(topic, payload) for topic, payload in sorted(said.items()) if payload]


@contextmanager
def _connected(
    broker: MqttBroker, prefixes: Sequence[str]
) -> Iterator["queue.Queue[tuple[str, bytes]]"]:
    messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
    accepted: queue.Queue[str] = queue.Queue()

    def begin(client: paho.Client, _data: object, _flags: object, why: object, _p: object) -> None:
        client.subscribe([(f"{prefix}/{below}", 0) for prefix in prefixes for below in _BELOW])
        accepted.put("" if why == "Success" else str(why))

    def keep(_client: object, _data: object, message: paho.MQTTMessage) -> None:
        messages.put((message.topic, bytes(message.payload)))

    client = paho.Client(CallbackAPIVersion.VERSION2)  # an id of its own: the gateway may run
    client.on_connect = begin
    client.on_message = keep
    if broker.username is not None:
        client.username_pw_set(broker.username, credentials.password(broker))
    if broker.tls is not None:
        client.tls_set_context(tls.context(broker.id, broker.tls))
    try:
        client.connect(broker.host, broker.port)
    except OSError as error:
        raise broken(broker, error) from error
    client.loop_start()
    try:
        refused = accepted.get(timeout=CONNECTS_WITHIN_S)
        if refused:
            raise unreachable(broker, f"refused the gateway: {refused}")
        yield messages
    except queue.Empty as error:
        raise unreachable(broker, "accepts connections but says nothing") from error
    finally:
        client.disconnect()
        client.loop_stop()


_BELOW = ("+/+/config", "+/+/+/config")
