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
from gateway.alarms.steps import AT_ONCE
from gateway.desk_wiring import wire_desk
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger import tables
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import TICK, Quality, Reading
from gateway.model.rule import InState, Rule
from tests.gateway.alarms.estate import POWER, RULES, SMOKE, dump
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

    async def newest_at(self) -> Micros:
        return self._readings[-1].received_at if self._readings else 0

    async def latest(self, until: int | None = None) -> dict[str, Reading]:
        return {reading.point: reading for reading in self._readings[:until]}

    async def append(self, readings: Sequence[Reading]) -> None:
        """Every tick it needs is in the journal already."""


async def played(
    ledger: Ledger,
    readings: Sequence[Reading],
    cuts: Sequence[int],
    restarts: Sequence[int],
    rules: tuple[Rule, ...] = ALL,
) -> list[str]:
    """The whole ledger after that, but for how far it has read."""
    await ledger.transact(_empty)
    here, later = site(Path("unused"), rules), NOON + 30 * DAY
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


CHILDREN = tuple(
    rule(f"tank-{n}/fault", InState(f"tank-{n}/state", frozenset({"fault"})), parents=(POWER.id,))
    for n in range(2 * AT_ONCE + 20)
)
CROWD = tuple(replace(each, device="tank") for each in (POWER, SMOKE, *CHILDREN))


def crowded() -> list[Reading]:
    """All its children are still wrong when their parent has returned and their recovery is over:
    as many timers run out at one instant. Then there is smoke."""
    said = [("power/state", "fault", 0)]
    said += [(f"{each.id.partition('/')[0]}/state", "fault", 0) for each in CHILDREN]
    said += [("power/state", "ok", 0), (TICK, "", MINUTE), ("smoke/state", "fault", 0)]
    said += [(TICK, "", 0)] * 3
    at, readings = NOON, []
    for seq, (point, word, after) in enumerate(said, 1):
        at += after
        readings.append(Reading(point, word, at, at, Quality.GOOD, seq))
    return readings


def test_a_crowd_of_timers_gives_the_same_ledger_however_it_is_cut(tmp_path: Path) -> None:
    readings = crowded()
    end = len(readings)
    ways = [([end - 4], []), ([], [end - 4]), ([end - 5], [end - 4, end - 3, end - 2])]

    async def all_ways() -> tuple[list[str], list[list[str]], list[str]]:
        async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
            whole = await played(ledger, readings, [], [], CROWD)
            told = await ledger.transact(_told)
            return whole, [await played(ledger, readings, *way, CROWD) for way in ways], told

    whole, pieces, told = asyncio.run(all_ways())
    assert all(each == whole for each in pieces)
    assert len(told) == len(CROWD)
    assert told.index(SMOKE.id) <= 1 + 2 * AT_ONCE  # news of smoke stands behind a few only


def _told(connection: sa.Connection) -> list[str]:
    """The rules of the alarms announced, in that order."""
    alarm, change = tables.alarm.c, tables.alarm_change.c
    query = sa.select(alarm.rule).join(tables.alarm_change, change.alarm == alarm.id)
    query = query.where(change.announced, change.active).order_by(change.id)
    return [row.rule for row in connection.execute(query)]
