"""How far a chain of people told one after the other has come, and what changes it: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gateway.model.actor import GATEWAY
from gateway.model.clock import MINUTE, Micros
from gateway.model.ticket import ENDED, UNACCEPTED, Act, Event, Ticket, TicketChange, TicketState
from gateway.site.timing_model import Chain

LATE: Micros = MINUTE
"""A level told more than this after it fell due is told as late: the gateway stood still."""

_SETTLED = ENDED | {TicketState.RESOLVED}

_ANEW = frozenset({Event.JOINED, Event.UNSUPPRESSED, Event.REALARMED})


class Cause(StrEnum):
    """Why a chain began; what is late by the name of its clock."""

    OPENED = "opened"
    REOPENED = "reopened"
    AGAIN = "again"
    """Its alarm asks anew for somebody, on a ticket that was accepted before."""
    ASKED = "asked"
    """A person cannot settle it."""
    ANSWER = "answer"
    ARRIVE = "arrive"
    DIAGNOSE = "diagnose"
    RESOLVE = "resolve"
    RESOLVE_AT_MOST = "resolve_at_most"
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Escalation:
    """A chain of a ticket, frozen as it was when it began. `generation` counts the ticket's chains
    from 1, of which the newest may run; `told` counts how often somebody was told."""

    ticket: int
    generation: int
    chain: Chain
    cause: Cause
    told: int
    begun_at: Micros
    begun_by: str
    ended_at: Micros | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom the chain tells: level (from 1) `of` so many. `again` counts the times the last level
    was told before; `late`: after a pause of the gateway."""

    level: int
    of: int
    audience: str
    again: int
    late: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A chain that runs, its ticket, and when it tells the next."""

    ticket: Ticket
    chain: Escalation
    due_at: Micros


def telling(escalation: Escalation, due_at: Micros, now: Micros) -> Telling:
    """Who is told next, at `now` though it was due at `due_at`."""
    levels = escalation.chain.levels
    place = min(escalation.told, len(levels) - 1)
    return Telling(
        level=place + 1,
        of=len(levels),
        audience=levels[place].audience,
        again=max(0, escalation.told - place),
        late=now - due_at > LATE,
    )


def worth_an_entry(telling: Telling) -> bool:
    """The last level is told for ever; the history has the 1st, 2nd, 4th, 8th … time, and what was
    told late."""
    return telling.late or telling.again & (telling.again - 1) == 0


def wait(escalation: Escalation) -> Micros:
    """How long a person has to act before the next is told."""
    chain, told = escalation.chain, escalation.told
    return chain.levels[told].after if told < len(chain.levels) else chain.nag


def cause_of(change: TicketChange) -> Cause | None:
    """Why a chain begins with that change; None: it does not. What is late is not asked here."""
    before, state = change.before, change.after.state
    if change.entry.what == Act.ESCALATE:
        return Cause.ASKED
    if change.entry.what in _ANEW and state not in UNACCEPTED:
        return Cause.AGAIN
    if state not in UNACCEPTED or (before is not None and before.state is state):
        return None
    return Cause.REOPENED if state is TicketState.REOPENED else Cause.OPENED


def stronger(standing: Iterable[Standing]) -> Standing | None:
    """Whose chain goes on when tickets are merged: the most urgent one's; of several that are
    alike, what has come farthest, and is due first."""
    return min(standing, key=_slowness, default=None)


def _slowness(one: Standing) -> tuple[int, int, int, Micros]:
    return one.ticket.priority, one.ticket.job.rank, -one.chain.told, one.due_at


def ends(running: Escalation, change: TicketChange) -> bool:
    """Whether the ticket is settled now, or a person has taken notice: any act on an accepted
    ticket, but not of the one who asked for the chain."""
    before, state, who = change.before, change.after.state, change.entry.who
    if state in _SETTLED and (before is None or before.state is not state):
        return True
    return state not in UNACCEPTED and who not in (GATEWAY.user, running.begun_by)
