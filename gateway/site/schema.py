"""The site file as it is written: every key, its type and what it means.

The docstrings under the keys are what editors show (`gatehouse check --schema`).
"""

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from gateway.model.clock import DAY
from gateway.model.command import Action
from gateway.site import fields as f
from gateway.site import modbus_fields as mf
from gateway.site.access_schema import BarrierEntry, DoorEntry
from gateway.site.connection_schema import ConnectionEntry
from gateway.site.desk_schema import DeskEntry
from gateway.site.entry import Entry, Label, some
from gateway.site.held_schema import FireEntry, PassbackEntry, ZoneEntry
from gateway.site.kind_schema import KindEntry, OwnPointEntry
from gateway.site.mapping_schema import MappingEntry
from gateway.site.modbus_schema import RegisterMapEntry, UnitEntry
from gateway.site.outside_schema import HeartbeatEntry, NoticesEntry, WebhookEntry
from gateway.site.plant_schema import (
    GeneratorEntry,
    GroupEntry,
    LightingEntry,
    PumpEntry,
    TransferEntry,
)
from gateway.site.rule_schema import RuleEntry, RulePatch

# --- site --------------------------------------------------------------------------------------


class JournalEntry(Entry):
    """How much the journal may hold."""

    size: f.JournalSize = 4_000_000_000
    """Bytes it may fill, such as 500MB or 4GB."""
    age: f.Days = 7 * DAY
    """How long what every follower has read is kept all the same."""


class HistoryEntry(Entry):
    """Where trends are kept, and for how long."""

    duckdb: bool = True
    """false: only in InfluxDB, from which pages and API then answer."""
    keep: dict[f.Id, f.Days] = Field(default_factory=dict)
    """How long, by device kind; `default` for all others. Without it: for ever."""


class InfluxEntry(Entry):
    """An InfluxDB that history is also written to."""

    url: f.InfluxUrl
    """Where it answers, such as http://127.0.0.1:8086."""
    version: Literal[1, 2, 3] | None = None
    """1, 2 or 3; found out from the server when left out."""
    database: f.Word
    """Its name; in version 2 the bucket's."""
    username: f.Word | None = None
    """Version 1: leave out where the database asks for none."""
    password: str | None = None
    """Better as ${NAME} from the environment than in the file."""
    token: str | None = None
    """Versions 2 and 3; better as ${NAME} from the environment than in the file."""
    org: f.Line | None = None
    """Version 2: the organisation the bucket belongs to."""


class BackupEntry(Entry):
    """The backup made by itself every day."""

    folder: f.Line
    """Where to; relative to the folder of this file. Best on another disk."""
    at: f.TimeOfDay = time(3, 10)
    """When, on the estate's wall clock."""
    keep: Annotated[int, Field(ge=1, le=1000)] = 14
    """How many are kept; the oldest go first."""


class StandbyEntry(Entry):
    """Of two gateways on one PostgreSQL one is active, and the other takes over when it ends."""

    name: f.Word
    """What this gateway is called, such as ${HOSTNAME}: the file may be the same on both."""


class AccessEntry(Entry):
    """What commands to doors, barriers and zones ask for beyond a right and a reason."""

    second_factor: tuple[Action, ...] = ()
    """For these commands one types one's own password once more."""
    second_person: tuple[Action, ...] = ()
    """For these a second person agrees with theirs."""


class SiteEntry(Entry):
    """The estate as a whole."""

    id: f.Id
    """Short name, for topics, logs and metrics."""
    name: Label
    """The estate's name."""
    time_zone: f.TimeZone
    """Whose wall clock people here live by, such as Asia/Shanghai."""
    listen: f.Listen = ("127.0.0.1", 8080)
    """Address and port of pages and API; 127.0.0.1 keeps them on this machine."""
    data: f.Line
    """Folder of the journal and all other stores; relative to the folder of this file."""
    ledger: f.LedgerUrl | None = None
    """SQLAlchemy URL of a PostgreSQL database; without it the ledger is a file in `data`."""
    journal: JournalEntry = JournalEntry()
    """Without it 4 GB and 7 days."""
    history: HistoryEntry = HistoryEntry()
    """Without it in `data`, for ever."""
    influx: InfluxEntry | None = None
    """Without it history is kept in `data` alone."""
    backup: BackupEntry | None = None
    """Without it none is made by itself."""
    heartbeat: HeartbeatEntry | None = None
    """Without it nobody outside notices that the gateway has died."""
    standby: StandbyEntry | None = None
    """Without it this gateway is the only one."""
    desk: DeskEntry = DeskEntry()
    """How the duty desk works."""
    access: AccessEntry = AccessEntry()
    """How commands are let through."""


# --- devices -----------------------------------------------------------------------------------


class Spread(Entry):
    """The places of a template's devices, evenly along a line."""

    from_: f.Spot = Field(alias="from")
    """Where the first one stands."""
    to: f.Spot
    """Where the last one stands."""


def _lone(value: object) -> object:
    if isinstance(value, dict):
        raise ValueError("expected [x, y]; {from, to} is for templates")  # noqa: TRY004
    return value


