"""The simulated perimeter zone."""

from gateway.model.clock import HOUR, SECOND
from simulators.zone import Zone

START = 1_767_225_600 * SECOND


def test_a_zone_is_armed_until_it_is_disarmed() -> None:
    zone = Zone()
    zone.arm_at(START + 2 * HOUR)
    zone.disarm_at(START + HOUR)
    moments = (START, START + HOUR - 1, START + HOUR, START + 2 * HOUR)
    modes = [zone.step(now)["mode"] for now in moments]
    assert modes == ["armed", "armed", "disarmed", "armed"]


def test_a_zone_that_tells_of_its_bypass_is_active_until_it_is_bypassed() -> None:
    zone = Zone(tells_bypass=True)
    zone.restore_at(START + 2 * HOUR)
    zone.bypass_at(START + HOUR)
    moments = (START, START + HOUR - 1, START + HOUR, START + 2 * HOUR)
    told = [zone.step(now)["bypass"] for now in moments]
    assert told == ["active", "active", "bypassed", "active"]
    assert "bypass" not in Zone().step(START)
