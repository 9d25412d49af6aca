"""Derived points through a real journal and ledger: once each, whatever happens to the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.access.service import AccessService
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import HOUR, SECOND, Micros
from gateway.model.reading import Quality, Reading
from gateway.plant.derived import derived_points
from gateway.site.load import load_site
from gateway.site.model import Site
from tests.blocking import excused
from tests.gateway.samples import NOON

SITE = """\
site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
connections:
  plant: {type: modbus-tcp, host: 127.0.0.1, port: 1502}
devices:
  - {id: roof, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: Roof, place: P,
     settings: {area: 12}}
"""


class Gateway:
    """What follows the journal, with a clock that goes when told."""

    def __init__(self, site: Site, journal: Journal, ledger: Ledger) -> None:
        self.site, self.journal, self.ledger = site, journal, ledger
        self.now = NOON

    def clock(self) -> Micros:
        return self.now

    @asynccontextmanager
    async def running(self, *, killed: bool = False) -> AsyncIterator[None]:
        """`killed`: nothing that comes of this time is kept but what stands in the journal."""
        service = AccessService(
            list(derived_points(self.site)), self.journal, self.ledger, self.clock
        )
        task = asyncio.create_task(service.run())
        await self._settled(service)
        if killed:
            service.save = self._never  # type: ignore[method-assign]  # the kill comes before
        yield
        await self._settled(service)
        task.cancel()
        await asyncio.wait([task])

    async def level(self, minutes: int) -> None:
        """Rising by 0.6 m/h since NOON, told every 5 s."""
        told = []
        for _ in range(minutes * 12):
            self.now += 5 * SECOND
            level = 1.0 + 0.6 * (self.now - NOON) / HOUR
            told.append(Reading("roof/level", level, self.now, self.now))
        await self.journal.append(told)

    async def said(self, name: str) -> list[Reading]:
        batch = [r async for r in _all(self.journal)]
        return [reading for reading in batch if reading.point == f"roof/{name}"]

    async def _settled(self, service: AccessService) -> None:
        async with asyncio.timeout(20):
            reached = -1
            while reached != self.journal.last_seq:
                reached = self.journal.last_seq
                await service.passed(reached)

    async def _never(self) -> None:
        """Nothing is kept."""


async def _all(journal: Journal) -> AsyncIterator[Reading]:
    last = journal.last_seq
    async for batch in journal.follow(0):
        for reading in batch:
            yield reading
        if (batch[-1].seq or 0) >= last:
            return


def gateway(folder: Path, journal: Journal, ledger: Ledger) -> Gateway:
    file = folder / "court.yaml"
    file.write_text(SITE, "utf-8")
    with excused():
        return Gateway(load_site(file, {}), journal, ledger)


async def test_flow_follows_from_the_rate_of_the_level_through_the_journal(
    tmp_path: Path, journal: Journal, ledger: Ledger
) -> None:
    here = gateway(tmp_path, journal, ledger)
    async with here.running():
        await here.level(minutes=7)
    rates, flows = await here.said("level-rate"), await here.said("flow")
    assert (rates[0].value, rates[0].quality) == (None, Quality.BAD)
    assert abs(float(rates[-1].value) - 0.6) < 0.001  # type: ignore[arg-type]  # a number
    assert abs(float(flows[-1].value) - 7.2) < 0.01  # type: ignore[arg-type]  # a number


async def test_a_kill_in_the_middle_of_a_window_loses_and_doubles_nothing(
    tmp_path: Path, journal: Journal, ledger: Ledger
) -> None:
    here = gateway(tmp_path, journal, ledger)
    async with here.running():
        await here.level(minutes=3)
    async with here.running(killed=True):
        await here.level(minutes=4)
    before = await here.said("level-rate")
    assert before[-1].quality is Quality.GOOD
    async with here.running():
        assert await here.said("level-rate") == before
        await here.level(minutes=2)
    after = await here.said("level-rate")
    assert after[: len(before)] == before
    assert all(reading.quality is Quality.GOOD for reading in after[len(before) :])
