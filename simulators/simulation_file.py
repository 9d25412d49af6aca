"""The simulation file (YAML): what stands in a simulated estate and what will happen there.

All times count from the start of the simulation. Read with the same care as a site file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.model.clock import SECOND
from gateway.site.connection_model import Framing
from gateway.site.document import read
from gateway.site.environment import substituted
from gateway.site.fields import (
    Duration,
    Host,
    Lasting,
    Number,
    Port,
    RuleId,
    Spot,
    Topic,
    Word,
)
from gateway.site.modbus_fields import DeviceFile, Unit
from gateway.site.problems import BadSite, Problem
from gateway.site.validate import checked
from simulators.guarded_door import Way
from simulators.plant_entries import Entry, OutageEntry, UnitEntry
from simulators.styles import Style


class ModbusEntry(Entry):
    """A Modbus server by TCP or UDP; where `serial` names a device file, the units of that line."""

    host: Host = "127.0.0.1"
    port: Port = 502
    udp: bool = False
    serial: DeviceFile | None = None
    framing: Framing = Framing.TCP
    units: Mapping[Unit, UnitEntry]


class OpeningEntry(Entry):
    """A door is opened `after` the start, held for so long, and again `every` so often."""

    after: Duration
    held_for: Lasting
    every: Lasting | None = None


class DoorEntry(Entry):
    """A door with a contact."""

    openings: tuple[OpeningEntry, ...] = ()


class VisitEntry(Entry):
    """Somebody comes `after` the start, and again `every` so often. `takes: false`: and does not
    go in; `way: force` opens without asking."""

    after: Duration
    way: Way = Way.CARD
    holder: Word = "resident"
    held_for: Lasting = 3 * SECOND
    takes: bool = True
    every: Lasting | None = None


class GuardedDoorEntry(Entry):
    """A door with a reader, a lock, an exit button and a controller that obeys."""

    visits: tuple[VisitEntry, ...] = ()
    battery: Number = 87.0


class BarrierEntry(Entry):
    """A barrier that passes a vehicle `every` so often."""

    first: Duration
    every: Lasting


class VehicleEntry(Entry):
    """A vehicle comes `after` the start, and waits until it is let through."""

    after: Duration
    plate: Word
    direction: Literal["in", "out"] = "in"
    confidence: Number = 0.97


class GuardedBarrierEntry(Entry):
    """A barrier with loops, a camera that reads plates, and a controller that obeys. Without
    `closes_after` it comes down when it is told to."""

    vehicles: tuple[VehicleEntry, ...] = ()
    closes_after: Lasting | None = None


class ZoneEntry(Entry):
    """A perimeter zone, armed all the time unless it is disarmed `after` the start. It tells of its
    bypass where `tells_bypass`, or where it is bypassed `after` the start."""

    disarmed_after: Duration | None = None
    tells_bypass: bool = False
    bypassed_after: Duration | None = None


class TripEntry(Entry):
    """A line is in alarm `after` the start, for so long, and again `every` so often."""

    after: Duration
    lasts: Lasting
    every: Lasting | None = None


class LineEntry(Entry):
    """A detector line that trips now and then, and whose module is opened `tampered_after`."""

    trips: tuple[TripEntry, ...] = ()
    tampered_after: Duration | None = None


class OutputEntry(Entry):
    """A lamp, a siren or a sounder."""


class PanelEntry(Entry):
    """A fire alarm panel that tells of fire `fire_after` the start, and is reset `reset_after`."""

    fire_after: Duration | None = None
    reset_after: Duration | None = None


class MqttDeviceEntry(Entry):
    """One device behind the broker: a door, a barrier, a zone, a line, an output or a panel."""

    topic: Topic
    style: Style = Style.GATEHOUSE_JSON
    entities: Mapping[str, str] = {}
    """What its firmware calls its points, as in the site file."""
    door: DoorEntry | None = None
    guarded_door: GuardedDoorEntry | None = None
    barrier: BarrierEntry | None = None
    guarded_barrier: GuardedBarrierEntry | None = None
    zone: ZoneEntry | None = None
    line: LineEntry | None = None
    output: OutputEntry | None = None
    panel: PanelEntry | None = None


class MqttEntry(Entry):
    """Devices on one broker."""

    host: Host = "127.0.0.1"
    port: Port
    devices: tuple[MqttDeviceEntry, ...]


class WalkEntry(Entry):
    """A person walks `after` the start, and again `every` so often."""

    after: Duration
    takes: Lasting
    origin: Annotated[Spot, Field(alias="from")]
    target: Annotated[Spot, Field(alias="to")]
    every: Lasting | None = None


class CameraEntry(Entry):
    """What a camera sees."""

    title: Word
    walks: tuple[WalkEntry, ...] = ()


class RtspEntry(Entry):
    """An RTSP server with one stream per camera."""

    host: Host = "127.0.0.1"
    port: Port
    cameras: Mapping[Word, CameraEntry]


class CauseEntry(Entry):
    """What will make that alarm rule act, so that its way to a ticket can be timed: a unit's level
    passing `below`, the first opening of a topic's door having lasted `open_for`, or the first
    walk of a camera crossing `line`."""

    rule: RuleId
    unit: Unit | None = None
    below: Number | None = None
    topic: Topic | None = None
    open_for: Lasting | None = None
    camera: Word | None = None
    line: tuple[Spot, Spot] | None = None


class SimulationFile(Entry):
    """A whole simulated estate."""

    outages: tuple[OutageEntry, ...] = ()
    """Of the mains, in order; what lives by it knows of them."""
    modbus: ModbusEntry | None = None
    mqtt: MqttEntry | None = None
    rtsp: RtspEntry | None = None
    causes: tuple[CauseEntry, ...] = ()


def load_simulation(path: Path, environ: Mapping[str, str]) -> SimulationFile:
    """The simulation in that file; BadSite with every problem found."""
    problems: list[Problem] = []
    root = substituted(read(path, problems), environ, problems)
    file = checked(SimulationFile, root, problems)
    if file is None or problems:
        raise BadSite(str(path), problems)
    return file
