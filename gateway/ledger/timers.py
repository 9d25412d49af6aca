"""What is to happen at an instant: kept in the ledger, so that a restart forgets nothing.

A timer is started and stopped in the transaction of what it is for. The alarm service lets those
run out whose time has come by the journal's clock (see AlarmService): there is no other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gateway.ledger import tables
from gateway.model.alarm import Alarm
from gateway.model.clock import Micros
from gateway.model.ticket import Ticket


class TimerKind(StrEnum):
    """What a timer is for; the subject it names."""

    SUPPRESSION = "suppression"
    """A suppression ends (its id)."""
    ANNOUNCE = "announce"
    """An alarm has waited for its parent's (rule id)."""
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


RunOut = Callable[[sa.Connection, Timer, Micros], Sequence[Alarm | Ticket]]
"""What a timer does when it has run out, at the journal's present; returns the changed records. The
timer is gone by then. It may run out late: after a pause of the gateway, by as long as that."""


def start(connection: sa.Connection, timer: Timer) -> None:
    """In place of one of the same kind and subject."""
    stop(connection, timer.kind, timer.subject)
    values = {"kind": timer.kind.value, "subject": timer.subject, "due_at": timer.due_at}
    connection.execute(tables.timer.insert().values(values))


def stop(connection: sa.Connection, kind: TimerKind, subject: str) -> None:
    """Where there is none, nothing happens."""
    table = tables.timer
    connection.execute(table.delete().where(table.c.kind == kind, table.c.subject == subject))


def next_due(connection: sa.Connection) -> Micros | None:
    """When the first one runs out; None where there is none."""
    query = sa.select(sa.func.min(tables.timer.c.due_at))
    found: Micros | None = connection.execute(query).scalar()
    return found


def take_due(connection: sa.Connection, now: Micros) -> list[Timer]:
    """Those that have run out, first first; they are gone then."""
    table = tables.timer
    query = sa.select(table).where(table.c.due_at <= now)
    rows = connection.execute(query.order_by(table.c.due_at, table.c.kind, table.c.subject)).all()
    connection.execute(table.delete().where(table.c.due_at <= now))
    return [Timer(TimerKind(row.kind), row.subject, row.due_at) for row in rows]
