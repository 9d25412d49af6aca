"""How many MQTT messages a second become durable and part of history, none of them lost."""

import asyncio
import select
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from tests.benchmarks.estate import METERS, Gateway, meter_topic, running_gateway
from tests.benchmarks.load import bare_loop, meters, sustain
from tests.benchmarks.publisher import Publisher, state
from tests.benchmarks.report import Result
from tests.servers import Broker, mosquitto

NAME = "mqtt_qos1_durable_msgs_per_s"

SECONDS = 12.0
BARE_SECONDS = 5.0
"""Before and after: what else the machine does then weighs on both."""

_LOOK_S = 0.05


async def measure(folder: Path) -> list[Result]:
    """The durable rate through a whole gateway, and its ratio to the bare loop's."""
    with mosquitto(folder) as broker:
        before = await _through_bare_loop(folder, broker)
        durable = await _through_gateway(folder, broker)
        after = await _through_bare_loop(folder, broker)
    bare = (before + after) / 2
    return [Result(NAME, durable, "messages/s", durable / bare, f"bare loop, {bare:,.0f}/s")]


async def _through_bare_loop(folder: Path, broker: Broker) -> float:
    async with bare_loop(folder, broker) as bare, meters(broker) as talking:
        started = time.monotonic()
        total = await sustain(talking, lambda: bare.received, BARE_SECONDS)
        return total / (time.monotonic() - started)


async def _through_gateway(folder: Path, broker: Broker) -> float:
    retain_state(broker)
    async with running_gateway(folder, broker) as gateway:
        with counting(gateway.data / "journal.db") as journalled:
            while not journalled():
                await asyncio.sleep(_LOOK_S)
            known = journalled()
            async with meters(broker) as talking:
                started = time.monotonic()
                total = await sustain(talking, lambda: journalled() - known, SECONDS)
                # Messages come in order, so history has all of them when it has the last.
                while await _newest_in_history(gateway) != total - 1:
                    await asyncio.sleep(_LOOK_S)
                rate = total / (time.monotonic() - started)
    _check_nothing_lost(gateway.data, total)
    return rate


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
    told = "SELECT count(DISTINCT {0}), min({0}), max({0}) FROM {1}"
    with closing(sqlite3.connect(data / "journal.db")) as journal:
        journalled = journal.execute(told.format("value", "reading")).fetchone()
    with duckdb.connect(data / "history.duckdb", read_only=True) as history:
        shown = history.execute(told.format("number", "readings")).fetchone()
    if not journalled == shown == (total, 0, total - 1):
        raise AssertionError(f"{total} sent, but journal has {journalled} and history {shown}")
