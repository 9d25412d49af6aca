"""What a simulated device says, apart from what it measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.model.clock import Micros


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    topic: str
    payload: bytes
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Presence:
    """Where and how a device says, retained, that it is there, and its last will that it is not.
    `here` is None where what it says tells that."""

    topic: str
    here: bytes | None = b"online"
    gone: bytes = b"offline"


Obeying = Callable[[bytes], Mapping[str, object]]
"""An order's payload → the values it gives the device's points; none where it is ignored."""
PULSED = "pulsed"
"""The value a lock is given that is released for a moment."""
Entities = Mapping[str, str]
"""By point, what the firmware calls it, as a site file's `entities` say it."""


def _deaf(_topic: str) -> Mapping[str, Obeying]:
    return {}


@dataclass(frozen=True, slots=True)
class Speech:
    """How a family speaks; `topic` is the device's own prefix."""

    presence: Callable[[str], Presence]
    says: Callable[[str, Mapping[str, object], str, Micros], Sequence[Said]]
    """(topic, values by point, a message id, now) → its messages."""
    hears: Callable[[str], Mapping[str, Obeying]] = _deaf
    """By the topics a device hears on, how it obeys: its motors are quick."""
    named: "Callable[[Entities], Speech] | None" = None
    """The same where entities have names of their own; None where the family gives them none."""
    commanded_at: Callable[[str], str] | None = None
    """Where behaviour that can be commanded takes orders, as Gatehouse's own JSON says them."""
