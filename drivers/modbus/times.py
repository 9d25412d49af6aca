"""Dates and times in registers.

The four registers that power meters' register lists call IEC 870-5-4 hold, from the most
significant bit on: 9 spare, 7 year from 2000; 4 spare, 4 month, 3 weekday, 5 day; summer time,
2 spare, 5 hour, invalid, 1 spare, 6 minute; 16 milliseconds. The others are plain counts.
"""

import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from gateway.site.modbus_model import TimeLayout

_CENTURY: Final = 2000


def moment(layout: TimeLayout, data: bytes, zone: ZoneInfo) -> datetime | None:
    """The instant that the registers' bytes say on a clock of that zone; None where there is none,
    or where the device itself calls it invalid."""
    try:
        return _READ[layout](data, zone)
    except (ValueError, OverflowError, OSError):
        return None


def written(layout: TimeLayout, at: datetime) -> bytes:
    """The bytes of the registers that say that instant on a clock of `at`'s zone.

    Raises ValueError or struct.error for what the layout cannot say.
    """
    return _WRITE[layout](at)


def _unix(form: str) -> Callable[[bytes, ZoneInfo], datetime]:
    def read(data: bytes, zone: ZoneInfo) -> datetime:
        return datetime.fromtimestamp(struct.unpack(form, data)[0], zone)

    return read


def _iec(data: bytes, zone: ZoneInfo) -> datetime:
    _, year, month, day, hour, minute, milliseconds = struct.unpack(">6BH", data)
    if minute & 0x80:
        raise ValueError("the device calls its time invalid")
    seconds, milliseconds = divmod(milliseconds, 1000)
    when = datetime(
        _CENTURY + (year & 0x7F),
        month & 0x0F,
        day & 0x1F,
        hour & 0x1F,
        minute & 0x3F,
        seconds,
        1000 * milliseconds,
        tzinfo=zone,
    )
    # The hour that comes twice: the bit says whether it is still summer's.
    return when if hour & 0x80 else when.replace(fold=1)


def _six(data: bytes, zone: ZoneInfo) -> datetime:
    year, *rest = struct.unpack(">6H", data)
    return _civil(year, *rest, zone=zone)


def _bcd(data: bytes, zone: ZoneInfo) -> datetime:
    return _civil(*(int(f"{byte:x}") for byte in data), zone=zone)


def _civil(year: int, *rest: int, zone: ZoneInfo) -> datetime:
    month, day, hour, minute, second = rest
    full = year if year >= 100 else _CENTURY + year
    return datetime(full, month, day, hour, minute, second, tzinfo=zone)


def _write_iec(at: datetime) -> bytes:
    summer = 0x80 if at.dst() else 0
    day = at.isoweekday() << 5 | at.day
    milliseconds = 1000 * at.second + at.microsecond // 1000
    year = _two_digits(at, 127)
    return struct.pack(">6BH", 0, year, at.month, day, at.hour | summer, at.minute, milliseconds)


def _write_six(at: datetime) -> bytes:
    return struct.pack(">6H", at.year, at.month, at.day, at.hour, at.minute, at.second)


def _write_bcd(at: datetime) -> bytes:
    parts = (_two_digits(at, 99), at.month, at.day, at.hour, at.minute, at.second)
    return bytes(int(f"{part:02}", 16) for part in parts)


def _two_digits(at: datetime, most: int) -> int:
    year = at.year - _CENTURY
    if not 0 <= year <= most:
        raise ValueError(f"the year {at.year} cannot be said")
    return year


_READ: Final[Mapping[TimeLayout, Callable[[bytes, ZoneInfo], datetime]]] = {
    TimeLayout.UNIX32: _unix(">I"),
    TimeLayout.UNIX64: _unix(">q"),
    TimeLayout.IEC: _iec,
    TimeLayout.SIX: _six,
    TimeLayout.BCD: _bcd,
}
_WRITE: Final[Mapping[TimeLayout, Callable[[datetime], bytes]]] = {
    TimeLayout.UNIX32: lambda at: struct.pack(">I", int(at.astimezone(UTC).timestamp())),
    TimeLayout.UNIX64: lambda at: struct.pack(">q", int(at.astimezone(UTC).timestamp())),
    TimeLayout.IEC: _write_iec,
    TimeLayout.SIX: _write_six,
    TimeLayout.BCD: _write_bcd,
}
