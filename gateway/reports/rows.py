"""What reports go by, read from the ledger in slices: alarms come first there."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import msgspec
import sqlalchemy as sa

from gateway.desk import handover
from gateway.desk.sheet import SheetWriter
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import desk
from gateway.model.clock import Micros
from gateway.model.handover import Unwatched
from gateway.model.ticket import Ticket, TicketClock, TicketState
from gateway.reports.jobs import Job, Step
from gateway.reports.period import Period
from gateway.reports.report import REPEATS_WITHIN, LateHandover

SLICE = 500
"""Tickets of one transaction, with all their lines."""


async def read_jobs(ledger: Ledger, start: Micros, until: Micros) -> list[Job]:
    """All opened before `until` on which something was done since REPEATS_WITHIN before `start`,
    by number."""
    jobs: list[Job] = []
    last = 0
    while True:
        query = _tickets(start - REPEATS_WITHIN, until, last)
        found = await ledger.transact(partial(_jobs, query=query))
        if not found:
            return jobs
        jobs += found
        last = found[-1].ticket.number


async def read_late_handovers(ledger: Ledger, start: Micros, until: Micros) -> list[LateHandover]:
    """Those that became late in [start, until)."""
    table = desk.handover
    columns = (table.c.shift, table.c.team, table.c.due_at, table.c.taken_at)
    query = sa.select(*columns).where(table.c.late_at >= start, table.c.late_at < until)

    def work(connection: sa.Connection) -> list[LateHandover]:
        rows = connection.execute(query.order_by(table.c.due_at))
        return [LateHandover(r.shift, r.team, r.due_at, _by(r.taken_at, until)) for r in rows]

    return await ledger.transact(work)


async def read_bypassed(
    ledger: Ledger, sheets: SheetWriter, period: Period, until: Micros
) -> list[Unwatched]:
    """See Report.bypassed."""

    def work(connection: sa.Connection) -> list[Unwatched]:
        signed = None if period.shift is None else handover.of_shift(connection, period.start)
        if signed is not None and signed.sheet is not None:
            return list(signed.sheet.bypassed)
        return [each for each in sheets.bypassed(connection) if (each.so_since or 0) < until]

    return await ledger.transact(work)


def _by(at: Micros | None, until: Micros) -> Micros | None:
    return at if at is not None and at < until else None


def _tickets(since: Micros, until: Micros, last: int) -> sa.Select[tuple[object, ...]]:
    table = desk.ticket
    query = sa.select(table).where(table.c.number > last, table.c.opened_at < until)
    query = query.where(sa.or_(table.c.closed_at.is_(None), table.c.changed_at >= since))
    return query.order_by(table.c.number).limit(SLICE)


def _jobs(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> list[Job]:
    rows = connection.execute(query).all()
    tickets = [msgspec.convert(row, Ticket, from_attributes=True) for row in rows]
    numbers = [ticket.number for ticket in tickets]
    steps, clocks = _steps(connection, numbers), _clocks(connection, numbers)
    return [
        Job(ticket, steps[ticket.number], tuple(clocks.get(ticket.number, ())))
        for ticket in tickets
    ]


def _steps(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, tuple[Step, ...]]:
    table = desk.ticket_entry
    query = sa.select(table.c.ticket, table.c.at, table.c.what, table.c.state)
    query = query.where(table.c.ticket.in_(numbers)).order_by(table.c.ticket, table.c.version)
    rows = connection.execute(query).all()
    return {
        number: tuple(Step(row.at, row.what, TicketState(row.state)) for row in lines)
        for number, lines in groupby(rows, key=lambda row: row.ticket)
    }


def _clocks(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, list[TicketClock]]:
    table = desk.ticket_clock
    query = sa.select(table).where(table.c.ticket.in_(numbers))
    clocks: dict[int, list[TicketClock]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.c.ticket, table.c.kind, table.c.run)):
        clocks[row.ticket].append(msgspec.convert(row, TicketClock, from_attributes=True))
    return clocks
