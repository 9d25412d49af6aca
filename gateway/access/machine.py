"""What every state machine of this package is: pure, its states a table, time an argument.

A machine takes the readings of its points in journal order and keeps a frozen state. What it makes
of them is *shown* as readings of derived points, which go through the journal like any other:
rules, pages and histories see no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.reading import Quality, Reading, Value

S = TypeVar("S")


class Shown(NamedTuple):
    """What a derived point says."""

    value: Value
    quality: Quality = Quality.GOOD


class Event(NamedTuple):
    """What happened just now, for a derived event point."""

    point: str
    value: Mapping[str, object]


FIRE: Final = "fire"
"""The reason of a wish that nothing may stand in the way of (architecture.md, safety rules)."""

NOT_COMMANDED: Final = "not-commanded"
"""The event of a machine that has wished for that, just before the gateway stopped: nobody knows
whether it was commanded. It is one more reading of the machine's own."""


class Refusal(StrEnum):
    """Why a machine is against a command, as a code of the catalogues: a class of its own for each
    kind of machine, so that none can refuse by another word."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that a machine asks for by itself; `reason` is a code of the catalogues."""

    device: str
    action: Action
    reason: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """The next state, and what happened on the way."""

    state: S
    events: tuple[Event, ...] = ()
    wishes: tuple[Wish, ...] = ()


class Machine(Protocol[S]):
    """One door, barrier, zone or group of them. A state is a frozen dataclass that msgspec can
    write and read: it outlives restarts and, its new fields having defaults, updates."""

    @property
    def id(self) -> str:
        """Unique on the site: the device's id, or a group's."""

    @property
    def points(self) -> frozenset[str]:
        """The points it listens to."""

    def begin(self) -> S:
        """Nothing is known yet."""

    def take(self, state: S, reading: Reading, now: Micros) -> Step[S]:
        """After a reading of one of its points. `now` is the journal's time, by which its deadlines
        pass; the reading's `taken_at` may be the device's own and lie far back."""

    def elapse(self, state: S, now: Micros) -> Step[S]:
        """After the deadline has passed."""

    def deadline(self, state: S) -> Micros | None:
        """When it changes by itself next."""

    def shown(self, state: S) -> Mapping[str, Shown]:
        """What its derived state and number points say, by point id: each of them, always."""

    def refusal(self, state: S, device: str, action: Action) -> Refusal | None:
        """Why that must not be asked of that device now; None where nothing here speaks against it.
        Every machine is asked about every device."""


AnyMachine = Machine[Any]
"""Machines of any state."""
