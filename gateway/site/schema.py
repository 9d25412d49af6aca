"""The site file as it is written: every key, its type and what it means.

The docstrings under the keys are what editors show (`gatehouse check --schema`).
"""

from collections.abc import Sized
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    model_validator,
)

from gateway.model.point import UNKNOWN_STATE, PointKind
from gateway.model.text import Text
from gateway.site import fields as f
from gateway.site.model import RegisterTable, RegisterType, WordOrder

Several = TypeVar("Several", bound=Sized)


class Entry(BaseModel):
    """What every part of the file has in common: unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, arbitrary_types_allowed=True
    )


class TextEntry(Entry):
    """One name in every language of the desk."""

    en: f.Line
    """In English."""
    zh: f.Line
    """In Chinese."""

    def text(self) -> Text:
        """The same, for the gateway."""
        return Text(self.en, self.zh)


def _both(value: object) -> object:
    if not isinstance(value, str | dict):
        raise ValueError("expected a text, or {en: …, zh: …}")  # noqa: TRY004
    return {"en": value, "zh": value} if isinstance(value, str) else value


Label = Annotated[TextEntry, BeforeValidator(_both, json_schema_input_type=TextEntry | str)]
"""A text in both languages, or one text for both."""


def _some(several: Several) -> Several:
    if not several:
        raise ValueError("expected at least one")
    return several


# --- site --------------------------------------------------------------------------------------


class InfluxEntry(Entry):
    """An InfluxDB 1.x database that history is also written to."""

    url: f.InfluxUrl
    """Where it answers, such as http://127.0.0.1:8086."""
    database: f.Word
    """The database's name; it must exist."""
    username: f.Word | None = None
    """Leave out where the database asks for none."""
    password: str | None = None
    """Better as ${NAME} from the environment than in the file."""


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
    influx: InfluxEntry | None = None
    """Without it history is kept in `data` alone."""


# --- connections -------------------------------------------------------------------------------


class ModbusTcpEntry(Entry):
    """One Modbus TCP server or gateway; units behind it are devices."""

    type: Literal["modbus-tcp"]
    """Modbus over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 502
    """TCP port."""
    timeout: f.Lasting = 1_000_000
    """How long to wait for one answer."""


class MqttEntry(Entry):
    """One MQTT broker."""

    type: Literal["mqtt"]
    """MQTT over TCP."""
    host: f.Host
    """Host name or address."""
    port: f.Port = 1883
    """TCP port."""
    client_id: f.Word
    """Names the gateway's session, which the broker keeps while the gateway is away. Unique."""
    username: f.Word | None = None
    """Leave out where the broker asks for none."""
    password: str | None = None
    """Better as ${NAME} from the environment than in the file."""


class RtspEntry(Entry):
    """Cameras read by one capture process."""

    type: Literal["rtsp"]
    """RTSP over TCP."""
    timeout: f.Lasting = 3_000_000
    """How long a picture may be missing before the camera is connected anew."""


ConnectionEntry = Annotated[ModbusTcpEntry | MqttEntry | RtspEntry, Field(discriminator="type")]

# --- rules -------------------------------------------------------------------------------------


class InStateEntry(Entry):
    """While a state point is in one of these states."""

    point: str
    """The state point: device/point, or its own name in a kind's rule."""
    in_: Annotated[tuple[str, ...], AfterValidator(_some)] = Field(alias="in")
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


# --- kinds and register maps -------------------------------------------------------------------


class PointEntry(Entry):
    """One thing a kind of device measures."""

    kind: PointKind
    """number, state or event."""
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
    period: f.Lasting | None = None
    """The longest silence that is normal; leave out where only events speak."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "PointEntry":
        number, state = self.kind is PointKind.NUMBER, self.kind is PointKind.STATE
        if state != bool(self.states):
            raise ValueError("expected states for a state point, and for no other")
        if UNKNOWN_STATE in self.states or len(set(self.states)) < len(self.states):
            raise ValueError(f"expected states that differ; {UNKNOWN_STATE} is always there")
        if not number and (self.low is not None or self.high is not None or self.unit != "1"):
            raise ValueError("expected low, high and unit for a number point only")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("expected low below high")
        if self.kind is PointKind.EVENT and self.period is not None:
            raise ValueError("expected no period: events are not regular")
        return self


class KindEntry(Entry):
    """A kind of device: its points and the alarms it brings."""

    name: Label
    """What people call it."""
    points: Annotated[dict[f.Id, PointEntry], AfterValidator(_some)]
    """What it measures, by name."""
    rules: dict[f.Id, KindRuleEntry] = {}
    """Its alarms, by name; points are named without the device."""


class RegisterEntry(Entry):
    """Where one point lies in a Modbus unit."""

    table: RegisterTable
    """Which of the four Modbus tables."""
    address: f.RegisterAddress
    """The protocol's address, from 0 (holding register 40001 is address 0)."""
    type: RegisterType
    """How the value lies in registers."""
    word_order: WordOrder = WordOrder.BIG
    """Which register of a 32-bit value comes first: big = the high one."""
    scale: f.Number = 1.0
    """value = raw × scale + offset."""
    offset: f.Number = 0.0
    """value = raw × scale + offset."""
    states: dict[int, str] | None = None
    """For a state point: raw number → state."""


class RegisterMapEntry(Entry):
    """A vendor's registers for one kind of device: a Modbus profile."""

    kind: str
    """The kind whose points it maps."""
    period: f.Lasting
    """How often a device is polled."""
    points: Annotated[dict[f.Id, RegisterEntry], AfterValidator(_some)]
    """The registers, by point."""


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
    """tank, pump, door, barrier, zone, camera or one of `kinds`."""
    name: Label
    """What people call it."""
    place: Label
    """Where to go to stand in front of it."""
    connection: str
    """One of `connections`."""
    profile: str | None = None
    """modbus-tcp: a register map; mqtt: a firmware family."""
    unit: f.Unit | None = None
    """modbus-tcp: the unit's address, 1 to 247."""
    period: f.Lasting | None = None
    """modbus-tcp: how often to poll, in place of the register map's."""
    topic: f.Topic | None = None
    """mqtt: the device's own topic prefix."""
    url: f.CameraUrl | None = None
    """rtsp: the stream."""
    tripwires: dict[f.Id, tuple[f.Spot, f.Spot]] = {}
    """rtsp: watched lines, each [[x, y], [x, y]] as fractions of the picture."""
    position: (
        Annotated[f.Spot, BeforeValidator(_lone, json_schema_input_type=f.Spot | Spread)] | None
    ) = None
    """Where it is drawn: [x, y] as fractions of the site plan from the top left."""
    rules: dict[f.Id, RulePatch] = {}
    """What differs from the kind's rules, by rule."""


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

    connections: dict[f.Id, ConnectionEntry] = {}
    """How devices are reached, by id."""
    devices: list[DeviceEntry] = []
    """What stands where."""
    rules: list[RuleEntry] = []
    """Alarms of this site beside those of the kinds."""
    kinds: dict[f.Id, KindEntry] = {}
    """Device kinds that Gatehouse does not bring."""
    registers: dict[f.Id, RegisterMapEntry] = {}
    """Modbus profiles that Gatehouse does not bring."""


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
