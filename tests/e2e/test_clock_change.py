"""A timed run over the nights in which the wall clock is put forward and back (faketime)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from gateway.model.clock import HOUR, SECOND, Micros, from_datetime, gateway_clock
from simulators.modbus_server import ModbusServer, pump_unit
from tests.crash.parts import Gateway, gateway_with_clock
from tests.e2e.plant import HOST, PLANT, Counting, device
from tests.gateway_client import signed_in, told
from tests.waiting import until

CHANGES = ("2027-03-28T01:00:00+00:00", "2027-10-31T01:00:00+00:00")
"""Forward and back in Berlin."""
LEADS = (15 * SECOND, 60 * SECOND)
"""For the gateway to start in: on a busy machine it takes longer."""


@pytest.mark.parametrize("change", CHANGES)
async def test_a_timed_run_lasts_as_long_as_was_said_though_the_clock_is_put_on(
    tmp_path: Path, change: str
) -> None:
    pump, at = Counting(), datetime.fromisoformat(change)
    async with ModbusServer(HOST, 0, {1: pump_unit(pump)}, gateway_clock()) as server:
        site = PLANT.format(host=HOST, port=server.port) + device("p", "pump", "demo-pump", 1)
        gateway = gateway_with_clock(tmp_path, site)
        file = tmp_path / "site.yaml"
        file.write_text(file.read_text().replace("Asia/Shanghai", "Europe/Berlin"))
        async with started_before(gateway, from_datetime(at)) as client:
            ends = at + timedelta(seconds=5)
            order = {"action": "start", "reason": "trial", "until": ends.isoformat()}
            answer = await client.post("/api/v1/devices/p/commands", json=order, timeout=20)
            assert (answer.status_code, answer.json()["result"]) == (200, "confirmed")
            await until(lambda: pump.orders == [1, 0], seconds=120)
            (last, *_) = (await client.get("/api/v1/commands")).json()
            stopped = datetime.fromisoformat(last["asked_at"])
            assert ends <= stopped < ends + timedelta(seconds=10)
            assert last["reason"] == "time-up"


@asynccontextmanager
async def started_before(gateway: Gateway, change: Micros) -> AsyncIterator[httpx.AsyncClient]:
    """By a clock that shows a time before the change, and its pump may be started."""
    for lead in LEADS:
        ahead = change - lead - gateway_clock()()
        gateway.set_clock(ahead / HOUR)
        gateway.start()
        try:
            async with signed_in(gateway.process) as client:
                await told(client, "p/interlock", value="none")
                if gateway_clock()() + ahead < change - 3 * SECOND:
                    yield client
                    return
        finally:
            gateway.stop()
    raise AssertionError(f"the gateway did not start within {LEADS[-1] // SECOND} s")
