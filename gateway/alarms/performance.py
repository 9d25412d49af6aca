"""How the alarm system performs: its figures over a window, and the flood there may be now."""

import asyncio

import msgspec
import sqlalchemy as sa

from gateway.alarms import records
from gateway.alarms.changes import TOLD, read_window
from gateway.alarms.collapse import Collapsed, collapse
from gateway.alarms.figures import FLOOD_LEAD, Figures, figures
from gateway.alarms.flood import Announcement, Flood, FloodWatch
from gateway.alarms.occurrences import occurrences
from gateway.errors import Malformed
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import alarms, desk
from gateway.model.clock import Clock, Micros
from gateway.model.rule import Priority
from gateway.model.ticket import Ticket


class Performance:
    """One per gateway. All it says follows from the ledger and the instant alone."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._told: list[Announcement] = []
        self._last_change = 0
        self._watch = FloodWatch()

    async def figures(self, start: Micros, end: Micros) -> Figures:
        """Over [start, end); Malformed for a window that is none."""
        if end <= start:
            raise Malformed("window", "ends before it begins", "give a later end")
        window = await read_window(self._ledger, start, end)
        found = await asyncio.to_thread(occurrences, window.changes)
        return await asyncio.to_thread(figures, found, window.subjects, start, end)

    async def flood(self) -> Collapsed | None:
        """The flood of now, and what the desk's list makes a count of; None: there is none."""
        now = self._clock()
        news = await self._ledger.transact(lambda connection: self._news(connection, now))
        if news:
            self._take(news, now)
        flood = self._watch.at(now)
        if flood is None:
            return None
        return await self._ledger.transact(lambda connection: _collapsed(connection, flood))

    def _news(self, connection: sa.Connection, now: Micros) -> list[tuple[int, Announcement]]:
        change, alarm = alarms.alarm_change, alarms.alarm
        query = (
            sa.select(change.c.id, change.c.at, change.c.alarm, alarm.c.rule, alarm.c.priority)
            .join(alarm, alarm.c.id == change.c.alarm)
            .where(change.c.id > self._last_change, change.c.at >= now - FLOOD_LEAD)
            .where(TOLD)
        )
        return [
            (row.id, Announcement(row.at, row.alarm, row.rule, Priority(row.priority)))
            for row in connection.execute(query)
        ]

    def _take(self, news: list[tuple[int, Announcement]], now: Micros) -> None:
        """All anew: what is committed later may have come a little earlier."""
        recent = [each for each in self._told if each.at >= now - FLOOD_LEAD]
        recent += [each for id_, each in news if id_ > self._last_change]
        self._last_change = max(self._last_change, *(id_ for id_, _ in news))
        self._told = sorted(recent, key=lambda each: (each.at, each.alarm))
        self._watch = FloodWatch()
        for each in self._told:
            self._watch.take(each)


def _collapsed(connection: sa.Connection, flood: Flood) -> Collapsed:
    query = sa.select(desk.ticket).where(desk.ticket.c.closed_at.is_(None))
    rows = connection.execute(query)
    tickets = [msgspec.convert(row, Ticket, from_attributes=True) for row in rows]
    return collapse(flood, records.list_alarms(connection), tickets)
