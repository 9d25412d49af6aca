"""Machines in the access service itself, on a journal and a ledger that outlive it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa

from gateway.access.machine import AnyMachine, Wish
from gateway.access.service import AccessService
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import Micros
from gateway.model.command import Action
from gateway.model.reading import Reading, Value
from tests.gateway.samples import NOON


class Served:
    """A service that can be stopped, killed and started again; `asked` is what it wished for."""

    def __init__(self, journal: Journal, ledger: Ledger, *machines: AnyMachine) -> None:
        self.journal, self.ledger = journal, ledger
        self.machines = machines
        self.now = NOON
        self.asked: list[Wish] = []

    @property
    def orders(self) -> list[tuple[str, Action]]:
        """What was wished for: of whom, and what."""
        return [(wish.device, wish.action) for wish in self.asked]

    @asynccontextmanager
    async def running(
        self, *, killed: bool = False, elsewhere: bool = False
    ) -> AsyncIterator[AccessService]:
        """`killed`: nothing more is kept from then on. `elsewhere`: see AccessService."""
        service = AccessService(
            self.machines,
            self.journal,
            self.ledger,
            lambda: self.now,
            elsewhere=elsewhere,
            keep=self.keep,
            log=self.log,
        )
        service.ask = self.asked.append
        task = asyncio.create_task(service.run())
        await self.settled(service)
        if killed:
            service.save = self._never  # type: ignore[method-assign]  # the kill comes before
        yield service
        await self.settled(service)
        assert not task.done(), task
        task.cancel()
        await asyncio.wait([task])

    async def settled(self, service: AccessService) -> None:
        """Once all that stands in the journal, and what comes of it, has been dealt with."""
        async with asyncio.timeout(20):
            reached = -1
            while reached < self.journal.last_seq:
                reached = self.journal.last_seq
                await service.passed(reached)

    async def tell(self, point: str, value: Value, *, slow_by: Micros = 0) -> None:
        """A reading of now; `slow_by`: its device's clock."""
        await self.journal.append([Reading(point, value, self.now - slow_by, self.now)])

    def keep(self, connection: sa.Connection, readings: Sequence[Reading]) -> None:
        """See AccessService."""

    def log(self, connection: sa.Connection, readings: Sequence[Reading]) -> None:
        """See AccessService."""

    async def _never(self) -> None:
        """Nothing is kept."""
