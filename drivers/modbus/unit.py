"""One unit on a line: all its points, asked for in as few requests as it allows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drivers.modbus.codec import decode
from drivers.modbus.line import IllegalAddress, Line, NoAnswer
from drivers.modbus.plan import Block, plan
from gateway.errors import Malformed, Refused
from gateway.model.clock import MINUTE, Clock, Micros
from gateway.model.reading import Quality, Reading
from gateway.site.modbus_model import RegisterPoint

logger = logging.getLogger(__name__)

RETRY_ILLEGAL: Final[Micros] = 10 * MINUTE
"""How long an address the unit has not is left alone; a device that was starting, or has new
firmware, has it then."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll brought; `answered` is False when the unit fell silent during it."""

    readings: Sequence[Reading]
    answered: bool


class Unit:
    """A unit's points and how they are best asked for. `subject` names the unit in the log.

    An exception response spoils its own block only: those points are BAD. A block with an illegal
    address is halved until the points that lie there are found; they stay BAD and are left out
    for RETRY_ILLEGAL.
    """

    def __init__(
        self, number: int, registers: Sequence[RegisterPoint], subject: str, clock: Clock
    ) -> None:
        self._number = number
        self._subject = subject
        self._clock = clock
        self._plan = plan(registers)
        self._blocks = self._plan
        self._illegal: dict[str, str] = {}
        self._retry_illegal_at: Micros = 0
        self._told_silent = False
        self._told_bad: Mapping[str, str] = {}

    async def poll(self, line: Line) -> Poll:
        """Asks for every block, and stops at the first silence. Raises Unreachable when the line
        is lost."""
        if self._illegal and self._clock() >= self._retry_illegal_at:
            self._blocks, self._illegal = self._plan, {}
        answers: list[_Answer] = []
        try:
            for block in self._blocks:
                await self._ask(line, block, answers)
        except NoAnswer as silence:
            self._tell_silence(silence.problem)
            return Poll(_readings(answers), answered=False)
        self._tell_silence("")
        self._remember_illegal(answers)
        self._tell_bad(self._illegal | _problems(answers))
        now = self._clock()
        return Poll(
            [*_readings(answers), *(_bad(point, now) for point in self._illegal)], answered=True
        )

    async def _ask(self, line: Line, block: Block, answers: list["_Answer"]) -> None:
        try:
            words = await line.read(self._number, block.table, block.start, block.count)
        except IllegalAddress as refusal:
            if len(block.registers) > 1:
                for half in block.halves():
                    await self._ask(line, half, answers)
            else:
                answers.append(_Answer(block, self._clock(), None, refusal.problem, illegal=True))
        except (Refused, Malformed) as error:
            answers.append(_Answer(block, self._clock(), None, error.problem))
        else:
            answers.append(_Answer(block, self._clock(), words))

    def _remember_illegal(self, answers: Sequence["_Answer"]) -> None:
        illegal = _problems([answer for answer in answers if answer.illegal])
        legal = tuple(answer.block for answer in answers if not answer.illegal)
        if any(
            register.point.id in self._illegal for block in legal for register in block.registers
        ):
            # The unit has what it had not: look at everything again.
            self._blocks, self._illegal = self._plan, {}
            return
        if illegal and not self._illegal:
            self._retry_illegal_at = self._clock() + RETRY_ILLEGAL
        self._illegal |= illegal
        # One is asked for even when the unit has none: whether it is there must show.
        self._blocks = legal or (answers[0].block,)

    def _tell_silence(self, problem: str) -> None:
        if problem and not self._told_silent:
            logger.warning("%s is silent: %s", self._subject, problem)
        elif self._told_silent and not problem:
            logger.info("%s answers again", self._subject)
        self._told_silent = bool(problem)

    def _tell_bad(self, bad: Mapping[str, str]) -> None:
        new = sorted(bad.items() - self._told_bad.items())
        if new:
            points = ", ".join(f"{point} ({problem})" for point, problem in new)
            logger.warning("%s cannot read %s", self._subject, points)
        if gone := sorted(self._told_bad.keys() - bad.keys()):
            logger.info("%s reads again %s", self._subject, ", ".join(gone))
        self._told_bad = bad


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of one block: its words, or None and why."""

    block: Block
    at: Micros
    words: Sequence[int] | None
    problem: str = ""
    illegal: bool = False


def _readings(answers: Sequence[_Answer]) -> list[Reading]:
    """One for each point asked for, but for illegal ones."""
    readings = []
    for answer in answers:
        if answer.illegal:
            continue
        for register in answer.block.registers:
            if answer.words is None:
                readings.append(_bad(register.point.id, answer.at))
                continue
            value, quality = decode(register, answer.block.part(register, answer.words))
            readings.append(Reading(register.point.id, value, answer.at, answer.at, quality))
    return readings


def _problems(answers: Sequence[_Answer]) -> dict[str, str]:
    return {
        register.point.id: answer.problem
        for answer in answers
        if answer.words is None
        for register in answer.block.registers
    }


def _bad(point: str, at: Micros) -> Reading:
    return Reading(point, None, at, at, Quality.BAD)
