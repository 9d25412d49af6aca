"""The session with brokers that fail in less ordinary ways."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from drivers.mqtt.connecting import RECEIVE_MAXIMUM
from drivers.mqtt.session import KEEPALIVE_S, Session, open_session
from gateway.errors import Unreachable
from gateway.site.connection_model import MqttBroker
from tests.drivers.mqtt.estate import WITHIN_S, connection, publisher
from tests.servers import Broker


async def test_a_broker_connected_but_silent_is_given_up(broker: Broker) -> None:
    async with open_session(connection(broker), ["estate/a"], keepalive_s=1) as session:
        os.kill(broker.server.pid, signal.SIGSTOP)
        try:
            with pytest.raises(Unreachable, match=r"(?i)keep ?alive"):
                await asyncio.wait_for(session.take(), WITHIN_S)
        finally:
            os.kill(broker.server.pid, signal.SIGCONT)


async def test_a_slow_broker_reads_the_acknowledgements_before_the_connection_ends(
    broker: Broker,
) -> None:
    """It has other things to answer first: an answer that finds the socket closed resets it."""
    async with publisher(broker) as side:
        await side.publish("estate/a", "once", retain=True)
        async with open_session(connection(broker), ["estate/a"]) as session:
            messages = await asyncio.wait_for(session.take(), WITHIN_S)
            os.kill(broker.server.pid, signal.SIGSTOP)
            goes_on = partial(os.kill, broker.server.pid, signal.SIGCONT)
            asyncio.get_running_loop().call_later(0.2, goes_on)
            for topic in ("estate/b", "estate/c", "estate/d"):
                session.subscribe([topic])
            session.acknowledge(messages)
        await side.publish("estate/a", "later")
        async with open_session(connection(broker), ["estate/a"]) as session:
            (message,) = await asyncio.wait_for(session.take(), WITHIN_S)
    assert message.payload == b"later"


async def test_a_quiet_session_stays_up(broker: Broker) -> None:
    """Longer than the keepalive allows without pings answered."""
    async with open_session(connection(broker), ["estate/a"], keepalive_s=1) as session:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(session.take(), 3)


async def test_another_client_taking_the_session_over_is_named(broker: Broker) -> None:
    async with (
        open_session(connection(broker), ["estate/a"]) as first,
        open_session(connection(broker), ["estate/a"]),
    ):
        with pytest.raises(Unreachable, match="client_id gateway-under-test"):
            await asyncio.wait_for(first.take(), WITHIN_S)


async def test_messages_at_qos_0_need_no_acknowledgement(broker: Broker) -> None:
    async with publisher(broker) as side, open_session(connection(broker), ["estate/a"]) as session:
        await side.publish("estate/a", "subscribed", retain=True)
        assert (await asyncio.wait_for(session.take(), WITHIN_S))[0].mid > 0
        side.publish_at_qos_0("estate/a", "once")
        (message,) = await asyncio.wait_for(session.take(), WITHIN_S)
        assert (message.topic, message.payload, message.mid) == ("estate/a", b"once", 0)
        session.acknowledge([message])


async def test_a_resumed_session_is_told_retained_states_of_new_topics_only(
    broker: Broker,
) -> None:
    async with publisher(broker) as side:
        await side.publish("estate/a", "old", retain=True)
        await side.publish("estate/b", "old", retain=True)
    async with open_session(connection(broker), ["estate/a"]) as session:
        session.acknowledge(await asyncio.wait_for(session.take(), WITHIN_S))
    async with open_session(connection(broker), ["estate/a", "estate/b"]) as session:
        (message, *_) = await asyncio.wait_for(session.take(), WITHIN_S)
    assert (message.topic, message.retained) == ("estate/b", True)


async def test_a_server_that_speaks_something_else_is_unreachable() -> None:
    async with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        with pytest.raises(Unreachable):
            async with open_session(server, ["estate/a"]):
                pytest.fail("no broker is there")


async def test_a_broker_that_closes_at_once_is_unreachable() -> None:
    async with listening(b"") as server:
        with pytest.raises(Unreachable, match="ended the connection"):
            async with open_session(server, ["estate/a"]):
                pytest.fail("no broker is there")


async def test_a_broker_that_refuses_mqtt_5_is_spoken_to_in_3_1_1() -> None:
    acknowledged = asyncio.Event()

    async def old_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connect = await reader.readexactly(9)
        level = connect[8]
        writer.write(b"\x20\x02\x00\x00" if level == 4 else b"\x20\x02\x00\x01")
        if level == 4:
            writer.write(b"\x32\x0b" + b"\x00\x05gates" + b"\x00\x07" + b"up")
            await reader.readuntil(b"\x40\x02\x00\x07")  # PUBACK of packet 7
            acknowledged.set()
        writer.close()

    async with serving(old_broker) as server, open_session(server, ["gates"]) as session:
        messages = await asyncio.wait_for(session.take(), WITHIN_S)
        assert [(m.topic, m.payload) for m in messages] == [("gates", b"up")]
        session.acknowledge(messages)
        await asyncio.wait_for(acknowledged.wait(), WITHIN_S)


async def test_a_3_1_1_session_too_keeps_what_was_not_acknowledged(broker: Broker) -> None:
    async with publisher(broker) as side:
        await side.publish("estate/a", "1", retain=True)
        async with old_session(broker) as session:
            session.subscribe(["estate/a"])
            assert (await asyncio.wait_for(session.take(), WITHIN_S))[0].retained
        await side.publish("estate/a", "2")
    async with old_session(broker) as session:
        kept: list[bytes] = []
        async with asyncio.timeout(WITHIN_S):
            while len(kept) < 2:
                kept += [message.payload for message in await session.take()]
    assert kept == [b"1", b"2"]


async def test_reading_pauses_while_too_much_waits_and_loses_nothing(broker: Broker) -> None:
    """MQTT 3.1.1 has no receive maximum: only an unread socket holds such a broker back."""
    burst = [str(n).encode() for n in range(RECEIVE_MAXIMUM + 2000)]
    async with publisher(broker) as side, old_session(broker) as session:
        session.subscribe(["estate/a"])
        await side.publish("estate/a", "subscribed", retain=True)
        await asyncio.wait_for(session.take(), WITHIN_S)
        await side.publish("estate/a", *burst)
        taken: list[bytes] = []
        async with asyncio.timeout(WITHIN_S):
            while len(taken) < len(burst):
                messages = await session.take()
                taken += [message.payload for message in messages]
                session.acknowledge(messages)
    assert taken == burst


async def test_a_refused_subscription_is_logged_with_its_topic(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def strict_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(9)
        writer.write(b"\x20\x03\x00\x00\x00")
        await reader.readuntil(b"secret")
        writer.write(b"\x90\x04\x00\x01\x00\x87")  # SUBACK: not authorized
        writer.write(b"\x30\x09\x00\x05gates\x00!")
        await reader.read()
        writer.close()

    async with serving(strict_broker) as server, open_session(server, ["secret"]) as session:
        await asyncio.wait_for(session.take(), WITHIN_S)
    assert "refused the subscription to secret" in caplog.text


@asynccontextmanager
async def old_session(broker: Broker) -> AsyncIterator[Session]:
    session = Session(connection(broker), MQTTProtocolVersion.MQTTv311, KEEPALIVE_S)
    try:
        await session.connect()
        yield session
    finally:
        session.close()


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[MqttBroker]:
    """A server that answers the first bytes it gets with these, and closes."""

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        writer.close()

    async with serving(answers) as server:
        yield server


@asynccontextmanager
async def serving(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[MqttBroker]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield MqttBroker("broker", host, port, client_id="gateway-under-test")
