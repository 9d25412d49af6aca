"""The site as the rest of the gateway sees it: frozen, checked, complete.

Made by gateway.site.load; nothing else parses a site file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from gateway.expressions.formula import Formula
from gateway.model.clock import DAY, SECOND, Micros
from gateway.model.command import Action
from gateway.model.point import Point
from gateway.model.reading import Value
from gateway.model.rule import Rule
from gateway.model.text import Text
from gateway.site.access_model import BarrierSettings, DoorSettings
from gateway.site.connection_model import Connection, MqttBroker
from gateway.site.desk_model import DeskSettings
from gateway.site.held_model import FireSettings, PassbackSettings, ZoneSettings
from gateway.site.mapping_model import DeviceMapping
from gateway.site.modbus_model import ModbusAddress
from gateway.site.plant_model import (
    GeneratorSettings,
    GroupSettings,
    LightingSettings,
    PumpSettings,
    TransferSettings,
)

# --- how a device's points are found on its connection -----------------------------------------


@dataclass(frozen=True, slots=True)
class MqttAddress:
    """A device behind a broker: `profile` names a module of drivers.mqtt.profiles, `topic` is the
    device's own topic prefix, without a trailing slash. `entities`: what the device's firmware
    calls what a point measures, by the point's name; the profile says what that may be. `mapping`
    is there where the profile is one of the site's own."""

    profile: str
    topic: str
    entities: Mapping[str, str] = field(default_factory=dict)
    mapping: DeviceMapping | None = None


