"""One unit on a line: all its points, asked for in as few requests as it allows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drivers.modbus.answers import IllegalAddress, NoAnswer, WrongLength
from drivers.modbus.layout import Layout
from drivers.modbus.line import Line
from drivers.modbus.plan import Block
from gateway.errors import Malformed, Refused, Unreachable
from gateway.model.clock import Clock, Micros
from gateway.model.reading import Quality, Reading, reading
from gateway.site.modbus_model import ModbusAddress, RegisterTable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought; `answered` is False when the unit fell silent during it."""

    readings: Sequence[Reading]
    answered: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one block: its words, or None and why."""

    block: Block
    at: Micros
    words: Sequence[int] | None
    problem: str = ""


class Unit:
    """A unit's points and how they are best asked for. `subject` names the unit in the log.

    An exception response spoils its own block only: those points are BAD. A block that the unit
    refuses for its addresses or its length is halved until the place that it has not is found: the
    points there stay BAD and are left out for RETRY_MISSING. Where the halves are answered, that
    block is never asked for in one piece again.
    """

    def __init__(self, address: ModbusAddress, subject: str, clock: Clock) -> None:
        """Raises BadConfig for a register that no request can read."""
        self._address = address
        self._subject = subject
        self._clock = clock
        self._layout = Layout(address.registers, address.limits)
        self._short: set[tuple[RegisterTable, int, int]] = set()
        self._gives_less = False
        self._told_silent = False
        self._told_bad: Mapping[str, str] = {}

    async def poll(self, line: Line) -> Poll:
        """Asks for every block, and stops at the first silence. Raises Unreachable when the line
        is lost."""
        answers: list[_Answer] = []
        try:
            for block in self._layout.blocks(self._clock()):
                await self._ask(line, block, answers)
        except Unreachable as silence:
            self._layout.look_again(self._clock())
            if not isinstance(silence, NoAnswer):
                raise
            self._tell_silence(silence.problem)
            return Poll(_readings(answers), answered=False)
        self._tell_silence("")
        read = _readings(answers)
        missing = self._layout.missing
        self._tell_bad({**missing, **_problems(answers)})
        if missing:
            now, asked = self._clock(), {each.point for each in read}
            read += [_bad(point, now) for point in sorted(missing.keys() - asked)]
        return Poll(read, answered=True)

    async def _ask(
        self, line: Line, block: Block, answers: list[_Answer], *, halved: bool = False
    ) -> bool:
        """Whether the block was answered in one piece."""
        try:
            words = await line.read(self._address.unit, *block.place, pause=self._address.pause)
        except IllegalAddress as refusal:
            return await self._ask_halves(line, block, answers, refusal.problem)
        except WrongLength as wrong:
            if halved or self._gives_less or block.place in self._short:
                self._gives_less = True
                return await self._ask_halves(line, block, answers, wrong.problem)
            # Once it may have been the answer to something else.
            self._short.add(block.place)
            answers.append(_Answer(block, self._clock(), None, wrong.problem))
        except (Refused, Malformed) as error:
            answers.append(_Answer(block, self._clock(), None, error.problem))
        else:
            answers.append(_Answer(block, self._clock(), words))
            self._short.discard(block.place)
            self._layout.answered(block)
            return True
        return False

    async def _ask_halves(
        self, line: Line, block: Block, answers: list[_Answer], problem: str
    ) -> bool:
        halves = block.halves()
        if halves is None:
            answers.append(_Answer(block, self._clock(), None, problem))
            self._layout.refused(block, problem, self._clock())
            return False
        first = await self._ask(line, halves[0], answers, halved=True)
        second = await self._ask(line, halves[1], answers, halved=True)
        if first and second:
            self._layout.seam(halves[1])
        return False

    def _tell_silence(self, problem: str) -> None:
        if problem and not self._told_silent:
            logger.warning("%s is silent: %s", self._subject, problem)
        elif self._told_silent and not problem:
            logger.info("%s answers again", self._subject)
        self._told_silent = bool(problem)

    def _tell_bad(self, bad: Mapping[str, str]) -> None:
        if bad == self._told_bad:
            return
        new = sorted(bad.items() - self._told_bad.items())
        if new:
            points = ", ".join(f"{point} ({problem})" for point, problem in new)
            logger.warning("%s cannot read %s", self._subject, points)
        if gone := sorted(self._told_bad.keys() - bad.keys()):
            logger.info("%s reads again %s", self._subject, ", ".join(gone))
        self._told_bad = bad


def _readings(answers: Sequence[_Answer]) -> list[Reading]:
    """One for each point asked for."""
    readings = []
    for answer in answers:
        block, at = answer.block, answer.at
        if answer.words is None:
            readings += [_bad(point, at) for point in block.points]
            continue
        readings += [
            reading(point, value, at, at, quality, None, None)
            for point, (value, quality) in zip(
                block.points, block.decode(answer.words), strict=True
            )
        ]
    return readings


def _problems(answers: Sequence[_Answer]) -> dict[str, str]:
    return {
        point: answer.problem
        for answer in answers
        if answer.words is None
        for point in answer.block.points
    }


def _bad(point: str, at: Micros) -> Reading:
    return Reading(point, None, at, at, Quality.BAD)
