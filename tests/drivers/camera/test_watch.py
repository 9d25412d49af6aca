"""A camera that fails is tried again soon at first, then less often, never less than every 10 s."""

from drivers.camera.watch import next_pause
from gateway.model.clock import MINUTE, SECOND


def test_pauses_double_up_to_ten_seconds() -> None:
    pause, pauses = 0, []
    for _ in range(7):
        pause = next_pause(pause, lasted=0)
        pauses.append(pause / SECOND)
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]


def test_after_a_connection_that_lasted_the_first_pause_is_short_again() -> None:
    assert next_pause(10 * SECOND, lasted=MINUTE) == SECOND // 2


def test_a_camera_that_gives_a_picture_and_breaks_off_is_tried_less_and_less_often() -> None:
    assert next_pause(4 * SECOND, lasted=SECOND) == 8 * SECOND
