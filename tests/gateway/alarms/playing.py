"""A journal played to the whole desk: cut and restarted anywhere, people acting meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from gateway.desk_wiring import DeskParts, wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import metadata
from gateway.model.clock import DAY, Micros
from gateway.model.reading import Reading
from gateway.model.rule import Rule
from gateway.security import users
from gateway.security.roles import Role
from tests.gateway.alarms.deeds import PEOPLE, Deed
from tests.gateway.alarms.estate import RULES, dump
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON, site
from tests.waiting import until

LATER: Micros = NOON + 30 * DAY
"""When it is played: its own times count, not this."""

PLAYED = tuple(replace(each, device="tank") for each in RULES)


class Cut(Journal):
    """A journal of which so much has been written, given out in batches that end at `cuts`."""

    def __init__(self, readings: Sequence[Reading], cuts: Sequence[int], written: int) -> None:
        self._readings = readings
        self._cuts = sorted(cuts)
        self._written = written
        self._grown = asyncio.Event()

    def write_up_to(self, place: int) -> None:
        self._written = place
        self._grown.set()

    @property
    def last_seq(self) -> int:
        return self._written

    async def follow(self, cursor: int) -> AsyncIterator[list[Reading]]:
        while True:
            self._grown.clear()
            for end in (*self._cuts, self._written):
                if cursor < end <= self._written:
                    yield list(self._readings[cursor:end])
                    cursor = end
            await self._grown.wait()

    async def newest_at(self) -> Micros:
        return self._readings[self._written - 1].received_at if self._written else 0

    async def latest(self, until: int | None = None) -> dict[str, Reading]:
        return {reading.point: reading for reading in self._readings[:until]}

    async def append(self, readings: Sequence[Reading]) -> None:
        """Every tick it needs is in the journal already."""


@dataclass(frozen=True, slots=True)
class Restart:
    """When so many readings have been dealt with: `first`, before what people do then."""

    after: int
    first: bool = True


class Player:
    """The desk over one ledger, until it is stopped."""

    def __init__(self, parts: DeskParts, journal: Cut, clock: HandClock) -> None:
        self._parts, self._journal, self._clock = parts, journal, clock
        self._running = asyncio.create_task(parts.alarms.run())

    async def play_to(self, place: int) -> None:
        self._journal.write_up_to(place)
        alarms = self._parts.alarms
        await until(lambda: alarms.is_placed and alarms.cursor >= place)

    async def do(self, deed: Deed) -> str:
        self._clock.now = deed.at
        try:
            return await deed.do(self._parts)
        finally:
            self._clock.now = LATER

    async def stop(self) -> None:
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running


async def played(
    ledger: Ledger,
    readings: Sequence[Reading],
    cuts: Sequence[int] = (),
    restarts: Sequence[Restart] = (),
    rules: tuple[Rule, ...] = PLAYED,
    deeds: Sequence[Deed] = (),
) -> list[str]:
    """What came of the deeds, and the whole ledger after that, but for how far it has read."""
    await ledger.transact(_begin)
    here, clock = site(Path("unused"), rules), HandClock(NOON)
    await wire_desk(here, Cut((), (), 0), ledger, Feed(), clock)  # the first shift begins
    clock.now = LATER
    stops: list[tuple[int, int, Restart | Deed]] = [
        *((each.after, 0 if each.first else 2, each) for each in restarts),
        *((each.after, 1, each) for each in deeds),
    ]
    place, answers = 0, []

    async def start() -> Player:
        journal = Cut(readings, cuts, place)
        return Player(await wire_desk(here, journal, ledger, Feed(), clock), journal, clock)

    player = await start()
    try:
        for place, _, stop in sorted(stops, key=lambda each: each[:2]):
            await player.play_to(place)
            if isinstance(stop, Deed):
                answers.append(await player.do(stop))
            else:
                await player.stop()
                player = await start()
        await player.play_to(len(readings))
    finally:
        await player.stop()
    return answers + await ledger.transact(lambda connection: dump(connection, but=("cursor",)))


def _begin(connection: sa.Connection) -> None:
    """An empty ledger in which the people are known."""
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())
    if connection.dialect.name == "postgresql":  # numbers its rows on, unless told otherwise
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    for person in PEOPLE:
        users.insert(connection, person.user, Role(person.role), None, NOON)
