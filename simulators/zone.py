"""A perimeter zone at its panel: armed or disarmed."""

from bisect import insort
from collections.abc import Mapping

from gateway.model.clock import Micros


class Zone:
    """Armed from the beginning; arming and disarming may be entered in any order."""

    def __init__(self) -> None:
        self._changes: list[tuple[Micros, str]] = []

    def arm_at(self, at: Micros) -> None:
        """Armed from `at` on."""
        insort(self._changes, (at, "armed"))

    def disarm_at(self, at: Micros) -> None:
        """Disarmed from `at` on."""
        insort(self._changes, (at, "disarmed"))

    def step(self, now: Micros) -> Mapping[str, str]:
        """The mode at `now`."""
        passed = [mode for at, mode in self._changes if at <= now]
        return {"mode": passed[-1] if passed else "armed"}
