"""A perimeter zone at its panel: armed or disarmed, and bypassed or not."""

from bisect import insort
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.model.clock import Micros

MODES: Final = {
    "arm": "armed",
    "part-arm": "part-armed",
    "disarm": "disarmed",
    "walk-test": "walk-test",
    "end-walk-test": "armed",
}


class Zone:
    """Armed and active from the beginning; changes may be entered in any order. `tells_bypass`:
    whether its module is one that says so."""

    def __init__(self, *, tells_bypass: bool = False) -> None:
        self._modes: list[tuple[Micros, str]] = []
        self._bypasses: list[tuple[Micros, str]] = []
        self._tells_bypass = tells_bypass

    def arm_at(self, at: Micros) -> None:
        """Armed from `at` on."""
        insort(self._modes, (at, "armed"))

    def disarm_at(self, at: Micros) -> None:
        """Disarmed from `at` on."""
        insort(self._modes, (at, "disarmed"))

    def bypass_at(self, at: Micros) -> None:
        """Bypassed from `at` on."""
        insort(self._bypasses, (at, "bypassed"))

    def restore_at(self, at: Micros) -> None:
        """Not bypassed any more from `at` on."""
        insort(self._bypasses, (at, "active"))

    def obey(self, action: str, _parameters: Mapping[str, object], now: Micros) -> None:
        """What a panel does with a command."""
        if action in MODES:
            insort(self._modes, (now, MODES[action]))
        elif action in ("bypass", "end-bypass") and self._tells_bypass:
            (self.bypass_at if action == "bypass" else self.restore_at)(now)

    def step(self, now: Micros) -> Mapping[str, str]:
        """What it tells at `now`."""
        told = {"mode": _last(self._modes, now, "armed")}
        if self._tells_bypass:
            told["bypass"] = _last(self._bypasses, now, "active")
        return told


def _last(changes: Sequence[tuple[Micros, str]], now: Micros, first: str) -> str:
    passed = [state for at, state in changes if at <= now]
    return passed[-1] if passed else first
