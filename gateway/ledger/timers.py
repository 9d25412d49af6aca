"""What is to happen at an instant: kept in the ledger, so that a restart forgets nothing.

A timer is started and stopped in the transaction of what it is for. The alarm service lets those
run out whose time has come by the journal's clock (see AlarmService): there is no other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from gateway.ledger.tables import progress
from gateway.ledger.upsert import upsert
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.ticket import Ticket


class TimerKind(StrEnum):
    """What a timer is for; the subject it names."""

    SUPPRESSION = "suppression"
    """A suppression ends, or an alarm has waited for its parent's (the suppression's id)."""
    REALARM = "realarm"
    """An acknowledged alarm still stands (rule id)."""
    CLOCK = "clock"
    """Something on a ticket is late (number/ClockKind/run)."""
    HOLD = "hold"
    """A ticket goes on (number)."""
    ESCALATE = "escalate"
    """The next in the chain is told (number/generation)."""
    SHIFT = "shift"
    """A shift ends, or its hand-over is late (what the shifts say)."""


@dataclass(frozen=True, slots=True)
class Timer:
    """It runs out at `due_at`."""

    kind: TimerKind
    subject: str
    due_at: Micros


_STOP = progress.timer.delete().where(
    progress.timer.c.kind == sa.bindparam("of"), progress.timer.c.subject == sa.bindparam("about")
)
_NEXT_DUE = sa.select(sa.func.min(progress.timer.c.due_at))

RunOut = Callable[[sa.Connection, Timer, Micros], Sequence[Alarm | Ticket]]
"""What a timer does when it has run out, at the journal's present; returns the changed records. The
timer is gone by then. It may run out late: after a pause of the gateway, by as long as that."""

RunOuts = Mapping[TimerKind, RunOut]


def start(connection: sa.Connection, timer: Timer) -> None:
    """In place of one of the same kind and subject."""
    start_all(connection, [timer])


def start_all(connection: sa.Connection, started: Iterable[Timer]) -> None:
    """Each in place of one of the same kind and subject."""
    rows = [
        {"kind": timer.kind.value, "subject": timer.subject, "due_at": timer.due_at}
        for timer in started
    ]
    upsert(connection, progress.timer, rows)


def stop(connection: sa.Connection, kind: TimerKind, subject: str) -> None:
    """Where there is none, nothing happens."""
    stop_all(connection, [(kind, subject)])


def stop_all(connection: sa.Connection, stopped: Iterable[tuple[TimerKind, str]]) -> None:
    """By kind and subject; where there is none, nothing happens."""
    rows = [{"of": kind.value, "about": subject} for kind, subject in stopped]
    if rows:
        connection.execute(_STOP, rows)


def next_due(connection: sa.Connection) -> Micros | None:
    """When the first one runs out; None where there is none."""
    found: Micros | None = connection.execute(_NEXT_DUE).scalar()
    return found


def due_at(connection: sa.Connection, kind: TimerKind, subject: str) -> Micros | None:
    """When that one runs out; None where there is none."""
    table = progress.timer.c
    query = sa.select(table.due_at).where(table.kind == kind.value, table.subject == subject)
    found: Micros | None = connection.execute(query).scalar()
    return found


def standing(connection: sa.Connection) -> set[tuple[TimerKind, str]]:
    """Kind and subject of those that run."""
    query = sa.select(progress.timer.c.kind, progress.timer.c.subject)
    return {(TimerKind(row.kind), row.subject) for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class Ahead:
    """A wall clock that was set right at `now`; until then it was ahead by `span`."""

    now: Micros
    span: Micros

    @property
    def newest(self) -> Micros:
        """The last instant that it showed."""
        return self.now + self.span


SetRight = Callable[[sa.Connection, Ahead], None]
"""Puts right what was reckoned by such a clock."""

DELAYS: Final = (TimerKind.REALARM, TimerKind.HOLD, TimerKind.ESCALATE)
"""Those that wait for a while, and do not know since when."""


def bring_forward(connection: sa.Connection, ahead: Ahead) -> None:
    """Let delays due after all it showed end sooner: it has started them. A SetRight."""
    due_at = progress.timer.c.due_at
    theirs = sa.and_(progress.timer.c.kind.in_(DELAYS), due_at > ahead.newest)
    connection.execute(progress.timer.update().where(theirs).values(due_at=due_at - ahead.span))


def take_due(connection: sa.Connection, now: Micros, limit: int | None = None) -> list[Timer]:
    """Those that have run out, first first, at most so many; they are gone then."""
    table = progress.timer
    query = sa.select(table).where(table.c.due_at <= now).limit(limit)
    rows = connection.execute(query.order_by(table.c.due_at, table.c.kind, table.c.subject)).all()
    taken = [Timer(TimerKind(row.kind), row.subject, row.due_at) for row in rows]
    stop_all(connection, [(timer.kind, timer.subject) for timer in taken])
    return taken
