"""Which requests a unit answers, as far as it has shown. Pure: time comes in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from drivers.modbus.plan import Block, Seam, plan
from gateway.model.clock import MINUTE, Micros
from gateway.site.modbus_model import RegisterPoint, RegisterTable, RequestLimits

RETRY_MISSING: Final[Micros] = 10 * MINUTE
"""How long an address the unit has not is left alone; a device that was starting, or has new
firmware, has it then."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """The points that lie in one place the unit refuses."""

    block: Block
    problem: str
    retry_at: Micros


class Layout:
    """The blocks a unit is asked for. They avoid what it was found not to have: points that are
    missing, and seams, across which it gives both sides but not all in one answer."""

    def __init__(self, registers: Sequence[RegisterPoint], limits: RequestLimits) -> None:
        self._registers = registers
        self._limits = limits
        self._seams: set[Seam] = set()
        self._missing: dict[tuple[RegisterTable, int, int], _Missing] = {}
        self._blocks = plan(registers, limits)

    def blocks(self, now: Micros) -> Sequence[Block]:
        """What to ask for; with it at most one place that is missing, when its time has come. One
        is asked for even when the unit has none: whether it is there must show."""
        first = min(self._missing.values(), key=lambda each: each.retry_at, default=None)
        if first is None or (self._blocks and first.retry_at > now):
            return self._blocks
        return *self._blocks, first.block

    @property
    def missing(self) -> Mapping[str, str]:
        """Points and why they are left out."""
        return {
            register.point.id: missing.problem
            for missing in self._missing.values()
            for register in missing.block.registers
        }

    def refused(self, block: Block, problem: str, now: Micros) -> None:
        """The unit has not what lies in that one place."""
        place = _Missing(block, problem, now + RETRY_MISSING)
        self._missing[block.place] = place
        self._plan()

    def seam(self, second: Block) -> None:
        """The unit answers a block up to this one, and this one, but not both at once."""
        self._seams.add((second.table, second.start))
        self._plan()

    def answered(self, block: Block) -> None:
        """The unit has it. When it had not before, everything is looked at again."""
        if block.place in self._missing:
            self._seams.clear()
            self._missing.clear()
            self._plan()

    def look_again(self, now: Micros) -> None:
        """The unit was away and may be another by now: what was missing is tried from now on, one
        place in each poll."""
        for place, missing in self._missing.items():
            self._missing[place] = replace(missing, retry_at=now)

    def _plan(self) -> None:
        self._blocks = plan(self._registers, self._limits, self._seams, self.missing)
