"""One unit on a line: all its points, asked for in as few requests as it allows."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from drivers.modbus.answers import IllegalAddress, NoAnswer, WrongLength
from drivers.modbus.codec import NOTHING, Decoded
from drivers.modbus.found import UnitFound
from drivers.modbus.layout import Layout, Periods
from drivers.modbus.line import Line
from drivers.modbus.plan import Block
from drivers.modbus.trouble import Trouble, Troubles
from gateway.errors import Malformed, Refused, Unreachable
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Quality, Reading, reading
from gateway.site.modbus_model import ModbusAddress, RegisterTable

logger = logging.getLogger(__name__)


class Poll(NamedTuple):
    """What one poll brought, and when it ended; `answered` is False when the unit fell silent
    during it."""

    readings: Sequence[Reading]
    answered: bool
    at: Micros


class _Answer(NamedTuple):
    """What came of one block: its values, or None."""

    block: Block
    at: Micros
    values: Sequence[Decoded] | None


@dataclass(slots=True)
class _Halving:
    """A block asked for in two pieces; `answered`: how many of them were in one."""

    second: Block
    answered: int = 0


class _Half(NamedTuple):
    """One of the pieces."""

    block: Block
    of: _Halving


@dataclass(slots=True)
class Asking:
    """A poll under way: what is still to be asked for, the next one last, what came so far, and
    which points cannot be read, and why."""

    periods: Periods
    left: list[Block | _Half]
    answers: list[_Answer] = field(default_factory=list)
    problems: dict[str, Trouble] = field(default_factory=dict)


class Unit:
    """A unit's points and how they are best asked for. `parts` are those read so often each, of one
    unit with one set of limits and one pause. `subject` names the unit in the log; `found` is what
    was known of it before the start, and `noted` is called when there is more.

    An exception response spoils its own block only: those points are BAD. A block that the unit
    refuses for its addresses or its length is halved until the place that it has not is found: the
    points there stay BAD and are left out for RETRY_MISSING. Where the halves are answered, that
    block is never asked for in one piece again.
    """

    def __init__(
        self,
        parts: Sequence[ModbusAddress],
        subject: str,
        clock: Clock,
        found: UnitFound | None = None,
        noted: Callable[[], None] = lambda: None,
    ) -> None:
        """Raises BadConfig for a register that no request can read."""
        self._address = parts[0]
        self._subject = subject
        self._clock = clock
        registers = {part.period: part.registers for part in parts}
        self._layout = Layout(registers, self._address.limits, noted)
        self._noted = noted
        self._short: set[tuple[RegisterTable, int, int]] = set()
        self._gives_less = found is not None and found.gives_less
        if found is not None:
            self._layout.recall(found, clock())
        self._told_silent = False
        every = chain.from_iterable(part.registers for part in parts)
        self._troubles = Troubles(every, subject)

    @property
    def found(self) -> UnitFound:
        """What is to be known again after a restart."""
        return replace(self._layout.found, gives_less=self._gives_less)

    @property
    def unread(self) -> Mapping[str, str]:
        """Points that have no value though the unit answers, and why."""
        return self._troubles.told

    def begin(self, periods: Periods, now: Micros) -> Asking:
        """A poll of the points read so often, before anything is asked."""
        blocks = self._layout.blocks(periods, now)
        return Asking(periods, [*reversed(blocks)])

    async def go_on(self, line: Line, asking: Asking) -> Poll | None:
        """Asks for block after block; None when the unit must rest before the next one. The first
        silence ends it. Raises Unreachable when the line is lost."""
        number = self._address.unit
        try:
            await self._ask_next(line, asking)
            while asking.left:
                if line.free_at(number) > self._clock():
                    return None
                await self._ask_next(line, asking)
        except Unreachable as silence:
            self._layout.look_again(self._clock())
            if not isinstance(silence, NoAnswer):
                raise
            self._tell_silence(silence.problem)
            return Poll(_readings(asking.answers), answered=False, at=self._clock())
        if self._told_silent:
            self._tell_silence("")
        return Poll(self._finished(asking), answered=True, at=asking.answers[-1].at)

    def _finished(self, asking: Asking) -> list[Reading]:
        read = _readings(asking.answers)
        wrong, missing = asking.problems, self._layout.missing
        if not (missing or wrong or self._troubles):
            return read
        points = self._layout.points(asking.periods) | wrong.keys()
        left_out = {point: Trouble(missing[point]) for point in sorted(missing.keys() & points)}
        self._troubles.tell({**left_out, **wrong}, points)
        now, asked = self._clock(), {each.point for each in read}
        return read + [_bad(point, now) for point in left_out if point not in asked]

    async def _ask_next(self, line: Line, asking: Asking) -> None:
        wanted = asking.left.pop()
        block, half_of = (wanted, None) if isinstance(wanted, Block) else wanted
        try:
            words = await line.read(self._address.unit, *block.place, pause=self._address.pause)
        except IllegalAddress as refusal:
            self._halve(block, asking, refusal.problem)
        except WrongLength as wrong:
            if half_of or self._gives_less or block.place in self._short:
                self._gives_less = True
                self._noted()
                self._halve(block, asking, wrong.problem)
                return
            # Once it may have been the answer to something else.
            self._short.add(block.place)
            self._note_bad(block, asking, wrong.problem)
        except (Refused, Malformed) as error:
            self._note_bad(block, asking, error.problem)
        else:
            values = block.decode(words)
            asking.answers.append(_Answer(block, self._clock(), values))
            if NOTHING in values:
                asking.problems.update(self._troubles.unusable(block, words, values))
            self._short.discard(block.place)
            self._layout.answered(block)
            if half_of is not None:
                self._note_half(half_of)

    def _note_bad(self, block: Block, asking: Asking, problem: str) -> None:
        asking.answers.append(_Answer(block, self._clock(), None))
        asking.problems.update(dict.fromkeys(block.points, Trouble(problem)))

    def _halve(self, block: Block, asking: Asking, problem: str) -> None:
        halves = block.halves()
        if halves is None:
            self._note_bad(block, asking, problem)
            self._layout.refused(block, problem, self._clock())
            return
        halving = _Halving(halves[1])
        asking.left += [_Half(halves[1], halving), _Half(halves[0], halving)]

    def _note_half(self, halving: _Halving) -> None:
        halving.answered += 1
        if halving.answered == 2:
            self._layout.seam(halving.second)

    def _tell_silence(self, problem: str) -> None:
        if problem and not self._told_silent:
            logger.warning("%s is silent: %s", self._subject, problem)
        elif self._told_silent and not problem:
            logger.info("%s answers again", self._subject)
        self._told_silent = bool(problem)


def _readings(answers: Sequence[_Answer]) -> list[Reading]:
    """One for each point asked for."""
    readings = []
    for answer in answers:
        block, at = answer.block, answer.at
        if answer.values is None:
            readings += [_bad(point, at) for point in block.points]
            continue
        readings += [
            reading(point, value, at, at, quality, None, None)
            for point, (value, quality) in zip(block.points, answer.values, strict=True)
        ]
    return readings


def _bad(point: str, at: Micros) -> Reading:
    return Reading(point, None, at, at, Quality.BAD)
