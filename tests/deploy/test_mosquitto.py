"""The broker as deploy/ sets it up, for real: who gets in, and who may say what."""

import socket
import ssl
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from tests.deploy.secrets import ShippedBroker, make_secrets, run
from tests.servers import HOST

WITHIN_S = 10.0


class Client:
    """Somebody who tries; everything is waited for."""

    def __init__(self, broker: ShippedBroker, user: str | None, password: str | None) -> None:
        self._answered = threading.Event()
        self.connected: ReasonCode | None = None
        self.published: ReasonCode | None = None
        self.heard: list[tuple[str, bytes]] = []
        client_id = f"{user}-test"
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5)
        self._client.tls_set(str(broker.secrets.folder / "private/ca.pem"))
        self._client.username_pw_set(user, password)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = lambda *_: self._answered.set()
        self._client.on_message = lambda _c, _u, m: self._on_message(m)
        self._client.connect(HOST, broker.port)
        self._client.loop_start()
        self._wait()

    @property
    def is_in(self) -> bool:
        return self.connected is not None and not self.connected.is_failure

    def publish(self, topic: str) -> bool:
        """Whether the broker took it."""
        self._client.publish(topic, b"{}", qos=1)
        self._wait()
        return self.published is not None and not self.published.is_failure

    def subscribe(self, topic: str) -> None:
        self._client.subscribe(topic, qos=1)
        self._wait()

    def hears(self) -> tuple[str, bytes]:
        self._wait()
        return self.heard[-1]

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        del self._client  # a cycle would keep its sockets open

    def _wait(self) -> None:
        assert self._answered.wait(WITHIN_S)
        self._answered.clear()

    def _on_connect(
        self, _c: paho.Client, _u: object, _f: object, code: ReasonCode, _p: Properties | None
    ) -> None:
        if self.connected is None:  # refused, it tries again by itself
            self.connected = code
            self._answered.set()

    def _on_publish(
        self, _c: paho.Client, _u: object, _m: int, code: ReasonCode, _p: Properties
    ) -> None:
        self.published = code
        self._answered.set()

    def _on_message(self, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload)))
        self._answered.set()


Connect = Callable[[str | None, str | None], Client]


@pytest.fixture
def connect(broker: ShippedBroker) -> Iterator[Connect]:
    with ExitStack() as clients:

        def connect(user: str | None, password: str | None) -> Client:
            client = Client(broker, user, password)
            clients.callback(client.end)
            return client

        yield connect


@pytest.mark.parametrize(
    ("user", "password"),
    [(None, None), ("gateway", "wrong"), ("gateway", ""), ("nobody", "wrong")],
)
def test_nobody_gets_in_without_the_right_password(
    connect: Connect, user: str | None, password: str | None
) -> None:
    client = connect(user, password)
    assert not client.is_in
    assert str(client.connected) == "Not authorized"


def test_nobody_gets_in_without_encryption(broker: ShippedBroker) -> None:
    plain = paho.Client(CallbackAPIVersion.VERSION2, "plain")
    plain.username_pw_set("gateway", broker.secrets.environment["MQTT_PASSWORD"])
    plain.connect(HOST, broker.port)
    while (status := plain.loop(WITHIN_S)) == paho.MQTT_ERR_SUCCESS:
        assert not plain.is_connected()
    assert status in {paho.MQTT_ERR_CONN_LOST, paho.MQTT_ERR_PROTOCOL}
    assert not plain.is_connected()


def test_a_broker_of_another_authority_is_not_believed(
    broker: ShippedBroker, tmp_path: Path
) -> None:
    other = make_secrets(tmp_path)
    trusting = ssl.create_default_context(cafile=other.folder / "private/ca.pem")
    with (
        socket.create_connection((HOST, broker.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        trusting.wrap_socket(plain, server_hostname=HOST)


def test_the_gateway_hears_what_a_device_says_under_its_own_name(
    broker: ShippedBroker, connect: Connect
) -> None:
    gateway = connect("gateway", broker.secrets.environment["MQTT_PASSWORD"])
    gateway.subscribe("estate/#")
    door = connect("lobby-door", broker.secrets.devices["lobby-door"])
    assert door.publish("estate/lobby-door/state")
    assert gateway.hears() == ("estate/lobby-door/state", b"{}")


@pytest.mark.parametrize(
    "topic", ["estate/east-gate/state", "estate/lobby-door-2/state", "estate", "other/lobby-door/x"]
)
def test_a_device_says_nothing_for_another(
    broker: ShippedBroker, connect: Connect, topic: str
) -> None:
    door = connect("lobby-door", broker.secrets.devices["lobby-door"])
    assert not door.publish(topic)
    assert str(door.published) == "Not authorized"


@pytest.mark.parametrize("topic", ["estate/lobby-door/set", "estate/gateway/state", "x"])
def test_the_gateway_says_nothing_at_all(
    broker: ShippedBroker, connect: Connect, topic: str
) -> None:
    gateway = connect("gateway", broker.secrets.environment["MQTT_PASSWORD"])
    assert not gateway.publish(topic)


def test_a_device_hears_nothing_of_the_others(broker: ShippedBroker, connect: Connect) -> None:
    door = connect("lobby-door", broker.secrets.devices["lobby-door"])
    door.subscribe("#")
    gateway = connect("gateway", broker.secrets.environment["MQTT_PASSWORD"])
    gateway.subscribe("estate/#")
    gate = connect("east-gate", broker.secrets.devices["east-gate"])
    assert gate.publish("estate/east-gate/state")
    gateway.hears()
    assert gate.publish("estate/east-gate/state")
    gateway.hears()
    assert door.heard == []


def test_a_device_added_later_gets_in_once_the_broker_reads_its_files_again(
    broker: ShippedBroker, connect: Connect
) -> None:
    told = run(broker.secrets.folder, "--add", "late-gate").stdout
    password = told.split("password ")[1].split(",")[0]
    broker.server.hang_up()
    deadline = monotonic() + WITHIN_S
    while not (late := connect("late-gate", password)).is_in:
        assert monotonic() < deadline
    assert late.publish("estate/late-gate/state")


def test_secrets_are_closed_to_others_and_never_overwritten(broker: ShippedBroker) -> None:
    folder = broker.secrets.folder
    for path in (folder / ".env", folder / "private/ca.key", folder / "private/mosquitto"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    again = run(folder, "127.0.0.1", check=False)
    assert again.returncode == 2
    assert "is there already" in again.stderr
    passwords = (folder / "private/mosquitto/passwords").read_text()
    assert not any(secret in passwords for secret in broker.secrets.devices.values())


@pytest.mark.parametrize("name", ["gateway", "Door 1", "a/b", "+", "lobby-door"])
def test_a_name_that_would_open_more_than_its_own_topics_is_refused(
    broker: ShippedBroker, name: str
) -> None:
    refused = run(broker.secrets.folder, "--add", name, check=False)
    assert refused.returncode == 2
