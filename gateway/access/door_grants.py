"""Who may open a door, for how long, and whether they did: granted is not taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.access.instants import GRAIN, Instant, passed
from gateway.access.machine import Event
from gateway.model.clock import Micros


class By(StrEnum):
    """What lets somebody pass."""

    CREDENTIAL = "credential"
    EXIT_BUTTON = "exit-button"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Grant:
    """The door may be opened for so long from then on. `extra` is how much longer it may stand open
    for a credential that asks for it; `details` go with the passage."""

    by: By
    at: Instant
    lasts: Micros
    extra: Micros = 0
    details: Mapping[str, object] = field(default_factory=dict)
    taken: bool = False

    @property
    def ends(self) -> Micros:
        """When it is over, by the journal's time."""
        return self.at.heard + self.lasts

    def explains(self, opened: Instant) -> bool:
        """Whether the door was opened by it. Heard after the opening it does so by the device's
        clock alone."""
        after = passed(self.at, opened)
        has_clock = self.at.own is not None and opened.own is not None
        return (-GRAIN if has_clock else 0) <= after <= self.lasts


TOLD_OF_A_GRANT: Final = ("credential", "holder", "reader", "direction")
"""What a passage repeats of the credential's event."""


def passage(device: str, grant: Grant, result: str) -> Event:
    """The event that says whether somebody went through."""
    return Event(f"{device}/passage", {**grant.details, "by": grant.by.value, "result": result})


def details(event: Mapping[str, object]) -> dict[str, object]:
    """What goes on from a credential's event to its passage."""
    return {key: event[key] for key in TOLD_OF_A_GRANT if key in event}


def left(grants: Iterable[Grant], now: Micros) -> tuple[Grant, ...]:
    """Those that are not over."""
    return tuple(grant for grant in grants if grant.ends > now)
