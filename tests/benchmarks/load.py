"""The load the MQTT benchmarks run under, and the bare loop they are compared with."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from gateway.child import Child
from tests.benchmarks.estate import METERS
from tests.servers import Broker

AHEAD = 10_000
"""Messages the meters may be ahead of what the receiver has dealt with: more than it ever holds,
so that it never waits, and few enough for the broker not to work for the queue alone."""

_LOOK_S = 0.02
_RATE_STEP_S = 0.02


@dataclass(frozen=True, slots=True)
class Meters:
    """The publisher process, told from here how many messages it may have sent in all."""

    _orders: asyncio.StreamWriter

    def allow(self, total: int) -> None:
        """Messages up to that total may be sent."""
        self._orders.write(b"%d\n" % total)


@asynccontextmanager
async def meters(broker: Broker, what: str = "meters") -> AsyncIterator[Meters]:
    """Silent until allowed to talk. On leaving they finish what they were allowed; RuntimeError
    when they failed. `what` talks: meters or doors."""
    arguments = (broker.host, str(broker.port), what)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.publisher", *arguments),
        stdin=PIPE,
    )
    try:
        assert process.stdin is not None
        yield Meters(process.stdin)
        process.stdin.close()
        if await process.wait():
            raise RuntimeError(f"the publisher ended with status {process.returncode}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def sustain(talking: Meters, received: Callable[[], int], seconds: float) -> int:
    """As many messages as the receiver takes, for so long; returns how many were sent, once it has
    received them."""
    end = time.monotonic() + seconds
    total = 0
    while time.monotonic() < end:
        total = received() + AHEAD
        talking.allow(total)
        await asyncio.sleep(_LOOK_S)
    total += -total % METERS
    talking.allow(total)
    while received() < total:
        await asyncio.sleep(_LOOK_S)
    return total


async def talk(talking: Meters, per_second: int) -> None:
    """Steadily at that rate, until cancelled."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    for step in count(1):
        talking.allow(round(step * _RATE_STEP_S * per_second))
        await asyncio.sleep(started + step * _RATE_STEP_S - loop.time())


class BareLoop:
    """The bare loop in its process, as tests.benchmarks.bare_mqtt describes it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.received = 0

    async def watch(self, child: Child) -> None:
        """Keep `received` up to date, until cancelled."""
        while True:
            self.received = int(await child.read_line())


@asynccontextmanager
async def bare_loop(folder: Path, broker: Broker) -> AsyncIterator[BareLoop]:
    """Runs, subscribed, while entered."""
    bare = BareLoop(folder / "bare.lines")
    arguments = (broker.host, str(broker.port), str(bare.file))
    command = [sys.executable, "-m", "tests.benchmarks.bare_mqtt", *arguments]
    async with Child("bare loop", command, folder / "bare.log", lines=True) as child:
        await child.read_line()
        watching = asyncio.create_task(bare.watch(child), name="bare loop")
        try:
            yield bare
        finally:
            watching.cancel()
            await asyncio.wait([watching])
