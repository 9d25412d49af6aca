"""How long readings are kept: by kind, in microseconds."""

from gateway.history.retention import cutoffs, kept_of
from gateway.model.clock import DAY, HOUR, SECOND

KINDS = {"tank": "tank", "door-1": "door", "hall/door": "door"}
NOW = 1_700_000_000 * SECOND


def test_a_kind_of_its_own_goes_before_the_default() -> None:
    kept = {"door": 5 * DAY, "default": 400 * DAY}
    assert kept_of("door-1/contact", KINDS, kept) == 5 * DAY
    assert kept_of("hall/door/contact", KINDS, kept) == 5 * DAY
    assert kept_of("tank/level", KINDS, kept) == 400 * DAY


def test_what_is_not_named_is_kept_for_ever() -> None:
    assert kept_of("tank/level", KINDS, {"door": DAY}) is None
    assert cutoffs(["tank/level"], KINDS, {"door": DAY}, NOW) == {}


def test_a_device_that_is_gone_is_kept_as_the_default() -> None:
    assert kept_of("gone/level", KINDS, {"door": DAY, "default": 9 * DAY}) == 9 * DAY


def test_cutoffs_are_microseconds_before_now() -> None:
    """A retention that takes one unit for another deletes everything or nothing."""
    points = ["tank/level", "door-1/contact"]
    found = cutoffs(points, KINDS, {"door": DAY, "default": 2 * DAY}, NOW)
    assert found == {
        NOW - 24 * HOUR: ["door-1/contact"],
        (1_700_000_000 - 2 * 86_400) * 1_000_000: ["tank/level"],
    }
