"""A timed run over the nights in which the wall clock is put forward and back (faketime)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.model.clock import HOUR, SECOND, from_datetime, gateway_clock
from simulators.modbus_server import ModbusServer, pump_unit
from tests.crash.parts import gateway_with_clock
from tests.e2e.plant import HOST, PLANT, Counting, device
from tests.gateway_client import signed_in, told
from tests.waiting import until

CHANGES = ("2027-03-28T01:00:00+00:00", "2027-10-31T01:00:00+00:00")
"""Forward and back in Berlin."""
LEAD = 40 * SECOND
"""For the gateway to start in."""


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
        gateway.set_clock((from_datetime(at) - gateway_clock()() - LEAD) / HOUR)
        gateway.start()
        try:
            async with signed_in(gateway.process) as client:
                await told(client, "p/interlock", value="none")
                ends = at + timedelta(seconds=10)
                order = {"action": "start", "reason": "trial", "until": ends.isoformat()}
                answer = await client.post("/api/v1/devices/p/commands", json=order, timeout=20)
                assert (answer.status_code, answer.json()["result"]) == (200, "confirmed")
                await until(lambda: pump.orders == [1, 0], seconds=120)
                (last, *_) = (await client.get("/api/v1/commands")).json()
                stopped = datetime.fromisoformat(last["asked_at"])
                assert ends <= stopped < ends + timedelta(seconds=10)
                assert last["reason"] == "time-up"
        finally:
            gateway.stop()
