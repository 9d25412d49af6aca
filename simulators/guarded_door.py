"""A door with a reader, a lock, an exit button and a controller that obeys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.clock import MILLISECOND, SECOND, Micros


class Way(StrEnum):
    """How a visitor gets the door open."""

    CARD = "card"
    BUTTON = "button"
    ASKS = "asks"
    """A card of which the controller asks the gateway; it opens by a command only."""
    FORCE = "force"
    COMMAND = "command"
    """It is opened by a command only."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody comes at the instant `at`, and is through `held_for` after the door has opened; a
    visitor who does not take it leaves it shut. `every`: again and again."""

    at: Micros
    way: Way = Way.CARD
    held_for: Micros = 3 * SECOND
    holder: str = "resident"
    takes: bool = True
    every: Micros | None = None

    def since(self, now: Micros) -> Micros:
        """How long it has been under way; negative before it."""
        since = now - self.at
        return since % self.every if since >= 0 and self.every is not None else since

    def times(self, now: Micros) -> int:
        """How often somebody has come by then."""
        since = now - self.at
        if since < 0:
            return 0
        return 1 if self.every is None else 1 + since // self.every


REACHES: Micros = 500 * MILLISECOND
"""How long it takes from the card to the handle."""


@dataclass(slots=True)
class GuardedDoor:
    """Locked and shut but for its visits. What is wrong with it may be set at any time: `tampered`,
    `faulty`, `disobeys`, `jammed` (its lock stays as it is), `battery` in %."""

    visits: list[Visit] = field(default_factory=list)
    released_for: Micros = 5 * SECOND
    battery: float = 87.0
    tampered: bool = False
    faulty: bool = False
    double_locked: bool = False
    disobeys: bool = False
    jammed: bool = False
    button_stuck: bool = False
    _held: str = "locked"
    _released_until: Micros = 0
    _told: dict[Visit, int] = field(default_factory=dict)

    def visit(self, visit: Visit) -> None:
        """Somebody comes."""
        self.visits.append(visit)

    def obey(self, action: str, _parameters: Mapping[str, object], now: Micros) -> None:
        """See simulators.orders.Obedient."""
        if self.disobeys:
            return
        if action == "open":
            self._released_until = now + self.released_for
        self._held = {
            "lock": "locked",
            "unlock": "unlocked",
            "lock-open": "unlocked",
        }.get(action, self._held)

    def happened(self, now: Micros) -> Sequence[Mapping[str, object]]:
        """The cards shown since it was asked last, each told once."""
        told = []
        for visit in self.visits:
            if visit.way in (Way.CARD, Way.ASKS) and visit.times(now) > self._told.get(visit, 0):
                self._told[visit] = visit.times(now)
                told.append({"access": _swipe(visit)})
        return told

    def step(self, now: Micros) -> Mapping[str, object]:
        """What its points say at `now`."""
        pressed = self.button_stuck or any(
            visit.way is Way.BUTTON and 0 <= visit.since(now) < REACHES for visit in self.visits
        )
        return {
            "contact": "open"
            if any(self._holds(visit, now) for visit in self.visits)
            else "closed",
            "lock": self._lock(now),
            "double-lock": "locked" if self.double_locked else "unlocked",
            "exit-request": "pressed" if pressed else "released",
            "tamper": "tampered" if self.tampered else "ok",
            "fault": "fault" if self.faulty else "ok",
            "battery": self.battery,
        }

    def _holds(self, visit: Visit, now: Micros) -> bool:
        opened = visit.since(now) - REACHES
        return visit.takes and 0 <= opened < visit.held_for

    def _lock(self, now: Micros) -> str:
        if self.jammed:
            return "unlocked"
        released = now < self._released_until or any(
            visit.way in (Way.CARD, Way.BUTTON) and 0 <= visit.since(now) < self.released_for
            for visit in self.visits
        )
        return "unlocked" if released else self._held


def _swipe(visit: Visit) -> Mapping[str, object]:
    return {
        "result": "asked" if visit.way is Way.ASKS else "granted",
        "credential": f"card-{visit.holder}",
        "holder": visit.holder,
        "direction": "in",
    }
