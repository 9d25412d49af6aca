"""Which requests a unit answers, as far as it has shown. Pure: time comes in."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from drivers.modbus.found import UnitFound
from drivers.modbus.plan import Block, Seam, place_of, plan
from gateway.model.clock import MINUTE, Micros
from gateway.site.modbus_model import RegisterPoint, RegisterTable, RequestLimits

RETRY_MISSING: Final[Micros] = 10 * MINUTE
"""How long an address the unit has not is left alone; a device that was starting, or has new
firmware, has it then."""

Periods = tuple[Micros, ...]
"""What is asked for together: the registers read so often."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """The points that lie in one place the unit refuses."""

    block: Block
    problem: str
    retry_at: Micros


class Layout:
    """The blocks a unit is asked for. They avoid what it was found not to have: points that are
    missing, and seams, across which it gives both sides but not all in one answer. What was found
    out with the registers of one period holds for those of all. `noted` is called when something
    was found out."""

    def __init__(
        self,
        registers: Mapping[Micros, Sequence[RegisterPoint]],
        limits: RequestLimits,
        noted: Callable[[], None],
    ) -> None:
        self._registers = registers
        self._limits = limits
        self._noted = noted
        self._seams: set[Seam] = set()
        self._missing: dict[tuple[RegisterTable, int, int], _Missing] = {}
        self._plans: dict[Periods, tuple[Block, ...]] = {}
        self.missing: Mapping[str, str] = {}
        """Points and why they are left out."""
        self._plan(tuple(registers))

    def blocks(self, periods: Periods, now: Micros) -> Sequence[Block]:
        """What to ask for; with it at most one place that is missing, when its time has come. One
        is asked for even when the unit has none: whether it is there must show."""
        blocks = self._plans.get(periods)
        if blocks is None:
            blocks = self._plan(periods)
        if not self._missing:
            return blocks
        wanted = self.points(periods)
        due = [each for each in self._missing.values() if not wanted.isdisjoint(each.block.points)]
        first = min(due, key=lambda each: each.retry_at, default=None)
        if first is None or (blocks and first.retry_at > now):
            return blocks
        return *blocks, first.block

    @property
    def found(self) -> UnitFound:
        """What is to be known again after a restart."""
        missing = [
            (*place_of(each.block.registers[0]), each.problem) for each in self._missing.values()
        ]
        return UnitFound(tuple(sorted(self._seams)), tuple(sorted(missing)))

    def recall(self, found: UnitFound, now: Micros) -> None:
        """What was found before the start."""
        self._seams = set(found.seams)
        for *place, problem in found.missing:
            self._leave_out(tuple(place), problem, now)
        self._find_again()

    def points(self, periods: Periods) -> Set[str]:
        """Those read so often."""
        return {each.point.id for period in periods for each in self._registers[period]}

    def refused(self, block: Block, problem: str, now: Micros) -> None:
        """The unit has not what lies in that one place."""
        self._leave_out(place_of(block.registers[0]), problem, now)
        self._changed()

    def seam(self, second: Block) -> None:
        """The unit answers a block up to this one, and this one, but not both at once."""
        self._seams.add((second.table, second.start))
        self._changed()

    def answered(self, block: Block) -> None:
        """The unit has it. When it had not before, everything is looked at again."""
        if block.place in self._missing:
            self._seams.clear()
            self._missing.clear()
            self._changed()

    def look_again(self, now: Micros) -> None:
        """The unit was away and may be another by now: what was missing is tried from now on, one
        place in each poll."""
        for place, missing in self._missing.items():
            self._missing[place] = replace(missing, retry_at=now)

    def _leave_out(self, place: tuple[object, ...], problem: str, now: Micros) -> None:
        if there := [each for each in self._all() if place_of(each) == place]:
            block = Block.around(there)
            self._missing[block.place] = _Missing(block, problem, now + RETRY_MISSING)

    def _changed(self) -> None:
        self._find_again()
        self._noted()

    def _find_again(self) -> None:
        self._plans.clear()
        self.missing = {
            point: missing.problem
            for missing in self._missing.values()
            for point in missing.block.points
        }

    def _all(self) -> Sequence[RegisterPoint]:
        return [each for registers in self._registers.values() for each in registers]

    def _plan(self, periods: Periods) -> tuple[Block, ...]:
        # What is missing of another period is avoided too.
        points = self.points(periods) | self.missing.keys()
        around = [each for each in self._all() if each.point.id in points]
        self._plans[periods] = blocks = plan(around, self._limits, self._seams, self.missing)
        return blocks
