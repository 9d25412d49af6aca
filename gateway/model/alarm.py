"""An alarm: one occurrence of a rule, and what people have done about it (ISA-18.2)."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.reading import Quality, Reading
from gateway.model.rule import AlarmClass, Priority
from gateway.model.text import Text


class Attention(StrEnum):
    """Where an alarm stands between process and operator (ISA-18.2, alarm state diagram)."""

    UNACK = "unack"
    """Active, not yet acknowledged."""
    ACKED = "acked"
    """Active, acknowledged."""
    RTN_UNACK = "rtn_unack"
    """Returned to normal before anyone acknowledged it."""
    LATCHED = "latched"
    """Returned and acknowledged, kept until a person resets it."""
    NORMAL = "normal"
    """Ended: the row is history."""


class Suppressing(StrEnum):
    """What keeps an alarm from the operator (ISA-18.2, 5.1; OPC UA Part 9, 5.8.2)."""

    SHELVED = "shelved"
    """By a person, for a while."""
    OUT_OF_SERVICE = "out_of_service"
    """By two persons and a work order, until its review date."""
    BY_DESIGN = "by_design"
    """By the alarm of a parent."""
    SETTLING = "settling"
    """By its own rule, for a few seconds: the alarm of a parent may be on its way."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One reason why alarms of `rule` are kept from the operator, from `since` on.

    `until` is when it ends by itself; None only for BY_DESIGN while `parent` (a rule id) is active.
    `who` asked for it; OUT_OF_SERVICE has a `work_order` and `approved_by` a second person, and
    `until` is its review date. `ended_at` and `ended_by` once it is over.
    """

    id: int
    kind: Suppressing
    rule: str
    since: Micros
    until: Micros | None
    who: str
    reason: str = ""
    parent: str | None = None
    work_order: str | None = None
    approved_by: str | None = None
    ended_at: Micros | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. At most one per rule is open (attention other than NORMAL).

    `sequence` counts the changes; an act of a person names the sequence it has seen, so that a
    late one cannot hit a newer occurrence. `occurrences` counts how often the condition was raised
    within this alarm. `evidence` is the reading that raised it last.

    Four things are told apart (OPC UA Part 9, 5.8): the condition (`active`), the `quality` of what
    is known of it, `attention`, and `suppressed` (sorted). `announced`: the operator has been told
    of this occurrence. `first_out`: the first of its rule's group. It has ended when its attention
    is NORMAL and its condition is gone.
    """

    id: int
    rule: str
    device: str
    title: Text
    place: Text
    priority: Priority
    attention: Attention
    active: bool
    sequence: int
    occurrences: int
    raised_at: Micros
    returned_at: Micros | None
    ended_at: Micros | None
    evidence: Reading | None
    ticket: int | None = None
    alarm_class: AlarmClass = AlarmClass.PROCESS
    quality: Quality = Quality.GOOD
    suppressed: tuple[Suppressing, ...] = ()
    announced: bool = False
    first_out: bool = False

    @property
    def presented(self) -> bool:
        """Whether it is on the operator's list of open alarms."""
        return self.attention is not Attention.NORMAL and not self.suppressed

    @property
    def waits_untold(self) -> bool:
        """Whether it waits for a person who was not told of what came last, or at all."""
        unseen = self.attention is Attention.RTN_UNACK or self.ticket is None
        return self.attention is not Attention.NORMAL and unseen and not self.announced
