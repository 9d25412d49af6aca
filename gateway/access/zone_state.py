"""What a zone that the gateway holds knows, and the tables of where it goes from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.access.machine import Refusal
from gateway.model.clock import Micros
from gateway.model.command import Action


class Mode(StrEnum):
    """Of what a zone watches; the words of its point `mode`."""

    ARMED = "armed"
    PART_ARMED = "part-armed"
    DISARMED = "disarmed"
    WALK_TEST = "walk-test"


class Phase(StrEnum):
    """Of an alarm; the words of its point `alarm`, to which that adds `not-ready`."""

    NORMAL = "normal"
    EXIT = "exit"
    """Just armed: delayed lines may be passed."""
    ENTRY = "entry"
    """A delayed line has tripped: a breach, unless somebody disarms."""
    UNCONFIRMED = "unconfirmed"
    """A line has tripped, and more are needed."""
    BREACH = "breach"


class ZoneRefusal(Refusal):
    """See Machine.refusal."""

    LINE_NOT_READY = "line-not-ready"


NOT_READY: Final = "not-ready"
"""Nothing but lines that stood in alarm before they were watched."""


class Fault(StrEnum):
    """Of a line, from the least to the worst; the words of the point `supervision`."""

    OK = "ok"
    DOUBTFUL = "doubtful"
    LOST = "lost"
    SUPPLY_LOST = "supply-lost"
    SHORT = "short"
    CUT = "cut"
    TAMPERED = "tampered"


ORDERED: Final[Mapping[Action, Mode]] = {
    Action.ARM: Mode.ARMED,
    Action.PART_ARM: Mode.PART_ARMED,
    Action.DISARM: Mode.DISARMED,
    Action.WALK_TEST: Mode.WALK_TEST,
}
"""What an order makes of any mode."""

TRIPPED: Final[Mapping[tuple[Phase, bool], Phase]] = {
    (Phase.NORMAL, False): Phase.BREACH,
    (Phase.NORMAL, True): Phase.ENTRY,
    (Phase.EXIT, False): Phase.BREACH,
    (Phase.EXIT, True): Phase.EXIT,
    (Phase.ENTRY, False): Phase.BREACH,
    (Phase.ENTRY, True): Phase.ENTRY,
    (Phase.UNCONFIRMED, False): Phase.BREACH,
    (Phase.UNCONFIRMED, True): Phase.BREACH,
    (Phase.BREACH, False): Phase.BREACH,
    (Phase.BREACH, True): Phase.BREACH,
}
"""Phase, and whether the line is delayed → where its trip leads. A breach may need more lines."""

OVER: Final[Mapping[Phase, Phase]] = {
    Phase.EXIT: Phase.NORMAL,
    Phase.ENTRY: Phase.BREACH,
    Phase.UNCONFIRMED: Phase.NORMAL,
    Phase.BREACH: Phase.NORMAL,
}
"""Where a phase leads when its time is over; the last two not while a line stands in alarm."""

LASTING: Final = (Phase.UNCONFIRMED, Phase.BREACH)


@dataclass(frozen=True, slots=True)
class Known:
    """What a point has told. `word` is the last that was sure; `alarmed`: it has said `alarm`, and
    not `normal` for sure since; `doubt` is OK, DOUBTFUL or LOST. `alarmed_at`: when it last said
    `alarm`, by its device's clock."""

    word: str = ""
    alarmed: bool = False
    doubt: Fault = Fault.DOUBTFUL
    alarmed_at: Micros = 0


@dataclass(frozen=True, slots=True)
class ZoneState:
    """Not known to be disarmed is armed. `mode_ends`: when it goes back to `resumes` by itself;
    `phase_ends`: None also where it lasts as long as a line stands in alarm. `standing`: lines in
    alarm since before they were watched. `trips`: the newest of each line; `limited`: until when
    those that trip again and again count for nothing. `always_on`: the breach came by a line that
    no disarming ends. `scheduled_to`: up to where its calendars, those of the mark `schedule`, have
    acted; `by_person`: somebody has ordered the mode since."""

    mode: Mode = Mode.ARMED
    mode_since: Micros = 0
    mode_before: Mode = Mode.ARMED
    mode_ends: Micros | None = None
    resumes: Mode = Mode.ARMED
    phase: Phase = Phase.NORMAL
    phase_ends: Micros | None = None
    always_on: bool = False
    siren_ends: Micros | None = None
    bypassed: Mapping[str, Micros] = field(default_factory=dict)
    known: Mapping[str, Known] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()
    trips: Mapping[str, tuple[Micros, ...]] = field(default_factory=dict)
    limited: Mapping[str, Micros] = field(default_factory=dict)
    walked: frozenset[str] = frozenset()
    scheduled_to: Micros | None = None
    schedule: tuple[int, int] = (0, 0)
    by_person: bool = False
