"""How long from a device's message to its ticket, committed, while the rest of the estate talks."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import quantiles

from tests.benchmarks.estate import DOORS, door_topic, running_gateway
from tests.benchmarks.load import bare_loop, meters, talk
from tests.benchmarks.mqtt_durable import counting, retain_state
from tests.benchmarks.publisher import Publisher, state
from tests.benchmarks.report import Result
from tests.servers import Broker, mosquitto

NAME = "publish_to_ticket_ms_p99"
MEDIAN = "publish_to_ticket_ms_p50"

BACKGROUND = 500
"""Messages a second of the meters."""
DOORS_PER_SECOND = 25

_LOOK_S = 0.001
"""How often the ledger is looked at: on average half of it is in each figure."""
_WARM_UP_S = 1.0
_LAST_WITHIN_S = 20.0

_NS_PER_MS = 1_000_000
Instants = Mapping[int, int]
"""By door, in ns since 1970."""


async def measure(folder: Path) -> list[Result]:
    """p99 and median over all doors, and their ratios to the bare loop's publish → line."""
    with mosquitto(folder) as broker:
        bare_p50, bare_p99 = await _to_line(folder, broker)
        p50, p99 = await _to_ticket(folder, broker)
    return [
        Result(NAME, p99, "ms", p99 / bare_p99, f"bare loop to a line, p99 {bare_p99:.2f} ms"),
        Result(MEDIAN, p50, "ms", p50 / bare_p50, f"bare loop to a line, p50 {bare_p50:.2f} ms"),
    ]


async def _to_line(folder: Path, broker: Broker) -> tuple[float, float]:
    async with bare_loop(folder, broker) as bare:
        opened = await _open_doors(broker, lambda: _written(bare.file))
        return _latency_ms(opened, _written(bare.file))


async def _to_ticket(folder: Path, broker: Broker) -> tuple[float, float]:
    retain_state(broker)
    async with running_gateway(folder, broker) as gateway:
        with counting(gateway.data / "journal.db") as journalled:
            while not journalled():
                await asyncio.sleep(_LOOK_S)
        committed: dict[int, int] = {}
        watching = asyncio.create_task(_watch(gateway.data / "ledger.db", committed))
        try:
            opened = await _open_doors(broker, lambda: committed)
        finally:
            watching.cancel()
            await asyncio.wait([watching])
        return _latency_ms(opened, committed)


async def _open_doors(broker: Broker, arrived: Callable[[], Instants]) -> Instants:
    """Opens every door once, at random moments, while the meters talk; returns when all of them
    have arrived."""
    moments = Random(0)
    opened: dict[int, int] = {}
    async with meters(broker) as talking:
        talk_task = asyncio.create_task(talk(talking, BACKGROUND))
        await asyncio.sleep(_WARM_UP_S)
        with Publisher(broker.host, broker.port) as doors:
            for door in range(DOORS):
                await asyncio.sleep(moments.expovariate(DOORS_PER_SECOND))
                opened[door] = time.time_ns()
                doors.publish([(door_topic(door), state(door, "contact", "open"))])
            async with asyncio.timeout(_LAST_WITHIN_S):
                while len(arrived()) < DOORS:
                    await asyncio.sleep(0.1)
        talk_task.cancel()
        await asyncio.wait([talk_task])
    return opened


async def _watch(ledger: Path, committed: dict[int, int]) -> None:
    """Notes when each door's ticket is there for others to see, until cancelled."""
    query = "SELECT number, device FROM ticket WHERE number > ?"
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
        newest = 0
        while True:
            for number, device in db.execute(query, (newest,)).fetchall():
                newest = max(newest, number)
                committed[int(device.removeprefix("door-"))] = time.time_ns()
            await asyncio.sleep(_LOOK_S)


def _written(lines: Path) -> Instants:
    """When the bare loop wrote each door's line."""
    instants = {}
    for line in lines.read_text().splitlines():
        tags, _, at = line.split(" ")
        if tags.startswith("doors,"):
            instants[int(tags.partition("=")[2])] = int(at)
    return instants


def _latency_ms(started: Instants, ended: Instants) -> tuple[float, float]:
    """Median and 99th percentile."""
    took = [(ended[door] - at) / _NS_PER_MS for door, at in started.items()]
    percentiles = quantiles(took, n=100, method="inclusive")
    return percentiles[49], percentiles[98]
