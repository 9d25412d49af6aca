"""What may be set for pumps, supplies and lighting, as it is written."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gateway.model.clock import MINUTE, SECOND
from gateway.site import fields as f
from gateway.site.entry import Entry, some
from gateway.site.plant_model import (
    Control,
    GeneratorSettings,
    GroupSettings,
    LightingSettings,
    PumpSettings,
    Rotation,
    TransferSettings,
)

_PUMP = PumpSettings()
_GENERATOR = GeneratorSettings()
_TRANSFER = TransferSettings()
_LIGHTING = LightingSettings()

_OfRated = Annotated[f.Positive, Field(le=1000)]


class PumpEntry(Entry):
    """How a pump is meant to go, and what it draws from and fills."""

    starts_within: f.Lasting = _PUMP.starts_within
    """How soon it runs once it is told to."""
    stops_within: f.Lasting = _PUMP.stops_within
    """How soon it stands once it is told to."""
    most_starts: Annotated[int, Field(ge=1, le=120)] = _PUMP.most_starts
    """How often in any hour it may be started; its maker says."""
    service_every: f.Positive | None = None
    """Hours run from one service to the next; without it nobody is told."""
    rated_current: f.Positive | None = None
    """A, from its plate; without it neither overload nor dry run is judged by the current."""
    dry_below: f.Percent = _PUMP.dry_below
    """Percent of the rated current below which it pumps no water."""
    overload_above: _OfRated = _PUMP.overload_above
    """Percent of the rated current."""
    low_pressure: f.Number | None = None
    """Running below this, in the unit of its point pressure, it is dry."""
    dry_after: f.Lasting = _PUMP.dry_after
    """How long before it counts as running dry; longer than it takes to come up."""
    overload_after: f.Lasting = _PUMP.overload_after
    """How long before it counts as overloaded; longer than its start."""
    draws_from: f.Id | None = None
    """The tank or pit; low or not known, the pump is not started."""
    fills: f.Id | None = None
    """The tank; full or not known, the pump is not started."""
    low_level: f.Number | None = None
    """m in the tank it draws from; beside or in place of the tank's low-switch."""
    high_level: f.Number | None = None
    """m in the tank it fills; beside or in place of the tank's high-switch."""
    level_deadband: Annotated[f.Number, Field(ge=0)] = _PUMP.level_deadband
    """m that the level must come back by before low or full is over."""
    stuck_band: f.Positive = _PUMP.stuck_band
    """m; a level that moves by no more while the pump runs does not move."""
    stuck_after: f.Lasting = _PUMP.stuck_after
    """How long it may so stand still before its sensor counts as stuck."""
    runs_during: f.Id | None = None
    """One of the calendars under `site: desk: calendars`: started as its hours begin, stopped as
    they end."""
    fire: bool = False
    """true: a fire pump, which the gateway never stops and never keeps from starting."""

    @model_validator(mode="after")
    def _fits_together(self) -> "PumpEntry":
        if self.low_level is not None and self.draws_from is None:
            raise ValueError("expected draws_from with low_level")
        if self.high_level is not None and self.fills is None:
            raise ValueError("expected fills with high_level")
        if self.fire and self.runs_during is not None:
            raise ValueError("expected no runs_during for a fire pump")
        if self.dry_below >= self.overload_above:
            raise ValueError("expected overload_above to be more than dry_below")
        of_current = sorted({"dry_below", "overload_above"} & self.model_fields_set)
        if of_current and self.rated_current is None:
            raise ValueError(f"expected rated_current with {of_current[0]}")
        return self

    def settings(self) -> PumpSettings:
        """The same, for the gateway."""
        return PumpSettings(**dict(self))


