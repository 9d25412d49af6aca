"""The histories a site keeps: opened, filled, kept small."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.dead_letters import DeadLetterBox
from gateway.diagnostics import Writing, history
from gateway.health import FollowerHealth
from gateway.history.alarm_changes import AlarmChanges, line_of
from gateway.history.follower import Follower, KeptCursor
from gateway.history.influx.line_protocol import origins
from gateway.history.protocol import History
from gateway.history.upkeep import forget_daily, settle_hourly
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import Clock, Micros
from gateway.self_watch import Look
from gateway.site.model import Site

if TYPE_CHECKING:
    from gateway.history.duckdb.history import DuckDbHistory


@dataclass(frozen=True, slots=True)
class Histories:
    """`asked` is the one pages and API ask; `embedded` that in DuckDB, if there is one. Each of
    `stores` is filled by one of `followers`."""

    asked: History
    embedded: "DuckDbHistory | None"
    stores: tuple[History, ...]
    followers: tuple[Follower, ...]
    alarm_changes: AlarmChanges | None

    async def run(self, journal: Journal, kept: Mapping[str, Micros], clock: Clock) -> None:
        """Until cancelled. `kept`: how long readings are, by device kind."""
        async with asyncio.TaskGroup() as tasks:
            for follower in self.followers:
                tasks.create_task(follower.run(journal), name=follower.name)
            for store in self.stores:
                tasks.create_task(forget_daily(store, kept, clock), name="history: forget")
            if self.embedded is not None:
                tasks.create_task(settle_hourly(self.embedded, clock), name="history: settle")
            if self.alarm_changes is not None:
                tasks.create_task(self.alarm_changes.run(), name=self.alarm_changes.name)

    def looks(self) -> dict[str, Look]:
        """How each is doing, as states of the gateway's own."""
        return {history(follower.name): _writing_of(follower) for follower in self.followers}

    def health(self, journal: Journal) -> tuple[FollowerHealth, ...]:
        """How far each is."""
        found = [
            FollowerHealth(follower.name, journal.behind(follower.cursor), follower.fault)
            for follower in self.followers
        ]
        changes = self.alarm_changes
        if changes is not None:
            found.append(FollowerHealth(changes.name, changes.behind, changes.fault))
        return tuple(found)


async def open_histories(
    site: Site, journal: Journal, ledger: Ledger, letters: DeadLetterBox, stack: AsyncExitStack
) -> Histories:
    """Closed when the stack is. The first one kept is the one that is asked."""
    stores: list[History] = []
    followers: list[Follower] = []
    embedded, changes = None, None
    if site.history.duckdb:
        # Only the libraries of the histories that are kept are loaded: 13 MB, and a second below.
        from gateway.history.duckdb.history import DuckDbHistory  # noqa: PLC0415

        kinds = {device.id: device.kind for device in site.devices}
        embedded = DuckDbHistory(site.data / "history.duckdb", kinds)
        stores.append(await stack.enter_async_context(embedded))
        followers.append(Follower(embedded, "duckdb"))
    if site.influx is not None:
        from gateway.history.influx.history import InfluxHistory  # noqa: PLC0415

        devices = origins(site)
        influx = InfluxHistory(site.influx, site.id, devices, letters)
        stores.append(await stack.enter_async_context(influx))
        followers.append(Follower(KeptCursor(influx, journal, "influxdb"), "influxdb"))
        changes = AlarmChanges(ledger, influx, lambda change: line_of(change, site.id, devices))
    return Histories(stores[0], embedded, tuple(stores), tuple(followers), changes)


def _writing_of(follower: Follower) -> Look:
    return lambda before: follower.writing or before or Writing.WRITTEN
