"""Serial lines, units, registers and requests as pydantic types; see fields."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from gateway.site.field_checks import between, figure_schema, matching, no_bool

Baud = Annotated[int, BeforeValidator(no_bool), between(300, 4_000_000)]
DataBits = Annotated[int, BeforeValidator(no_bool), between(7, 8)]
StopBits = Annotated[int, BeforeValidator(no_bool), between(1, 2)]
DeviceFile = Annotated[
    str, matching(r"/[^\s\x00-\x1f\x7f]+", "expected a device file such as /dev/ttyUSB0")
]


def _unit(unit: int) -> int:
    if not (0 <= unit <= 247 or unit == 255):
        raise ValueError("expected 1 to 247, or with framing tcp 0 or 255")
    return unit


_UNITS = [{"type": "integer", "minimum": 0, "maximum": 247}, {"const": 255}]
Unit = Annotated[
    int,
    BeforeValidator(no_bool),
    AfterValidator(_unit),
    WithJsonSchema({"anyOf": [*_UNITS, {"type": "string", "pattern": r"^[0-9]+$|\{"}]}),
]
"""A Modbus unit (server) address; 248–255 are reserved (Modbus over serial line, 2.2), 0 is
everybody there; devices with none behind them may want 0 or 255 (Messaging on TCP/IP,
4.4.2)."""


def _from_hexadecimal(value: object) -> object:
    if isinstance(value, str) and re.fullmatch("0x[0-9A-Fa-f]{1,6}", value):
        return int(value, 16)
    return no_bool(value)


_HEXADECIMAL = {"type": "string", "pattern": r"^[0-9]+$|^0x[0-9A-Fa-f]{1,6}$|\{"}
_REGISTER_NUMBER = {"type": "integer", "minimum": 0, "maximum": 465536}
RegisterNumber = Annotated[
    int,
    BeforeValidator(_from_hexadecimal),
    between(0, 465536),
    WithJsonSchema({"anyOf": [_REGISTER_NUMBER, _HEXADECIMAL]}),
]
"""An address of the protocol, such as 23296 or 0x5B00, or of Modicon: table and number from 1."""
RequestRegisters = Annotated[
    int, BeforeValidator(no_bool), between(1, 125), figure_schema("integer", 1, 125)
]
RequestBits = Annotated[
    int, BeforeValidator(no_bool), between(1, 2000), figure_schema("integer", 1, 2000)
]
RegisterGap = Annotated[
    int, BeforeValidator(no_bool), between(0, 123), figure_schema("integer", 0, 123)
]
BitGap = Annotated[
    int, BeforeValidator(no_bool), between(0, 1998), figure_schema("integer", 0, 1998)
]
BitNumber = Annotated[
    int, BeforeValidator(no_bool), between(0, 15), figure_schema("integer", 0, 15)
]
TextRegisters = Annotated[
    int, BeforeValidator(no_bool), between(1, 125), figure_schema("integer", 1, 125)
]
