"""Register maps as they are written."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from gateway.model.command import Action
from gateway.site import fields as f
from gateway.site import modbus_fields as mf
from gateway.site.entry import Entry, some
from gateway.site.kind_schema import ConfirmationEntry
from gateway.site.modbus_model import (
    Order,
    RegisterTable,
    RegisterType,
    RequestLimits,
    TextEncoding,
    TimeLayout,
)

_RAW = r"-?[0-9]{1,20}|0x[0-9A-Fa-f]{1,16}"


def _raw(value: object) -> int:
    text = str(value)
    if isinstance(value, bool | float) or not re.fullmatch(_RAW, text):
        raise ValueError("expected a whole number such as 32768 or 0x8000")
    return int(text, 16 if text.startswith("0x") else 10)


def _unsigned(value: int) -> int:
    if not 0 <= value < 1 << 64:
        raise ValueError("expected 0 to 0xFFFFFFFFFFFFFFFF")
    return value


def _mask(value: int) -> int:
    if not 0 < value < 1 << 64:
        raise ValueError("expected 0x1 to 0xFFFFFFFFFFFFFFFF")
    ones = value >> (value & -value).bit_length() - 1
    if ones & ones + 1:
        raise ValueError("expected bits that lie side by side, such as 0x00F0")
    return value


def _raw_range(value: object) -> range:
    match = re.fullmatch(rf"({_RAW})(?:-({_RAW}))?", str(value))
    if match is None:
        raise ValueError("expected a raw number, or a range of them such as 1-15")
    first = _raw(match[1])
    last = first if match[2] is None else _raw(match[2])
    if last < first:
        raise ValueError("expected a range whose end is not below its beginning")
    return range(first, last + 1)


def _block(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


def _once(states: object) -> object:
    """To YAML 1 and 0x1 are two keys."""
    seen: dict[range, object] = {}
    for raw in states if isinstance(states, dict) else ():
        try:
            first = seen.setdefault(_raw_range(raw), raw)
        except ValueError:  # told where it stands
            continue
        if first != raw:
            raise ValueError(f"expected each raw number once; {raw} is {first}")
    return states


_WRITTEN = {"type": "string", "pattern": rf"^({_RAW})$|\{{"}
_RAW_SCHEMA = {"anyOf": [{"type": "integer", "minimum": 0}, _WRITTEN]}
_FIGURE = WithJsonSchema(_RAW_SCHEMA)
Raw = Annotated[int, BeforeValidator(_raw), AfterValidator(_unsigned), _FIGURE]
"""What registers hold, read as one unsigned number."""
Mask = Annotated[int, BeforeValidator(_raw), AfterValidator(_mask), _FIGURE]
RawNumber = Annotated[int, BeforeValidator(_raw), WithJsonSchema({"type": ["integer", "string"]})]
RawBlock = Annotated[
    tuple[Raw, ...],
    BeforeValidator(_block),
    AfterValidator(some),
    WithJsonSchema({"anyOf": [_RAW_SCHEMA, {"type": "array", "items": _RAW_SCHEMA}]}),
]
"""What registers that lie side by side hold, one value for each."""
RawRange = Annotated[range, BeforeValidator(_raw_range), WithJsonSchema({"type": "string"})]


class LimitsEntry(Entry):
    """What one request may ask for; what is left out stays as it is."""

    registers: mf.RequestRegisters | None = None
    """The most registers, 1 to 125."""
    bits: mf.RequestBits | None = None
    """The most coils or discrete inputs, 1 to 2000."""
    gap: mf.RegisterGap | None = None
    """Up to so many unwanted registers are read along; 0 for devices with holes."""
    bit_gap: mf.BitGap | None = None
    """Up to so many unwanted bits are read along."""

    def limits(self, over: RequestLimits) -> RequestLimits:
        """Those `over` which these go, where they are given."""
        return RequestLimits(
            over.registers if self.registers is None else self.registers,
            over.bits if self.bits is None else self.bits,
            over.gap if self.gap is None else self.gap,
            over.bit_gap if self.bit_gap is None else self.bit_gap,
        )


class UnitEntry(Entry):
    """How this unit differs from its register map."""

    limits: LimitsEntry = LimitsEntry()
    """What one request may ask for."""
    pause: f.Duration | None = None
    """How long the unit is left alone between two requests."""
    zone: f.TimeZone | None = None
    """Whose wall clock its clock shows."""


class DeadbandEntry(Entry):
    """How far a value must be from the one reported last to be reported: one of them."""

    absolute: f.Positive | None = None
    """In the point's unit."""
    percent: f.Percent | None = None
    """Of the range from its low to its high (OPC UA Part 8, 7.2: PercentDeadband)."""

    @model_validator(mode="after")
    def _one(self) -> "DeadbandEntry":
        if (self.absolute is None) == (self.percent is None):
            raise ValueError("expected absolute or percent")
        return self


class WriteEntry(Entry):
    """That a point may be written, to what, and by whom."""

    function: Literal[5, 6, 15, 16, 22, 23] | None = None
    """The function code, where the device takes no other than: 5 or 15 for a coil, 6, 16 or 23 for
    registers, 22 for a bit or mask of one."""
    low: f.Number | None = None
    """number: the least it may be set to; without it the least the kind's point can be."""
    high: f.Number | None = None
    """number: the most it may be set to."""
    states: tuple[f.Id, ...] = ()
    """state: which ones it may be set to; without it all that have raw values."""
    raw: dict[f.Id, RawNumber] = Field(default_factory=dict)
    """state: which raw value is written for one that has several; without it the first."""
    right: Literal["command", "secure", "take_into_service"] = "command"
    """What a role must be allowed for it to be set by a person."""


