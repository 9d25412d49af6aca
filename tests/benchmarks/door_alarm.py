"""A door forced open among a thousand that talk: how long until its alarm is committed, and until a
reader of the API's stream has its ticket."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random
from statistics import quantiles

from tests.benchmarks.alarm_storm import watch_stream
from tests.benchmarks.estate import CLOSED_DOORS, door_topic
from tests.benchmarks.load import meters, talk
from tests.benchmarks.publisher import Publisher, state
from tests.benchmarks.report import Result
from tests.gateway_client import signed_in
from tests.gateway_process import running_gateway
from tests.servers import Broker, mosquitto

NAME = "door_to_alarm_ms_p99"
STREAM = "door_to_stream_ms_p99"

FORCED = 200
FORCED_PER_SECOND = 5
BACKGROUND = 5_000
"""Messages a second, of all doors in turn."""

ALARM_PROMISED_MS = 50.0
STREAM_PROMISED_MS = 100.0

_LOOK_S = 0.001
"""How often the ledger is looked at: on average half of it is in each figure."""
_WARM_UP_S = 3.0
_LAST_WITHIN_S = 20.0

SITE = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: doors}}}}
devices:
  - range: [0, {last}]
    template: {{id: "door-{{n}}", kind: door, profile: gatehouse-json, connection: broker,
      topic: "bench/doors/{{n}}", points: [access], name: "Door {{n}}", place: Hall}}
"""


async def measure(folder: Path) -> list[Result]:
    """p99 of both, against what is promised."""
    with mosquitto(folder) as broker:
        site = SITE.format(port=broker.port, last=CLOSED_DOORS - 1)
        with running_gateway(folder, site) as gateway:
            async with signed_in(gateway) as client, asyncio.TaskGroup() as tasks:
                committed: dict[str, float] = {}
                streamed: dict[str, float] = {}
                streaming = asyncio.Event()
                watching = [
                    tasks.create_task(watch_stream(client, "door-", streamed, streaming)),
                    tasks.create_task(_watch_ledger(gateway.data / "ledger.db", committed)),
                ]
                await streaming.wait()
                forced = await _force_doors(broker)
                async with asyncio.timeout(_LAST_WITHIN_S):
                    while len(committed) < FORCED or len(streamed) < FORCED:
                        await asyncio.sleep(0.1)
                for task in watching:
                    task.cancel()
                await asyncio.wait(watching)
    return [
        _result(NAME, forced, committed, ALARM_PROMISED_MS),
        _result(STREAM, forced, streamed, STREAM_PROMISED_MS),
    ]


def _result(
    name: str, forced: dict[str, float], arrived: dict[str, float], promised: float
) -> Result:
    percentiles = quantiles([(arrived[rule] - at) * 1000 for rule, at in forced.items()], n=100)
    p50, p99 = percentiles[49], percentiles[98]
    return Result(name, p99, "ms", p99 / promised, f"the {promised:.0f} ms promised; p50 {p50:.0f}")


async def _force_doors(broker: Broker) -> dict[str, float]:
    """Each once, at random moments, while all talk; when each was opened, by rule."""
    moments = Random(0)
    forced: dict[str, float] = {}
    async with meters(broker, "doors") as talking:
        talk_task = asyncio.create_task(talk(talking, BACKGROUND))
        await asyncio.sleep(_WARM_UP_S)
        with Publisher(broker.host, broker.port) as burglar:
            for door in range(FORCED):
                await asyncio.sleep(moments.expovariate(FORCED_PER_SECOND))
                forced[f"door-{door}/forced"] = time.monotonic()
                burglar.publish([(door_topic(door), state(door, "contact", "open"))])
        talk_task.cancel()
        await asyncio.wait([talk_task])
    return forced


async def _watch_ledger(ledger: Path, committed: dict[str, float]) -> None:
    """Notes when each alarm is there for others to see, until cancelled."""
    query = "SELECT id, rule FROM alarm WHERE id > ?"
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
        newest = 0
        while True:
            for number, rule in db.execute(query, (newest,)).fetchall():
                newest = max(newest, number)
                if rule.startswith("door-") and rule.endswith("/forced"):
                    committed.setdefault(rule, time.monotonic())
            await asyncio.sleep(_LOOK_S)
