"""Rules as they are written: those of kinds, of devices and of the site."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from gateway.site import fields as f
from gateway.site.entry import Entry, Label, some


class InStateEntry(Entry):
    """While a state point is in one of these states."""

    point: str
    """The state point: device/point, or its own name in a kind's rule."""
    in_: Annotated[tuple[str, ...], AfterValidator(some)] = Field(alias="in")
    """The abnormal states; `unknown` may be one."""


class ThresholdEntry(Entry):
    """While a number is beyond its limit."""

    point: str
    """The number point: device/point, or its own name in a kind's rule."""
    below: f.Number | None = None
    """Abnormal below this limit."""
    above: f.Number | None = None
    """Abnormal above this limit."""
    deadband: Annotated[f.Number, Field(ge=0)] = 0.0
    """How far back past the limit the number must come to be normal again."""

    @model_validator(mode="after")
    def _one_side(self) -> "ThresholdEntry":
        if (self.below is None) == (self.above is None):
            raise ValueError("expected exactly one of below, above, in, event and silent")
        return self


class HappenedEntry(Entry):
    """From each event on."""

    event: str
    """The event point: device/point, or its own name in a kind's rule."""
    unless: InStateEntry | None = None
    """Not while this state is known to hold (a disarmed zone)."""


def _points(value: object) -> object:
    if value == "all":
        return ()
    if not isinstance(value, list) or not value:
        raise ValueError("expected all, or a list of points")
    return value


Silence = Annotated[
    tuple[str, ...],
    BeforeValidator(_points, json_schema_input_type=Literal["all"] | tuple[str, ...]),
]
"""Points by name; none stands for all."""


class SilentEntry(Entry):
    """While a point is offline."""

    silent: Silence
    """`all` points of the device that speak regularly, or a list of them."""


def _form(when: object) -> str:
    keys = when if isinstance(when, dict) else {}
    return "when " + next((key for key in ("silent", "event", "in") if key in keys), "limit")


# Tags stand in the locations of findings, so none may look like a key.
WhenEntry = Annotated[
    Annotated[SilentEntry, Tag("when silent")]
    | Annotated[HappenedEntry, Tag("when event")]
    | Annotated[InStateEntry, Tag("when in")]
    | Annotated[ThresholdEntry, Tag("when limit")],
    Discriminator(_form),
]

PriorityWord = Literal["critical", "high", "medium", "low"]


class KindRuleEntry(Entry):
    """One alarm that a device can raise."""

    title: Label
    """What the desk reads."""
    priority: PriorityWord
    """How urgent it is."""
    when: WhenEntry
    """What is abnormal."""
    raise_after: f.Duration = 0
    """How long it must last before the alarm."""
    clear_after: f.Duration = 0
    """How long it must be over before the alarm returns to normal."""
    latching: bool = False
    """Stays until a person resets it."""
    enabled: bool = True
    """`false` switches the rule off."""


class RuleEntry(KindRuleEntry):
    """One alarm of this site alone."""

    id: f.RuleId
    """device/rule: which device raises it, and the rule's own name."""


class WhenPatch(Entry):
    """The part of a kind's `when` that differs for this device."""

    below: f.Number | None = None
    """Another limit."""
    above: f.Number | None = None
    """Another limit."""
    deadband: f.Number | None = None
    """Another deadband."""
    in_: tuple[str, ...] | None = Field(None, alias="in")
    """Other states."""
    silent: Silence | None = None
    """Other points."""
    unless: InStateEntry | None = None
    """Another exception."""


class RulePatch(Entry):
    """The part of a kind's rule that differs for this device."""

    title: Label | None = None
    """Another text for the desk."""
    priority: PriorityWord | None = None
    """Another priority."""
    when: WhenPatch | None = None
    """Other limits or states."""
    raise_after: f.Duration | None = None
    """Another delay before the alarm."""
    clear_after: f.Duration | None = None
    """Another delay before normal."""
    latching: bool | None = None
    """Whether it stays until a person resets it."""
    enabled: bool | None = None
    """`false` switches the rule off for this device."""
