"""A ticket as a report sees it: what had been done by when (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model.clock import Micros
from gateway.model.ticket import ENDED, Act, Ticket, TicketClock, TicketState

_WAITING = frozenset({TicketState.NEW, TicketState.REOPENED})


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a ticket's history."""

    at: Micros
    what: str
    state: TicketState


@dataclass(frozen=True, slots=True)
class Job:
    """`steps` oldest first; the ticket itself is as it is today, which may be later."""

    ticket: Ticket
    steps: tuple[Step, ...]
    clocks: tuple[TicketClock, ...] = ()

    def state(self, until: Micros) -> TicketState:
        """How far it had come."""
        return [step.state for step in self._by(until)][-1]

    def answered_at(self, until: Micros) -> Micros | None:
        """When somebody took it up first."""
        return next((s.at for s in self._by(until) if s.state not in _WAITING), None)

    def arrived_at(self, until: Micros) -> Micros | None:
        """When somebody was on the spot first."""
        return next((s.at for s in self._by(until) if s.what == Act.ARRIVE), None)

    def resolved_at(self, until: Micros) -> Micros | None:
        """When the work was done, if it was not taken up again."""
        done: Micros | None = None
        for step in self._by(until):
            if step.what == Act.RESOLVE:
                done = step.at
            elif step.state is TicketState.REOPENED:
                done = None
        return done

    def ended_at(self, until: Micros) -> Micros | None:
        """Since when nothing more was to be done."""
        ended: Micros | None = None
        for step in self._by(until):
            if step.state not in ENDED:
                ended = None
            elif ended is None:
                ended = step.at
        return ended

    def done_at(self, act: Act, start: Micros, until: Micros) -> Micros | None:
        """When that was done last in [start, until)."""
        found = [step.at for step in self._by(until) if step.what == act and step.at >= start]
        return found[-1] if found else None

    def came_back(self, until: Micros) -> bool:
        """Whether it had been thought done."""
        return any(step.state is TicketState.REOPENED for step in self._by(until))

    def _by(self, until: Micros) -> Iterator[Step]:
        return (step for step in self.steps if step.at < until)
