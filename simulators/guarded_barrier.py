"""A barrier with loops, a camera that reads plates, and a controller that obeys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.model.clock import MILLISECOND, SECOND, Micros

REACHES: Micros = 300 * MILLISECOND
"""From the boom being up to the vehicle on the loop beneath it."""
CROSSES: Micros = 800 * MILLISECOND
"""How long it stands there."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Comes at the instant `at`, is read by the camera, waits for the boom and drives through."""

    plate: str
    at: Micros
    direction: str = "in"
    confidence: float = 0.97


@dataclass(slots=True)
class GuardedBarrier:
    """Closed until it is told to open, or lifted by hand. It may be set at any time that something
    stands under it (`obstacle`), and what is wrong with it: `broken`, `faulty`, `tampered`,
    `disobeys`."""

    travel: Micros = SECOND
    closes_after: Micros | None = None
    """The boom comes down by itself so long after it is up and the loop is free; None: not."""
    obstacle: bool = False
    broken: bool = False
    faulty: bool = False
    tampered: bool = False
    disobeys: bool = False
    _height: float = 0.0
    _target: float | None = None
    _by_hand: bool = False
    _now: Micros = 0
    _up_since: Micros = 0
    _crossing_since: Micros | None = None
    _waiting: list[Vehicle] = field(default_factory=list)
    _unread: list[Vehicle] = field(default_factory=list)

    def comes(self, vehicle: Vehicle) -> None:
        """A vehicle is to come."""
        self._waiting.append(vehicle)
        self._unread.append(vehicle)

    def lift(self) -> None:
        """Somebody cranks it up."""
        self._by_hand, self._target = True, 1.0

    def obey(self, action: str, _parameters: Mapping[str, object], _now: Micros) -> None:
        """See simulators.orders.Obedient."""
        if self.disobeys or action not in ("open", "close", "stop"):
            return
        self._by_hand = False
        self._target = {"open": 1.0, "close": 0.0}.get(action)

    def happened(self, now: Micros) -> Sequence[Mapping[str, object]]:
        """The plates read since it was asked last."""
        read = [vehicle for vehicle in self._unread if vehicle.at <= now]
        self._unread = [vehicle for vehicle in self._unread if vehicle not in read]
        return [
            {
                "plate": {
                    "plate": vehicle.plate,
                    "confidence": vehicle.confidence,
                    "direction": vehicle.direction,
                }
            }
            for vehicle in read
        ]

    def step(self, now: Micros) -> Mapping[str, object]:
        """What its points say at `now`; to be asked in the order of time."""
        self._move(now)
        waits = bool(self._waiting) and self._waiting[0].at <= now
        return {
            "operated": "hand" if self._by_hand else "motor",
            "position": self._position,
            "entry-loop": "occupied" if waits and self._crossing_since is None else "free",
            "safety-loop": "occupied" if self._under_boom else "free",
            "boom": "broken" if self.broken else "ok",
            "tamper": "tampered" if self.tampered else "ok",
            "fault": "fault" if self.faulty else "ok",
        }

    @property
    def _under_boom(self) -> bool:
        return self.obstacle or self._crossing_since is not None

    @property
    def _position(self) -> str:
        if self._height in (0.0, 1.0) and self._target in (None, self._height):
            return "open" if self._height else "closed"
        if self._target is None:
            return "stopped"
        return "opening" if self._target else "closing"

    def _move(self, now: Micros) -> None:
        passed = (now - self._now) / self.travel if self._now else 0.0
        self._now = now
        if self._target == 0.0 and 0.0 < self._height < 1.0 and self._under_boom:
            self._target = 1.0  # anti-crush: whatever it is, up again
        if self._target is not None and self._target != self._height:
            way = passed if self._target > self._height else -passed
            self._height = min(1.0, max(0.0, self._height + way))
        if self._height < 1.0:
            self._up_since = now
        self._let_through(now)
        free_since = max(self._up_since, now if self._under_boom else 0)
        if self.closes_after is not None and now - free_since >= self.closes_after:
            self._target = 0.0

    def _let_through(self, now: Micros) -> None:
        if self._crossing_since is not None:
            if now - self._crossing_since >= CROSSES:
                self._crossing_since, self._up_since = None, now
                self._waiting.pop(0)
            return
        came = bool(self._waiting) and self._waiting[0].at <= now
        if came and self._height == 1.0 and now - self._up_since >= REACHES:
            self._crossing_since = now
