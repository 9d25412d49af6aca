"""The gateway's own figures."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.health import DriverHealth, FollowerHealth, Health, JournalHealth
from gateway.journal.gauges import CommitTimes
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.reading import Quality, Reading
from gateway.vitals import Counts, Sources, figures, readings, resident_mb, tell_vitals
from tests.gateway.alarming import raise_alarm
from tests.gateway.samples import NOON, reading

COMMITS = CommitTimes(count=12, total_s=0.030, longest_s=0.008, last_s=0.001)
JOURNAL = JournalHealth(
    seq=7, rows=7, bytes_used=4096, unshipped_age_s=1.5, commits=COMMITS, fault=None
)
HEALTH = Health(
    started_at=NOON,
    journal=JOURNAL,
    faults=(),
    drivers=(
        DriverHealth("broker", None, NOON, 0),
        DriverHealth("plant-room", "127.0.0.1:502: connection refused", NOON, 3),
        DriverHealth("cameras", None, NOON, 0),
    ),
    followers=(FollowerHealth("alarms", 0, None), FollowerHealth("influxdb", 12, "away")),
    dead_letter_counts={"not-json": 2, "too-long": 1},
    dead_letters=(),
)
ALL_KNOWN = Counts(
    points_offline=4,
    open_alarms=3,
    open_tickets=2,
    rss_mb=81.5,
)


def test_the_figures_say_what_health_and_journal_say() -> None:
    before = CommitTimes(count=2, total_s=0.010, longest_s=0.008, last_s=0.002)
    told = figures(HEALTH, ALL_KNOWN, before)
    assert told.pop("commit-ms") == pytest.approx(2.0)
    assert told == {
        "journal-rows": 7,
        "journal-bytes": 4096,
        "journal-unshipped-age": 1.5,
        "commit-longest-ms": 8.0,
        "drivers-up": 2,
        "drivers-down": 1,
        "points-offline": 4,
        "dead-letters": 3,
        "open-alarms": 3,
        "open-tickets": 2,
        "rss-mb": 81.5,
        "behind-alarms": 0,
        "behind-influxdb": 12,
    }


def test_what_is_not_known_is_not_told() -> None:
    unknown = replace(ALL_KNOWN, open_alarms=None, rss_mb=None)
    health = replace(HEALTH, journal=replace(JOURNAL, unshipped_age_s=None))
    told = figures(health, unknown, COMMITS)
    assert {"open-alarms", "rss-mb", "journal-unshipped-age", "commit-ms"}.isdisjoint(told)


def test_they_are_numbers_of_the_gateway_told_at_one_instant() -> None:
    told = readings({"open-alarms": 3.0, "rss-mb": 81.5}, NOON)
    assert told == [
        Reading("gateway/open-alarms", 3.0, NOON, NOON),
        Reading("gateway/rss-mb", 81.5, NOON, NOON),
    ]


async def test_they_are_told_again_and_again_while_the_ledger_is_away_without_its_figures(
    tmp_path: Path,
) -> None:
    turn = asyncio.Event()

    async def sleep(_: float) -> None:
        await turn.wait()
        turn.clear()

    def raise_one(connection: sa.Connection) -> None:
        raise_alarm(connection)

    latest = {"tank/level": reading("tank/level", None, quality=Quality.OFFLINE)}
    async with (
        Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger,
        Journal(tmp_path / "journal.db") as journal,
    ):
        sources = Sources(lambda: HEALTH, latest, ledger, journal, lambda: NOON)
        task, batches = asyncio.create_task(tell_vitals(sources, sleep=sleep)), journal.follow(0)
        told = [await _next(batches)]
        await ledger.transact(raise_one)
        turn.set()
        told.append(await _next(batches))
        await ledger.transact(_damage)
        turn.set()
        told.append(await _next(batches))
        task.cancel()
        await asyncio.wait([task])
    assert [batch.get("gateway/open-alarms") for batch in told] == [0.0, 1.0, None]
    assert [batch["gateway/points-offline"] for batch in told] == [1.0, 1.0, 1.0]


async def _next(batches: AsyncIterator[Sequence[Reading]]) -> dict[str, object]:
    async with asyncio.timeout(20):
        return {reading.point: reading.value for reading in await anext(batches)}


def test_memory_is_read_where_linux_tells_it(tmp_path: Path) -> None:
    status = tmp_path / "status"
    assert resident_mb(status) is None
    status.write_text("Name:\tpython\nVmPeak:\t  2000 kB\nVmRSS:\t  81250 kB\n")
    assert resident_mb(status) == 83.2
    measured = resident_mb()
    assert measured is None or measured > 10


def _damage(connection: sa.Connection) -> None:
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql("UPDATE sqlite_schema SET rootpage = 9999")
    connection.exec_driver_sql("PRAGMA schema_version=999")
