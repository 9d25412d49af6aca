"""What the API says about the estate and the duty desk. Times are RFC 3339, UTC."""

from typing import Annotated, Any

from pydantic import Field

from gateway.api.documented import STORABLE, Documented, Instant, Sentence, example_of
from gateway.model.alarm import Attention, Suppressing
from gateway.model.command import Action
from gateway.model.point import PointKind
from gateway.model.reading import Quality
from gateway.model.rule import Priority
from gateway.security.roles import Right


class Text(Documented):
    """A name in every language of the desk."""

    en: str = Field(examples=["Roof fire tank"])
    zh: str = Field(examples=["屋顶消防水箱"])


Words = Annotated[Text, Field(examples=[example_of(Text)])]
DeviceId = Annotated[str, Field(examples=["roof-tank"])]
PointId = Annotated[str, Field(examples=["roof-tank/level"])]
RuleId = Annotated[str, Field(pattern=STORABLE, examples=["roof-tank/low-level"])]
Urgency = Annotated[
    Priority, Field(examples=[2], description="1 critical, 2 high, 3 medium, 4 low")
]
Value = Annotated[
    float | str | dict[str, Any] | None,
    Field(
        examples=[1.42],
        description="A number in the point's unit, a state, an event's values, or null where "
        "nothing is known",
    ),
]
Goodness = Annotated[
    Quality,
    Field(examples=["good"], description="How far it may be trusted; offline: nothing is known"),
]


class Reading(Documented):
    """What a point said."""

    point: PointId
    value: Value
    quality: Goodness
    taken_at: Instant
    """By the device's clock, where it has one."""
    received_at: Instant
    """By the gateway's clock."""
    seq: int | None = Field(examples=[10428])
    """Place in the journal; a higher one is newer."""


Latest = Annotated[Reading | None, Field(examples=[example_of(Reading)])]


class Point(Documented):
    """One thing measured, and its newest reading."""

    id: PointId
    kind: PointKind = Field(examples=["number"])
    name: Words
    unit: str = Field(examples=["m"])
    """UCUM."""
    states: tuple[str, ...] = Field(examples=[[]])
    """What a state point can say, besides unknown."""
    low: float | None = Field(examples=[0.0])
    high: float | None = Field(examples=[5.0])
    """Beyond low and high a working sensor cannot be: the quality is bad then."""
    latest: Latest
    """Null while nothing was heard of the point."""


class Device(Documented):
    """One device."""

    id: DeviceId
    kind: str = Field(examples=["tank"])
    name: Words
    place: Words
    connection: str = Field(examples=["plant-room"])
    position: tuple[float, float] | None = Field(examples=[[0.22, 0.2]])
    """On the site plan, as fractions of its width and height."""
    quality: Quality | None = Field(examples=["good"])
    """The worst of its points' newest readings; null while nothing was heard of it."""


class Offered(Documented):
    """A command a device knows, and what it asks for beyond a right and a reason."""

    action: Action = Field(examples=["open"])
    right: Right = Field(examples=["command"])
    second_factor: bool = Field(examples=[False])
    """One's own password once more."""
    second_person: bool = Field(examples=[False])
    """Somebody else who may do this too, with their password."""


class Setpoint(Documented):
    """What the command `set` may set, to what."""

    point: str = Field(examples=["speed"])
    """Its name within the device."""
    right: Right = Field(examples=["command"])
    low: float | None = Field(examples=[20.0])
    """Of a number, in the point's unit."""
    high: float | None = Field(examples=[50.0])
    states: tuple[str, ...] = Field(examples=[[]])
    """Of a state point, those it may be set to."""


class DeviceFile(Device):
    """A device with its points and commands."""

    points: tuple[Point, ...] = Field(examples=[[example_of(Point)]])
    commands: tuple[Offered, ...] = Field(examples=[[example_of(Offered)]])
    setpoints: tuple[Setpoint, ...] = Field(examples=[[example_of(Setpoint)]])


class Bucket(Documented):
    """What a point said from `start` until the next bucket starts."""

    start: Instant
    count: int = Field(examples=[60])
    """How many readings; 0 is a gap."""
    good: float | None = Field(examples=[1.0])
    """The share of them with good quality."""
    last: Value
    minimum: float | None = Field(examples=[1.38])
    maximum: float | None = Field(examples=[1.47])
    mean: float | None = Field(examples=[1.42])


class Series(Documented):
    """A point's history in equal buckets."""

    point: PointId
    unit: str = Field(examples=["m"])
    start: Instant
    end: Instant
    buckets: tuple[Bucket, ...] = Field(examples=[[example_of(Bucket)]])


class Sample(Documented):
    """One stored reading."""

    taken_at: Instant
    value: Value
    quality: Goodness


class Picture(Documented):
    """The readings that draw a number's curve."""

    point: PointId
    unit: str = Field(examples=["m"])
    start: Instant
    end: Instant
    readings: tuple[Sample, ...] = Field(examples=[[example_of(Sample)]])


StateName = Annotated[
    str | None, Field(examples=["open"], description="Null where nothing was known")
]


class Span(Documented):
    """A time in which a point said the same, of the same quality."""

    start: Instant
    end: Instant
    """The first instant after it."""
    state: StateName
    quality: Goodness


class Lasted(Documented):
    """How long a state lasted altogether."""

    state: StateName
    seconds: float = Field(examples=[3600.0])


class Spans(Documented):
    """The states of a point, one after the other."""

    point: Annotated[str, Field(examples=["north-door/contact"])]
    start: Instant
    end: Instant
    spans: tuple[Span, ...] = Field(examples=[[example_of(Span)]])
    lasted: tuple[Lasted, ...] = Field(examples=[[example_of(Lasted)]])


class Alarm(Documented):
    """One occurrence of a rule."""

    id: int = Field(examples=[17])
    rule: RuleId
    device: DeviceId
    title: Words
    place: Words
    priority: Urgency
    attention: Attention = Field(examples=["unack"])
    """Where it stands between process and operator (ISA-18.2)."""
    active: bool = Field(examples=[True])
    """Whether the condition holds now."""
    quality: Goodness
    """How good what is known of the condition is."""
    suppressed: tuple[Suppressing, ...] = Field(examples=[[]])
    """What keeps it from the operator."""
    announced: bool = Field(examples=[True])
    """Whether the operator was told of this occurrence."""
    first_out: bool = Field(examples=[False])
    """Whether it came first of its group."""
    sequence: int = Field(examples=[1])
    """Counts its changes; an act names the one it has seen."""
    occurrences: int = Field(examples=[1])
    raised_at: Instant
    returned_at: Instant | None = Field(examples=["2026-05-01T08:04:00Z"])
    ended_at: Instant | None = Field(examples=["2026-05-01T08:05:00Z"])
    evidence: Latest
    """The reading that raised it last."""
    ticket: int | None = Field(examples=[5])


class Seen(Documented):
    """An act on an alarm as it was when the person saw it."""

    occurrence: int = Field(ge=0, examples=[1])
    """The number of `occurrences` the person has seen."""
    sequence: int = Field(ge=0, examples=[1])
    text: Sentence = Field(default="", examples=["Pump room called"])
