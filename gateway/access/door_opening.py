"""A door's contact, and what its being open means: the alarm of ONVIF's door state.

Forced is an opening that nothing authorised, at once. One found after the door was not heard, or
told late, is looked at for a moment first: the grant may still be in the device's buffer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from gateway.access.door_grants import Grant
from gateway.access.instants import Instant, passed
from gateway.access.machine import Shown
from gateway.model.clock import SECOND, Micros
from gateway.model.point import UNKNOWN_STATE
from gateway.model.reading import Quality
from gateway.site.access_model import DoorSettings

TOLD_FOR: Final[Micros] = SECOND
"""So long `forced` is shown of an opening that is over when it is found to be one."""


class Phase(StrEnum):
    """Where a door stands. SETTLING: open, and whether that was authorised is not known yet."""

    UNKNOWN = "unknown"
    CLOSED = "closed"
    OPEN = "open"
    PRE_ALARM = "pre-alarm"
    PROPPED = "propped"
    SETTLING = "settling"
    FORCED = "forced"


class Input(StrEnum):
    """What moves it. OPENS is authorised; GRANTED and FREE come while it stands where it stands: a
    grant, and a mode in which everybody may open it. DUE: its time is up."""

    CLOSES = "closes"
    OPENS = "opens"
    OPENS_UNSURE = "opens-unsure"
    OPENS_FORCED = "opens-forced"
    GRANTED = "granted"
    FREE = "free"
    DUE = "due"


_OPENINGS: Final = (Input.OPENS, Input.OPENS_UNSURE, Input.OPENS_FORCED)


def _row(phase: Phase, **moves: Phase) -> dict[tuple[Phase, Input], Phase]:
    return {(phase, input_): moves.get(input_.name.lower(), phase) for input_ in Input}


MOVES: Final[Mapping[tuple[Phase, Input], Phase]] = {
    # First heard of open: since now, for who knows how.
    **_row(
        Phase.UNKNOWN,
        closes=Phase.CLOSED,
        opens=Phase.OPEN,
        opens_unsure=Phase.OPEN,
        opens_forced=Phase.OPEN,
    ),
    **_row(
        Phase.CLOSED,
        opens=Phase.OPEN,
        opens_unsure=Phase.SETTLING,
        opens_forced=Phase.FORCED,
    ),
    **_row(Phase.OPEN, closes=Phase.CLOSED, due=Phase.PRE_ALARM),
    **_row(
        Phase.PRE_ALARM,
        closes=Phase.CLOSED,
        granted=Phase.OPEN,
        free=Phase.OPEN,
        due=Phase.PROPPED,
    ),
    **_row(Phase.PROPPED, closes=Phase.CLOSED),
    **_row(Phase.SETTLING, closes=Phase.CLOSED, granted=Phase.OPEN, due=Phase.FORCED),
    **_row(Phase.FORCED, closes=Phase.CLOSED),
}
"""Every phase and input; what is not named in a row leaves the phase as it is."""

SAYS: Final[Mapping[Phase, str]] = {
    Phase.UNKNOWN: UNKNOWN_STATE,
    Phase.CLOSED: "normal",
    Phase.OPEN: "normal",
    Phase.PRE_ALARM: "pre-alarm",
    Phase.PROPPED: "propped",
    Phase.SETTLING: "normal",
    Phase.FORCED: "forced",
}

AUTHORISED: Final = frozenset({Phase.OPEN, Phase.PRE_ALARM, Phase.PROPPED})
STANDS_OPEN: Final = AUTHORISED | {Phase.SETTLING, Phase.FORCED}


@dataclass(frozen=True, slots=True)
class Unexplained:
    """An opening that is forced if no grant is told by `due`."""

    opened: Instant
    due: Micros


@dataclass(frozen=True, slots=True)
class Opening:
    """`heard`: the contact's last reading was good. `due` is when the phase ends by itself. `shut`
    is when an authorised opening ended, `moved` when the door last moved. `told_until`: an opening
    that was over when it was found to be forced is shown until then."""

    phase: Phase = Phase.UNKNOWN
    heard: bool = False
    due: Micros | None = None
    shut: Instant | None = None
    moved: Instant | None = None
    unexplained: tuple[Unexplained, ...] = ()
    told_until: Micros | None = None

    @property
    def shown(self) -> Shown:
        """The door's alarm."""
        phase = self.phase if self.told_until is None else Phase.FORCED
        certain = self.heard or phase is Phase.FORCED  # that it was forced no silence undoes
        return Shown(SAYS[phase], Quality.GOOD if certain else Quality.STALE)

    @property
    def deadline(self) -> Micros | None:
        """When it changes by itself next."""
        dues = (self.due, self.told_until, *(found.due for found in self.unexplained))
        return min((due for due in dues if due is not None), default=None)

    def bounced(self, at: Instant, within: Micros) -> bool:
        """Whether an opening then is the last authorised one still, its lock not yet caught."""
        return self.shut is not None and 0 <= passed(self.shut, at) <= within


