"""Whether a motor does what it is told: commanded and not running, or the other way round."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.model.clock import Micros
from gateway.site.plant_model import PumpSettings


class Word(StrEnum):
    """The words of the point `response`."""

    OK = "ok"
    FAILED_TO_START = "failed-to-start"
    FAILED_TO_STOP = "failed-to-stop"
    UNASKED = "unasked"


WRONG: Final[Mapping[tuple[bool, bool, bool], Word]] = {
    (True, False, False): Word.FAILED_TO_START,
    (True, False, True): Word.FAILED_TO_START,
    (False, True, True): Word.FAILED_TO_STOP,
    (False, True, False): Word.UNASKED,
}
"""By whether it is commanded, whether it runs, and whether it has run ever since it was told to
stop; all else is as it should be."""


@dataclass(frozen=True, slots=True)
class Response:
    """`commanded` as it was known last; `stopping`: it ran when it was told to stop, and has since.
    `pending` since then, `word` once its time has passed."""

    commanded: bool | None = None
    stopping: bool = False
    word: Word = Word.OK
    pending: Word = Word.OK
    since: Micros = 0

    def judged(
        self, commanded: bool | None, running: bool | None, settings: PumpSettings, now: Micros
    ) -> "Response":
        """As things stand now; what is not known confirms nothing, and clears nothing."""
        if running is None or commanded is None:
            return self
        told_off = self.commanded is True and not commanded
        stopping = running and not commanded and (self.stopping or told_off)
        wrong = WRONG.get((commanded, running, stopping), Word.OK)
        if wrong is Word.OK:
            return Response(commanded, stopping)
        since = min(self.since, now) if wrong is self.pending else now
        state = replace(self, commanded=commanded, stopping=stopping, pending=wrong, since=since)
        over = now >= since + state.patience(settings)
        return replace(state, word=wrong) if over else state

    def freed(self) -> "Response":
        """Nobody commands it: what it does is its own affair."""
        return self if self == Response() else Response()

    def deadline(self, settings: PumpSettings) -> Micros | None:
        """When its time is up."""
        waits = self.pending is not Word.OK and self.word is not self.pending
        return self.since + self.patience(settings) if waits else None

    def patience(self, settings: PumpSettings) -> Micros:
        """How long what is pending may take."""
        stops = self.pending is Word.FAILED_TO_STOP
        return settings.stops_within if stops else settings.starts_within
