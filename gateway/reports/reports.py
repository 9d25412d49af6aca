"""Reports, worked out anew from the ledger whenever one is asked for."""

import asyncio
from collections.abc import AsyncIterator

from gateway.alarms.performance import Performance
from gateway.desk.sheet import SheetWriter
from gateway.errors import Malformed
from gateway.ledger.ledger import Ledger
from gateway.model.clock import Clock, Micros
from gateway.reports.period import Period, Span, period_at
from gateway.reports.report import Report, report
from gateway.reports.rows import read_bypassed, read_jobs, read_late_handovers
from gateway.reports.tables import ALARM_CHANGES, TICKETS, VEHICLES, csv_of
from gateway.site.model import Site


class Reports:
    """One per gateway."""

    def __init__(self, ledger: Ledger, clock: Clock, site: Site) -> None:
        self._ledger = ledger
        self._performance = Performance(ledger, clock)
        self._clock = clock
        self._sheets = SheetWriter(site)
        self._plan = site.desk.shifts
        self._zone = site.time_zone

    async def of(self, span: Span, at: Micros | None = None) -> Report:
        """The one of the shift, week or month in which the instant lies, by default the present
        one; up to now where that still lasts. Malformed for one that has not begun."""
        now = self._clock()
        period = period_at(span, now if at is None else at, self._zone, self._plan)
        if period.start >= now:
            raise Malformed(f"report of the {span}", "has not begun yet", "ask for an earlier time")
        return await self._over(period, min(now, period.end))

    def tickets(self, start: Micros, end: Micros) -> AsyncIterator[bytes]:
        """Those opened in [start, end), as CSV, in parts."""
        return csv_of(self._ledger, TICKETS, start, end, self._zone)

    def alarms(self, start: Micros, end: Micros) -> AsyncIterator[bytes]:
        """Every move of an alarm in [start, end), as CSV, in parts."""
        return csv_of(self._ledger, ALARM_CHANGES, start, end, self._zone)

    def vehicles(self, start: Micros, end: Micros) -> AsyncIterator[bytes]:
        """What came and went at barriers in [start, end), as CSV, in parts."""
        return csv_of(self._ledger, VEHICLES, start, end, self._zone)

    async def _over(self, period: Period, until: Micros) -> Report:
        alarms = await self._performance.figures(period.start, until)
        jobs = await read_jobs(self._ledger, period.start, until)
        handovers = await read_late_handovers(self._ledger, period.start, until)
        bypassed = await read_bypassed(self._ledger, self._sheets, period, until)
        return await asyncio.to_thread(report, period, until, alarms, jobs, handovers, bypassed)
