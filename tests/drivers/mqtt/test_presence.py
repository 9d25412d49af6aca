"""What the gateway says of itself, as whom it signs in, and whom it shares messages with."""

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.mqtt.packets import Message
from drivers.mqtt.session import Session, open_session
from gateway.errors import BadConfig, Unreachable
from gateway.model.point import Point, PointKind
from gateway.site.connection_model import MqttBroker
from gateway.site.model import Device, MqttAddress
from tests.drivers.mqtt.estate import NAME, WITHIN_S, Gateway, connection, door, publisher, running
from tests.drivers.mqtt.wire import wire
from tests.servers import Broker, mosquitto
from tests.servers.programs import require

STATUS = "gatehouse/court/status"


async def said(broker: Broker) -> list[tuple[bytes, bool]]:
    """What a newcomer is told of the gateway."""
    watcher = replace(connection(broker), client_id="watcher")
    async with open_session(watcher, [STATUS, "estate/end"]) as session, publisher(broker) as side:
        await side.publish("estate/end", "end", retain=True)
        messages: list[Message] = []
        while not messages or messages[-1].topic != "estate/end":
            messages += await asyncio.wait_for(session.take(), WITHIN_S)
        session.acknowledge(messages)
        return [(message.payload, message.retained) for message in messages[:-1]]


async def test_the_gateway_is_online_while_connected_and_offline_when_it_leaves(
    broker: Broker,
) -> None:
    gateway = replace(connection(broker), status=STATUS)
    async with open_session(gateway, ["estate/a"]):
        pass
    assert await said(broker) == [(b"offline", True)]


async def test_the_broker_says_that_the_gateway_is_gone(broker: Broker) -> None:
    watcher = replace(connection(broker), client_id="second")
    async with wire(broker) as between, open_session(watcher, [STATUS]) as watching:
        gateway = replace(connection(broker), port=between.port, status=STATUS)
        async with open_session(gateway, ["estate/a"]) as session:
            await _until_said(watching, b"online")
            between.cut()
            with pytest.raises(Unreachable):
                await asyncio.wait_for(_read_on(session), WITHIN_S)
        await _until_said(watching, b"offline")


async def _read_on(session: Session) -> None:
    while True:
        await session.take()


async def _until_said(watching: Session, word: bytes) -> None:
    (message,) = await asyncio.wait_for(watching.take(), WITHIN_S)
    assert message.payload == word


async def test_a_broker_that_forbids_it_is_told_of_once_and_used_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """mosquitto 2.0.11 with max_queued_messages 0 ends the connection of whoever tries."""
    rights = tmp_path / "rights"
    rights.write_text("topic readwrite estate/#\n")
    gateway = Gateway()
    with mosquitto(tmp_path, acl_file=str(rights)) as broker:
        driver = gateway.driver_to(replace(connection(broker), status=STATUS), door(1))
        with pytest.raises(Unreachable, match="ended the connection"):
            await asyncio.wait_for(driver.run(gateway.sink), WITHIN_S)
        assert "does not let the gateway write to gatehouse/court/status" in caplog.text
        async with publisher(broker) as side, running(driver, gateway.sink):
            for count in (1, 2):
                said = f'{{"id":"{count}","count":{count}}}'
                await side.publish("estate/door-1/state", said, retain=True)
                await gateway.until_said("door-1/count", float(count))


async def test_shared_messages_go_to_one_of_the_group(broker: Broker) -> None:
    def member(name: str) -> MqttBroker:
        return replace(connection(broker), client_id=name, share="north")

    heard: dict[str, list[bytes]] = {"a": [], "b": []}
    orders = [f"{n}".encode() for n in range(40)]
    async with (
        open_session(member("a"), ["estate/x"]) as a,
        open_session(member("b"), ["estate/x"]) as b,
        publisher(broker) as side,
    ):

        async def take(name: str) -> None:
            session = {"a": a, "b": b}[name]
            while True:
                messages = await session.take()
                heard[name] += [message.payload for message in messages]
                session.acknowledge(messages)

        await said(broker)  # later than both subscriptions
        await side.publish("estate/x", *orders)
        tasks = [asyncio.create_task(take(name)) for name in heard]
        async with asyncio.timeout(WITHIN_S):
            while sum(map(len, heard.values())) < len(orders):
                await asyncio.sleep(0.002)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert heard["a"]
    assert heard["b"]
    assert sorted(heard["a"] + heard["b"]) == sorted(orders)


@pytest.mark.parametrize(
    "address",
    [
        MqttAddress("esp-rfid", "estate/it"),
        MqttAddress("sparkplug-b", "estate/it"),
        MqttAddress("frigate", "estate/it", {"line": "yard"}),
    ],
    ids=lambda address: address.profile,
)
def test_what_must_be_heard_whole_is_not_shared_out(address: MqttAddress) -> None:
    name = "line" if address.entities else "contact"
    point = Point(f"it/{name}", PointKind.STATE, NAME, states=("closed", "open"))
    it = Device("it", "door", NAME, NAME, "broker", address, (point,))
    whole = MqttBroker("broker", "127.0.0.1", 1883, "gateway")
    Gateway().driver_to(whole, it)
    with pytest.raises(BadConfig, match="it: must be heard whole, and broker shares"):
        Gateway().driver_to(replace(whole, share="north"), it)


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A broker's file of users: gateway, with the password `open sesame`."""
    users = tmp_path / "users"
    tool = require("mosquitto_passwd", "mosquitto")
    subprocess.run([tool, "-c", "-b", str(users), "gateway", "open sesame"], check=True)
    return users


async def test_a_password_from_a_file_is_read_anew_at_each_connection(
    tmp_path: Path, locked: Path
) -> None:
    file = tmp_path / "password"
    with mosquitto(tmp_path, allow_anonymous=False, password_file=str(locked)) as broker:
        gateway = replace(connection(broker), username="gateway", password_file=file)
        file.write_text("wrong\n")
        with pytest.raises(Unreachable, match="Not authorized"):
            async with open_session(gateway, []):
                pass
        file.write_text("open sesame\n")
        async with open_session(gateway, []):
            pass


@pytest.mark.parametrize("held", [None, b"", b"\n", b"two\nlines\n", b"\xff\n"])
def test_a_file_that_holds_no_password_is_told_before_anything_is_connected_to(
    tmp_path: Path, held: bytes | None
) -> None:
    file = tmp_path / "password"
    if held is not None:
        file.write_bytes(held)
    nowhere = MqttBroker("broker", "localhost", 1, "client", username="u", password_file=file)
    with pytest.raises(BadConfig, match=r"connections\.broker\.password_file"):
        Gateway().driver_to(nowhere, door(1))
