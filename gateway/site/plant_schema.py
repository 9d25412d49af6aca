"""What may be set for pumps, supplies and lighting, as it is written."""

from typing import Annotated

from pydantic import Field, model_validator

from gateway.site import fields as f
from gateway.site.entry import Entry
from gateway.site.plant_model import PumpSettings

_PUMP = PumpSettings()

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
        return self

    def settings(self) -> PumpSettings:
        """The same, for the gateway."""
        return PumpSettings(**dict(self))
