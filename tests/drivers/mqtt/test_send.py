"""Commands through mosquitto: taken over now or never, by nobody later, and never twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from drivers.mqtt.driver import MqttDriver
from drivers.mqtt.session import KEEPALIVE_S, Session, open_session
from gateway.errors import Refused, Unanswered, Unreachable
from gateway.model.actor import Actor
from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.model.command import LASTS_AT_MOST, Action, Command
from gateway.site.model import Confirmation, Device
from tests.drivers.mqtt.estate import (
    WITHIN_S,
    Gateway,
    connection,
    door,
    publisher,
)
from tests.drivers.mqtt.listener import listener
from tests.drivers.mqtt.wire import PINGRESP, PUBACK, Wire, wire
from tests.servers import Broker, Server, free_port, mosquitto
from tests.waiting import until

LASTS_S = 10.0
CLOCK = gateway_clock()


def opened() -> Device:
    """A door that can be asked to open, on topic `estate/door-1/command`."""
    shows = Confirmation("door-1/contact", frozenset({"open"}), 5 * SECOND)
    return replace(door(1), commands={Action.OPEN: shows})


def command(action: Action = Action.OPEN, lasts: Micros = LASTS_AT_MOST) -> Command:
    now = CLOCK()
    return Command("c-1", "door-1", action, Actor("li"), "delivery", now, now + lasts)


@asynccontextmanager
async def connected(driver: MqttDriver) -> AsyncIterator[None]:
    """Once it is, and whether or not it loses the connection."""
    there = asyncio.Event()

    async def sink(_readings: object) -> None:
        there.set()

    run = asyncio.create_task(driver.run(sink))
    try:
        await asyncio.wait_for(there.wait(), WITHIN_S)
        yield
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


def at(wire: Wire) -> Broker:
    """The broker at the wire's far end."""
    return replace(wire.to, port=wire.port)


@pytest.mark.promise("S2")
async def test_a_command_reaches_its_device_once_expiring_and_not_retained(broker: Broker) -> None:
    driver = Gateway().driver(broker, opened())
    async with listener(broker) as device, connected(driver):
        await driver.send(command())
        await until(lambda: device.heard)
    (heard,) = device.heard
    assert (heard.topic, heard.qos, heard.retain) == ("estate/door-1/command", 1, False)
    assert heard.properties is not None
    assert 0 < vars(heard.properties)["MessageExpiryInterval"] < LASTS_S
    assert b'"action":"open"' in heard.payload


@pytest.mark.promise("S2")
async def test_a_device_that_was_away_gets_no_expired_command(broker: Broker) -> None:
    async with listener(broker):
        pass
    async with open_session(connection(broker), []) as session, publisher(broker) as side:
        expires = asyncio.get_running_loop().time() + 2.5
        await session.publish("estate/door-1/command", b"old", 2.5)
        await until(lambda: asyncio.get_running_loop().time() >= expires)
        async with listener(broker) as device:
            await side.publish("estate/door-1/command", b"new")
            await device.until_heard(b"new")


@pytest.mark.promise("S2")
async def test_no_broker_keeps_a_command_under_mqtt_3_1_1(broker: Broker) -> None:
    async with listener(broker):
        pass
    async with old_session(broker) as session, publisher(broker) as side:
        await session.publish("estate/door-1/command", b"old", LASTS_S)
        async with listener(broker) as device:
            await side.publish("estate/door-1/command", b"new")
            await device.until_heard(b"new")
            await session.publish("estate/door-1/command", b"now", LASTS_S)
            await device.until_heard(b"new", b"now")


async def test_not_connected_is_unreachable() -> None:
    nowhere = Broker("127.0.0.1", free_port(), Server([], Path(), lambda: False))
    driver = Gateway().driver(nowhere, opened())
    with pytest.raises(Unreachable, match="not connected"):
        await driver.send(command())


@pytest.mark.parametrize("lasts", [0, -SECOND, SECOND])
async def test_an_expired_command_is_refused(broker: Broker, lasts: Micros) -> None:
    driver = Gateway().driver(broker, opened())
    async with listener(broker) as device, connected(driver), publisher(broker) as side:
        with pytest.raises(Refused, match="expired"):
            await driver.send(command(lasts=lasts))
        await side.publish("estate/door-1/state", b"after it")
        await device.until_heard(b"after it")


async def test_what_the_device_does_not_know_is_refused(broker: Broker) -> None:
    driver = Gateway().driver(broker, opened())
    async with connected(driver):
        with pytest.raises(Refused, match="cannot be asked to lock-down"):
            await driver.send(command(Action.LOCK_DOWN))


async def test_where_nobody_listens_is_unreachable(broker: Broker) -> None:
    driver = Gateway().driver(broker, opened())
    async with connected(driver):
        with pytest.raises(Unreachable, match="nobody has subscribed"):
            await driver.send(command())


