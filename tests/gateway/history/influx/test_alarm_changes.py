"""Alarm changes in a real InfluxDB, which goes away and comes back."""

import asyncio
from pathlib import Path

import httpx
import sqlalchemy as sa

from gateway.history.alarm_changes import AlarmChanges, line_of
from gateway.history.influx.history import InfluxHistory
from gateway.ledger.ledger import Ledger, sqlite_url
from gateway.ledger.tables import progress
from gateway.site.model import InfluxTarget
from tests.gateway.alarming import raise_alarm, return_alarm
from tests.gateway.history.conftest import unread
from tests.gateway.history.influx.test_outage import shortly
from tests.gateway.history.journal import running
from tests.gateway.history.readings import DEVICES
from tests.servers import InfluxServer, influxdb
from tests.waiting import until

SITE, DATABASE = "willow-court", "alarms"


async def test_each_is_there_once_after_an_outage_and_a_crash_even_two_of_one_instant(
    tmp_path: Path,
) -> None:
    with influxdb(tmp_path) as server:
        target = InfluxTarget(server.url, DATABASE, server.username, server.password)
        async with (
            Ledger(sqlite_url(tmp_path / "ledger.db")) as ledger,
            InfluxHistory(target, SITE, DEVICES, unread) as history,
        ):
            changes = AlarmChanges(
                ledger, history, lambda change: line_of(change, SITE, DEVICES), sleep=shortly
            )
            async with running(changes.run()):
                await ledger.transact(_raise_and_return)
                await until(lambda: changes.cursor == 2)
                await asyncio.to_thread(server.server.kill)
                await ledger.transact(_raise_and_return)
                await until(lambda: changes.fault is not None)
                assert changes.behind == 2
                await asyncio.to_thread(server.server.start)
                await until(lambda: changes.cursor == 4)
                await until(lambda: changes.fault is None)
            assert await _moves(server) == ["raise", "return", "raise", "return"]
            # As the disk is when the power goes before a cursor is in.
            await ledger.transact(lambda connection: connection.execute(progress.cursor.delete()))
            async with running(changes.run()):
                await until(lambda: changes.cursor == 4)
            assert await _moves(server) == ["raise", "return", "raise", "return"]


def _raise_and_return(connection: sa.Connection) -> None:
    """Both at NOON: what comes and goes within one batch of readings may bear one instant."""
    raise_alarm(connection)
    return_alarm(connection)


async def _moves(server: InfluxServer) -> list[str]:
    """What is stored, in the order of its instants."""
    asked = {"db": DATABASE, "q": 'SELECT "move" FROM "alarm" WHERE "rule" = \'tank/low-level\''}
    async with httpx.AsyncClient(auth=(server.username, server.password), verify=False) as client:
        answer = (await client.get(f"{server.url}/query", params=asked)).json()
    (series,) = answer["results"][0]["series"]
    return [move for _, move in series["values"]]
