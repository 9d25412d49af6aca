"""What a report says, worked out from the jobs of its period (pure)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.alarms.figures import Figures, Waits, waits_of
from gateway.desk.callers import people_of
from gateway.model.clock import DAY, Micros
from gateway.model.handover import Unwatched
from gateway.model.rule import Priority
from gateway.model.ticket import ENDED, Act, ClockKind, Source, Ticket, TicketState
from gateway.reports.jobs import Job
from gateway.reports.period import Period

REPEATS_WITHIN: Final[Micros] = 30 * DAY
"""The same fault again so soon after it was mended is a repeat."""

ON_TIME_TARGET: Final = 1.0
REPEAT_TARGET: Final = 0.005
SATISFACTION_TARGET: Final = 0.95
"""estate-rules.md, D9."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A ticket on which something was still to be done, and how far it had come."""

    ticket: Ticket
    state: TicketState


@dataclass(frozen=True, slots=True)
class Late:
    """What was not done in time; `met_at` where it was done after all."""

    ticket: Ticket
    kind: ClockKind
    due_at: Micros
    met_at: Micros | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """A fault that came again: `earlier` is the number of the ticket under which it was mended, its
    own where it was opened again."""

    ticket: Ticket
    earlier: int


@dataclass(frozen=True, slots=True)
class LateHandover:
    """A hand-over not signed in time; `taken_at` where it was signed after all."""

    shift: str
    team: str
    due_at: Micros
    taken_at: Micros | None


@dataclass(frozen=True, slots=True)
class Report:
    """Over [period.start, until); `until` is before the period's end while that lasts.

    `answered`, `arrived` and `resolved` count from the opening, of the tickets `opened` in the
    period, up to its end. `on_time`: of the repairs that were done or fell due in it, those done in
    time. `repeated`: of those done, the repeats. `satisfied`: of those who were called back.
    `bypassed`: what the shift's signed hand-over sheet lists; without one, of what is bypassed now,
    what was so before `until`.
    """

    period: Period
    until: Micros
    alarms: Figures
    opened: int
    opened_by_priority: Mapping[Priority, int]
    opened_by_source: Mapping[Source, int]
    answered: Waits
    arrived: Waits
    resolved: Waits
    closed: int
    open: tuple[OpenJob, ...]
    late: tuple[Late, ...]
    repeats: tuple[Repeat, ...]
    false_alarms: Mapping[str, int]
    on_time: Ratio
    repeated: Ratio
    satisfied: Ratio
    late_handovers: tuple[LateHandover, ...]
    bypassed: tuple[Unwatched, ...]


def report(
    period: Period,
    until: Micros,
    alarms: Figures,
    jobs: Sequence[Job],
    late_handovers: Sequence[LateHandover],
    bypassed: Sequence[Unwatched],
) -> Report:
    """`jobs` are all opened before `until` on which something was done since REPEATS_WITHIN before
    the period, by number."""
    start = period.start
    opened = [job for job in jobs if job.ticket.opened_at >= start]
    earlier = _earlier_repairs(jobs, until)
    mended = [job for job in jobs if job.done_at(Act.RESOLVE, start, until) is not None]
    ended = [job for job in jobs if (job.ended_at(until) or 0) >= start]
    return Report(
        period=period,
        until=until,
        alarms=alarms,
        opened=len(opened),
        opened_by_priority=Counter(job.ticket.priority for job in opened),
        opened_by_source=Counter(job.ticket.source for job in opened),
        answered=_waits(opened, [job.answered_at(until) for job in opened]),
        arrived=_waits(opened, [job.arrived_at(until) for job in opened]),
        resolved=_waits(opened, [job.resolved_at(until) for job in opened]),
        closed=len(ended),
        open=_open(jobs, until),
        late=_late(jobs, start, until),
        repeats=_repeats(jobs, earlier, start, until),
        false_alarms=_false_alarms(ended, until),
        on_time=_on_time(jobs, start, until),
        repeated=Ratio(sum(job.ticket.number in earlier for job in mended), len(mended)),
        satisfied=_satisfied(jobs, start, until),
        late_handovers=tuple(late_handovers),
        bypassed=tuple(bypassed),
    )


def _waits(opened: Sequence[Job], instants: Sequence[Micros | None]) -> Waits:
    pairs = zip(opened, instants, strict=True)
    return waits_of([at - job.ticket.opened_at for job, at in pairs if at is not None])


def _open(jobs: Sequence[Job], until: Micros) -> tuple[OpenJob, ...]:
    found = [OpenJob(job.ticket, job.state(until)) for job in jobs]
    standing = [job for job in found if job.state not in ENDED]
    return tuple(sorted(standing, key=lambda job: (job.ticket.priority, job.ticket.number)))


def _active_within(job: Job, start: Micros, until: Micros) -> bool:
    """Whether it was opened or came back in the period."""
    return any(
        start <= step.at < until and (n == 0 or step.state is TicketState.REOPENED)
        for n, step in enumerate(job.steps)
    )


def _repeats(
    jobs: Sequence[Job], earlier: Mapping[int, int], start: Micros, until: Micros
) -> tuple[Repeat, ...]:
    return tuple(
        Repeat(job.ticket, earlier[job.ticket.number])
        for job in jobs
        if job.ticket.number in earlier and _active_within(job, start, until)
    )


def _false_alarms(ended: Sequence[Job], until: Micros) -> Counter[str]:
    false = (job for job in ended if job.state(until) is TicketState.FALSE_ALARM)
    return Counter(job.ticket.code for job in false)


def _late(jobs: Sequence[Job], start: Micros, until: Micros) -> tuple[Late, ...]:
    found = [
        Late(job.ticket, clock.kind, clock.due_at, _by(clock.met_at, until))
        for job in jobs
        for clock in job.clocks
        if clock.late_at is not None and start <= clock.late_at < until
    ]
    return tuple(sorted(found, key=lambda late: (late.due_at, late.ticket.number)))


def _by(at: Micros | None, until: Micros) -> Micros | None:
    return at if at is not None and at < until else None


def _on_time(jobs: Sequence[Job], start: Micros, until: Micros) -> Ratio:
    in_time = too_late = 0
    for job in jobs:
        for clock in job.clocks:
            if clock.kind is not ClockKind.RESOLVE:
                continue
            decided_at = clock.late_at if clock.late_at is not None else clock.met_at
            if decided_at is not None and start <= decided_at < until:
                in_time += clock.late_at is None
                too_late += clock.late_at is not None
    return Ratio(in_time, in_time + too_late)


def _earlier_repairs(jobs: Sequence[Job], until: Micros) -> dict[int, int]:
    """By a ticket's number: under which the same fault had been mended shortly before."""
    mended: dict[str, tuple[Micros, int]] = {}
    found: dict[int, int] = {}
    for job in jobs:
        number, key = job.ticket.number, job.ticket.key
        if job.came_back(until):
            found[number] = number
        elif key in mended and job.ticket.opened_at - mended[key][0] <= REPEATS_WITHIN:
            found[number] = mended[key][1]
        at = job.resolved_at(until)
        if at is not None:
            mended[key] = (at, number)
    return found


def _satisfied(jobs: Sequence[Job], start: Micros, until: Micros) -> Ratio:
    called = [
        person.satisfied
        for job in jobs
        if job.done_at(Act.CALL_BACK, start, until) is not None
        for person in people_of(job.ticket)
        if person.satisfied is not None
    ]
    return Ratio(sum(called), len(called))