@dataclass(frozen=True, slots=True)
class Tripwire:
    """A line in a camera's picture, as fractions of its width and height from the top left.

    Crossing from the left of start → end to its right is "in", the other way "out".
    """

    name: str
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class CameraAddress:
    """An RTSP stream and the lines watched in its picture."""

    url: str
    tripwires: tuple[Tripwire, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldAddress:
    """None: the gateway itself says every point of the device."""


Address = ModbusAddress | MqttAddress | CameraAddress | HeldAddress

# --- the site ----------------------------------------------------------------------------------

SET_WITHIN: Final[Micros] = 5 * SECOND
"""How soon a point that was set must be read back."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A command is done when, `within` this time, `point` is told anew to be in one of `states`, or
    a number to be `value` but for `step`; of an event, which has neither, when it tells of the
    command's `id`. `set` names its point with its value: there `point` is empty."""

    point: str
    states: frozenset[str]
    within: Micros
    value: float | None = None
    step: float = 0.0

    @property
    def by_event(self) -> bool:
        """Whether `point` is one of events."""
        return not self.states and self.value is None

    def is_shown_by(self, said: Value) -> bool:
        """Whether a state or number point that says so shows it."""
        if self.value is None:
            return said in self.states
        return isinstance(said, int | float) and abs(said - self.value) <= self.step


@dataclass(frozen=True, slots=True)
class Setpoint:
    """A point that people may set: to one of `states`, or a number from `low` to `high`. The device
    keeps the number but for `step` and a share of `precision`. `right`: a role's, by its name."""

    point: Point
    low: float = 0.0
    high: float = 0.0
    states: tuple[str, ...] = ()
    step: float = 0.0
    precision: float = 0.0
    right: str = "command"

    def allows(self, value: object) -> bool:
        """Whether it may be set to that."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value in self.states
        return not self.states and self.low <= value <= self.high

    def confirmation(self, value: float | str) -> Confirmation:
        """What shows that it was set to that."""
        if isinstance(value, str):
            return Confirmation(self.point.id, frozenset({value}), SET_WITHIN)
        step = self.step + self.precision * abs(value)
        return Confirmation(self.point.id, frozenset(), SET_WITHIN, float(value), step)


@dataclass(frozen=True, slots=True)
class Device:
    """One device: what it is, where it stands, how it is reached, what it measures.

    `commands`: what can be asked of it, each with what confirms it; `rights`: what a role must be
    allowed, where not what all such commands need. `barrier`, `door` and `pump`:
    what the site file says of one. `position` is where it is drawn on the site plan, as fractions
    of its width and height; `area` the part of the estate it belongs to; `cameras` are the devices
    that see it. `zone`, `fire` and `passback` are there for one that the gateway holds itself.
    `derived`: those of its points that an expression gives, by id. `setpoints`: what `set` may
    set, by the point's name.
    """

    id: str
    kind: str
    name: Text
    place: Text
    connection: str
    address: Address
    points: tuple[Point, ...]
    position: tuple[float, float] | None = None
    area: str | None = None
    commands: Mapping[Action, Confirmation] = field(default_factory=dict)
    rights: Mapping[Action, str] = field(default_factory=dict)
    barrier: BarrierSettings | None = None
    door: DoorSettings | None = None
    cameras: tuple[str, ...] = ()
    zone: ZoneSettings | None = None
    fire: FireSettings | None = None
    passback: PassbackSettings | None = None
    derived: Mapping[str, Formula] = field(default_factory=dict)
    setpoints: Mapping[str, Setpoint] = field(default_factory=dict)
    pump: PumpSettings | None = None
    group: GroupSettings | None = None
    generator: GeneratorSettings | None = None
    transfer_switch: TransferSettings | None = None
    lighting: LightingSettings | None = None

    @property
    def told(self) -> tuple[Point, ...]:
        """The points that the device itself speaks of."""
        return tuple(point for point in self.points if not point.derived)


@dataclass(frozen=True, slots=True)
class Procedure:
    """What to do in an emergency, step by step; a ticket names steps by their place, from 0."""

    name: Text
    steps: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class InfluxTarget:
    """An InfluxDB database (2.x: bucket) that history is also written to. `version` is 1, 2 or 3;
    None is found out from the server."""

    url: str
    database: str
    username: str | None = None
    password: str | None = None
    version: int | None = None
    token: str | None = None
    org: str | None = None


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """What the journal may hold: `size` in bytes; `age` of what every follower has read."""

    size: int = 4_000_000_000
    age: Micros = 7 * DAY


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """`duckdb`: whether the embedded history is kept. `keep`: how long readings are kept, by device
    kind, with `default` for all others; what is not named is kept for ever."""

    duckdb: bool = True
    keep: Mapping[str, Micros] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Every day `at` the site's wall clock a backup goes to `folder`; the newest `keep` stay.
    `site_file` is part of it."""

    folder: Path
    at: time
    keep: int
    site_file: Path


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """`channels`: apprise URLs by id. `audiences`: ids of channels in the order they are tried."""

    channels: Mapping[str, str] = field(default_factory=dict, repr=False)
    audiences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Another system: told of every ticket's change at `url` (None: of none), and let in with what
    it signs by `secret`."""

    id: str
    url: str | None = field(repr=False)
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeartbeatPlan:
    """`url` is called every so often while the gateway hears and alarms."""

    url: str = field(repr=False)
    every: Micros


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """What commands ask for beyond a right and a reason: `second_factor`, one's own password once
    more; `second_person`, somebody else's too."""

    second_factor: frozenset[Action] = frozenset()
    second_person: frozenset[Action] = frozenset()


@dataclass(frozen=True, slots=True)
class Site:
    """One estate.

    `data` is the folder all stores lie in. `ledger_url` is None for the SQLite ledger inside it,
    else an SQLAlchemy URL of a PostgreSQL database. `listen` is the address and port of API and
    pages. `standby` is this gateway's name where another one stands by for it on the same ledger.
    """

    id: str
    name: Text
    time_zone: ZoneInfo
    listen: tuple[str, int]
    data: Path
    ledger_url: str | None
    influx: InfluxTarget | None
    connections: tuple[Connection, ...]
    devices: tuple[Device, ...]
    rules: tuple[Rule, ...]
    journal: JournalLimits = JournalLimits()
    history: HistorySettings = HistorySettings()
    backup: BackupPlan | None = None
    standby: str | None = None
    desk: DeskSettings = field(default_factory=DeskSettings)
    procedures: Mapping[str, Procedure] = field(default_factory=dict)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    webhooks: tuple[Webhook, ...] = ()
    heartbeat: HeartbeatPlan | None = None
    access: AccessSettings = AccessSettings()

    def devices_on(self, connection: str) -> tuple[Device, ...]:
        """The devices reached over that connection, in the order of the file."""
        return tuple(device for device in self.devices if device.connection == connection)

    @property
    def brokers(self) -> tuple[str, ...]:
        """The MQTT connections that devices are reached over."""
        used = {device.connection for device in self.devices}
        brokers = (each for each in self.connections if isinstance(each, MqttBroker))
        return tuple(broker.id for broker in brokers if broker.id in used)

    @property
    def points(self) -> dict[str, Point]:
        """Every point of the site by its id."""
        return {point.id: point for device in self.devices for point in device.points}
