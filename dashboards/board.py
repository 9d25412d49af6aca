"""What the desk has before it: tickets not closed and their open alarms, as they are now."""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.feed import Changes
from gateway.model.alarm import Alarm, Attention
from gateway.model.rule import Priority
from gateway.model.ticket import Ticket


@dataclass(frozen=True, slots=True)
class News:
    """What changes brought: alarms raised, once or again, and the tickets to look at afresh."""

    raised: tuple[Alarm, ...] = ()
    tickets: frozenset[int] = frozenset()


class Board:
    """Starts from a snapshot and keeps up by changes, in any order and also told twice."""

    def __init__(self, tickets: Iterable[Ticket], alarms: Iterable[Alarm]) -> None:
        self._tickets = {ticket.number: ticket for ticket in tickets}
        self._alarms = {alarm.id: alarm for alarm in alarms}

    def apply(self, changes: Changes) -> News:
        """Take the changes in, and tell what is new about them."""
        raised = tuple(alarm for alarm in changes.alarms if self._is_raised(alarm))
        for alarm in changes.alarms:
            self._take_alarm(alarm)
        for ticket in changes.tickets:
            self._take_ticket(ticket)
        on = {alarm.ticket for alarm in changes.alarms if alarm.ticket is not None}
        return News(raised, frozenset(on | {ticket.number for ticket in changes.tickets}))

    @property
    def tickets(self) -> list[Ticket]:
        """Most urgent and then oldest first, as Desk.tickets() gives them."""
        return sorted(self._tickets.values(), key=lambda ticket: (ticket.priority, ticket.number))

    def ticket(self, number: int | None) -> Ticket | None:
        """None when it is closed or not there."""
        return None if number is None else self._tickets.get(number)

    def alarms_on(self, number: int) -> tuple[Alarm, ...]:
        """The ticket's open alarms, newest first."""
        found = (alarm for alarm in self._alarms.values() if alarm.ticket == number)
        return tuple(sorted(found, key=lambda alarm: alarm.raised_at, reverse=True))

    def active_at(self) -> dict[str, Alarm]:
        """The most urgent active alarm of each device that has one on the operator's list."""
        return self._most_urgent(quiet=False)

    def quiet_at(self) -> dict[str, Alarm]:
        """The same of those kept from the operator."""
        return self._most_urgent(quiet=True)

    def _most_urgent(self, *, quiet: bool) -> dict[str, Alarm]:
        active = [a for a in self._alarms.values() if a.active and bool(a.suppressed) is quiet]
        active.sort(key=lambda alarm: alarm.priority, reverse=True)
        return {alarm.device: alarm for alarm in active}

    def counts(self) -> dict[Priority, int]:
        """How many tickets of each priority."""
        counts = dict.fromkeys(Priority, 0)
        for ticket in self._tickets.values():
            counts[ticket.priority] += 1
        return counts

    def _is_raised(self, alarm: Alarm) -> bool:
        known = self._alarms.get(alarm.id)
        wants = alarm.presented and alarm.active and alarm.attention is Attention.UNACK
        if known is None or known.suppressed or known.attention is Attention.ACKED:
            return wants
        return wants and alarm.occurrences > known.occurrences

    def _take_alarm(self, alarm: Alarm) -> None:
        known = self._alarms.get(alarm.id)
        if known is not None and known.sequence > alarm.sequence:
            return
        if not (alarm.presented or (alarm.active and alarm.suppressed)):
            self._alarms.pop(alarm.id, None)
        else:
            self._alarms[alarm.id] = alarm

    def _take_ticket(self, ticket: Ticket) -> None:
        known = self._tickets.get(ticket.number)
        if known is not None and known.version > ticket.version:
            return
        if ticket.closed_at is not None:
            self._tickets.pop(ticket.number, None)
        else:
            self._tickets[ticket.number] = ticket
