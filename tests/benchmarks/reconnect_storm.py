"""A broker that is stopped and comes back: how long until all of a thousand doors, each with a
connection of its own, have been heard again; and that nobody is told of an alarm for it."""

import asyncio
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from gateway.child import Child
from tests.benchmarks.door_alarm import SITE
from tests.benchmarks.estate import CLOSED_DOORS
from tests.benchmarks.report import Result
from tests.gateway_process import running_gateway
from tests.servers import Broker, mosquitto

NAME = "reconnect_storm_s"

PROMISED_S = 10.0
AWAY_S = 5.0
"""How long the broker is gone."""
QUIET_S = 20.0
"""So long afterwards nothing may have been raised: longer than any delay of a door's rules but that
of a door that stays silent."""

_LOOK_S = 0.05
_ALL_WITHIN_S = 60.0

# Quality 0 is GOOD (gateway/journal/rows.py).
_HEARD = """
SELECT count(DISTINCT point) FROM reading
WHERE received_at > ? AND point LIKE 'door-%/contact' AND value = 'closed' AND quality = 0
"""


async def measure(folder: Path) -> list[Result]:
    """From the broker's first answer until the last door stands in the journal, anew and good."""
    with mosquitto(folder, persistence=True, persistence_location=f"{folder}/") as broker:
        site = SITE.format(port=broker.port, last=CLOSED_DOORS - 1)
        with running_gateway(folder, site) as gateway:
            arguments = (broker.host, str(broker.port), str(CLOSED_DOORS))
            command = [sys.executable, "-m", "tests.benchmarks.door_fleet", *arguments]
            async with Child("doors", command, folder / "doors.log", lines=True):
                journal = gateway.data / "journal.db"
                await _all_heard(journal, 0)
                took = await _outage(broker, journal)
                await asyncio.sleep(QUIET_S)
            alarms = _alarms(gateway.data / "ledger.db")
    if alarms:
        raise RuntimeError(f"false alarms: {', '.join(alarms[:5])} and so on, {len(alarms)} in all")
    against = f"the {PROMISED_S:.0f} s promised; no alarm was raised"
    return [Result(NAME, took, "s", took / PROMISED_S, against)]


async def _outage(broker: Broker, journal: Path) -> float:
    broker.server.stop()
    await asyncio.sleep(AWAY_S)
    await asyncio.to_thread(broker.server.start)
    back, begun = time.time_ns() // 1_000, time.monotonic()
    await _all_heard(journal, back)
    return time.monotonic() - begun


async def _all_heard(journal: Path, since: int) -> None:
    """Waits until each door has a good reading received after that instant (µs since 1970)."""
    with closing(sqlite3.connect(f"{journal.as_uri()}?mode=ro", uri=True)) as db:
        async with asyncio.timeout(_ALL_WITHIN_S):
            while db.execute(_HEARD, (since,)).fetchone()[0] < CLOSED_DOORS:
                await asyncio.sleep(_LOOK_S)


def _alarms(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as db:
        return [rule for (rule,) in db.execute("SELECT rule FROM alarm WHERE device LIKE 'door-%'")]
