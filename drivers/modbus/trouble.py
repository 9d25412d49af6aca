"""Why points of a unit have no value, told in the log when it begins and when it is over."""

import logging
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from drivers.modbus.codec import Decoded, decode, positions
from drivers.modbus.plan import Block
from gateway.model.point import Point
from gateway.model.reading import Quality, Value
from gateway.site.modbus_model import RegisterPoint, RegisterType
from gateway.site.modicon import number_of

logger = logging.getLogger(__name__)


class Trouble(NamedTuple):
    """Why a point has no value, and what came that is none."""

    why: str
    came: str = ""

    def __str__(self) -> str:
        return f"{self.came} {self.why}".lstrip()


class Troubles:
    """Those of the points of one unit, which the log calls `subject`."""

    def __init__(self, registers: Iterable[RegisterPoint], subject: str) -> None:
        self._places = {each.point.id: _place(each) for each in registers}
        self._subject = subject
        self._told: dict[str, Trouble] = {}

    def __bool__(self) -> bool:
        return bool(self._told)

    @property
    def told(self) -> Mapping[str, str]:
        """By point, where it lies and why it has no value."""
        return {point: self._shown(point, trouble) for point, trouble in self._told.items()}

    def unusable(
        self, block: Block, words: Sequence[int], values: Sequence[Decoded]
    ) -> Mapping[str, Trouble]:
        """By point, why those of a block's `values` are none that are none; `words` were its
        answer. Of those that went before, what came first is kept."""
        found = {}
        for register, (_, quality) in zip(block.registers, values, strict=True):
            if quality is Quality.BAD:
                point, at = register.point.id, register.address - block.start
                told = self._told.get(point)
                found[point] = (
                    told if told and told.came else unusable(register, words[at:][: register.width])
                )
        return found

    def tell(self, bad: Mapping[str, Trouble], points: Collection[str]) -> None:
        """`bad` of those `points`; of others it is as it was. What has no value for the same
        reason as before is not told again, whatever came."""
        told = {point: self._told.pop(point) for point in self._told.keys() & points}
        whys = {point: trouble.why for point, trouble in told.items()}
        if new := sorted(point for point in bad if whys.get(point) != bad[point].why):
            named = "; ".join(f"{point} at {self._shown(point, bad[point])}" for point in new)
            logger.warning("%s cannot read %s", self._subject, named)
        if gone := sorted(told.keys() - bad.keys()):
            logger.info("%s reads again %s", self._subject, ", ".join(gone))
        self._told.update(bad)

    def _shown(self, point: str, trouble: Trouble) -> str:
        return f"{self._places[point]}: {trouble}"


def unusable(register: RegisterPoint, words: Sequence[int]) -> Trouble:
    """Why `words`, exactly those of `register`, decode to no value."""
    came = " ".join(f"0x{word:04X}" for word in words)
    if register.not_available and _raw(register, words) in register.not_available:
        return Trouble('is "not available" in its register map', came)
    point = register.point
    value, _ = decode(replace(register, point=replace(point, low=None, high=None)), words)
    if value is None:
        return Trouble(_NO_VALUE.get(register.type, "is not a number"), came)
    unit = "" if point.unit == "1" else f" {point.unit}"
    return Trouble(f"is {_beyond(point, value)}", f"{came}, {value:g}{unit},")


_NO_VALUE: Final = {
    RegisterType.STRING: "is no text",
    RegisterType.TIME: "is no date and time",
    RegisterType.BCD16: "has digits above 9",
    RegisterType.BCD32: "has digits above 9",
    RegisterType.BCD64: "has digits above 9",
}


def _place(register: RegisterPoint) -> str:
    table, address = register.table, register.address
    return f"{table} {address} ({number_of(table, address)})"


def _raw(register: RegisterPoint, words: Sequence[int]) -> int:
    data = struct.pack(f">{len(words)}H", *words)
    return int.from_bytes(bytes(data[each] for each in positions(register)), "big")


def _beyond(point: Point, value: Value) -> str:
    assert isinstance(value, float | int)
    if point.low is not None and value < point.low:
        return f"below its kind's low, {point.low:g}"
    return f"above its kind's high, {point.high:g}"
