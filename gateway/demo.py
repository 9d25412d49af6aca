"""`gatehouse demo`: broker, simulated estate and gateway, started and ended together."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

import httpx

from gateway.child import Child
from gateway.demo_broker import demo_broker, installed_mosquitto
from gateway.errors import BadConfig
from gateway.model.clock import MILLISECOND, SECOND, Micros, from_datetime, gateway_clock

T = TypeVar("T")

CHECK_SECONDS = 120.0
"""How long `--check` waits for the tickets."""

EARLY: Micros = SECOND
"""An alarm raised so much before its cause is still taken for it: the clocks of the simulated
devices and of the gateway are read one after the other."""

TOLD = {
    "roof-tank/low-level": "the roof tank drains below its low level",
    "door-03/propped": "unit door 3 stays propped open",
    "north-zone/breach": "someone crosses the north perimeter, on camera",
}


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is up. `causes`: by rule, the instant at which it happens."""

    page: str
    sign_in_link: str
    broker: str
    causes: Mapping[str, Micros]
    gateway: Child
    estate: Child


async def run_demo(data: Path, port: int) -> None:
    """Until Ctrl-C. `data` is the absolute path of a folder that is there. BadConfig when the
    port is taken, Unreachable when a part of it ends."""
    await _until_asked_to_end(_show(data, port))


async def check_demo(data: Path, port: int) -> bool:
    """Runs until every cause has become a ticket, and prints the milliseconds each took as JSON;
    False when one is missing in the end, or when it was ended before."""
    return await _until_asked_to_end(_check(data, port)) or False


async def _show(data: Path, port: int) -> None:
    async with _demo(data, port) as demo:
        _tell(demo)
        async with asyncio.TaskGroup() as parts:
            parts.create_task(demo.gateway.ended())
            parts.create_task(demo.estate.ended())


async def _check(data: Path, port: int) -> bool:
    async with _demo(data, port) as demo:
        took: dict[str, float] = {}
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                async for rule, instant in _tickets(demo):
                    took[rule] = round((instant - demo.causes[rule]) / MILLISECOND, 1)
        except TimeoutError:
            pass
    missing = sorted(demo.causes.keys() - took.keys())
    print(json.dumps({"ms_from_cause_to_ticket": took, "missing": missing}))
    return not missing


async def _until_asked_to_end(work: Coroutine[object, object, T]) -> T | None:
    """Ctrl-C, SIGTERM and SIGHUP cancel the work wherever it stands, so that it ends every process
    it has started; asked again, it goes on ending. Then there is no answer."""
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    asked = False

    def end() -> None:
        nonlocal asked
        if not asked:
            asked = True
            print("\nEnding everything …", flush=True)
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        if asked:
            return None
        raise


@asynccontextmanager
async def _demo(data: Path, port: int) -> AsyncIterator[Demo]:
    _refuse_taken(port)
    ports = dict(zip(("MQTT", "MODBUS", "RTSP"), _free_ports(3), strict=True))
    environment = {
        **os.environ,
        "GATEHOUSE_PORT": str(port),
        "GATEHOUSE_DATA": str(data),
        **{f"DEMO_{name}_PORT": str(number) for name, number in ports.items()},
    }
    async with AsyncExitStack() as parts:
        estates = parts.enter_context(as_file(files("simulators") / "estates"))
        print("Starting the MQTT broker …", flush=True)
        starting = demo_broker(data, ports["MQTT"], installed_mosquitto())
        broker = await parts.enter_async_context(starting)
        print("Starting the simulated estate …", flush=True)
        simulate = _gatehouse("simulate", estates / "demo.simulation.yaml")
        child = Child("estate", simulate, data / "estate.log", environment, lines=True)
        estate = await parts.enter_async_context(child)
        causes: Mapping[str, Micros] = json.loads(await estate.read_line())["causes"]
        print("Starting the gateway …", flush=True)
        run = _gatehouse("run", estates / "demo.site.yaml", "--sign-in-link")
        child = Child("gateway", run, data / "gateway.log", environment, lines=True)
        gateway = await parts.enter_async_context(child)
        page = (await gateway.read_line()).partition(" ")[2]
        link = (await gateway.read_line()).partition(" ")[2]
        yield Demo(page, link, broker, causes, gateway, estate)


def _tell(demo: Demo) -> None:
    now = gateway_clock()()
    happenings = "\n".join(
        f"  in {max(0, at - now) // SECOND:>2} s  {TOLD.get(rule, rule)}"
        for rule, at in demo.causes.items()
    )
    print(
        f"""
Gatehouse is up.

  Duty desk     {demo.page}
  Sign in once  {demo.sign_in_link}
  Broker        {demo.broker}

What is going to happen, by itself:
{happenings}
Each becomes a ticket. Acknowledge it and work it on the page. Ctrl-C ends everything.
""",
        flush=True,
    )


async def _tickets(demo: Demo) -> AsyncIterator[tuple[str, Micros]]:
    """Each rule of the causes with the instant its ticket was seen on the API's stream."""
    clock, seen = gateway_clock(), set[str]()
    async with httpx.AsyncClient(base_url=demo.page, timeout=None) as client:
        await client.get(demo.sign_in_link)
        async with client.stream("GET", "/api/v1/stream") as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                for alarm in json.loads(line.removeprefix("data:")).get("alarms", ()):
                    rule = alarm["rule"]
                    if rule in seen or not _caused(alarm, demo.causes):
                        continue
                    seen.add(rule)
                    yield rule, clock()
                if seen == demo.causes.keys():
                    return


def _caused(alarm: Mapping[str, Any], causes: Mapping[str, Micros]) -> bool:
    """Whether it stands on a ticket and was raised by this run's cause, not by an earlier one's."""
    at = causes.get(alarm["rule"])
    raised_at = from_datetime(datetime.fromisoformat(alarm["raised_at"]))
    return at is not None and alarm["ticket"] is not None and raised_at > at - EARLY


def _gatehouse(command: str, file: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "gateway.cli", command, str(file), *options]


def _refuse_taken(port: int) -> None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
            trial.listen()
        except OSError as error:
            remedy = "choose another with --port, or end what listens there"
            raise BadConfig(f"port {port}", f"is taken ({error.strerror})", remedy) from error


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for free in sockets:
            free.bind(("127.0.0.1", 0))
        return [free.getsockname()[1] for free in sockets]
