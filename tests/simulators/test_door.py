"""The simulated door."""

from gateway.model.clock import MINUTE, SECOND
from simulators.door import Door, Opening

START = 1_767_225_600 * SECOND


def contact(door: Door, now: int) -> str:
    return door.step(now)["contact"]


def test_a_door_is_open_from_its_opening_for_as_long_as_it_is_held() -> None:
    door = Door([Opening(START, 5 * SECOND)])
    moments = (START - 1, START, START + 5 * SECOND - 1, START + 5 * SECOND)
    assert [contact(door, now) for now in moments] == ["closed", "open", "open", "closed"]


def test_a_door_left_open_stays_open() -> None:
    door = Door()
    door.open_at(START)
    assert contact(door, START + 600 * MINUTE) == "open"


def test_two_people_through_one_opening_hold_it_until_the_last_has_passed() -> None:
    door = Door([Opening(START, 5 * SECOND)])
    door.open_at(START + 3 * SECOND, 5 * SECOND)
    assert contact(door, START + 7 * SECOND) == "open"
    assert contact(door, START + 8 * SECOND) == "closed"