def opened(
    opening: Opening, at: Instant, times: DoorSettings, *, authorised: bool, extra: Micros
) -> Opening:
    """The contact says open. `extra`: how much longer than others it may."""
    if opening.phase in STANDS_OPEN:
        return replace(opening, heard=True)
    unsure = not opening.heard or at.is_history
    input_ = Input.OPENS_UNSURE if unsure else Input.OPENS_FORCED
    phase = MOVES[opening.phase, Input.OPENS if authorised else input_]
    found = replace(opening, phase=phase, heard=True, due=None, moved=at)
    if phase is Phase.SETTLING:
        unexplained = Unexplained(at, at.heard + times.settle_time)
        return replace(found, unexplained=(*opening.unexplained, unexplained))
    return found if phase is Phase.FORCED else timed(found, at, times, extra)


def closed(opening: Opening, at: Instant) -> Opening:
    """The contact says closed. What was not explained still has to be."""
    shut = at if opening.phase in AUTHORISED else opening.shut
    moved = opening.moved if opening.phase is Phase.CLOSED else at
    phase = MOVES[opening.phase, Input.CLOSES]
    return replace(opening, phase=phase, heard=True, due=None, shut=shut, moved=moved)


def overtaken(opening: Opening, at: Instant, times: DoorSettings, *, authorised: bool) -> Opening:
    """The contact was open then, which is told only now that something newer is known. Unless that
    opening is known too, it has to be explained like any other."""
    known = opening.moved is not None and passed(opening.moved, at) <= 0
    if authorised or known or opening.phase is not Phase.CLOSED:
        return opening
    unexplained = Unexplained(at, at.heard + times.settle_time)
    return replace(opening, unexplained=(*opening.unexplained, unexplained))


def doubted(opening: Opening) -> Opening:
    """Nothing certain is heard of the contact; time passes all the same."""
    return replace(opening, heard=False)


def granted(opening: Opening, grant: Grant, times: DoorSettings) -> Opening:
    """Somebody may pass: openings it explains are, and a door that stands open may stay so."""
    rest = tuple(found for found in opening.unexplained if not grant.explains(found.opened))
    found = replace(opening, unexplained=rest)
    if opening.phase is Phase.SETTLING and opening.unexplained[-1] in rest:  # the one that lasts
        return found
    phase = MOVES[opening.phase, Input.GRANTED]
    if phase is not Phase.OPEN:
        return found
    return timed(replace(found, phase=phase), grant.at, times, grant.extra)


def freed(opening: Opening) -> Opening:
    """Everybody may open it now, and it may stand open."""
    phase = MOVES[opening.phase, Input.FREE]
    return replace(opening, phase=phase, due=None) if phase is Phase.OPEN else opening


def timed(opening: Opening, at: Instant, times: DoorSettings, extra: Micros = 0) -> Opening:
    """Open since then, and for so long; of what was buffered, not before the rest can have come."""
    if opening.phase is not Phase.OPEN:
        return opening
    due = at.at + times.open_time + extra - times.pre_alarm_time
    return replace(opening, due=max(due, at.heard + times.settle_time) if at.is_history else due)


def elapsed(opening: Opening, now: Micros, times: DoorSettings) -> Opening:
    """Everything whose time has passed."""
    opening = _explained_no_more(opening, now)
    if opening.told_until is not None and opening.told_until <= now:
        opening = replace(opening, told_until=None)
    while opening.due is not None and opening.due <= now:
        phase = MOVES[opening.phase, Input.DUE]
        due = opening.due + times.pre_alarm_time if phase is Phase.PRE_ALARM else None
        opening = replace(opening, phase=phase, due=due)
    return opening


def _explained_no_more(opening: Opening, now: Micros) -> Opening:
    rest = tuple(found for found in opening.unexplained if found.due > now)
    if len(rest) == len(opening.unexplained):
        return opening
    found = replace(opening, unexplained=rest)
    if opening.phase is Phase.SETTLING and not rest:
        return replace(found, phase=MOVES[opening.phase, Input.DUE])
    return replace(found, told_until=now + TOLD_FOR)
