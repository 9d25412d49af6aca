"""The same journal gives the same ledger, byte for byte: however it is cut, whenever restarted.
Alarms, tickets, clocks, escalation, notices and hand-overs: all of what the gateway runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.alarms.service import AlarmService
from gateway.desk_wiring import wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import tables
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import TICK, Quality, Reading
from gateway.model.rule import InState
from tests.gateway.alarms.estate import RULES, dump
from tests.gateway.samples import NOON, rule, site
from tests.waiting import until

DELAYED = rule(
    "tank/fault",
    InState("tank/state", frozenset({"fault"})),
    raise_after=3 * SECOND,
    clear_after=7 * SECOND,
    needed=2,
    of=3,
)
ALL = tuple(replace(each, device="tank") for each in (*RULES, DELAYED))
POINTS = st.sampled_from([*(f"{each.id.partition('/')[0]}/state" for each in ALL), TICK])
HEARD = st.tuples(
    POINTS,
    st.sampled_from(["fault", "fault", "ok", None]),
    st.sampled_from([0, 1, SECOND, 2 * SECOND, 5 * SECOND, MINUTE, 20 * MINUTE, 9 * HOUR]),
)


class Cut(Journal):
    """The journal up to `end`, given out in batches that end at `cuts`."""

    def __init__(self, readings: Sequence[Reading], cuts: Sequence[int], end: int) -> None:
        self._readings = readings[:end]
        self._ends = sorted({*(cut for cut in cuts if cut < end), end})

    @property
    def last_seq(self) -> int:
        return len(self._readings)

    async def follow(self, cursor: int) -> AsyncIterator[list[Reading]]:
        for end in self._ends:
            if end > cursor:
                yield list(self._readings[cursor:end])
                cursor = end
        await asyncio.Event().wait()

    async def latest(self, until: int | None = None) -> dict[str, Reading]:
        return {reading.point: reading for reading in self._readings[:until]}

    async def append(self, readings: Sequence[Reading]) -> None:
        """Every tick it needs is in the journal already."""


async def played(
    ledger: Ledger, readings: Sequence[Reading], cuts: Sequence[int], restarts: Sequence[int]
) -> list[str]:
    """The whole ledger after that, but for how far it has read."""
    await ledger.transact(_empty)
    here, later = site(Path("unused"), ALL), NOON + 30 * DAY
    await wire_desk(here, Cut((), (), 0), ledger, Feed(), lambda: NOON)  # the first shift begins
    for end in sorted({*restarts, len(readings)}):
        journal = Cut(readings, cuts, end)
        service = (await wire_desk(here, journal, ledger, Feed(), lambda: later)).alarms
        running = asyncio.create_task(service.run())
        try:
            await until(partial(_has_read, service, end))
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
    return await ledger.transact(lambda connection: dump(connection, but=("cursor",)))


def _has_read(service: AlarmService, end: int) -> bool:
    return service.cursor >= end


def _empty(connection: sa.Connection) -> None:
    for table in reversed(tables.metadata.sorted_tables):
        connection.execute(table.delete())


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    heard=st.lists(HEARD, min_size=5, max_size=25),
    cuts=st.lists(st.integers(1, 24), max_size=8),
    restarts=st.lists(st.integers(1, 24), max_size=3),
)
def test_the_same_journal_gives_the_same_ledger_byte_for_byte(
    tmp_path: Path,
    heard: list[tuple[str, str | None, Micros]],
    cuts: list[int],
    restarts: list[int],
) -> None:
    at, readings = NOON, []
    for seq, (point, word, after) in enumerate(heard, 1):
        at += after
        quality = Quality.GOOD if word is not None else Quality.OFFLINE
        readings.append(Reading(point, word, at, at, quality, seq))
    restarts = [restart for restart in restarts if restart < len(readings)]

    async def both() -> tuple[list[str], list[str]]:
        async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
            whole = await played(ledger, readings, [], [])
            return whole, await played(ledger, readings, cuts, restarts)

    whole, pieces = asyncio.run(both())
    assert whole == pieces
