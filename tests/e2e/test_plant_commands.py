"""Pumps behind Modbus and the whole gateway: what people and their group order of them."""

import asyncio
from pathlib import Path

import pytest

from gateway.model.clock import gateway_clock
from simulators.modbus_faults import Dead
from simulators.modbus_server import pump_unit, tank_unit
from simulators.pump import Delivery, Pump
from simulators.tank import Tank
from tests.e2e.plant import Counting, device, estate, ordered, pour
from tests.gateway_client import told
from tests.waiting import until


async def test_an_operator_starts_and_stops_the_lift_pump_unless_its_tank_is_full_or_unknown(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    tank = Tank(clock(), area=4, height=3, level=1.6)
    pump = Pump(rated_current=11.2, delivery=Delivery(tank, 60))
    units = {1: tank_unit(tank), 2: pump_unit(pump)}
    site = device("roof", "tank", "demo-tank", 1)
    site += device("lift", "pump", "demo-pump", 2, ", pump: {fills: roof, high_level: 2.8}")
    async with estate(tmp_path, site, units) as (_, client):
        await told(client, "lift/interlock", value="none", quality="good")
        assert await ordered(client, "lift", "start") == (200, "confirmed")
        assert pump.step(clock()).running
        await told(client, "lift/run-order", value="on", quality="good")
        assert await ordered(client, "lift", "stop") == (200, "confirmed")
        pour(tank, clock(), 5.2)
        await told(client, "lift/interlock", value="target-full")
        assert await ordered(client, "lift", "start") == (409, "target-full")
        units[1].fault = Dead()
        await told(client, "lift/interlock", value="target-unknown")
        assert await ordered(client, "lift", "start") == (409, "target-unknown")
        assert not pump.step(clock()).running
        pump.trip(clock())
        await told(client, "lift/fault", value="fault")
        assert await ordered(client, "lift", "reset") == (200, "confirmed")
        assert not pump.step(clock()).fault


GROUP = """\
  - id: pair
    kind: pump-group
    connection: own
    name: P
    place: P
    group: {pumps: [one, two], by: pit/level, start: 1.5, stop: 0.5, starts_within: 3s}
"""


@pytest.mark.promise("S11")
async def test_a_group_starts_its_standby_when_its_lead_fails_and_a_restart_orders_nothing(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    pit = Tank(clock(), area=1, height=3, level=1.0)
    lead, standby = Counting(broken=True), Counting()
    units = {1: tank_unit(pit), 2: pump_unit(lead), 3: pump_unit(standby)}
    site = device("pit", "tank", "demo-tank", 1) + device("one", "pump", "demo-pump", 2)
    site += device("two", "pump", "demo-pump", 3) + GROUP
    async with estate(tmp_path, site, units) as (gateway, client):
        for pump in ("one", "two"):
            await told(client, f"{pump}/interlock", value="none", quality="good")
        await told(client, "pair/state", value="resting", quality="good")
        pour(pit, clock(), 0.6)
        await until(lambda: standby.step(clock()).running)
        assert lead.orders == [1]
        await told(client, "pair/takeover", value="failed")
        await told(client, "two/run", value="running", quality="good")
        pour(pit, clock(), -1.2)
        await until(lambda: not standby.step(clock()).running)
        await told(client, "pair/state", value="resting")
        orders, asked = list(lead.orders), [each.asked for each in units.values()]
        await asyncio.to_thread(gateway.server.stop)
        pour(pit, clock(), 0.6)
        await asyncio.to_thread(gateway.server.start)
        await until(
            lambda: all(u.asked > n + 2 for u, n in zip(units.values(), asked, strict=True))
        )
        assert (lead.orders, standby.step(clock()).running) == (orders, False)


async def test_a_pump_of_a_group_that_runs_dry_is_stopped_and_its_standby_started(
    tmp_path: Path,
) -> None:
    clock = gateway_clock()
    pit, dry, standby = Tank(clock(), area=1, height=3, level=1.0), Counting(), Counting()
    units = {1: tank_unit(pit), 2: pump_unit(dry), 3: pump_unit(standby)}
    plate = ", pump: {rated_current: 90, dry_after: 1s}"
    site = device("pit", "tank", "demo-tank", 1) + device("one", "pump", "demo-pump", 2, plate)
    site += device("two", "pump", "demo-pump", 3) + GROUP
    async with estate(tmp_path, site, units) as (_, client):
        for pump in ("one", "two"):
            await told(client, f"{pump}/interlock", value="none", quality="good")
        await told(client, "pair/state", value="resting", quality="good")
        pour(pit, clock(), 0.6)
        await until(lambda: standby.step(clock()).running)
        assert (dry.orders, standby.orders) == ([1, 0], [1])
        await told(client, "pair/takeover", value="failed")
