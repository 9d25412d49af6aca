"""What is abnormal, and how it is to be told."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from gateway.model.clock import MINUTE, SECOND, Micros
from gateway.model.text import Text


class Priority(IntEnum):
    """Alarm priorities; the lower the number, the more urgent (ISA-18.2 asks for few)."""

    CRITICAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class AlarmClass(StrEnum):
    """What kind of thing is wrong: it decides what may keep the alarm quiet (OPC UA Part 9, 5.8.17:
    condition classes)."""

    PROCESS = "process"
    """Levels, temperatures, doors left open."""
    EQUIPMENT = "equipment"
    """The device itself: its fault, its silence."""
    SYSTEM = "system"
    """The gateway itself."""
    INTRUSION = "intrusion"
    FORCED_DOOR = "forced_door"
    FIRE = "fire"
    PANIC = "panic"
    DURESS = "duress"


NEVER_SHELVED = frozenset(
    {AlarmClass.FIRE, AlarmClass.PANIC, AlarmClass.FORCED_DOOR, AlarmClass.DURESS}
)
NEVER_BY_DESIGN = NEVER_SHELVED | {AlarmClass.INTRUSION}
"""No parent's fault ever hides these."""


class JobKind(StrEnum):
    """What kind of work a ticket asks for; its clocks go by it (estate-rules D2–D8)."""

    EMERGENCY = "emergency"
    """Burst pipe, critical leak, power cut, fire, break-in."""
    URGENT = "urgent"
    """Water, power or gas otherwise."""
    REPAIR = "repair"
    COMPLAINT = "complaint"
    REQUEST = "request"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return tuple(JobKind).index(self)


class Consequence(IntEnum):
    """What happens if nobody does anything; the lower the number, the worse."""

    SEVERE = 1
    """People are hurt, or a building is damaged."""
    MAJOR = 2
    """A service of the estate fails."""
    MINOR = 3
    """A nuisance."""


_TIMES = (3 * MINUTE, 10 * MINUTE, 30 * MINUTE)
_GRID: Mapping[Consequence, tuple[Priority, Priority, Priority, Priority]] = {
    Consequence.SEVERE: (Priority.CRITICAL, Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM),
    Consequence.MAJOR: (Priority.CRITICAL, Priority.HIGH, Priority.MEDIUM, Priority.LOW),
    Consequence.MINOR: (Priority.MEDIUM, Priority.LOW, Priority.LOW, Priority.LOW),
}
"""By the time there is: up to 3, 10 and 30 minutes, and more."""


def priority_of(consequence: Consequence, respond_within: Micros) -> Priority:
    """How urgent an alarm is whose consequence comes unless somebody acts within that time.

    ISA-18.2 (9.4) and EEMUA 191 both set priority by severity of consequence and time to respond,
    and want few of the highest. The bands of 3, 10 and 30 minutes are in common use (Hollifield and
    Habibi, Alarm Management); the grid is Gatehouse's own.
    """
    return _GRID[consequence][bisect_left(_TIMES, respond_within)]


class Side(StrEnum):
    """On which side of its limit a number is abnormal."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Abnormal beyond `limit`; normal again only `deadband` back on the other side of it."""

    point: str
    side: Side
    limit: float
    deadband: float = 0.0


@dataclass(frozen=True, slots=True)
class InState:
    """Abnormal while the point is in one of `states`."""

    point: str
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class Happened:
    """Abnormal from each event of `point` on, unless `unless` is known to hold.

    `unless` counts only with quality GOOD: a zone not known to be disarmed is armed. `seen_by` are
    the points by which its device shows that it still looks: while one of them is not GOOD, nobody
    knows that nothing more happens.
    """

    point: str
    unless: InState | None = None
    seen_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Silent:
    """Abnormal while any of `points` is OFFLINE."""

    points: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unusable:
    """Abnormal while any of `points` is BAD, or says a word that is no state of it: its device
    answers, but not with a value."""

    points: frozenset[str]


When = Threshold | InState | Happened | Silent | Unusable


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the desk is told with an alarm (ISA-18.2, 6.2.4: alarm response)."""

    cause: Text
    consequence: Text
    response: Text


@dataclass(frozen=True, slots=True)
class Rule:
    """One alarm that one device can raise.

    `id` is `device/name` and is the alarm key: at most one open alarm for each rule. The condition
    must hold for `raise_after` before the alarm, and be gone for `clear_after` before it returns
    to normal; for `Happened`, `clear_after` counts from the last event. A latching alarm stays
    until it is reset by a person, even when acknowledged and back to normal (ISA-18.2).

    `needed` of the last `of` readings must be abnormal. `realarm_after`: acknowledged and active
    for so long, it wants attention again. While an alarm of one of `parents` (rule ids) is active,
    and for `recovery` after, this one is suppressed by design; with parents it waits `settle`
    before it is announced, for the parent's alarm may be on its way. Of the alarms of one `group`
    the first is marked (first-out). `shelve_at_most` is the longest it may be shelved; None: the
    shift's end. `procedure` names the step list shown with its ticket.
    """

    id: str
    device: str
    when: When
    priority: Priority
    title: Text
    raise_after: Micros = 0
    clear_after: Micros = 0
    latching: bool = False
    alarm_class: AlarmClass = AlarmClass.PROCESS
    needed: int = 1
    of: int = 1
    realarm_after: Micros | None = None
    parents: tuple[str, ...] = ()
    settle: Micros = 5 * SECOND
    recovery: Micros = MINUTE
    group: str | None = None
    shelve_at_most: Micros | None = None
    guidance: Guidance | None = None
    procedure: str | None = None
    job: JobKind = JobKind.REPAIR
