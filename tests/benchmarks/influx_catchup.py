"""How fast InfluxDB gets what it missed after an outage, while live readings go on and are seen."""

import asyncio
import gzip
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode, urlsplit

from gateway.history.follower import Follower, KeptCursor
from gateway.history.influx.history import InfluxHistory
from gateway.history.influx.line_protocol import Origin, Writer
from gateway.journal.journal import BATCH, Journal
from gateway.model.clock import SECOND, Micros
from gateway.model.reading import Reading
from gateway.process import SWITCH_SECONDS, garbage_sought_in_new_things_only
from gateway.site.model import InfluxTarget
from tests.benchmarks.report import Result
from tests.servers import InfluxServer, influxdb

NAME = "influx_catchup_points_per_s"
LIVE = "influx_catchup_live_ms_p99"

MISSED = 500_000
"""Readings in the journal that InfluxDB lacks."""
METERS = 500
LIVE_PER_SECOND = 1_000
QUIET_SECONDS = 3.0

_STEP_S = 0.02
_LOOK_S = 0.01
_T0: Micros = 1_700_000_000 * SECOND
_LIVE_T0 = _T0 + MISSED
_DEVICES = {f"meter-{n}": Origin("meter") for n in range(METERS)}


async def measure(folder: Path) -> list[Result]:
    """The rate, and its ratio to a bare loop that posts ready-made bodies; how long a live reading
    takes from its making until a follower of the journal sees it, and the ratio to the same while
    nothing is caught up."""
    sys.setswitchinterval(SWITCH_SECONDS)
    with garbage_sought_in_new_things_only():  # both as in the gateway
        return await _measured(folder)


async def _measured(folder: Path) -> list[Result]:
    with influxdb(folder) as server:
        before = await asyncio.to_thread(_bare_loop, server, "before")
        async with Journal(folder / "journal.db") as journal:
            for first in range(0, MISSED, BATCH):
                await journal.append(_missed(first))
            async with _live(journal) as quiet_ms:
                await asyncio.sleep(QUIET_SECONDS)
            async with _live(journal) as live_ms:
                rate = await _caught_up(journal, server)
        after = await asyncio.to_thread(_bare_loop, server, "after")
    bare, quiet, live = (before + after) / 2, _p99(quiet_ms), _p99(live_ms)
    return [
        Result(NAME, rate, "points/s", rate / bare, f"bare loop, ready-made, {bare:,.0f}/s"),
        Result(LIVE, live, "ms", live / quiet, f"nothing to catch up, {quiet:.2f} ms"),
    ]


async def _caught_up(journal: Journal, server: InfluxServer) -> float:
    """Points a second, from the follower's start until nothing is missing any more."""
    target = InfluxTarget(server.url, "caught_up", server.username, server.password)
    async with InfluxHistory(target, "bench", _DEVICES, _no_letters) as history:
        follower = Follower(KeptCursor(history, journal, "influxdb"), "influxdb")
        started = time.perf_counter()
        following = asyncio.create_task(follower.run(journal))
        while follower.cursor < MISSED:
            await asyncio.sleep(_LOOK_S)
        took = time.perf_counter() - started
        following.cancel()
        await asyncio.wait([following])
        points = [f"{device}/level" for device in _DEVICES]
        found = await history.range(points, _T0, _LIVE_T0, 1)
        stored = sum(bucket.count for (bucket,) in found.values())
    if stored != MISSED:
        raise AssertionError(f"{MISSED} missed, but {stored} stored")
    return MISSED / took


@asynccontextmanager
async def _live(journal: Journal) -> AsyncIterator[Sequence[float]]:
    """Live readings while entered, and how many ms each took until it was seen."""
    took: list[float] = []
    tasks = [asyncio.create_task(_watch(journal, took)), asyncio.create_task(_talk(journal))]
    try:
        yield took
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _watch(journal: Journal, took: list[float]) -> None:
    async for batch in journal.follow(journal.last_seq):
        now = time.monotonic_ns()
        took += [(now - reading.received_at) / 1e6 for reading in batch]


async def _talk(journal: Journal) -> None:
    """`received_at` is when it was made, on the monotonic clock in ns."""
    loop = asyncio.get_running_loop()
    started, at_once = loop.time(), round(LIVE_PER_SECOND * _STEP_S)
    for step in count(1):
        now = time.monotonic_ns()
        await journal.append([Reading("live/level", 1.0, now, now)] * at_once)
        await asyncio.sleep(started + step * _STEP_S - loop.time())


def _bare_loop(server: InfluxServer, database: str) -> float:
    """Lines a second, made and compressed beforehand."""
    writer = Writer("bench", _DEVICES)
    bodies = [
        gzip.compress("\n".join(writer.lines(_missed(first)).texts).encode(), 1)
        for first in range(0, MISSED, BATCH)
    ]
    user = b64encode(f"{server.username}:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {user}", "Content-Encoding": "gzip"}
    connection = HTTPConnection(urlsplit(server.url).netloc)

    def post(path: str, body: bytes = b"", **parameters: str) -> None:
        sent = headers if body else {"Authorization": headers["Authorization"]}
        connection.request("POST", f"{path}?{urlencode(parameters)}", body, sent)
        with connection.getresponse() as answer:
            if answer.status not in {200, 204}:
                raise AssertionError(f"{answer.status}: {answer.read().decode()}")
            answer.read()

    post("/query", q=f"CREATE DATABASE {database}")
    started = time.perf_counter()
    for body in bodies:
        post("/write", body, db=database, precision="u")
    took = time.perf_counter() - started
    connection.close()
    return MISSED / took


def _missed(first: int) -> list[Reading]:
    """BATCH of the readings that are missing."""
    return [
        Reading(f"meter-{n % METERS}/level", n * 0.37, _T0 + n, _T0 + n)
        for n in range(first, first + BATCH)
    ]


def _p99(took: Sequence[float]) -> float:
    return quantiles(took, n=100)[-1]


def _no_letters(source: str, reason: str, payload: bytes) -> None:
    raise AssertionError(f"{source}: {reason}: {payload!r}")
