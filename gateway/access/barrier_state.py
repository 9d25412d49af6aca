"""What is known of one barrier, and what each movement of its boom means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Final

from gateway.access.machine import Refusal
from gateway.access.plates import Verdict
from gateway.model.clock import Micros
from gateway.model.point import UNKNOWN_STATE


class Position(StrEnum):
    """Where the boom is."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    STOPPED = "stopped"
    OBSTRUCTED = "obstructed"
    UNKNOWN = UNKNOWN_STATE


MOVING: Final = frozenset({Position.OPENING, Position.CLOSING})
UP: Final = frozenset({Position.OPEN, Position.STOPPED, Position.OBSTRUCTED})
"""At rest, and not closed."""


class Mode(StrEnum):
    """What is asked of it for longer."""

    CONTROLLED = "controlled"
    HELD_OPEN = "held-open"
    """For a convoy, until an instant."""
    LOCKED_OPEN = "locked-open"
    """Until that is ended."""
    BLOCKED = "blocked"
    """Opens for nobody."""


HOLDING: Final = frozenset({Mode.HELD_OPEN, Mode.LOCKED_OPEN})


class BarrierRefusal(Refusal):
    """See Machine.refusal."""

    BLOCKED = "barrier-blocked"
    HELD_OPEN = "held-open"
    BOOM_BROKEN = "boom-broken"
    NO_LOOP = "no-loop"
    LOOP_OCCUPIED = "loop-occupied"
    LOOP_UNKNOWN = "loop-unknown"


class Alarm(StrEnum):
    """What is wrong with how it moves."""

    NORMAL = "normal"
    STUCK = "stuck"
    LEFT_OPEN = "left-open"


class Move(Enum):
    """What it means that the boom is told to be somewhere else."""

    NONE = auto()
    ROSE = auto()
    """It has left its closed position."""
    REVERSED = auto()
    """It was coming down and met something."""
    CAME_DOWN = auto()


def _row(*moves: Move) -> Mapping[Position, Move]:
    return dict(zip(Position, moves, strict=True))


_N, _U, _R, _D = Move.NONE, Move.ROSE, Move.REVERSED, Move.CAME_DOWN

MOVES: Final[Mapping[Position, Mapping[Position, Move]]] = {
    # from                  closed opening open closing stopped obstructed unknown
    Position.CLOSED: _row(_N, _U, _U, _U, _U, _U, _N),
    Position.OPENING: _row(_D, _N, _N, _N, _N, _N, _N),
    Position.OPEN: _row(_D, _N, _N, _N, _N, _N, _N),
    Position.CLOSING: _row(_D, _R, _R, _N, _N, _R, _N),
    Position.STOPPED: _row(_D, _N, _N, _N, _N, _N, _N),
    Position.OBSTRUCTED: _row(_D, _N, _N, _N, _N, _N, _N),
    Position.UNKNOWN: _row(_N, _N, _N, _N, _N, _N, _N),
}
"""By the last position that was known, and the one told now."""


@dataclass(frozen=True, slots=True)
class Loop:
    """What an induction loop says, good until then: a loop that is silent is not known to be
    free."""

    state: str = UNKNOWN_STATE
    until: Micros = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A plate that was seen, and what the register said. `due_at` moves on while it is seen: who
    has not passed by then does not. `waits`: it has not passed yet; `opened`: an opening was wished
    for it."""

    plate: str
    verdict: Verdict
    number: int | None
    holder: str
    direction: str
    seen_at: Micros
    due_at: Micros
    waits: bool = True
    opened: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether the boom is to be up for it."""
        return self.waits and self.verdict is Verdict.ALLOWED


@dataclass(frozen=True, slots=True)
class Barrier:
    """`position` as far as it can be trusted now, `last` the newest that could be; `since` when it
    came there and `used_at` when there was last a reason to be open, by the journal's time.

    `asked_at`: when somebody, `asked_by`, asked for the opening that has not begun yet, and
    `asked_why`. `by_hand`: nobody here
    asked for this one, which was told. `passing`: something is on the loop. `close_at`: when the
    gateway closes it.
    """

    position: Position = Position.UNKNOWN
    last: Position = Position.UNKNOWN
    since: Micros = 0
    used_at: Micros = 0
    mode: Mode = Mode.CONTROLLED
    hold_until: Micros | None = None
    alarm: Alarm = Alarm.NORMAL
    loops: Mapping[str, Loop] = field(default_factory=dict)
    boom: str = UNKNOWN_STATE
    operated: str = UNKNOWN_STATE
    asked_at: Micros | None = None
    asked_by: str = ""
    asked_why: str = ""
    by_hand: bool = False
    passing: bool = False
    close_at: Micros | None = None
    reopenings: int = 0
    arrivals: tuple[Arrival, ...] = ()

    @property
    def waiting(self) -> tuple[Arrival, ...]:
        """Those the boom is to be up for."""
        return tuple(arrival for arrival in self.arrivals if arrival.may_pass)
