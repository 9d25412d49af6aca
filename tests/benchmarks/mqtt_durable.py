"""How many MQTT messages a second become durable and part of history, none of them lost."""

import asyncio
import select
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from tests.benchmarks.estate import METERS, Gateway, meter_topic, running_gateway
from tests.benchmarks.load import bare_loop, meters, sustain
from tests.benchmarks.processes import child_running, cpu_s
from tests.benchmarks.publisher import Publisher, state
from tests.benchmarks.report import Result
from tests.servers import Broker, mosquitto

NAME = "mqtt_qos1_durable_msgs_per_s"
COST = "mqtt_qos1_durable_cpu_us_per_msg"

SECONDS = 12.0
BARE_SECONDS = 5.0
"""Before and after: what else the machine does then weighs on both."""

_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Flow:
    """Messages a second, and the receiver's processor time for each in µs."""

    rate: float
    cpu_us: float


async def measure(folder: Path) -> list[Result]:
    """The durable rate through a whole gateway and what a message costs it; ratios to the bare
    loop's."""
    with mosquitto(folder) as broker:
        before = await _through_bare_loop(folder, broker)
        durable = await _through_gateway(folder, broker)
        after = await _through_bare_loop(folder, broker)
    rate, cpu_us = (before.rate + after.rate) / 2, (before.cpu_us + after.cpu_us) / 2
    to_rate, to_cpu = f"bare loop, {rate:,.0f}/s", f"bare loop, {cpu_us:.1f} µs"
    return [
        Result(NAME, durable.rate, "messages/s", durable.rate / rate, to_rate),
        Result(COST, durable.cpu_us, "µs", durable.cpu_us / cpu_us, to_cpu),
    ]


async def _through_bare_loop(folder: Path, broker: Broker) -> Flow:
    async with bare_loop(folder, broker) as bare, meters(broker) as talking:

        async def pass_all() -> int:
            return await sustain(talking, lambda: bare.received, BARE_SECONDS)

        _, flow = await _flow("tests.benchmarks.bare_mqtt", pass_all)
        return flow


async def _through_gateway(folder: Path, broker: Broker) -> Flow:
    retain_state(broker)
    async with running_gateway(folder, broker) as gateway:
        with counting(gateway.data / "journal.db") as journalled:
            while not journalled():
                await asyncio.sleep(_LOOK_S)
            known = journalled()
            async with meters(broker) as talking:

                async def pass_all() -> int:
                    total = await sustain(talking, lambda: journalled() - known, SECONDS)
                    # Messages come in order, so history has all of them when it has the last.
                    while await _newest_in_history(gateway) != total - 1:
                        await asyncio.sleep(_LOOK_S)
                    return total

                total, flow = await _flow("gateway.cli", pass_all)
    _check_nothing_lost(gateway.data, total)
    return flow


async def _flow(receiver: str, pass_all: Callable[[], Awaitable[int]]) -> tuple[int, Flow]:
    """How many messages `pass_all` got through the process that runs that module, and how."""
    process = child_running(receiver)
    used, started = cpu_s(process), time.monotonic()
    total = await pass_all()
    took, cost = time.monotonic() - started, cpu_s(process) - used
    return total, Flow(total / took, cost / total * 1e6)


def retain_state(broker: Broker) -> None:
    """A retained message for the gateway's last meter. It is journalled at the moment the gateway
    has subscribed to all of them, so that its being there shows that nothing will be missed."""
    with Publisher(broker.host, broker.port) as publisher:
        publisher.publish([(meter_topic(METERS - 1), state(0, "level", 0))], retain=True)
        select.select([publisher], [], [])  # the broker has it when it acknowledges


@contextmanager
def counting(journal: Path) -> Iterator[Callable[[], int]]:
    """How many readings are durable, counted from outside the gateway."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
        yield lambda: int(db.execute("SELECT coalesce(max(seq), 0) FROM reading").fetchone()[0])


async def _newest_in_history(gateway: Gateway) -> float | None:
    now = datetime.now(UTC)
    span = {"start": now - timedelta(minutes=10), "end": now + timedelta(minutes=10)}
    answer = await gateway.client.get(
        f"/api/v1/points/meter-{METERS - 1}/level/readings",
        params={**{key: at.isoformat() for key, at in span.items()}, "buckets": 1},
    )
    answer.raise_for_status()
    newest: float | None = answer.json()["buckets"][0]["last"]
    return newest


def _check_nothing_lost(data: Path, total: int) -> None:
    """Message n said the level n."""
    numbers = "reading WHERE typeof(value) = 'real'"  # beside them: the gateway's own words
    told = "SELECT count(DISTINCT {0}), min({0}), max({0}) FROM {1}"
    with closing(sqlite3.connect(data / "journal.db")) as journal:
        journalled = journal.execute(told.format("value", numbers)).fetchone()
    with duckdb.connect(data / "history.duckdb", read_only=True) as history:
        shown = history.execute(told.format("number", "readings")).fetchone()
    if not journalled == shown == (total, 0, total - 1):
        raise AssertionError(f"{total} sent, but journal has {journalled} and history {shown}")
