"""A mapping of a firmware's messages, as it is written."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.model.command import Action
from gateway.site import fields as f
from gateway.site.entry import Entry, some
from gateway.site.mapping_model import (
    DeviceMapping,
    MappedField,
    MappedOrder,
    MappedPoint,
    MappedPresence,
    Pointer,
    UnixUnit,
)


def _pointer(text: object) -> Pointer:
    """RFC 6901, 3 and 4."""
    if not isinstance(text, str) or not re.fullmatch(r"(/([^~/]|~[01])*)*", text, re.DOTALL):
        raise ValueError('expected a JSON pointer such as /door/state, or "" for the whole message')
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


JsonPointer = Annotated[
    Pointer,
    BeforeValidator(_pointer, json_schema_input_type=str),
    WithJsonSchema({"type": "string", "pattern": "^(/([^~/]|~[01])*)*$"}),
]


def _scalar(value: object) -> object:
    """A firmware's word as JSON writes it: YAML takes true and 1 for more than words."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


FirmwareWord = Annotated[str, BeforeValidator(_scalar, json_schema_input_type=str | int | bool)]

_FILLED_IN = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CAN_BE_FILLED_IN = {"id", "expires_at"}


def _payload(text: str) -> str:
    if unknown := set(_FILLED_IN.findall(text)) - _CAN_BE_FILLED_IN:
        raise ValueError(f"expected {{id}} and {{expires_at}} only, not {{{min(unknown)}}}")
    if "toggle" in text.lower():
        raise ValueError("expected what is to be, not a toggle: said twice, it undoes itself")
    return text


class MappedFieldEntry(Entry):
    """One field of an event."""

    pointer: JsonPointer
    """Where it stands in the event's object."""
    states: dict[str, f.Id] | None = None
    """The firmware's words → ours, any other is unknown; without it as the firmware says it."""


class MappedPointEntry(Entry):
    """Where one point's value stands in a firmware's messages."""

    topic: f.Topic | None = None
    """Below the device's topic; without it the device's topic itself."""
    pointer: JsonPointer | None = None
    """Where the value stands in the JSON; without it the whole payload is the value, as text."""
    states: dict[str, f.Id] = Field(default_factory=dict)
    """For a state point: the firmware's words → states; any other word is unknown."""
    scale: f.Number = 1.0
    """value = raw × scale + offset."""
    offset: f.Number = 0.0
    """value = raw × scale + offset."""
    where: dict[JsonPointer, FirmwareWord] = Field(default_factory=dict)
    """JSON pointers → words: only messages that say all of these are about this point."""
    id: JsonPointer | None = None
    """Where the message's own name stands, given to no other message."""
    at: JsonPointer | None = None
    """Where the device's time stands: RFC 3339 text, or a number since 1970 in `at_unit`."""
    at_unit: UnixUnit = UnixUnit.SECONDS
    """s or ms."""
    fields: dict[f.Id, MappedFieldEntry] = Field(default_factory=dict)
    """For an event point: its fields; without any the object at `pointer` as it is."""

    def point(self) -> MappedPoint:
        """The same, for the gateway."""
        fields = {name: MappedField(**dict(entry)) for name, entry in self.fields.items()}
        return MappedPoint(**{**dict(self), "fields": fields})


class MappedPresenceEntry(Entry):
    """Where a firmware says that it is there, and its last will that it is not."""

    topic: f.Topic
    """Below the device's topic."""
    online: FirmwareWord = "online"
    """The word for being there."""
    offline: FirmwareWord = "offline"
    """The word for being gone."""
    pointer: JsonPointer | None = None
    """Where the word stands in the JSON; without it the whole payload is the word."""


class MappedOrderEntry(Entry):
    """How an action is said to the device."""

    topic: f.Topic
    """Below the device's topic."""
    payload: Annotated[f.Line, AfterValidator(_payload)]
    """What is sent; {id} and {expires_at} are filled in."""


class MappingEntry(Entry):
    """A firmware's messages for one kind of device: an MQTT profile of the site's own."""

    kind: str
    """The kind whose points it maps."""
    points: Annotated[dict[f.Id, MappedPointEntry], AfterValidator(some)]
    """Where each point's value stands."""
    presence: MappedPresenceEntry | None = None
    """Without it only silence tells that a device is gone."""
    orders: dict[Action, MappedOrderEntry] = Field(default_factory=dict)
    """How each action is said; without one a device only tells."""

    def mapping(self) -> DeviceMapping:
        """The same, for the gateway."""
        return DeviceMapping(
            points={name: entry.point() for name, entry in self.points.items()},
            presence=None if self.presence is None else MappedPresence(**dict(self.presence)),
            orders={action: MappedOrder(**dict(entry)) for action, entry in self.orders.items()},
        )
