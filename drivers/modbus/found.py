"""What was found out about the units of a line, as it is kept over a restart."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import msgspec

from drivers.modbus.plan import Seam, place_of
from gateway.model.memory import Memory
from gateway.site.modbus_model import ModbusAddress, RegisterTable

logger = logging.getLogger(__name__)

MissingPlace = tuple[RegisterTable, int, int, str]
"""Table, first address, the one behind, and what the unit says of it."""


@dataclass(frozen=True, slots=True)
class UnitFound:
    """How a unit is best asked: see Layout. `gives_less`: its answers are too short where more is
    asked for than it gives at once."""

    seams: tuple[Seam, ...] = ()
    missing: tuple[MissingPlace, ...] = ()
    gives_less: bool = False


@dataclass(frozen=True, slots=True)
class LineFound:
    """Units that answer, and how each is asked, by the digest of what it is asked for."""

    answering: tuple[int, ...] = ()
    units: Mapping[str, UnitFound] = field(default_factory=dict)

    @classmethod
    def kept(cls, memory: Memory | None, line: str) -> "LineFound":
        """What is remembered; nothing of what cannot be read, which is told."""
        if memory is None or memory.found is None:
            return cls()
        try:
            return msgspec.convert(memory.found, cls)
        except msgspec.ValidationError as error:
            logger.warning("%s: what was found out about its units is lost: %s", line, error)
            return cls()

    def keep(self, memory: Memory) -> None:
        """Has it remembered."""
        memory.keep(msgspec.to_builtins(self))


def digest(parts: Iterable[ModbusAddress]) -> str:
    """Of a unit's registers and limits: what was found out holds for these and no others."""
    asked = sorted(
        (part.unit, repr(part.limits), *place_of(register))
        for part in parts
        for register in part.registers
    )
    return blake2b(repr(asked).encode(), digest_size=12).hexdigest()
