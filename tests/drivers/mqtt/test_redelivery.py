"""What a broker may have sent before."""

import pytest

from drivers.mqtt.packets import Message
from drivers.mqtt.redelivery import DOUBTED, Redelivery
from gateway.model.clock import SECOND
from gateway.model.reading import Reading

BEGUN = 1_000 * SECOND


def message(*, marked: bool = False) -> Message:
    return Message("estate/a", b"{}", False, 7, marked)


def taken(at: int) -> Reading:
    return Reading("door-1/contact", "open", at, BEGUN)


@pytest.mark.parametrize("resumed_at", [None, BEGUN])
def test_what_the_broker_marks_is_suspected_at_any_time(resumed_at: int | None) -> None:
    said, now = [message(), message(marked=True)], BEGUN + 10 * DOUBTED
    assert Redelivery(resumed_at).suspected(said, [taken(now)], now)


def test_a_resumed_session_may_repeat_what_is_older_than_itself() -> None:
    assert Redelivery(BEGUN).suspected([message()], [taken(BEGUN), taken(BEGUN - 1)], BEGUN)


def test_what_is_newer_than_its_session_is_not_suspected() -> None:
    assert not Redelivery(BEGUN).suspected([message()], [taken(BEGUN)], BEGUN)


def test_a_new_session_repeats_nothing() -> None:
    assert not Redelivery(None).suspected([message()], [taken(BEGUN - 1)], BEGUN)


def test_a_device_whose_clock_is_slow_is_not_suspected_for_ever() -> None:
    now = BEGUN + DOUBTED + 1
    assert not Redelivery(BEGUN).suspected([message()], [taken(BEGUN - 1)], now)
