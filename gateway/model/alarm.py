"""An alarm: one occurrence of a rule, and what people have done about it (ISA-18.2)."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.clock import Micros
from gateway.model.reading import Reading
from gateway.model.rule import Priority
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


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm. At most one per rule is open (attention other than NORMAL).

    `sequence` counts the changes; an act of a person names the sequence it has seen, so that a
    late one cannot hit a newer occurrence. `occurrences` counts how often the condition was raised
    within this alarm. `evidence` is the reading that raised it last.
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
