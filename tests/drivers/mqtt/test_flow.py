"""How many readings of a device are taken, and what becomes of the rest."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drivers.mqtt.flow import BURST_S, Flow, Taken
from drivers.mqtt.packets import Message
from gateway.model.clock import MILLISECOND, MINUTE, SECOND, Micros
from gateway.model.point import MESSAGES_DROPPED
from gateway.model.reading import Quality, Reading
from tests.drivers.mqtt.estate import Gateway, connection, door, publisher, running, subscribed
from tests.servers import Broker

NOW: Micros = 1_800_000_000 * SECOND
RATE = 2
FULL = RATE * BURST_S


class Field:
    """Devices that talk to one flow; what was journalled, acknowledged and left out."""

    def __init__(self) -> None:
        self.flow = Flow(RATE)
        self.taken = Taken()
        self.now = NOW
        self._mid = 0

    def says(
        self,
        device: str,
        *points: str,
        value: str | None = None,
        quality: Quality = Quality.GOOD,
    ) -> Message:
        self._mid += 1
        message = Message(device, b"", False, self._mid, False)
        said = float(self._mid) if value is None else value
        values = [
            Reading(f"{device}/{point}", said, self.now, self.now, quality) for point in points
        ]
        self.flow.take(message, values, self.now, self.taken)
        return message

    def waits(self, micros: Micros) -> None:
        self.now += micros
        self.flow.release(self.now, self.taken)

    def values(self, point: str) -> list[object]:
        return [reading.value for reading in self.taken.readings if reading.point == point]

    @property
    def told(self) -> list[object]:
        """What alarms would be raised of."""
        named = [r for r in self.taken.readings if r.point.endswith(MESSAGES_DROPPED)]
        return [reading.value for reading in named]


def flooded() -> Field:
    field = Field()
    for _ in range(FULL):
        field.says("it", "contact")
    return field


def test_a_burst_is_taken_whole_and_at_once() -> None:
    field = flooded()
    assert len(field.taken.readings) == len(field.taken.done) == FULL
    assert (field.taken.dropped, field.flow.wait(field.now)) == ([], None)


def test_of_what_comes_too_fast_the_newest_waits_and_is_acknowledged_when_it_was_taken() -> None:
    field = flooded()
    first, second, last = (field.says("it", "contact") for _ in range(3))
    assert field.taken.dropped == [first, second]
    assert field.taken.done[FULL:] == [first, second], "the broker may forget them"
    wait = field.flow.wait(field.now)
    assert wait is not None
    field.waits(wait)
    assert field.taken.done[-1] == last
    assert field.values("it/contact")[FULL:] == [float(last.mid)]
    assert field.flow.wait(field.now) is None


def test_each_points_newest_is_kept_and_a_message_is_done_with_its_last_reading() -> None:
    field = flooded()
    both, contact = field.says("it", "contact", "lock"), field.says("it", "contact")
    assert field.taken.dropped == [both], "its contact was overtaken"
    assert both not in field.taken.done, "its lock waits"
    field.waits(SECOND)
    assert field.values("it/lock") == [float(both.mid)]
    assert field.values("it/contact")[-1] == float(contact.mid)
    assert {both, contact} <= set(field.taken.done)


def test_a_door_that_was_open_for_a_moment_in_a_flood_was_open() -> None:
    field = flooded()
    for word in ("closed", "open", "closed", "open", "closed"):
        field.says("it", "contact", value=word)
    field.waits(MINUTE)
    assert field.values("it/contact")[FULL:] == ["open", "closed"]
    assert len(field.taken.dropped) == 3


def test_a_word_that_is_doubted_does_not_overtake_one_that_is_sure() -> None:
    field = flooded()
    field.says("it", "contact", value="open")
    field.says("it", "contact", value="open", quality=Quality.STALE)
    field.waits(MINUTE)
    qualities = [reading.quality for reading in field.taken.readings[FULL:]]
    assert qualities == [Quality.GOOD, Quality.STALE]


def test_more_points_than_a_burst_wait_no_longer_than_a_burst() -> None:
    field = flooded()
    points = [f"point-{number}" for number in range(FULL + 10)]
    message = field.says("it", *points)
    wait = field.flow.wait(field.now)
    assert wait is not None
    assert wait <= BURST_S * SECOND + 1
    field.waits(wait)
    assert message in field.taken.done
    field.says("it", "contact")
    field.waits(5 * SECOND)
    assert len(field.values("it/contact")) == FULL, "what was lent is paid back"


def test_another_device_is_not_held_up() -> None:
    field = flooded()
    field.says("it", "contact")
    field.says("other", "contact")
    assert len(field.values("other/contact")) == 1


def test_what_was_left_out_is_told_at_once_and_then_each_minute() -> None:
    field = flooded()
    for _ in range(3):
        field.says("it", "contact")
    assert field.told == [{"dropped": 1, "rate": RATE}]
    for _ in range(65 * 10):
        field.waits(100 * MILLISECOND)
        field.says("it", "contact")
    assert len(field.told) == 2
    field.waits(10 * MINUTE)
    field.says("it", "contact")
    assert len(field.told) == 2, "once it is quiet nothing is told"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3 * SECOND)), max_size=400))
def test_the_newest_state_of_every_point_is_always_taken_in_the_end(
    said: list[tuple[str, Micros]],
) -> None:
    field, newest, messages = Field(), {}, []
    for _ in range(FULL - 20):
        messages.append(field.says("it", "a"))
    for point, wait in said:
        messages.append(field.says("it", point))
        newest[point] = float(messages[-1].mid)
        field.waits(wait)
    field.waits(MINUTE)
    assert {point: field.values(f"it/{point}")[-1] for point in newest} == newest
    assert sorted(m.mid for m in field.taken.done) == [m.mid for m in messages]
    readings = len(field.taken.readings) - len(field.told)
    assert readings + len(field.taken.dropped) == len(messages)


async def test_a_device_that_floods_is_told_of_and_its_last_word_is_known(broker: Broker) -> None:
    gateway, flood = Gateway(), 5 * BURST_S
    slow = replace(connection(broker), rate=1)
    await subscribed(broker, gateway, door(1), door(2))
    async with (
        publisher(broker) as side,
        running(gateway.driver_to(slow, door(1), door(2)), gateway.sink),
    ):
        said = [f'{{"id":"{n}","count":{n}}}' for n in range(flood)]
        await side.publish("estate/door-1/state", *said)
        await side.publish("estate/door-2/state", '{"id":"x","count":1}')
        await gateway.until_said("door-2/count", 1.0)
        await gateway.until_said("door-1/count", float(flood - 1))
    assert gateway.values(f"door-1/{MESSAGES_DROPPED}")
    assert {reason for _, reason, _ in gateway.letters} == {"too-many"}
    taken = gateway.values("door-1/count")
    assert len(taken) + len(gateway.letters) == flood
    assert taken[:BURST_S] == [float(n) for n in range(BURST_S)]


async def test_what_waited_when_the_connection_was_lost_comes_again(broker: Broker) -> None:
    """It was not acknowledged."""
    gateway = Gateway()
    slow = replace(connection(broker), rate=1)
    await subscribed(broker, gateway, door(1))
    async with publisher(broker) as side:
        said = [f'{{"id":"{n}","count":{n}}}' for n in range(BURST_S)]
        async with running(gateway.driver_to(slow, door(1)), gateway.sink):
            await side.publish("estate/door-1/state", *said)
            await gateway.until_said("door-1/count", float(BURST_S - 1))
            await side.publish("estate/door-1/state", *['{"id":"x","count":7777}'] * 2)
            await gateway.until(lambda: bool(gateway.letters))
        assert 7777.0 not in gateway.values("door-1/count")
        async with running(gateway.driver_to(slow, door(1)), gateway.sink):
            await gateway.until_said("door-1/count", 7777.0)
