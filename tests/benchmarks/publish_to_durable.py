"""How long from a device's message until it is durable, at 5,000 messages a second."""

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from statistics import quantiles

from tests.benchmarks.estate import running_gateway
from tests.benchmarks.load import bare_loop, meters, talk
from tests.benchmarks.mqtt_durable import counting, retain_state
from tests.benchmarks.report import Result
from tests.servers import Broker, influxdb, mosquitto

NAME = "publish_to_durable_ms_p99"

PER_SECOND = 5_000
SECONDS = 20.0
BARE_SECONDS = 5.0
_WARM_UP_S = 2.0
_LOOK_S = 0.001
"""How often the journal is looked at: on average half of it is in each figure."""

_LINE = re.compile(r'at="([^"]+)" (\d+)$')


async def measure(folder: Path) -> list[Result]:
    """p99 over all messages, and its ratio to the bare loop's publish → line."""
    with mosquitto(folder) as broker, influxdb(folder) as influx:
        async with bare_loop(folder, broker) as bare:
            await _talk(broker, BARE_SECONDS)
            to_line = _p99_ms([_took_by(line) for line in bare.file.read_text().splitlines()])
        retain_state(broker)
        async with running_gateway(folder, broker, influx) as gateway:
            to_journal = _p99_ms(await _watched(gateway.data / "journal.db", broker))
    told = f"bare loop to a line, {to_line:.2f} ms"
    return [Result(NAME, to_journal, "ms", to_journal / to_line, told)]


async def _talk(broker: Broker, seconds: float) -> None:
    async with meters(broker) as talking:
        talk_task = asyncio.create_task(talk(talking, PER_SECOND))
        await asyncio.sleep(_WARM_UP_S + seconds)
        talk_task.cancel()
        await asyncio.wait([talk_task])


async def _watched(journal: Path, broker: Broker) -> list[float]:
    """How long each reading took, in seconds, in journal order."""
    with counting(journal) as journalled:
        while not journalled():
            await asyncio.sleep(_LOOK_S)
    took: list[float] = []
    watching = asyncio.create_task(_watch(journal, took))
    await _talk(broker, SECONDS)
    watching.cancel()
    await asyncio.wait([watching])
    return took


async def _watch(journal: Path, took: list[float]) -> None:
    """Notes when each reading is there for others to see, until cancelled."""
    query = """SELECT seq, taken_at FROM reading
        WHERE seq > ? AND point LIKE 'meter-%' AND typeof(value) = 'real'"""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
        newest = db.execute("SELECT max(seq) FROM reading").fetchone()[0]
        while True:
            found = db.execute(query, (newest,)).fetchall()
            now = time.time()
            took += [now - taken_at / 1_000_000 for _, taken_at in found]
            newest = found[-1][0] if found else newest
            await asyncio.sleep(_LOOK_S)


def _took_by(line: str) -> float:
    found = _LINE.search(line)
    assert found is not None
    return int(found[2]) / 1e9 - datetime.fromisoformat(found[1]).timestamp()


def _p99_ms(took: list[float]) -> float:
    steady = took[int(_WARM_UP_S * PER_SECOND) :]
    return quantiles(steady, n=100, method="inclusive")[98] * 1_000
