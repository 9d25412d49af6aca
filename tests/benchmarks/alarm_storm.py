"""A thousand alarms in a minute: how long from a breach to its ticket on the API's stream."""

import asyncio
import json
import time
from pathlib import Path
from random import Random
from statistics import quantiles

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.benchmarks.report import Result
from tests.e2e.pair import FENCES
from tests.gateway_client import signed_in
from tests.gateway_process import running_gateway
from tests.servers import Broker, mosquitto

NAME = "alarm_storm_ticket_ms_p99"
ANSWERS = "alarm_storm_answer_ms_max"

ALARMS = 1_000
SECONDS = 60.0
PROMISED_MS = 200.0
LIVE_MS = 100.0

_ASK_EVERY_S = 0.05
_LAST_WITHIN_S = 30.0

_BROKER = """\
connections: {{broker: {{type: mqtt, host: 127.0.0.1, port: {port}, client_id: storm}}}}
"""


async def measure(folder: Path) -> list[Result]:
    """p99 of all tickets, against what is promised; and the longest that the gateway took to answer
    a question meanwhile, which tells how long its loop was held."""
    with mosquitto(folder) as broker:
        site = _BROKER.format(port=broker.port) + FENCES.format(last=ALARMS - 1)
        with running_gateway(folder, site) as gateway:
            async with signed_in(gateway) as client, asyncio.TaskGroup() as tasks:
                seen: dict[str, float] = {}
                streaming = asyncio.Event()
                watching = tasks.create_task(watch_stream(client, "zone-", seen, streaming))
                await streaming.wait()
                answers: list[float] = []
                asking = tasks.create_task(_ask(client, answers))
                said = await _storm(broker)
                async with asyncio.timeout(_LAST_WITHIN_S):
                    while len(seen) < ALARMS:
                        await asyncio.sleep(_ASK_EVERY_S)
                asking.cancel()
                watching.cancel()
                await asyncio.wait([asking, watching])
    percentiles = quantiles([(seen[k] - at) * 1000 for k, at in said.items()], n=100)
    p50, p99 = percentiles[49], percentiles[98]
    longest = max(answers)
    return [
        Result(NAME, p99, "ms", p99 / PROMISED_MS, f"the 200 ms promised; p50 {p50:.0f} ms"),
        Result(ANSWERS, longest, "ms", longest / LIVE_MS, "100 ms, above which a page stalls"),
    ]


async def _storm(broker: Broker) -> dict[str, float]:
    """When each was said, by rule."""
    client, chance, said = paho.Client(CallbackAPIVersion.VERSION2, "storm-field"), Random(0), {}
    client.connect(broker.host, broker.port)
    client.loop_start()
    begin = time.monotonic()
    for zone in range(ALARMS):
        due = begin + (zone + chance.random()) * SECONDS / ALARMS
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        said[f"zone-{zone}/breach"] = time.monotonic()
        content = {"id": f"{zone}", "breach": {"number": float(zone)}}
        client.publish(f"zones/{zone}/state", json.dumps(content), qos=1)
    client.disconnect()
    client.loop_stop()
    return said


async def watch_stream(
    client: httpx.AsyncClient, device: str, seen: dict[str, float], streaming: asyncio.Event
) -> None:
    """Notes when each ticket of devices whose id begins so has come, by rule, until cancelled."""
    async with client.stream("GET", "/api/v1/stream") as stream:
        async for line in stream.aiter_lines():
            streaming.set()
            if line.startswith("data:"):
                for ticket in json.loads(line.removeprefix("data:"))["tickets"]:
                    if ticket["key"].startswith(device):
                        seen.setdefault(ticket["key"], time.monotonic())


async def _ask(client: httpx.AsyncClient, answers: list[float]) -> None:
    """How long each answer took, ms."""
    while True:
        asked = time.monotonic()
        await client.get("/healthz")
        answers.append((time.monotonic() - asked) * 1000)
        await asyncio.sleep(_ASK_EVERY_S)
