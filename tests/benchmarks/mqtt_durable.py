"""How many MQTT messages a second become durable and reach InfluxDB, none of them lost."""

import asyncio
import select
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from tests.benchmarks.estate import DATABASE, METERS, meter_topic, running_gateway
from tests.benchmarks.load import bare_loop, meters, sustain
from tests.benchmarks.processes import child_running, cpu_s
from tests.benchmarks.publisher import Publisher, state
from tests.benchmarks.report import Result
from tests.servers import Broker, InfluxServer, influxdb, mosquitto

NAME = "mqtt_qos1_durable_msgs_per_s"
COST = "mqtt_qos1_durable_cpu_us_per_msg"
MEMORY = "rss_mb_max"

SECONDS = 60.0
BARE_SECONDS = 5.0
"""Before and after: what else the machine does then weighs on both."""

_LOOK_S = 0.05
_MEMORY_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Flow:
    """Messages a second, the receiver's processor time for each in µs, and its memory at its
    largest in MB."""

    rate: float
    cpu_us: float
    rss_mb: float


async def measure(folder: Path) -> list[Result]:
    """The durable rate through a whole gateway, what a message costs it, and its memory; ratios to
    the bare loop's."""
    with mosquitto(folder) as broker, influxdb(folder) as influx:
        before = await _through_bare_loop(folder, broker)
        durable = await _through_gateway(folder, broker, influx)
        after = await _through_bare_loop(folder, broker)
    rate, cpu_us = (before.rate + after.rate) / 2, (before.cpu_us + after.cpu_us) / 2
    to_rate, to_cpu = f"bare loop, {rate:,.0f}/s", f"bare loop, {cpu_us:.1f} µs"
    to_rss = f"bare loop, {after.rss_mb:.0f} MB"
    return [
        Result(NAME, durable.rate, "messages/s", durable.rate / rate, to_rate),
        Result(COST, durable.cpu_us, "µs", durable.cpu_us / cpu_us, to_cpu),
        Result(MEMORY, durable.rss_mb, "MB", durable.rss_mb / after.rss_mb, to_rss),
    ]


async def _through_bare_loop(folder: Path, broker: Broker) -> Flow:
    async with bare_loop(folder, broker) as bare, meters(broker) as talking:

        async def pass_all() -> int:
            return await sustain(talking, lambda: bare.received, BARE_SECONDS)

        _, flow = await _flow("tests.benchmarks.bare_mqtt", pass_all)
        return flow


async def _through_gateway(folder: Path, broker: Broker, influx: InfluxServer) -> Flow:
    retain_state(broker)
    async with running_gateway(folder, broker, influx) as gateway:
        journal = gateway.data / "journal.db"
        with counting(journal) as journalled, closing(_client(influx)) as client:
            while not journalled():
                await asyncio.sleep(_LOOK_S)
            known = journalled()
            async with meters(broker) as talking:

                async def pass_all() -> int:
                    total = await sustain(talking, lambda: journalled() - known, SECONDS)
                    # Messages come in order, so InfluxDB has all of them when it has the last.
                    while _told(client, "last", METERS - 1) != total - 1:
                        await asyncio.sleep(_LOOK_S)
                    return total

                total, flow = await _flow("gateway.cli", pass_all)
            _check_nothing_lost(journal, client, total)
    return flow


async def _flow(receiver: str, pass_all: Callable[[], Awaitable[int]]) -> tuple[int, Flow]:
    """How many messages `pass_all` got through the process that runs that module, and how."""
    process = child_running(receiver)
    sizes: list[int] = []
    weighing = asyncio.create_task(_weigh(process, sizes))
    used, started = cpu_s(process), time.monotonic()
    total = await pass_all()
    took, cost = time.monotonic() - started, cpu_s(process) - used
    weighing.cancel()
    return total, Flow(total / took, cost / total * 1e6, max(sizes) / 1e6)


async def _weigh(process: psutil.Process, sizes: list[int]) -> None:
    while True:
        sizes.append(process.memory_info().rss)
        await asyncio.sleep(_MEMORY_LOOK_S)


def retain_state(broker: Broker) -> None:
    """A retained message for the gateway's last meter. It is journalled at the moment the gateway
    has subscribed to all of them, so that its being there shows that nothing will be missed."""
    with Publisher(broker.host, broker.port) as publisher:
        publisher.publish([(meter_topic(METERS - 1), state(0, "level", 0))], retain=True)
        select.select([publisher], [], [])  # the broker has it when it acknowledges


@contextmanager
def counting(journal: Path) -> Iterator[Callable[[], int]]:
    """How many readings of meters are durable, counted from outside the gateway."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
        seen, found = 0, 0

        def count() -> int:
            nonlocal seen, found
            for seq, point in db.execute("SELECT seq, point FROM reading WHERE seq > ?", (seen,)):
                seen = max(seen, seq)
                found += point.startswith("meter-")
            return found

        yield count


def _client(influx: InfluxServer) -> httpx.Client:
    return httpx.Client(
        base_url=influx.url, auth=(influx.username, influx.password), params={"db": DATABASE}
    )


def _told(client: httpx.Client, figure: str, meter: int | None = None) -> float:
    """What InfluxDB says to `figure(level)` of that meter, or of all; -1 where it has none."""
    where = "" if meter is None else f" WHERE device = 'meter-{meter}'"
    answer = client.get("/query", params={"q": f'SELECT {figure}(level) FROM "bench-meter"{where}'})
    answer.raise_for_status()
    series = answer.json()["results"][0].get("series")
    return float(series[0]["values"][0][1]) if series else -1.0


def _check_nothing_lost(journal: Path, client: httpx.Client, total: int) -> None:
    """Message n said the level n."""
    told = """SELECT count(DISTINCT value), min(value), max(value) FROM reading
        WHERE point LIKE 'meter-%' AND typeof(value) = 'real'"""
    with closing(sqlite3.connect(journal)) as db:
        journalled = db.execute(told).fetchone()
    # The retained message and message 0 both said 0, at different instants.
    shown = (_told(client, "count") - 1, _told(client, "min"), _told(client, "max"))
    if not journalled == shown == (total, 0, total - 1):
        raise AssertionError(f"{total} sent, but journal has {journalled} and InfluxDB {shown}")
