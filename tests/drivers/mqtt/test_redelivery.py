"""What a broker may have sent before, and by what it is known."""

import pytest

from drivers.mqtt.packets import Message
from drivers.mqtt.redelivery import DOUBTED, Redelivery
from gateway.model.clock import SECOND
from gateway.model.reading import Delivery, Quality, Reading

BEGUN = 1_000 * SECOND
NEW, RESUMED = Redelivery(None), Redelivery(BEGUN)


def message(*, marked: bool = False, mid: int = 7, retained: bool = False) -> Message:
    return Message("estate/a", b"open", retained, mid, marked)


def told_itself(taken_at: int = BEGUN - 1, received_at: int = BEGUN) -> Reading:
    """The device has a clock."""
    return Reading("door-1/contact", "open", taken_at, received_at)


def named(received_at: int = BEGUN) -> Reading:
    """It has none, but never says the same message twice."""
    delivery = Delivery(17, again=False)
    return Reading("door-1/contact", "open", received_at, received_at, delivery=delivery)


def bare(received_at: int = BEGUN) -> Reading:
    """It has neither."""
    return Reading("door-1/contact", "open", received_at, received_at)


def delivery(session: Redelivery, said: Message, reading: Reading) -> Delivery | None:
    (told,) = session.told(said, [reading])
    assert told == reading
    return told.delivery


def again(session: Redelivery, said: Message, reading: Reading) -> bool:
    found = delivery(session, said, reading)
    return found is not None and found.again


@pytest.mark.parametrize("reading", [told_itself(), named(), bare()])
@pytest.mark.parametrize("session", [NEW, RESUMED])
def test_what_the_broker_marks_may_have_come_before(session: Redelivery, reading: Reading) -> None:
    assert again(session, message(marked=True), reading)


@pytest.mark.parametrize("reading", [told_itself(), named()])
def test_a_resumed_session_may_repeat_what_tells_itself_apart(reading: Reading) -> None:
    assert again(RESUMED, message(), reading)
    assert not again(NEW, message(), reading)


def test_open_said_anew_is_never_taken_for_open_said_before() -> None:
    assert not again(RESUMED, message(), bare())


def test_a_marked_message_is_known_by_its_packet_identifier_and_content() -> None:
    first = delivery(NEW, message(), bare())
    assert first is not None
    assert delivery(RESUMED, message(marked=True), bare(BEGUN + 5)) == first._replace(again=True)
    assert delivery(RESUMED, message(marked=True, mid=8), bare()) != first._replace(again=True)
    closed = message(marked=True)._replace(payload=b"closed")
    assert delivery(RESUMED, closed, bare()) != first._replace(again=True)


@pytest.mark.parametrize("taken_at", [BEGUN - 10 * SECOND, BEGUN + 10 * SECOND])
def test_a_resumed_session_is_doubted_for_a_while_whatever_the_devices_clock_says(
    taken_at: int,
) -> None:
    assert again(RESUMED, message(), told_itself(taken_at, BEGUN + DOUBTED))
    assert not again(RESUMED, message(), told_itself(taken_at, BEGUN + DOUBTED + 1))
    assert not again(RESUMED, message(), named(BEGUN + DOUBTED + 1))


@pytest.mark.parametrize("said", [message(retained=True, marked=True), message(mid=0)])
def test_what_is_retained_or_of_qos_0_is_always_news(said: Message) -> None:
    stale = Reading("door-1/contact", "open", BEGUN, BEGUN, Quality.STALE)
    assert delivery(RESUMED, said, stale) is None
