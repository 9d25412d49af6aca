"""What is kept of a pump, and what it looks like from that."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from gateway.access.machine import Refusal
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.plant.doubt import all_of, any_of, says
from gateway.plant.facts import Facts, word
from gateway.plant.hours import Hours
from gateway.plant.lasting import Lasting
from gateway.plant.response import Response
from gateway.plant.running_orders import Orders
from gateway.plant.senses import (
    HIGH,
    LOW,
    SOURCE_LEVEL,
    SOURCE_SWITCH,
    TARGET_LEVEL,
    TARGET_SWITCH,
)
from gateway.plant.starts import Starts
from gateway.plant.still import Still

RUNNING, STOPPED = "running", "stopped"


class PumpRefusal(Refusal):
    """See Machine.refusal."""

    FIRE_PUMP = "fire-pump"
    FAULT = "pump-fault"
    NOT_AUTO = "pump-not-auto"
    UNKNOWN = "pump-unknown"
    SOURCE_LOW = "source-low"
    SOURCE_UNKNOWN = "source-unknown"
    TARGET_FULL = "target-full"
    TARGET_UNKNOWN = "target-unknown"
    TOO_MANY_STARTS = "too-many-starts"


@dataclass(frozen=True, slots=True)
class PumpState:
    """`tanks`: those that the facts are of. `last_run`: what it was last known to do. `dry`,
    `overload`: for how long; `still`: the levels, by point."""

    facts: Facts = field(default_factory=dict)
    tanks: tuple[str | None, ...] = ()
    last_run: str | None = None
    orders: Orders = field(default_factory=Orders)
    response: Response = field(default_factory=Response)
    starts: Starts = field(default_factory=Starts)
    hours: Hours = field(default_factory=Hours)
    dry: Lasting = field(default_factory=Lasting)
    overload: Lasting = field(default_factory=Lasting)
    still: Mapping[str, Still] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A pump by its facts; None where something is not known. `has`: what there are facts of."""

    state: PumpState
    has: Set[str]

    @property
    def running(self) -> bool | None:
        """Whether it runs."""
        return says(word(self.state.facts, "run"), RUNNING)

    @property
    def by_hand(self) -> bool:
        """Whether its panel has taken it."""
        return word(self.state.facts, "mode") in ("hand", "off")

    @property
    def commanded(self) -> bool | None:
        """Whether it is told to run; None also where nobody's order counts."""
        if self.by_hand:
            return None
        if "run-order" in self.has:
            return says(word(self.state.facts, "run-order"), "on")
        ordered = self.state.orders.ordered
        return None if ordered is None else ordered is Action.START

    @property
    def is_its_own(self) -> bool:
        """Whether it is known that nobody here commands it."""
        unordered = "run-order" not in self.has and self.state.orders.ordered is None
        return self.by_hand or unordered

    @property
    def is_dry(self) -> bool | None:
        """Whether it runs without water, as far as current, pressure and level show."""
        signs = (says(self._word(name), LOW) for name in ("load", "pressure") if name in self.has)
        return all_of((self.running, any_of((*signs, self.source_is_low))))

    @property
    def is_overloaded(self) -> bool | None:
        """Whether it takes more than it should."""
        over = says(self._word("load"), HIGH) if "load" in self.has else False
        return all_of((self.running, over))

    @property
    def source_is_low(self) -> bool | None:
        """Whether there is too little to draw from."""
        return self._is_any({SOURCE_LEVEL: LOW, SOURCE_SWITCH: "dry"})

    @property
    def target_is_full(self) -> bool | None:
        """Whether what it fills is."""
        return self._is_any({TARGET_LEVEL: HIGH, TARGET_SWITCH: "wet"})

    def against_start(self, room_at: Micros | None) -> PumpRefusal | None:
        """Why it must not be started now. `room_at`: see Starts."""
        low, full = self.source_is_low, self.target_is_full
        against = (
            (PumpRefusal.FAULT, self._word("fault") == "fault"),
            (PumpRefusal.NOT_AUTO, self.by_hand),
            (PumpRefusal.UNKNOWN, {"fault", "mode"} & self.has - self.state.facts.keys()),
            (PumpRefusal.SOURCE_LOW, low),
            (PumpRefusal.SOURCE_UNKNOWN, low is None),
            (PumpRefusal.TARGET_FULL, full),
            (PumpRefusal.TARGET_UNKNOWN, full is None),
            (PumpRefusal.TOO_MANY_STARTS, room_at is not None),
        )
        return next((code for code, applies in against if applies), None)

    def _is_any(self, bad: Mapping[str, str]) -> bool | None:
        return any_of(
            says(self._word(name), each) for name, each in bad.items() if name in self.has
        )

    def _word(self, name: str) -> str | None:
        return word(self.state.facts, name)
