"""A site's own mapping of a firmware's messages: what no family of Gatehouse's speaks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.model.command import Action

Pointer = tuple[str, ...]
"""A JSON pointer's tokens (RFC 6901): () is the whole document."""


class UnixUnit(StrEnum):
    """What a number counts that tells the time, from 1970-01-01T00:00:00Z."""

    SECONDS = "s"
    MILLISECONDS = "ms"


@dataclass(frozen=True, slots=True)
class MappedField:
    """One field of an event. `states`: its word by the firmware's; None takes it as it is."""

    pointer: Pointer
    states: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MappedPoint:
    """Where a point's value stands. Number: raw × scale + offset.

    `topic` is below the device's, None the device's own. `pointer` None: the whole payload is the
    value, as text. `where`: the words that must stand at those places, else the message is not
    about this point. `id` names the message and `at` tells its time. `fields` are an event's,
    within the object at `pointer`; none takes that object as it is.
    """

    topic: str | None
    pointer: Pointer | None
    states: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0
    where: Mapping[Pointer, str] = field(default_factory=dict)
    id: Pointer | None = None
    at: Pointer | None = None
    at_unit: UnixUnit = UnixUnit.SECONDS
    fields: Mapping[str, MappedField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappedPresence:
    """Where a firmware says that it is there, and its last will that it is not."""

    topic: str
    online: str
    offline: str
    pointer: Pointer | None = None


@dataclass(frozen=True, slots=True)
class MappedOrder:
    """How an action is said; `{id}` and `{expires_at}` (RFC 3339) in the payload are filled in."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class DeviceMapping:
    """All that a firmware says of one kind of device, by point, and what can be said to it."""

    points: Mapping[str, MappedPoint]
    presence: MappedPresence | None = None
    orders: Mapping[Action, MappedOrder] = field(default_factory=dict)
