"""A week at the desk, played in seconds: real journal and ledger, real alarm service, desk and
shifts, and a clock that the story moves.

The clock stops at every timer on its way, so that what happens by itself happens when it is due.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.desk_wiring import DeskParts, wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import timers
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import TICK, Reading, Value
from gateway.model.rule import JobKind, Priority
from gateway.model.ticket import Act, Call, Doing, Report
from gateway.site.model import Site
from tests.gateway.hand_clock import HandClock
from tests.waiting import until

DISPATCHER = Actor("li", "operator", "desk")


@dataclass(slots=True)
class Week:
    """`monday` is its first instant."""

    monday: Micros
    clock: HandClock
    journal: Journal
    ledger: Ledger
    parts: DeskParts

    async def at(self, day: int, time: str) -> None:
        """Let time pass until then: day 0 is Monday, the time as HH:MM or HH:MM:SS."""
        hours, minutes, *seconds = map(int, time.split(":"))
        instant = self.monday + day * DAY + hours * HOUR + minutes * MINUTE
        await self._pass(instant + sum(seconds) * SECOND)

    async def end(self) -> None:
        """Let time pass until the week is over."""
        await self._pass(self.monday + 7 * DAY)

    async def says(self, point: str, value: Value) -> None:
        """A device says it now."""
        await self._append(Reading(point, value, self.clock.now, self.clock.now))

    async def calls(self, what: str, reporter: str) -> int:
        """Somebody calls; the ticket's number."""
        call = Call(reporter=reporter, phone="138", what=what, where="3-502")
        report = Report(call, JobKind.REPAIR, Priority.LOW)
        return (await self.parts.desk.open(report, who=DISPATCHER)).number

    async def does(self, number: int, act: Act, **more: object) -> None:
        """The desk does that to the ticket now."""
        doing = Doing(act, **more)  # type: ignore[arg-type]  # test's own
        await self.parts.desk.act(number, doing, who=DISPATCHER, version=None)

    async def _pass(self, instant: Micros) -> None:
        while (due := await self.ledger.transact(timers.next_due)) is not None and due <= instant:
            await self._tick(due)
        await self._tick(instant)

    async def _tick(self, instant: Micros) -> None:
        self.clock.now = max(self.clock.now, instant)
        now = self.clock.now
        await self._append(Reading(TICK, float(now), now, now))

    async def _append(self, reading: Reading) -> None:
        await self.journal.append([reading])
        await until(lambda: self.parts.alarms.cursor >= self.journal.last_seq)


@asynccontextmanager
async def week(site: Site, ledger: Ledger, folder: Path, monday: Micros) -> AsyncIterator[Week]:
    """One that begins at `monday`."""
    clock = HandClock(monday)
    async with Journal(folder / "journal.db", monday, clock) as journal:
        parts = await wire_desk(site, journal, ledger, Feed(), clock)
        service = asyncio.create_task(parts.alarms.run())
        try:
            await until(lambda: parts.alarms.is_placed)
            yield Week(monday, clock, journal, ledger, parts)
        finally:
            service.cancel()
            await asyncio.wait([service])
