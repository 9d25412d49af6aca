"""What the desk's list shows of a flood (pure): the first-out and all that is CRITICAL or HIGH one
by one, the rest as counts. Every alarm keeps its ticket; acknowledging one shows it again."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.alarms.flood import Flood
from gateway.model.alarm import Alarm, Attention
from gateway.model.rule import Priority
from gateway.model.ticket import Ticket, TicketState

COLLAPSING: Final = frozenset({Priority.MEDIUM, Priority.LOW})

_UNSEEN: Final = frozenset({Attention.UNACK, Attention.RTN_UNACK})
_UNTOUCHED: Final = frozenset({TicketState.NEW, TicketState.REOPENED})


@dataclass(frozen=True, slots=True)
class Collapsed:
    """A flood and what is not shown one by one: ids of alarms, numbers of tickets (ascending), and
    how many of these tickets there are of each priority. `first_out_ticket` is shown whatever its
    priority."""

    flood: Flood
    alarms: tuple[int, ...]
    tickets: tuple[int, ...]
    counts: Mapping[Priority, int]
    first_out_ticket: int | None


def collapse(flood: Flood, alarms: Iterable[Alarm], tickets: Iterable[Ticket]) -> Collapsed:
    """`alarms` are all open ones, `tickets` at least theirs. A ticket is collapsed when nobody has
    touched it and all its open alarms are."""
    standing = list(alarms)
    hidden = {alarm.id for alarm in standing if _collapses(alarm, flood)}
    shown = {alarm.ticket for alarm in standing if alarm.id not in hidden}
    theirs = {alarm.ticket for alarm in standing if alarm.id in hidden} - shown
    found = [
        ticket
        for ticket in tickets
        if ticket.number in theirs and ticket.state in _UNTOUCHED and ticket.priority in COLLAPSING
    ]
    numbers = {ticket.number for ticket in found}
    first_out = flood.first_out.alarm
    return Collapsed(
        flood=flood,
        alarms=tuple(sorted(a.id for a in standing if a.id in hidden and a.ticket in numbers)),
        tickets=tuple(sorted(numbers)),
        counts=Counter(ticket.priority for ticket in found),
        first_out_ticket=next((a.ticket for a in standing if a.id == first_out), None),
    )


def _collapses(alarm: Alarm, flood: Flood) -> bool:
    return (
        alarm.id in flood.alarms
        and alarm.id != flood.first_out.alarm
        and alarm.priority in COLLAPSING
        and alarm.attention in _UNSEEN
    )
