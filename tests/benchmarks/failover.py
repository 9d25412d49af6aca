"""How long until the other of two gateways has dealt with an alarm, when the active one is gone."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.benchmarks.report import Result
from tests.e2e.pair import Gateway, pair
from tests.servers import mosquitto, postgresql, postgresql_database

NAME = "failover_s"

PROMISED_S = 10.0

_ZONES = 2
_LOOK_S = 0.02


async def measure(folder: Path) -> list[Result]:
    """From the signal until the ticket of a breach said at that moment is in the ledger."""
    return await asyncio.to_thread(_measure, folder)


def _measure(folder: Path) -> list[Result]:
    with postgresql(folder) as cluster:
        took = {}
        for how, fault in _FAULTS.items():
            (folder / how).mkdir()
            with (
                postgresql_database(cluster) as ledger,
                mosquitto(folder / how) as broker,
                pair(folder / how, ledger, broker, _ZONES) as two,
            ):
                took[how] = _failover(two.active, two.other, two.breach, two.raised, fault)
    worst = max(took.values())
    told = ", ".join(f"{how} {seconds:.1f} s" for how, seconds in took.items())
    return [Result(NAME, worst, "s", worst / PROMISED_S, f"the 10 s promised; {told}")]


def _failover(
    active: Callable[[], Gateway],
    other: Callable[[Gateway], Gateway],
    breach: Callable[[range], None],
    raised: Callable[[], object],
    fault: Callable[[Gateway], None],
) -> float:
    first = active()
    while other(first).role != "standby":
        time.sleep(_LOOK_S)
    fault(first)
    began = time.monotonic()
    breach(range(1))
    while not raised():
        time.sleep(_LOOK_S)
    took = time.monotonic() - began
    first.server.kill()
    return took


def _kill(gateway: Gateway) -> None:
    gateway.server.kill()


def _cut_off(gateway: Gateway) -> None:
    gateway.cable.cut()


_FAULTS: Final = {"SIGKILL": _kill, "SIGSTOP": Gateway.hold, "database cut off": _cut_off}