class GroupEntry(Entry):
    """Pumps that share a duty, led by the gateway."""

    pumps: Annotated[tuple[f.Id, ...], AfterValidator(some)]
    """Its pumps, the first to lead first."""
    by: f.PointId
    """The level or pressure it goes by, such as pit/level."""
    start: f.Number
    """Where the first pump is started."""
    stop: f.Number
    """Where all are stopped: below start to empty, above it to fill."""
    lag: f.Number | None = None
    """Where one more is started, beyond start."""
    most: Annotated[int, Field(ge=1, le=8)] | None = None
    """How many may run at once; without it 1, with lag 2."""
    rotation: Rotation = Rotation.EACH_START
    """each-start, daily, hours (the one that has run least leads) or never."""
    rotate_at: f.TimeOfDay = time(4)
    """daily: when, on the site's wall clock."""
    starts_within: f.Lasting = 20 * SECOND
    """One that does not run by then is given up for the next, until all have rested."""
    runs_blind: f.Lasting = 5 * MINUTE
    """How long one may run on while the level is not known; then it is stopped, before it runs dry
    or the tank over."""

    @model_validator(mode="after")
    def _fits_together(self) -> "GroupEntry":
        if self.start == self.stop:
            raise ValueError("expected start and stop to differ")
        if self.lag is not None and (self.lag - self.start) * (self.start - self.stop) <= 0:
            raise ValueError("expected lag beyond start, on the other side from stop")
        if len(set(self.pumps)) < len(self.pumps):
            raise ValueError("expected each pump once")
        return self

    def settings(self) -> GroupSettings:
        """The same, for the gateway."""
        most = self.most or (1 if self.lag is None else 2)
        return GroupSettings(**{**dict(self), "most": most})


class GeneratorEntry(Entry):
    """How a generator is meant to go."""

    control: Control = _GENERATOR.control
    """own: a controller of its own starts and stops it, and the gateway looks whether it does;
    gateway: the gateway asks for it, where there is no such controller."""
    mains: f.PointId | None = None
    """The point with present and lost that tells of the mains; without it its own."""
    transfer: f.Id | None = None
    """Its transfer switch: running for the mains it must be on the generator."""
    start_after: f.Duration = _GENERATOR.start_after
    """By control of the gateway: how long the mains must be lost."""
    starts_within: f.Lasting = _GENERATOR.starts_within
    """How soon after their loss it must run."""
    loaded_within: f.Lasting = _GENERATOR.loaded_within
    """How soon after their loss it must carry the load, where transfer is said."""
    stop_after: f.Lasting = _GENERATOR.stop_after
    """How long the mains must be back before it is stopped."""
    stops_within: f.Lasting = _GENERATOR.stops_within
    """How long after that it may run on to cool down."""

    def settings(self) -> GeneratorSettings:
        """The same, for the gateway."""
        return GeneratorSettings(**dict(self))


class TransferEntry(Entry):
    """How a transfer switch is meant to go."""

    generator: f.Id | None = None
    """The generator on its other side."""
    moves_within: f.Lasting = _TRANSFER.moves_within
    """How soon after the generator runs, the mains being lost, it is on the generator."""
    returns_within: f.Lasting = _TRANSFER.returns_within
    """How soon after the mains are back it is on the mains."""

    def settings(self) -> TransferSettings:
        """The same, for the gateway."""
        return TransferSettings(**dict(self))


class LightingEntry(Entry):
    """When a lighting circuit is to be on."""

    control: Control = _LIGHTING.control
    """own: something else switches it, and the gateway looks whether it does; gateway: it asks."""
    photocell: f.PointId | None = None
    """A daylight sensor in lx; on while it is dark."""
    on_below: f.Positive = _LIGHTING.on_below
    """lx."""
    off_above: f.Positive = _LIGHTING.off_above
    """lx; well above on_below, or its own lamps put it out."""
    delay: f.Duration = _LIGHTING.delay
    """How long it must be so dark, or so light: a cloud, a passing car."""
    lit_during: f.Id | None = None
    """A calendar of `site: desk: calendars`; with photocell both must hold."""
    within: f.Lasting = _LIGHTING.within
    """How soon it must be as wanted."""

    @model_validator(mode="after")
    def _fits_together(self) -> "LightingEntry":
        if self.photocell is None and self.lit_during is None:
            raise ValueError("expected photocell, lit_during or both")
        if self.off_above <= self.on_below:
            raise ValueError("expected off_above beyond on_below")
        return self

    def settings(self) -> LightingSettings:
        """The same, for the gateway."""
        return LightingSettings(**dict(self))
