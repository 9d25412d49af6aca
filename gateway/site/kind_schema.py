"""Device kinds as they are written."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.model.clock import SECOND
from gateway.model.command import Action
from gateway.model.point import UNKNOWN_STATE, PointKind
from gateway.site import fields as f
from gateway.site.entry import Entry, Label, some
from gateway.site.rule_schema import KindRuleEntry


class PointShape(Entry):
    """What any point has."""

    kind: PointKind
    """number, state, text or event."""
    name: Label
    """What people call it."""
    unit: f.Word = "1"
    """UCUM unit of a number: m, Cel, bar, A, h; 1 for none."""
    states: tuple[f.Id, ...] = ()
    """Every state of a state point."""
    low: f.Number | None = None
    """The least a working sensor can say."""
    high: f.Number | None = None
    """The most a working sensor can say."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "PointShape":
        number, state = self.kind is PointKind.NUMBER, self.kind is PointKind.STATE
        if state != bool(self.states):
            raise ValueError("expected states for a state point, and for no other")
        if UNKNOWN_STATE in self.states or len(set(self.states)) < len(self.states):
            raise ValueError(f"expected states that differ; {UNKNOWN_STATE} is always there")
        if not number and (self.low is not None or self.high is not None or self.unit != "1"):
            raise ValueError("expected low, high and unit for a number point only")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("expected low below high")
        return self


class PointEntry(PointShape):
    """One thing a kind of device measures."""

    period: f.Lasting | None = None
    """The longest silence that is normal; leave out where only events speak."""
    optional: bool = False
    """true: only devices have it whose profile, register map or `points` name it."""
    derived: bool = False
    """true: the gateway says it, from what the device's other points say; no message can."""
    of: tuple[f.Id, ...] = ()
    """derived: only of devices that speak of one of these points."""
    given: tuple[f.Word, ...] = ()
    """derived: only of devices whose section of the kind's name says one of these keys."""
    expression: f.Line | None = None
    """derived: how it is reckoned from other points and the kind's settings, such as
    `rate(level, 5m) * area`; only devices have it that have all of these."""

    @model_validator(mode="after")
    def _is_told_or_derived(self) -> "PointEntry":
        event = self.kind is PointKind.EVENT
        if event and self.period is not None:
            raise ValueError("expected no period: events are not regular")
        if self.derived and (self.optional or self.period is not None):
            raise ValueError("expected no period and no optional for what the gateway itself says")
        if (self.of or self.given or self.expression) and not self.derived:
            raise ValueError(
                "expected of, given and expression for what the gateway itself says only"
            )
        if self.expression:
            _is_reckoned(self.kind)
        return self


def _is_reckoned(kind: PointKind) -> None:
    if kind not in (PointKind.NUMBER, PointKind.STATE):
        article = "an event" if kind is PointKind.EVENT else "a text"
        raise ValueError(f"expected a number or a state: no expression gives {article}")


class OwnPointEntry(PointShape):
    """A point of one device that the gateway reckons by an expression."""

    kind: PointKind = PointKind.NUMBER
    """number or state."""
    expression: f.Line
    """From its own points by their names, others' as device/point, and its settings."""

    @model_validator(mode="after")
    def _is_number_or_state(self) -> "OwnPointEntry":
        _is_reckoned(self.kind)
        return self


class SettingEntry(Entry):
    """A figure that differs from device to device, for the kind's expressions."""

    name: Label
    """What people call it."""
    unit: f.Word = "1"
    """UCUM."""
    default: f.Number | None = None
    """For devices that do not say it; without it they lack what is reckoned by it."""
    above: f.Number | None = None
    """What it must be more than: 0 for what is multiplied or divided by."""


class ConfirmationEntry(Entry):
    """The reading that shows that a command was done."""

    point: f.Id
    """The state point that shows it, or an event that tells of the command's `id`."""
    in_: tuple[str, ...] = Field((), alias="in")
    """The states that show it."""
    within: f.CommandTime = 5 * SECOND
    """How soon; at most 30s."""


class CommandEntry(Entry):
    """What can be asked of a device."""

    confirmed_by: Annotated[tuple[ConfirmationEntry, ...], AfterValidator(some)]
    """What shows that it was done; the first whose point the device has."""


class KindEntry(Entry):
    """A kind of device: its points and the alarms it brings."""

    name: Label
    """What people call it."""
    points: Annotated[dict[f.Id, PointEntry], AfterValidator(some)]
    """What it measures, by name."""
    settings: dict[f.Id, SettingEntry] = Field(default_factory=dict)
    """Figures that its expressions name and its devices say."""
    rules: dict[f.Id, KindRuleEntry] = Field(default_factory=dict)
    """Its alarms, by name; points are named without the device."""
    commands: dict[Action, CommandEntry] = Field(default_factory=dict)
    """What can be asked of it."""
