"""Where the points of a Modbus unit lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.point import Point


class RegisterTable(StrEnum):
    """The four Modbus tables; each has its own addresses from 0."""

    COIL = "coil"
    DISCRETE_INPUT = "discrete_input"
    HOLDING_REGISTER = "holding_register"
    INPUT_REGISTER = "input_register"


class RegisterType(StrEnum):
    """How a value lies in registers."""

    BIT = "bit"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    FLOAT32 = "float32"


class WordOrder(StrEnum):
    """Which register of a 32-bit value comes first; bytes within a register are big-endian."""

    BIG = "big"
    LITTLE = "little"


@dataclass(frozen=True, slots=True)
class RegisterPoint:
    """Where a point lies. `address` is the protocol's, from 0. Number: raw × scale + offset.

    For STATE points `states` maps the raw integer to a state of the point.
    """

    point: Point
    table: RegisterTable
    address: int
    type: RegisterType
    word_order: WordOrder = WordOrder.BIG
    scale: float = 1.0
    offset: float = 0.0
    states: Mapping[int, str] | None = None


@dataclass(frozen=True, slots=True)
class ModbusAddress:
    """One unit on a Modbus line, polled every `period`."""

    unit: int
    period: Micros
    registers: tuple[RegisterPoint, ...]
