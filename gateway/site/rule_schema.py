"""Rules as they are written: those of kinds, of devices and of the site."""

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.rule import AlarmClass, Consequence, JobKind, Priority, priority_of
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
            raise ValueError("expected exactly one of below, above, in, event, silent and bad")
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


Points = Annotated[
    tuple[str, ...],
    BeforeValidator(_points, json_schema_input_type=Literal["all"] | tuple[str, ...]),
]
"""Points by name; none stands for all."""


class SilentEntry(Entry):
    """While a point is offline."""

    silent: Points
    """`all` points of the device that speak regularly, or a list of them."""


class UnusableEntry(Entry):
    """While a point's device answers, but not with a value."""

    bad: Points
    """`all` points of the device that speak regularly, or a list of them."""


def _form(when: object) -> str:
    keys = when if isinstance(when, dict) else {}
    return "when " + next((key for key in ("silent", "bad", "event", "in") if key in keys), "limit")


# Tags stand in the locations of findings, so none may look like a key.
WhenEntry = Annotated[
    Annotated[SilentEntry, Tag("when silent")]
    | Annotated[UnusableEntry, Tag("when bad")]
    | Annotated[HappenedEntry, Tag("when event")]
    | Annotated[InStateEntry, Tag("when in")]
    | Annotated[ThresholdEntry, Tag("when limit")],
    Discriminator(_form),
]

PriorityWord = Literal["critical", "high", "medium", "low"]
ConsequenceWord = Literal["severe", "major", "minor"]


class GuidanceEntry(Entry):
    """What the desk is told with the alarm."""

    cause: Label
    """What it most likely is."""
    consequence: Label
    """What happens if nobody does anything."""
    response: Label
    """What to do, and whom to call."""


class KindRuleEntry(Entry):
    """One alarm that a device can raise."""

    title: Label
    """What the desk reads."""
    consequence: ConsequenceWord | None = None
    """What happens if nobody acts: severe (people hurt, building damaged), major (a service of the
    estate fails) or minor (a nuisance). With respond_within it gives the priority."""
    respond_within: Annotated[f.Lasting | None, Field(validate_default=True)] = None
    """How long there is to act before the consequence comes, such as 3m."""
    priority: Annotated[PriorityWord | None, Field(validate_default=True)] = None
    """How urgent it is; or else consequence and respond_within."""
    when: WhenEntry
    """What is abnormal."""
    raise_after: f.Duration = 0
    """How long it must last before the alarm."""
    clear_after: f.Duration = 0
    """How long it must be over before the alarm returns to normal."""
    needed: f.Needed = (1, 1)
    """How many of the last readings must be abnormal, such as 2 of 3; for limits and states."""
    latching: bool = False
    """Stays until a person resets it."""
    enabled: bool = True
    """`false` switches the rule off."""
    class_: AlarmClass = Field(AlarmClass.PROCESS, alias="class")
    """What kind of thing is wrong: it decides what may keep the alarm quiet."""
    realarm_after: f.Lasting | None = None
    """Acknowledged and still active for so long, it wants attention again."""
    parents: tuple[f.Parent, ...] = ()
    """While one of these alarms is active this one is suppressed: device/rule, or the name alone of
    a rule of the same device."""
    settle: f.Duration = 5 * SECOND
    """How long an alarm with parents waits for theirs before it is announced."""
    recovery: f.Duration = MINUTE
    """How long it stays suppressed after its parent is back to normal."""
    group: f.Id | None = None
    """Of the alarms of one group the first is marked. In a kind: of one device's alarms."""
    shelve_at_most: f.Lasting | None = None
    """The longest it may be shelved; without it until the shift ends."""
    guidance: GuidanceEntry | None = None
    """Cause, consequence and response, as the desk reads them."""
    procedure: str | None = None
    """The step list shown with its ticket: one of `procedures`."""
    job: JobKind = JobKind.REPAIR
    """What kind of work its ticket is; the clocks go by it."""

    @field_validator("respond_within")
    @classmethod
    def _beside_a_consequence(cls, within: Micros | None, info: ValidationInfo) -> Micros | None:
        if within is None and info.data.get("consequence") is not None:
            raise PydanticKnownError("missing")
        if within is not None and info.data.get("consequence", "wrong") is None:
            raise ValueError("expected consequence beside it")
        return within

    @field_validator("priority")
    @classmethod
    def _said_once(cls, word: PriorityWord | None, info: ValidationInfo) -> PriorityWord | None:
        weighed = "consequence" not in info.data or info.data["consequence"] is not None
        if word is None and not weighed and info.data.get("respond_within") is None:
            raise PydanticKnownError("missing")
        if word is not None and weighed:
            raise ValueError("expected either priority, or consequence and respond_within")
        return word

    def urgency(self) -> Priority:
        """Its priority, whichever way it is said."""
        if self.priority is not None:
            return Priority[self.priority.upper()]
        assert self.consequence is not None  # the validators see to both
        assert self.respond_within is not None
        return priority_of(Consequence[self.consequence.upper()], self.respond_within)


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
    silent: Points | None = None
    """Other points."""
    bad: Points | None = None
    """Other points."""
    unless: InStateEntry | None = None
    """Another exception."""


class GuidancePatch(Entry):
    """The part of a kind's guidance that differs for this device."""

    cause: Label | None = None
    """Another cause."""
    consequence: Label | None = None
    """Another consequence."""
    response: Label | None = None
    """Another response."""


class RulePatch(Entry):
    """The part of a kind's rule that differs for this device."""

    title: Label | None = None
    """Another text for the desk."""
    consequence: ConsequenceWord | None = None
    """Another consequence."""
    respond_within: f.Lasting | None = None
    """Another time to respond."""
    priority: PriorityWord | None = None
    """Another priority, in place of consequence and respond_within."""
    when: WhenPatch | None = None
    """Other limits or states."""
    raise_after: f.Duration | None = None
    """Another delay before the alarm."""
    clear_after: f.Duration | None = None
    """Another delay before normal."""
    needed: f.Needed | None = None
    """Another number of abnormal readings."""
    latching: bool | None = None
    """Whether it stays until a person resets it."""
    enabled: bool | None = None
    """`false` switches the rule off for this device."""
    class_: AlarmClass | None = Field(None, alias="class")
    """Another class."""
    realarm_after: f.Lasting | None = None
    """Another time after which it wants attention again."""
    parents: tuple[f.Parent, ...] | None = None
    """Other parents, in place of the kind's."""
    settle: f.Duration | None = None
    """Another wait for its parents' alarms."""
    recovery: f.Duration | None = None
    """Another time of quiet after its parent's."""
    group: f.Id | None = None
    """A group of the whole estate, in place of the device's own."""
    shelve_at_most: f.Lasting | None = None
    """Another limit to shelving."""
    guidance: GuidancePatch | None = None
    """Other words for the desk."""
    procedure: str | None = None
    """Another step list."""
    job: JobKind | None = None
    """Another kind of work."""
