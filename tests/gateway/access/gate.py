"""One barrier's machine, with its readings given by hand."""

from collections.abc import Mapping
from dataclasses import replace

from gateway.access.barrier import BarrierMachine
from gateway.access.barrier_state import Barrier
from gateway.access.machine import Event, Step, Wish
from gateway.access.plates import Pass, PassKind, Register
from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading, Value
from gateway.site.access_model import BarrierSettings
from tests.gateway.samples import NOON

POINTS = ("position", "entry-loop", "safety-loop", "boom", "operated", "plate", "order")
PERIOD = MINUTE


def a_pass(plate: str, **changes: object) -> Pass:
    """A resident's, from long ago and without an end, unless changed."""
    resident = Pass(1, plate, PassKind.ALLOWED, "Flat 3-201", 0, None, (), 0)
    return replace(resident, **changes)  # type: ignore[arg-type]  # test's own


class Gate:
    """The barrier `gate`. What it did is in `events` and `wishes`, newest last."""

    def __init__(
        self,
        *passes: Pass,
        points: tuple[str, ...] = POINTS,
        settings: BarrierSettings | None = None,
    ) -> None:
        self.register = Register(passes)
        self.machine = BarrierMachine(
            "gate",
            settings or BarrierSettings(),
            frozenset(f"gate/{name}" for name in points),
            {name: PERIOD for name in points if name.endswith("loop")},
            self.register,
        )
        self.state: Barrier = self.machine.begin()
        self.now: Micros = NOON
        self.events: list[Event] = []
        self.wishes: list[Wish] = []

    def says(self, **values: Value) -> None:
        """These points say this; `_` stands for `-`."""
        for name, value in values.items():
            self.hears(name, value)

    def hears(
        self,
        name: str,
        value: Value,
        quality: Quality = Quality.GOOD,
        taken_at: Micros | None = None,
    ) -> None:
        """One point says this, or is said to."""
        at = self.now if taken_at is None else taken_at
        reading = Reading(f"gate/{name.replace('_', '-')}", value, at, self.now, quality)
        self._go(self.machine.take(self.state, reading, self.now))

    def sees(self, plate: str, confidence: float = 0.99, **facts: Value) -> None:
        """A camera reads that plate."""
        self.says(plate={"plate": plate, "confidence": confidence, **facts})

    def passes(self, span: Micros) -> None:
        """Time goes by, deadline by deadline."""
        end = self.now + span
        while (due := self.machine.deadline(self.state)) is not None and due <= end:
            self.now = max(self.now, due)
            self._go(self.machine.elapse(self.state, self.now))
            assert self.machine.deadline(self.state) != due, "its deadline does not pass"
        self.now = end

    def ready(self) -> "Gate":
        """Closed, with nobody there."""
        self.says(position="closed", entry_loop="free", safety_loop="free", boom="ok")
        return self

    def drives_through(self) -> None:
        """The boom goes up, somebody passes, it comes down."""
        for point, word in (
            ("position", "opening"),
            ("position", "open"),
            ("safety_loop", "occupied"),
            ("safety_loop", "free"),
            ("position", "closing"),
            ("position", "closed"),
        ):
            self.hears(point, word)
            self.passes(SECOND)

    def told(self, name: str) -> list[Mapping[str, object]]:
        """What the events of that point say."""
        return [event.value for event in self.events if event.point == f"gate/{name}"]

    @property
    def asked(self) -> list[str]:
        """The actions wished for."""
        return [wish.action.value for wish in self.wishes]

    def shows(self, name: str) -> Value:
        """What a derived point says."""
        return self.machine.shown(self.state)[f"gate/{name}"].value

    def _go(self, step: Step[Barrier]) -> None:
        self.state = step.state
        self.events += step.events
        self.wishes += step.wishes


OPEN = {"action": "open", "who": "li"}
"""What somebody orders."""


def closing(gate: Gate) -> str | None:
    """Why it must not be closed now."""
    return gate.machine.refusal(gate.state, "gate", Action.CLOSE)
