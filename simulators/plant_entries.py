"""The simulation file's Modbus units: what plant they are, and what happens to it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.model.clock import MINUTE, SECOND
from gateway.site.fields import Duration, Lasting, Number
from gateway.site.modbus_fields import Unit
from simulators.modbus_faults import FaultName


class Entry(BaseModel):
    """Of the simulation file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FlowChange(Entry):
    """From `after` on, so much more flows in (m³/h; negative: out)."""

    after: Duration
    flow: Number


class TankEntry(Entry):
    """An upright tank: `area` m², `height` and `level` m."""

    area: Number
    height: Number
    level: Number
    flows: tuple[FlowChange, ...] = ()


class MovedEntry(Entry):
    """The tank of `unit`, into or out of which it moves `flow` (m³/h)."""

    unit: Unit
    flow: Number


class PumpEntry(Entry):
    """A pump that runs from the beginning or stands still until it is told otherwise, and fills one
    tank or empties one; or one that empties the sump of unit `drains` by its float. `module`: whose
    registers it has."""

    rated_current: Number
    hours: Number = 0
    running: bool = False
    fills: MovedEntry | None = None
    empties: MovedEntry | None = None
    drains: Unit | None = None
    module: Literal["demo-pump", "grundfos-cim"] = "demo-pump"

    @model_validator(mode="after")
    def _fits_together(self) -> "PumpEntry":
        sides = [each for each in (self.fills, self.empties, self.drains) if each is not None]
        if len(sides) > 1:
            raise ValueError("expected one of fills, empties and drains")
        if self.drains is not None and (self.running or self.module != "demo-pump"):
            raise ValueError("expected drains without running and module: its float decides")
        return self


class SumpEntry(Entry):
    """A pit with an `inflow`, whose pump moves `outflow` (m³/h) between its levels `start` and
    `stop` (m), and fails `fails_after` the start."""

    area: Number
    height: Number
    inflow: Number
    outflow: Number
    start: Number
    stop: Number
    fails_after: Duration | None = None

    @model_validator(mode="after")
    def _works(self) -> "SumpEntry":
        if not (0 <= self.stop < self.start < self.height and 0 < self.inflow < self.outflow):
            raise ValueError("expected 0 <= stop < start < height and 0 < inflow < outflow")
        return self


class EnergyMeterEntry(Entry):
    """A load in kW: `least` at the start, `most` half a day later. `energy`: kW·h until then."""

    least: Number
    most: Number
    energy: Number = 0
    phase_lost_after: Duration | None = None


class WaterMeterEntry(Entry):
    """A use in m³/h: `least` at the start, `most` half a day later, and leaks beside it. `volume`:
    m³ counted before."""

    least: Number
    most: Number
    volume: Number = 0
    leaks: tuple[FlowChange, ...] = ()


class GeneratorEntry(Entry):
    """A standby set; it cranks in vain where it `fails`."""

    fails: bool = False


class TransferSwitchEntry(Entry):
    """The transfer switch of the set in unit `generator`."""

    generator: Unit


class UpsEntry(Entry):
    """It feeds `load` % for `autonomy`."""

    load: Number = 40
    autonomy: Lasting = 30 * MINUTE


class RoomEntry(Entry):
    """Degrees: `least` at the start, `most` half a day later; 25 more from `heats_after` on."""

    least: Number
    most: Number
    humidity: Number = 45
    heats_after: Duration | None = None
    floods_after: Duration | None = None


class LightingEntry(Entry):
    """Daylight in lx: `least` at the start, `most` half a day later. Lit below 20 lx."""

    least: Number = 0
    most: Number = 20_000


class FaultEntry(Entry):
    """A unit is disturbed `after` the start, for as long as it `lasts`; without it for ever. `by`:
    how late an answer is, or each byte of a slow one behind the one before. `code`: of the
    exception."""

    fault: FaultName
    after: Duration = 0
    lasts: Lasting | None = None
    by: Lasting = 2 * SECOND
    code: Annotated[int, Field(ge=1, le=11)] = 4


class UnitEntry(Entry):
    """One Modbus unit: one piece of plant, and what is wrong with it when."""

    tank: TankEntry | None = None
    pump: PumpEntry | None = None
    sump: SumpEntry | None = None
    energy_meter: EnergyMeterEntry | None = None
    water_meter: WaterMeterEntry | None = None
    generator: GeneratorEntry | None = None
    transfer_switch: TransferSwitchEntry | None = None
    ups: UpsEntry | None = None
    room: RoomEntry | None = None
    lighting: LightingEntry | None = None
    faults: tuple[FaultEntry, ...] = ()


class OutageEntry(Entry):
    """The mains is gone `after` the start, for as long as it `lasts`; without it for ever."""

    after: Duration
    lasts: Lasting | None = None
