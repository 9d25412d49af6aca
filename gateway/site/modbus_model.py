"""Where the points of a Modbus unit lie, and how they are asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.point import Point

UTC = ZoneInfo("UTC")


class RegisterTable(StrEnum):
    """The four Modbus tables; each has its own addresses from 0."""

    COIL = "coil"
    DISCRETE_INPUT = "discrete_input"
    HOLDING_REGISTER = "holding_register"
    INPUT_REGISTER = "input_register"

    @property
    def one(self) -> str:
        """One place of it, as a sentence names it: an input register."""
        article = "an" if self is RegisterTable.INPUT_REGISTER else "a"
        return f"{article} {self.replace('_', ' ')}"


BIT_TABLES = frozenset({RegisterTable.COIL, RegisterTable.DISCRETE_INPUT})


class RegisterType(StrEnum):
    """How a value lies in registers."""

    BIT = "bit"
    """A coil, a discrete input, or one bit of a register."""
    INT8 = "int8"
    """One byte of a register."""
    UINT8 = "uint8"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT16 = "float16"
    """IEEE 754 binary16, as the larger ones."""
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    """Binary-coded decimal: four digits to a register."""
    BCD32 = "bcd32"
    BCD64 = "bcd64"
    STRING = "string"
    """Two characters to a register."""
    TIME = "time"


class TimeLayout(StrEnum):
    """How a date and time lies in registers."""

    UNIX32 = "unix32"
    """Seconds since 1970 UTC, unsigned: 2 registers."""
    UNIX64 = "unix64"
    """Seconds since 1970 UTC, signed: 4 registers."""
    IEC = "iec60870-5-4"
    """Year, month and day, hour and minute, milliseconds: 4 registers."""
    SIX = "six-registers"
    """Year (or its last two digits), month, day, hour, minute, second."""
    BCD = "bcd"
    """The same, year of two digits, in two decimal digits each: 3 registers."""


class TextEncoding(StrEnum):
    """What the bytes of a string mean."""

    UTF_8 = "utf-8"
    """ASCII too."""
    GB18030 = "gb18030"
    """GB 2312 and GBK too."""
    LATIN_1 = "latin-1"


class Order(StrEnum):
    """Which comes first: the most significant (BIG, as Modbus has it) or the least (LITTLE)."""

    BIG = "big"
    LITTLE = "little"


WIDTHS: Mapping[RegisterType, int] = {
    kind: 4 if kind.endswith("64") else 2 if kind.endswith("32") else 1
    for kind in RegisterType
    if kind not in (RegisterType.STRING, RegisterType.TIME)
}
"""Registers of a value; of a bit in a table of bits, bits."""
TIME_WIDTHS: Mapping[TimeLayout, int] = {
    TimeLayout.UNIX32: 2,
    TimeLayout.UNIX64: 4,
    TimeLayout.IEC: 4,
    TimeLayout.SIX: 6,
    TimeLayout.BCD: 3,
}


MISSED_POLLS = 3
"""So many polls without an answer are still a normal silence."""


@dataclass(frozen=True, slots=True)
class Report:
    """By exception: when the value is `deadband` or more from the one reported last (0: any other)
    or on another side of one of `edges`, and once in every `heartbeat` all the same."""

    heartbeat: Micros
    deadband: float = 0.0
    edges: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterPoint:
    """Where a point lies. `address` is the protocol's, from 0. Number: raw × scale + offset.

    `byte_order` is that within a register, `word_order` that of a value's registers. `mask`: only
    these bits of it, shifted down; of a bit in a register that one. `high_byte`: where an 8-bit
    value lies. `not_available`: raw values, as they would be read unsigned, that say that there is
    none. `states` maps raw integers to a state of the point. `length`: registers of a string.
    `layout` and `zone`, whose clock it shows, are a time's. `period`: how often it is read, where
    not as often as its unit. `report`: by exception; None: at every poll.
    """

    point: Point
    table: RegisterTable
    address: int
    type: RegisterType
    word_order: Order = Order.BIG
    scale: float = 1.0
    offset: float = 0.0
    states: Mapping[range, str] | None = None
    byte_order: Order = Order.BIG
    mask: int | None = None
    high_byte: bool = False
    not_available: frozenset[int] = frozenset()
    length: int = 1
    encoding: TextEncoding = TextEncoding.UTF_8
    layout: TimeLayout = TimeLayout.UNIX32
    zone: ZoneInfo = UTC
    period: Micros | None = None
    report: Report | None = None

    @property
    def width(self) -> int:
        """How many registers the value takes; in a table of bits, how many bits."""
        if self.type is RegisterType.STRING:
            return self.length
        return TIME_WIDTHS[self.layout] if self.type is RegisterType.TIME else WIDTHS[self.type]

    @property
    def end(self) -> int:
        """The first address behind the value."""
        return self.address + self.width


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The most `registers` and `bits` in one request, by default the protocol's (Modbus Application
    Protocol V1.1b3, 6.1–6.4). Up to `gap` unwanted registers and `bit_gap` bits are read along,
    since they cost less than another request."""

    registers: int = 125
    bits: int = 2000
    gap: int = 8
    bit_gap: int = 32


@dataclass(frozen=True, slots=True)
class Writable:
    """A register that may be written, by that function code; None: by the one that suits."""

    register: RegisterPoint
    function: int | None = None


@dataclass(frozen=True, slots=True)
class RawWrite:
    """`words` (of coils 0 and 1) that are written from `address` on in one request, where nothing
    is ever read. `function` as in Writable."""

    table: RegisterTable
    address: int
    words: tuple[int, ...]
    function: int | None = None


Written = tuple[tuple[str, float | str] | RawWrite, ...]
"""Points by id and their values, and what is only written; the first first."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What a command writes, and what it writes to let go of it, so long after that."""

    action: Action
    values: Written
    release: Written = ()
    release_after: Micros = 0


@dataclass(frozen=True, slots=True)
class ModbusAddress:
    """One unit on a Modbus line, polled every `period`, with at least `pause` between two of its
    requests. `writable`: what of it may be written; `writings`: by which commands, `set` apart."""

    unit: int
    period: Micros
    registers: tuple[RegisterPoint, ...]
    limits: RequestLimits = RequestLimits()
    pause: Micros = 0
    writable: tuple[Writable, ...] = ()
    writings: tuple[Writing, ...] = ()
