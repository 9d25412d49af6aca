"""When the gateway does not read, memory stays bounded and crossings go before pictures."""

import pytest

from drivers.camera.crossing import Direction
from drivers.camera.messages import Alive, Crossed, Live
from drivers.camera.worker import Outbox


def crossed(at: int) -> Crossed:
    return Crossed("north", at, "wall", Direction.IN, (0.1, 0.2, 0.3, 0.4), None)


def test_pictures_leave_half_of_the_room_to_crossings() -> None:
    outbox = Outbox(limit=10)
    for at in range(50):
        outbox.put(Live("north", at))
    for at in range(5):
        outbox.put(crossed(at))
    assert [outbox.get() for _ in range(10)] == [
        *(Live("north", at) for at in range(5)),
        *(crossed(at) for at in range(5)),
    ]


def test_when_there_is_nothing_to_say_that_is_said() -> None:
    outbox = Outbox()
    assert outbox.get(wait=1) == Alive()


def test_what_does_not_fit_is_dropped_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(limit=4)
    for at in range(100):
        outbox.put(crossed(at))
    assert [outbox.get() for _ in range(4)] == [crossed(at) for at in range(4)]
    assert len(caplog.records) == 1
    outbox.put(crossed(100))
    assert outbox.get() == crossed(100)