async def test_a_broker_that_forbids_it_is_told_as_refused(tmp_path: Path) -> None:
    rights = tmp_path / "rights"
    rights.write_text("topic read estate/#\n")
    with mosquitto(tmp_path, acl_file=str(rights)) as broker:
        driver = Gateway().driver(broker, opened())
        async with connected(driver):
            with pytest.raises(Refused, match=r"(?i)not authori[sz]ed.*access list"):
                await driver.send(command())


async def test_more_than_the_broker_takes_at_once_go_one_after_another(tmp_path: Path) -> None:
    orders = [f"{n}".encode() for n in range(50)]
    with mosquitto(tmp_path, max_inflight_messages=1) as broker:
        async with listener(broker) as device, open_session(connection(broker), []) as session:
            async with asyncio.TaskGroup() as tasks:
                for order in orders:
                    tasks.create_task(session.publish("estate/lamp", order, LASTS_S))
            await device.until_heard(*orders)


@pytest.mark.promise("S1")
async def test_a_command_cut_off_before_it_was_acknowledged_is_not_sent_again(
    broker: Broker,
) -> None:
    async with wire(broker) as between, listener(broker) as device:
        driver = Gateway().driver(at(between), opened())
        between.swallows.add(PUBACK)
        async with connected(driver):
            sending = asyncio.create_task(driver.send(command()))
            await until(lambda: device.heard)
            between.cut()
            with pytest.raises(Unanswered, match="ended the connection"):
                await asyncio.wait_for(sending, WITHIN_S)
        async with connected(driver), publisher(broker) as side:
            await side.publish("estate/door-1/state", b"after it")
            await until(lambda: len(device.heard) > 1)
    assert device.heard[-1].payload == b"after it"
    assert len(device.heard) == 2
    assert len(between.published) == 1


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311])
async def test_a_broker_that_stands_still_is_given_no_command(
    broker: Broker, version: MQTTProtocolVersion
) -> None:
    async with listener(broker) as device, session_in(version, broker) as session:
        os.kill(broker.server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unreachable, match="not taken a command in time") as told:
                await session.publish("estate/door-1/command", b"too late", 2.5)
            assert not isinstance(told.value, Unanswered)
        finally:
            os.kill(broker.server.pid, signal.SIGCONT)
        await session.publish("estate/door-1/command", b"in time", LASTS_S)
        await device.until_heard(b"in time")


async def test_a_broker_that_does_not_acknowledge_a_command_is_given_up(broker: Broker) -> None:
    async with wire(broker) as between, listener(broker):
        between.swallows.add(PUBACK)
        async with open_session(connection(at(between)), []) as session:
            with pytest.raises(Unanswered, match="not taken a command in time"):
                await session.publish("estate/door-1/command", b"lost", 2.2)
            with pytest.raises(Unreachable, match="not taken a command in time"):
                await asyncio.wait_for(session.take(), WITHIN_S)


@pytest.mark.promise("S1")
async def test_nothing_is_sent_again_after_broker_and_gateway_were_restarted(
    tmp_path: Path,
) -> None:
    with mosquitto(tmp_path, persistence=True, persistence_location=f"{tmp_path}/") as broker:
        async with wire(broker) as between:
            driver = Gateway().driver(at(between), opened())
            async with listener(broker), connected(driver):
                await driver.send(command())
            broker.server.kill()
            with pytest.raises(Unreachable):
                await driver.send(command())
            broker.server.start()
            again = Gateway().driver(at(between), opened())
            for restarted in (driver, again):
                async with connected(restarted), listener(broker) as device:
                    async with publisher(broker) as side:
                        await side.publish("estate/door-1/state", b"after it")
                    await device.until_heard(b"after it")
        assert len(between.published) == 1


@pytest.mark.promise("S1")
async def test_a_command_waiting_when_the_gateway_ends_is_never_sent(broker: Broker) -> None:
    async with wire(broker) as between, listener(broker) as device, publisher(broker) as side:
        between.swallows.add(PINGRESP)
        async with open_session(connection(at(between)), []) as session:
            sending = asyncio.create_task(session.publish("estate/door-1/command", b"x", LASTS_S))
            await asyncio.sleep(0)
        with pytest.raises(Unreachable, match="no longer connected"):
            await sending
        await side.publish("estate/door-1/state", b"after it")
        await device.until_heard(b"after it")
    assert between.published == []


@asynccontextmanager
async def session_in(version: MQTTProtocolVersion, broker: Broker) -> AsyncIterator[Session]:
    session = Session(connection(broker), version, KEEPALIVE_S)
    try:
        await session.connect()
        yield session
    finally:
        session.close()


def old_session(broker: Broker) -> AbstractAsyncContextManager[Session]:
    return session_in(MQTTProtocolVersion.MQTTv311, broker)
