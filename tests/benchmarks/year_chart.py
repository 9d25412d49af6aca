"""How long a chart of one point's year takes among a thousand points that spoke every minute."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import duckdb

from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.duckdb.schema import VERSION
from gateway.history.upkeep import SETTLED_TOGETHER
from gateway.model.clock import DAY, MINUTE, SECOND, Micros
from tests.benchmarks.report import Result

NAME = "year_chart_ms"
PICTURE = "year_picture_ms"
DAY_PICTURE = "day_picture_ms"

POINTS = 1_000
MINUTES = 365 * 24 * 60
CHUNK = SETTLED_TOGETHER // POINTS
"""Minutes that upkeep would have moved together."""
UNSETTLED = CHUNK + 60
"""Minutes that still lie as they arrived: as many as there ever are."""
ASKED = 15
"""Points, each a year."""
BUCKETS = 600

START: Micros = 1_700_000_000 * SECOND

_FILE = Path("build") / f"history-year-{VERSION}-{CHUNK}.duckdb"
"""Kept between runs: 2.3 GB, one to three minutes of work."""

_READINGS = f"""
SELECT 1 + {{point}} AS point,
    {START} + ({{minute}}) * {MINUTE} + (hash(i) % 50000)::BIGINT AS taken_at,
    round(2 + sin(({{minute}}) / 1440.0) + (hash(i + 1) % 1000) / 1000.0, 3),
    NULL, NULL, 'good'
FROM range({{first}}::BIGINT * {POINTS}, {{last}}::BIGINT * {POINTS}) every(i)
"""
# Whatever lies side by side differs: in time by the jitter of a poll, in value by noise.


async def measure(_folder: Path) -> list[Result]:
    """The median over points nobody asked for before; against the same of a table that holds that
    point's year alone."""
    await asyncio.to_thread(_build)
    end = START + MINUTES * MINUTE
    asked = [f"meter/{1 + 61 * n % POINTS}" for n in range(ASKED)]
    async with DuckDbHistory(_FILE) as history:
        await history.latest_before("nobody", end)  # opens it
        chart = await _median_ms(asked, lambda point: history.range([point], START, end, BUCKETS))
        picture = await _median_ms(asked, lambda point: history.picture(point, START, end, BUCKETS))
        day = await _median_ms(asked, lambda point: history.picture(point, end - DAY, end, BUCKETS))
    alone = _FILE.with_name("history-alone.duckdb")
    await asyncio.to_thread(_copy_one, alone)
    async with DuckDbHistory(alone) as history:
        await history.latest_before("nobody", end)
        least = ["meter/1"] * ASKED
        bare = await _median_ms(least, lambda point: history.range([point], START, end, BUCKETS))
        drawn = await _median_ms(least, lambda point: history.picture(point, START, end, BUCKETS))
    return [
        Result(NAME, chart, "ms", chart / bare, f"that point alone, {bare:.0f} ms"),
        Result(PICTURE, picture, "ms", picture / drawn, f"alone, {drawn:.0f} ms"),
        Result(DAY_PICTURE, day, "ms", day / drawn, f"a year alone, {drawn:.0f} ms"),
    ]


async def _median_ms(points: list[str], ask: Callable[[str], Awaitable[object]]) -> float:
    took = []
    for point in points:
        started = time.perf_counter()
        assert await ask(point)
        took.append(1e3 * (time.perf_counter() - started))
    return statistics.median(took)


def _build() -> None:
    """What the history of such a year holds, put there by SQL: through the gateway's own writing it
    would take an hour. The layout is that of upkeep: chunks in order of point and time, and the
    newest as they arrived."""
    if _FILE.exists():
        return
    fresh = _FILE.with_name("history-year.fresh.duckdb")
    with suppress(FileNotFoundError):
        fresh.unlink()
    asyncio.run(_create(fresh))
    with duckdb.connect(fresh) as db:
        db.execute("SET threads = 2")
        db.execute("SET memory_limit = '1GB'")
        points = (
            f"SELECT n, 'meter/' || n, {START + MINUTES * MINUTE} FROM range(1, {POINTS + 1}) r(n)"
        )
        db.execute(f"INSERT INTO points {points}").fetchall()
        last = MINUTES - UNSETTLED
        for first in range(0, last, CHUNK):
            until = min(first + CHUNK, last)
            _insert(
                db,
                "settled",
                first,
                until,
                f"(i - {first * POINTS}) // {until - first}",
                f"{first} + i % {until - first}",
            )
        _insert(db, "arrived", last, MINUTES, f"i % {POINTS}", f"i // {POINTS}")
    fresh.replace(_FILE)


def _insert(
    db: duckdb.DuckDBPyConnection, table: str, first: int, last: int, point: str, minute: str
) -> None:
    rows = _READINGS.format(point=point, minute=minute, first=first, last=last)
    db.execute(f"INSERT INTO {table} {rows}").fetchall()


async def _create(path: Path) -> None:
    async with DuckDbHistory(path) as history:
        await history.cursor()


def _copy_one(path: Path) -> None:
    path.unlink(missing_ok=True)
    asyncio.run(_create(path))
    with duckdb.connect(path) as db:
        db.execute(f"ATTACH '{_FILE}' AS year (READ_ONLY)").fetchall()
        db.execute("INSERT INTO points FROM year.points WHERE id = 1").fetchall()
        for table in ("settled", "arrived"):
            db.execute(f"INSERT INTO settled FROM year.{table} WHERE point = 1").fetchall()