def _said(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        told = "expected a number or a state; one that is called true or false stands in quotes"
        raise ValueError(told)  # noqa: TRY004 -- what pydantic takes as a finding
    return value


Said = Annotated[f.Number | str, BeforeValidator(_said)]
Written = Annotated[dict[f.Id, Said], AfterValidator(some)]


class WriteOnlyEntry(Entry):
    """Registers, or coils, that are only written: they are never read, and say nothing."""

    table: RegisterTable | None = None
    """coil or holding_register; a Modicon address tells it."""
    address: mf.RegisterNumber
    """The first one's, as the map's `addressing` says."""
    function: Literal[5, 6, 15, 16] | None = None
    """The function code; without it 5 or 6 for one, 15 or 16 for several."""
    values: Annotated[dict[f.Id, RawBlock], AfterValidator(some)]
    """What can be written, by its name: a raw value, or [35732, 29803] for registers that must be
    written together, in one request."""


class ReleaseEntry(Entry):
    """What ends a pulse."""

    after: f.Pulse
    """How long after it has been written; at most 5s."""
    write: Written
    """As in the command."""


class MapCommandEntry(Entry):
    """How a device is told to do it."""

    write: Written
    """Points, which have `write`, or names of `write_only`, and what is written, the first
    first."""
    release: ReleaseEntry | None = None
    """For a pulse: what is written to let go of it."""
    confirmed_by: tuple[ConfirmationEntry, ...] = ()
    """What shows that this device has done it, in place of the kind's."""
    right: Literal["command", "secure", "take_into_service"] | None = None
    """What a role must be allowed for it, in place of what all such commands need."""


class RegisterEntry(Entry):
    """Where one point lies in a Modbus unit."""

    table: RegisterTable | None = None
    """Which of the four Modbus tables; a Modicon address tells it."""
    address: mf.RegisterNumber
    """The protocol's address, from 0; with addressing: modicon the vendor's number, from 1."""
    type: RegisterType
    """How the value lies in registers."""
    byte_order: Order | None = None
    """Which byte of a register comes first, in place of the map's."""
    word_order: Order | None = None
    """Which register of several comes first, in place of the map's: big = the high one."""
    byte: Literal["high", "low"] | None = None
    """int8, uint8: which half of the register; low unless said."""
    bit: mf.BitNumber | None = None
    """bit in a register: which one, 0 (the least) to 15."""
    mask: Mask | None = None
    """Only these bits of the value, shifted down: 0x00F0 of 0x1234 is 3."""
    scale: f.Number = 1.0
    """value = raw × scale + offset."""
    offset: f.Number = 0.0
    """value = raw × scale + offset."""
    states: Annotated[dict[RawRange, str] | None, BeforeValidator(_once)] = None
    """For a state point: raw number, or range of them such as 1-15 → state."""
    not_available: tuple[Raw, ...] | None = None
    """Raw values that mean "no value", in place of the map's: the reading is BAD."""
    length: mf.TextRegisters | None = None
    """string: how many registers."""
    encoding: TextEncoding = TextEncoding.UTF_8
    """string: what its bytes mean."""
    layout: TimeLayout | None = None
    """time: how it lies in registers."""
    period: f.Lasting | None = None
    """How often it is read, in place of the map's and the device's period."""
    deadband: DeadbandEntry | None = None
    """number: reported only when it has changed by so much."""
    heartbeat: f.Lasting | None = None
    """Reported only when it has changed, and once in so long all the same; 1m with a deadband."""
    write: WriteEntry | None = None
    """That it may be written: by the commands that name it, or, named by none, by `set`."""


class RegisterMapEntry(Entry):
    """A vendor's registers for one kind of device: a Modbus profile."""

    kind: str
    """The kind whose points it maps."""
    source: f.Line | None = None
    """Who says so: vendor, document, version, pages."""
    addressing: Literal["protocol", "modicon"] = "protocol"
    """protocol: addresses from 0, as on the wire. modicon: 40001 is holding register 0."""
    period: f.Lasting
    """How often a device is polled."""
    heartbeat: f.Lasting | None = None
    """Points are reported only when they have changed, and once in so long all the same; without
    it at every poll."""
    limits: LimitsEntry = LimitsEntry()
    """What one request may ask for; without it what the protocol allows."""
    pause: f.Duration = 0
    """How long the unit is left alone between two requests."""
    byte_order: Order = Order.BIG
    """Which byte of a register comes first."""
    word_order: Order = Order.BIG
    """Which register of several comes first."""
    not_available: tuple[Raw, ...] = ()
    """Raw values that mean "no value", each for values as long as it is written: up to 0xFFFF for
    one register, up to 0xFFFFFFFF for two, above for four."""
    zone: f.TimeZone | None = None
    """Whose wall clock the device's clock shows; without it UTC."""
    points: Annotated[dict[f.Id, RegisterEntry], AfterValidator(some)]
    """The registers, by point."""
    write_only: dict[f.Id, WriteOnlyEntry] = Field(default_factory=dict)
    """Registers that are only written, by the commands that name them."""
    commands: dict[Action, MapCommandEntry] = Field(default_factory=dict)
    """How the kind's commands are carried out: start, stop, reset, open …; `set` needs none."""
