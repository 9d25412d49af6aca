"""The gateway's own figures."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from gateway.alarms import records
from gateway.health import DriverHealth, FollowerHealth, Health
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.vitals import Counts, figures, readings, resident_mb, tell_vitals
from tests.gateway.samples import LOW_WATER, NOON, reading
from tests.waiting import until

HEALTH = Health(
    started_at=NOON,
    journal_seq=7,
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
ALL_KNOWN = Counts(points_offline=4, open_alarms=3, open_tickets=2, rss_mb=81.5)


def test_the_figures_say_what_health_says() -> None:
    told = figures(HEALTH, ALL_KNOWN)
    expected = {
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
    assert {point: told[point] for point in expected} == expected


def test_what_is_not_known_is_not_told() -> None:
    unknown = replace(ALL_KNOWN, open_alarms=None, rss_mb=None)
    assert {"open-alarms", "rss-mb"}.isdisjoint(figures(HEALTH, unknown))


def test_they_are_numbers_of_the_gateway_told_at_one_instant() -> None:
    told = readings({"open-alarms": 3.0, "rss-mb": 81.5}, NOON)
    assert told == [
        Reading("gateway/open-alarms", 3.0, NOON, NOON),
        Reading("gateway/rss-mb", 81.5, NOON, NOON),
    ]


async def test_they_are_told_again_and_again_while_the_ledger_is_away_without_its_figures(
    tmp_path: Path,
) -> None:
    told: list[dict[str, object]] = []
    turn = asyncio.Event()

    async def append(batch: Sequence[Reading]) -> None:
        told.append({r.point: r.value for r in batch})

    async def sleep(_: float) -> None:
        await turn.wait()
        turn.clear()

    def raise_one(connection: sa.Connection) -> None:
        records.raise_alarm(connection, LOW_WATER, Text("Roof", "屋顶"), None, NOON)

    latest = {"tank/level": reading("tank/level", None, quality=Quality.OFFLINE)}
    async with Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger:
        telling = tell_vitals(lambda: HEALTH, latest, ledger, append, lambda: NOON, sleep=sleep)
        task = asyncio.create_task(telling)
        await until(lambda: len(told) == 1)
        await ledger.transact(raise_one)
        turn.set()
        await until(lambda: len(told) == 2)
        await ledger.transact(_damage)
        turn.set()
        await until(lambda: len(told) == 3)
        task.cancel()
        await asyncio.wait([task])
    assert [batch.get("gateway/open-alarms") for batch in told] == [0.0, 1.0, None]
    assert [batch["gateway/points-offline"] for batch in told] == [1.0, 1.0, 1.0]


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