class DeviceEntry(Entry):
    """One device. Which address keys it has depends on its connection."""

    id: f.Id
    """Unique in the file."""
    kind: str
    """tank, pump, door, barrier, zone, line, output, panel, fire, passback, camera or one
    of `kinds`."""
    name: Label
    """What people call it."""
    place: Label
    """Where to go to stand in front of it."""
    connection: str
    """One of `connections`."""
    profile: str | None = None
    """modbus-tcp: a register map; mqtt: a firmware family, or one of `mappings`."""
    unit: mf.Unit | None = None
    """modbus-tcp: the unit's address, 1 to 247; 0 or 255 where a device on TCP asks for it."""
    modbus: UnitEntry | None = None
    """modbus-tcp: how this unit differs from its register map."""
    period: f.Lasting | None = None
    """modbus-tcp: how often to poll, in place of the register map's. mqtt: the longest silence that
    is normal, in place of the kind's."""
    topic: f.Topic | None = None
    """mqtt: the device's own topic prefix."""
    points: tuple[f.Id, ...] = ()
    """mqtt: which of its kind's optional points it has."""
    entities: dict[f.Id, f.Line] = Field(default_factory=dict)
    """mqtt: what its firmware calls what a point measures, by point; the profile's documentation
    says how. An optional point named here is one it has."""
    door: DoorEntry | None = None
    """door: its times, its office hours, its sounder."""
    pump: PumpEntry | None = None
    """pump: its limits, the tanks it draws from and fills, its hours."""
    generator: GeneratorEntry | None = None
    """generator: who starts it, and how soon."""
    transfer_switch: TransferEntry | None = None
    """transfer-switch: its generator, and how soon it moves."""
    lighting: LightingEntry | None = None
    """lighting: when it is to be on."""
    group: GroupEntry | None = None
    """gateway: the pumps of a pump-group, and when they run."""
    url: f.CameraUrl | None = None
    """rtsp: the stream."""
    tripwires: dict[f.Id, tuple[f.Spot, f.Spot]] = Field(default_factory=dict)
    """rtsp: watched lines, each [[x, y], [x, y]] as fractions of the picture."""
    barrier: BarrierEntry | None = None
    """barrier: how it is meant to go."""
    cameras: tuple[f.Id, ...] = ()
    """The cameras that see it: named with its alarms."""
    zone: ZoneEntry | None = None
    """gateway: what a zone that the gateway itself holds watches."""
    fire: FireEntry | None = None
    """gateway: what a fire signal releases."""
    passback: PassbackEntry | None = None
    """gateway: the area that nobody enters twice without having left."""
    settings: dict[f.Id, f.Number] = Field(default_factory=dict)
    """What its kind's expressions ask for, such as the area of a tank."""
    derived: dict[f.Id, OwnPointEntry] = Field(default_factory=dict)
    """Points of its own that the gateway reckons from others."""
    area: f.Id | None = None
    """The part of the estate it belongs to, such as tower-a; groups devices in trends."""
    position: (
        Annotated[f.Spot, BeforeValidator(_lone, json_schema_input_type=f.Spot | Spread)] | None
    ) = None
    """Where it is drawn: [x, y] as fractions of the site plan from the top left."""
    rules: dict[f.Id, RulePatch] = Field(default_factory=dict)
    """What differs from the kind's rules, by rule."""
    parents: tuple[f.Parent, ...] = ()
    """While one of these alarms is active all of the device's are suppressed, but for those that
    nothing may hide (intrusion, forced door, fire, panic, duress)."""


# --- step lists --------------------------------------------------------------------------------


class ProcedureEntry(Entry):
    """What to do, step by step; each step is ticked off on the ticket."""

    name: Label
    """What it is for."""
    steps: Annotated[tuple[Label, ...], AfterValidator(some)]
    """In their order, one act in each: whom to call, what to open or shut, what to tell people."""


# --- templates: spread out before anything is validated; here for editors only ------------------

Span = list[int] | list[list[int]] | list[str]
"""[first, last], several such pairs, or words."""


class DeviceTemplate(Entry):
    """Many devices that differ in a number or a word."""

    template: DeviceEntry
    """A device with {n}, {n:02} or the range's own names in its texts."""
    range: Span | dict[str, Span]
    """[first, last], several such pairs, or words; or a range for each of several names."""


class RuleTemplate(Entry):
    """Many rules that differ in a number or a word."""

    template: RuleEntry
    """A rule with {n}, {n:02} or the range's own names in its texts."""
    range: Span | dict[str, Span]
    """[first, last], several such pairs, or words; or a range for each of several names."""


# --- the file ----------------------------------------------------------------------------------


class Entries(Entry):
    """All of a site file but the site itself."""

    connections: dict[f.Id, ConnectionEntry] = Field(default_factory=dict)
    """How devices are reached, by id."""
    devices: list[DeviceEntry] = Field(default_factory=list)
    """What stands where."""
    rules: list[RuleEntry] = Field(default_factory=list)
    """Alarms of this site beside those of the kinds."""
    kinds: dict[f.Id, KindEntry] = Field(default_factory=dict)
    """Device kinds that Gatehouse does not bring."""
    registers: dict[f.Id, RegisterMapEntry] = Field(default_factory=dict)
    """Modbus profiles that Gatehouse does not bring."""
    mappings: dict[f.Id, MappingEntry] = Field(default_factory=dict)
    """MQTT profiles that Gatehouse does not bring."""
    procedures: dict[f.ShortId, ProcedureEntry] = Field(default_factory=dict)
    """Step lists of this site; one with a name that Gatehouse brings takes its place."""
    notices: NoticesEntry = NoticesEntry()
    """Who is told outside the desk, and how."""
    webhooks: dict[f.ShortId, WebhookEntry] = Field(default_factory=dict)
    """Ticket systems of the company's own, by id."""


class SiteFile(Entries):
    """A Gatehouse site file."""

    site: SiteEntry
    """The estate as a whole."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a site file as it is written, templates and all."""
    fields = SiteFile.model_fields
    published = create_model(
        "SiteFile",
        __base__=SiteFile,
        __doc__=SiteFile.__doc__,
        devices=(list[DeviceEntry | DeviceTemplate], fields["devices"]),
        rules=(list[RuleEntry | RuleTemplate], fields["rules"]),
    )
    schema = published.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
