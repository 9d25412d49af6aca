"""A connection that stands and brings nothing is found out."""

import asyncio
from dataclasses import replace

import pytest

from drivers.mqtt.attention import ANNOUNCED_EVERY, COMES_ROUND_WITHIN, Attention
from drivers.mqtt.driver import MqttDriver
from gateway.diagnostics import Hearing, link, rules
from gateway.errors import Unreachable
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.point import Point, PointKind
from gateway.model.rule import InState
from gateway.supervise import Supervisor
from tests.drivers.mqtt.estate import NAME, WITHIN_S, Gateway, connection, door, publisher, running
from tests.drivers.mqtt.wire import wire
from tests.servers import Broker
from tests.waiting import until

STATUS = "gatehouse/court/status"
NOW: Micros = 1_800_000_000 * SECOND
CONTACT = Point("it/contact", PointKind.STATE, NAME, states=("closed", "open"), period=MINUTE)


def connected(*points: Point) -> Attention:
    attention = Attention(points)
    attention.connected(NOW)
    return attention


def test_no_device_for_longer_than_the_longest_period_is_silence() -> None:
    attention = connected(CONTACT, replace(CONTACT, id="slow/contact", period=2 * MINUTE))
    assert attention.doubt(NOW + 2 * MINUTE) is None
    assert "no device has said anything" in (attention.doubt(NOW + 2 * MINUTE + 1) or "")
    attention.heard(NOW + 3 * MINUTE)
    assert attention.doubt(NOW + 3 * MINUTE) is None


def test_connecting_anew_is_no_sign_of_life_of_devices() -> None:
    attention = connected(CONTACT)
    assert attention.doubt(NOW + 2 * MINUTE)
    attention.lost()
    attention.connected(NOW + 3 * MINUTE)
    assert attention.doubt(NOW + 3 * MINUTE)
    attention.heard(NOW + 3 * MINUTE)
    assert attention.doubt(NOW + 3 * MINUTE) is None


def test_what_is_down_is_not_silent() -> None:
    attention = connected(CONTACT)
    attention.lost()
    assert attention.doubt(NOW + 10 * MINUTE) is None


def test_devices_that_only_speak_when_something_happens_are_never_silent() -> None:
    assert connected(replace(CONTACT, period=None)).doubt(NOW + 100 * MINUTE) is None


def test_the_gateways_own_word_that_no_longer_comes_round_is_a_fault() -> None:
    attention = connected()
    assert not attention.fails(NOW + MINUTE), "it never came round: that proves nothing"
    attention.came_round()
    assert not attention.is_to_ask(NOW + ANNOUNCED_EVERY - 1)
    assert attention.is_to_ask(NOW + ANNOUNCED_EVERY)
    attention.asked(NOW + ANNOUNCED_EVERY)
    late = NOW + ANNOUNCED_EVERY + COMES_ROUND_WITHIN
    assert attention.wait(NOW + ANNOUNCED_EVERY) == COMES_ROUND_WITHIN
    assert not attention.fails(late - 1)
    assert attention.fails(late)
    attention.lost()
    attention.connected(late + SECOND)
    assert "not even what the gateway says" in (attention.doubt(late + SECOND) or "")
    attention.came_round()
    assert attention.doubt(late + SECOND) is None


def test_the_alarm_hangs_on_the_state_that_the_supervisor_tells() -> None:
    (rule,) = [rule for rule in rules((), (), ("broker",)) if "link" in rule.id]
    assert rule.when == InState(link("broker"), frozenset({Hearing.SILENT}))


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Micros:
        return self.now


async def test_a_broker_that_passes_nothing_on_any_more_is_connected_to_anew(
    broker: Broker,
) -> None:
    gateway, clock = Gateway(), Hands()
    async with wire(broker) as between, publisher(broker) as side:
        own = replace(connection(broker), port=between.port, status=STATUS)
        driver = MqttDriver(own, [door(1)], clock, gateway.dead_letters)
        supervisor = Supervisor(driver, clock)
        run = asyncio.create_task(driver.run(gateway.sink))
        await side.publish("estate/door-1/state", '{"id":"1","count":1}', retain=True)
        await gateway.until_said("door-1/count", 1.0)
        await until(lambda: any(STATUS.encode() in said for said in between.given))
        between.hides = STATUS
        clock.now += ANNOUNCED_EVERY
        await side.publish("estate/door-1/state", '{"id":"2","count":2}')
        await until(lambda: len(between.published) == 2)
        clock.now += COMES_ROUND_WITHIN
        await side.publish("estate/door-1/state", '{"id":"3","count":3}')
        with pytest.raises(Unreachable, match="not even what the gateway says itself"):
            await asyncio.wait_for(run, WITHIN_S)
        assert supervisor.look(Hearing.HEARD) is Hearing.SILENT
        between.hides = None
        async with running(driver, gateway.sink):
            await until(lambda: driver.doubt is None)
        assert supervisor.look(Hearing.SILENT) is Hearing.HEARD
    assert gateway.letters == [], "its own word is no message of a device"
