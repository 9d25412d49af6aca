"""The MQTT driver against mosquitto: from messages to readings, with nothing lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from drivers.mqtt.packets import LARGEST_PAYLOAD
from gateway.errors import BadConfig, Unreachable
from gateway.journal.journal import Journal
from gateway.model.clock import MINUTE, gateway_clock, to_datetime
from gateway.model.reading import Quality, Reading, Value
from simulators.door import Door, Opening
from simulators.mqtt_devices import Fault, MqttDevice, MqttDevices
from simulators.styles import Style
from tests.drivers.mqtt.estate import (
    WITHIN_S,
    Gateway,
    door,
    publisher,
    running,
    subscribed,
)
from tests.servers import Broker, Server, free_port, mosquitto
from tests.waiting import until


def said_now(message: str, contact: str) -> str:
    at = to_datetime(gateway_clock()()).isoformat()
    return f'{{"id":"{message}","at":"{at}","contact":"{contact}"}}'


def said_by_name(message: str, contact: str) -> str:
    """By a device without a clock whose names for messages never come again."""
    return f'{{"id":"0b7c1f52-{message:0>8}","contact":"{contact}"}}'


def said_barely(message: str, contact: str) -> str:
    """By a device without a clock that may count its messages from 1 after each boot."""
    return f'{{"id":"{message}","contact":"{contact}"}}'


Say = Callable[[str, str], str]


class StuckJournal:
    """A sink that takes readings and never says that they are durable."""

    def __init__(self) -> None:
        self.taken: list[Reading] = []
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    async def sink(self, readings: Sequence[Reading]) -> None:
        if readings:  # as the journal, which has nothing to write else
            self.taken.extend(readings)
            self.reached.set()
            await self.release.wait()


async def test_both_profiles_speak_from_the_wire_to_readings(broker: Broker) -> None:
    gateway, native, style = Gateway(), door(1), door(2, "home-assistant")
    async with publisher(broker) as side:
        await subscribed(broker, gateway, style, native)
        async with running(gateway.driver(broker, style, native), gateway.sink):
            await side.publish("estate/door-1/state", '{"id":"1","contact":"open"}')
            await side.publish("estate/door-2/state", "ON")
            await side.publish("estate/door-2/state", "half open")
            await gateway.until_said("door-2/contact", "unknown")
    assert gateway.values("door-1/contact") == ["open"]
    assert gateway.values("door-2/contact") == ["open", "unknown"]
    assert set(gateway.qualities("door-2/contact")) == {Quality.GOOD}


async def test_a_connection_on_which_nobody_speaks_is_told_to_be_there(broker: Broker) -> None:
    calls: asyncio.Queue[Sequence[Reading]] = asyncio.Queue()

    async def sink(readings: Sequence[Reading]) -> None:
        calls.put_nowait(readings)

    async with running(Gateway().driver(broker, door(1)), sink):
        assert await asyncio.wait_for(calls.get(), WITHIN_S) == ()


async def test_messages_of_a_device_without_a_clock_have_instants_of_their_own(
    broker: Broker,
) -> None:
    gateway, native = Gateway(), door(1)
    await subscribed(broker, gateway, native)
    async with publisher(broker) as side:
        for n in range(40):
            word = "open" if n % 2 else "closed"
            await side.publish("estate/door-1/state", f'{{"id":"{n}","contact":"{word}"}}')
    async with running(gateway.driver(broker, native), gateway.sink):
        await gateway.until(lambda: len(gateway.values("door-1/contact")) == 40)
    instants = [reading.taken_at for reading in gateway.readings]
    assert instants == sorted(set(instants))


async def test_simulated_devices_and_the_driver_understand_each_other(broker: Broker) -> None:
    gateway, clock = Gateway(), gateway_clock()
    native = MqttDevice("estate/door-1", Style.GATEHOUSE_JSON, Door([Opening(clock())]))
    style = MqttDevice("estate/door-2", Style.HOME_ASSISTANT, Door())
    doors = (door(1), door(2, "home-assistant"))
    await subscribed(broker, gateway, *doors)
    driver = gateway.driver(broker, *doors)
    async with (
        running(driver, gateway.sink),
        MqttDevices(broker.host, broker.port, [native, style], clock),
    ):
        await gateway.until_said("door-1/contact", "open")
        await gateway.until_said("door-2/contact", "closed")
        native.fault = Fault.OFFLINE
        await gateway.until(lambda: Quality.OFFLINE in gateway.qualities("door-1/contact"))
    (opened, *_) = [r for r in gateway.readings if r.point == "door-1/contact"]
    assert 0 <= opened.received_at - opened.taken_at < MINUTE, "the device's own time"
    assert gateway.letters == []


@pytest.mark.promise("S6")
async def test_a_retained_state_is_stale_until_a_live_one_confirms_it(broker: Broker) -> None:
    gateway = Gateway()
    async with publisher(broker) as side:
        await side.publish("estate/door-1/state", '{"id":"1","contact":"closed"}', retain=True)
        async with running(gateway.driver(broker, door(1)), gateway.sink):
            await gateway.until_said("door-1/contact", "closed")
            await side.publish("estate/door-1/state", '{"id":"2","contact":"closed"}')
            await gateway.until(lambda: len(gateway.readings) == 2)
    assert gateway.qualities("door-1/contact") == [Quality.STALE, Quality.GOOD]


async def test_a_retained_offline_is_offline(broker: Broker) -> None:
    gateway = Gateway()
    async with publisher(broker) as side:
        await side.publish("estate/door-1/status", "offline", retain=True)
        async with running(gateway.driver(broker, door(1)), gateway.sink):
            await gateway.until(lambda: len(gateway.readings) == 2)
    assert {(r.value, r.quality) for r in gateway.readings} == {(None, Quality.OFFLINE)}


@pytest.mark.promise("K2")
async def test_what_was_not_durable_is_delivered_to_the_next_run(broker: Broker) -> None:
    gateway, stuck = Gateway(), StuckJournal()
    await subscribed(broker, gateway, door(1))
    async with publisher(broker) as side:
        async with running(gateway.driver(broker, door(1)), stuck.sink):
            await side.publish("estate/door-1/state", '{"id":"1","count":1}')
            await asyncio.wait_for(stuck.reached.wait(), WITHIN_S)
            await side.publish("estate/door-1/state", '{"id":"2","count":2}')
        async with running(gateway.driver(broker, door(1)), gateway.sink):
            await gateway.until_said("door-1/count", 2.0)
    assert gateway.values("door-1/count") == [1.0, 2.0]
    assert 1.0 in gateway.doubted_values("door-1/count"), "the broker marks what it sends again"


async def test_what_was_durable_is_not_delivered_again(broker: Broker) -> None:
    first, second = Gateway(), Gateway()
    await subscribed(broker, first, door(1))
    async with publisher(broker) as side:
        async with running(first.driver(broker, door(1)), first.sink):
            await side.publish("estate/door-1/state", '{"id":"1","count":1}')
            await first.until_said("door-1/count", 1.0)
        await side.publish("estate/door-1/state", '{"id":"2","count":2}')
        async with running(second.driver(broker, door(1)), second.sink):
            await second.until_said("door-1/count", 2.0)
    assert second.values("door-1/count") == [2.0]


async def test_a_journal_that_fails_ends_the_run_and_loses_nothing(broker: Broker) -> None:
    async def full(readings: Sequence[Reading]) -> None:
        raise OSError(28, "No space left on device")

    gateway = Gateway()
    await subscribed(broker, gateway, door(1))
    async with publisher(broker) as side:
        await side.publish("estate/door-1/state", '{"id":"1","count":1}')
        with pytest.raises(OSError, match="No space left"):
            await gateway.driver(broker, door(1)).run(full)
        async with running(gateway.driver(broker, door(1)), gateway.sink):
            await gateway.until_said("door-1/count", 1.0)


async def test_a_broker_that_restarts_loses_nothing(tmp_path: Path) -> None:
    gateway, stuck = Gateway(), StuckJournal()
    with mosquitto(tmp_path, persistence=True, persistence_location=f"{tmp_path}/") as broker:
        await subscribed(broker, gateway, door(1))
        driver = gateway.driver(broker, door(1))
        run = asyncio.create_task(driver.run(stuck.sink))
        async with publisher(broker) as side:
            await side.publish("estate/door-1/state", '{"id":"1","count":1}')
        await asyncio.wait_for(stuck.reached.wait(), WITHIN_S)
        broker.server.stop()
        stuck.release.set()
        with pytest.raises(Unreachable):
            await asyncio.wait_for(run, WITHIN_S)
        broker.server.start()
        async with running(driver, gateway.sink), publisher(broker) as side:
            await side.publish("estate/door-1/state", '{"id":"2","count":2}')
            await gateway.until_said("door-1/count", 2.0)
    assert [r.value for r in stuck.taken] == [1.0]
    assert gateway.values("door-1/count") == [1.0, 2.0], "not acknowledged: comes again, in order"


@pytest.mark.promise("K3")
@pytest.mark.parametrize("say", [said_now, said_by_name, said_barely])
async def test_what_was_stored_but_not_acknowledged_is_stored_once(
    broker: Broker, tmp_path: Path, say: Say
) -> None:
    async with Journal(tmp_path / "journal.db") as journal:

        async def cut_after_storing(readings: Sequence[Reading]) -> None:
            await journal.append(readings)
            if readings:
                raise Unreachable("broker", "cut")

        gateway = Gateway()
        await subscribed(broker, gateway, door(1))
        driver = gateway.driver(broker, door(1))
        async with publisher(broker) as side:
            await side.publish("estate/door-1/state", say("1", "open"))
            with pytest.raises(Unreachable, match="cut"):
                await driver.run(cut_after_storing)
            async with running(driver, journal.append):
                await side.publish("estate/door-1/state", say("2", "closed"))
                async with asyncio.timeout(WITHIN_S):
                    stored = [value async for value in _until_closed(journal)]
    assert stored == ["open", "closed"]


async def _until_closed(journal: Journal) -> AsyncIterator[Value]:
    async for batch in journal.follow(0):
        for reading in batch:
            yield reading.value
            if reading.value == "closed":
                return


@pytest.mark.parametrize(
    ("say", "doubted"), [(said_now, True), (said_by_name, True), (said_barely, False)]
)
async def test_what_a_killed_broker_forgot_to_have_sent_is_doubted_where_it_can_be_told(
    tmp_path: Path, say: Say, doubted: bool
) -> None:
    """It goes on from what it wrote to its disk last, and does not mark what it sends again."""
    gateway, device = Gateway(), door(1)
    with mosquitto(tmp_path, persistence=True, persistence_location=f"{tmp_path}/") as broker:
        await subscribed(broker, gateway, device)
        async with publisher(broker) as side:
            await side.publish("estate/door-1/state", say("1", "open"))
        os.kill(broker.server.pid, signal.SIGUSR1)  # mosquitto writes all it has to its disk
        written = tmp_path / "mosquitto.db"
        await until(lambda: written.exists() and b'"contact":"open"' in written.read_bytes())
        async with running(gateway.driver(broker, device), gateway.sink):
            await gateway.until_said("door-1/contact", "open")
        gateway.readings.clear()
        gateway.doubted.clear()
        broker.server.kill()
        broker.server.start()
        async with running(gateway.driver(broker, device), gateway.sink), publisher(broker) as side:
            await gateway.until_said("door-1/contact", "open")
            await side.publish("estate/door-1/state", said_now("2", "closed"))
            await gateway.until_said("door-1/contact", "closed")
    assert ("open" in gateway.doubted_values("door-1/contact")) is doubted


async def test_a_broker_that_forgot_the_session_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway()
    with mosquitto(tmp_path) as broker:
        driver = gateway.driver(broker, door(1))
        for _ in range(2):
            async with publisher(broker) as side, running(driver, gateway.sink):
                await side.publish("estate/door-1/state", '{"id":"1","count":1}', retain=True)
                await gateway.until_said("door-1/count", 1.0)
            gateway.readings.clear()
        assert "forgotten" not in caplog.text, "not by a broker that was there all the time"
        broker.server.kill()
        broker.server.start()
        async with publisher(broker) as side, running(driver, gateway.sink):
            await side.publish("estate/door-1/state", '{"id":"1","count":2}', retain=True)
            await gateway.until_said("door-1/count", 2.0)
    assert "the broker has forgotten the gateway's session" in caplog.text


async def test_a_killed_broker_makes_it_unreachable_by_name(broker: Broker) -> None:
    gateway = Gateway()
    await subscribed(broker, gateway, door(1))
    run = asyncio.create_task(gateway.driver(broker, door(1)).run(gateway.sink))
    async with publisher(broker) as side:
        await side.publish("estate/door-1/state", '{"id":"1","count":1}')
        await gateway.until_said("door-1/count", 1.0)
    broker.server.kill()
    with pytest.raises(Unreachable, match=f"{broker.port} ended the connection"):
        await asyncio.wait_for(run, WITHIN_S)


async def test_no_broker_is_unreachable() -> None:
    gateway = Gateway()
    nowhere = Broker("127.0.0.1", free_port(), Server([], Path(), lambda: False))
    with pytest.raises(Unreachable, match="refused"):
        await gateway.driver(nowhere, door(1)).run(gateway.sink)


@pytest.mark.promise("L2")
async def test_what_cannot_be_understood_is_a_dead_letter_and_is_acknowledged(
    broker: Broker,
) -> None:
    gateway, other = Gateway(), Gateway()
    await subscribed(broker, gateway, door(1), door(2))
    hostile = [b"\x00\xff", b"[]", b'{"id":"1","lock":"shut"}', b'{"id":"1","contact":4}']
    async with publisher(broker) as side:
        async with running(gateway.driver(broker, door(2)), gateway.sink):
            await side.publish("estate/door-2/state", *hostile)
            await side.publish("estate/door-1/state", b'{"id":"1","count":1}')  # no longer ours
            await side.publish("estate/door-2/state", b'{"id":"2","count":2}')
            await gateway.until_said("door-2/count", 2.0)
        await side.publish("estate/door-2/state", b'{"id":"3","count":3}')
        async with running(other.driver(broker, door(2)), other.sink):
            await other.until_said("door-2/count", 3.0)
    assert gateway.letters == [
        ("estate/door-2/state", "bad-json", b"\x00\xff"),
        ("estate/door-2/state", "bad-json", b"[]"),
        ("estate/door-2/state", "unknown-key", b'{"id":"1","lock":"shut"}'),
        ("estate/door-2/state", "wrong-type", b'{"id":"1","contact":4}'),
        ("estate/door-1/state", "unknown-topic", b'{"id":"1","count":1}'),
    ]
    assert (other.letters, other.values("door-2/count")) == ([], [3.0])


async def test_ten_megabytes_are_a_dead_letter_of_what_is_read_of_them(broker: Broker) -> None:
    gateway = Gateway()
    await subscribed(broker, gateway, door(1))
    async with publisher(broker) as side, running(gateway.driver(broker, door(1)), gateway.sink):
        await side.publish("estate/door-1/state", b"x" * 10_000_000)
        await side.publish("estate/door-1/state", b'{"id":"1","count":1}')
        await gateway.until_said("door-1/count", 1.0)
    assert gateway.letters == [("estate/door-1/state", "too-large", b"x" * (LARGEST_PAYLOAD + 1))]


async def test_a_burst_arrives_whole_and_in_order(broker: Broker) -> None:
    gateway = Gateway()
    await subscribed(broker, gateway, door(1))
    async with publisher(broker) as side, running(gateway.driver(broker, door(1)), gateway.sink):
        burst = [f'{{"id":"{n}","count":{n}}}' for n in range(2000)]
        await side.publish("estate/door-1/state", *burst)
        await gateway.until_said("door-1/count", 1999.0)
    assert gateway.values("door-1/count") == list(range(2000))


def test_two_devices_on_one_topic_are_refused(broker: Broker) -> None:
    with pytest.raises(BadConfig, match="shares the topic estate/door-1/state"):
        Gateway().driver(broker, door(1), door(1))
