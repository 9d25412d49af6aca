"""A generator and its transfer switch behind Modbus and the whole gateway, while the mains come and
go."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.model.clock import Micros
from gateway.model.rule import Priority
from gateway.site.modbus_model import RegisterTable
from simulators.modbus_server import Tables, Unit
from tests.e2e.plant import estate, ordered
from tests.gateway_client import eventually, ticket_of, told
from tests.waiting import until

MAINS, GENERATOR, BETWEEN = 1, 2, 0
AUTO, OFF, NOBODY_KNOWS = 0, 1, 9


@dataclass
class Station:
    """Mains, a generator that runs as its coil says, and a transfer switch. Unless it is `broken`;
    one with `sticks` hangs in between. `orders`: what it was told."""

    mains: bool = True
    mode: int = AUTO
    broken: bool = False
    sticks: bool = False
    orders: list[int] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether the generator does."""
        return self.orders[-1:] == [1] and not self.broken

    def tables(self, _: Micros) -> Tables:
        """See Unit."""
        away = BETWEEN if self.sticks else MAINS if self.mains else GENERATOR
        position = away if self.runs else MAINS
        inputs = {0: self.mains, 1: self.runs, 2: self.broken and bool(self.orders)}
        registers = {0: position, 1: self.mode}
        return Tables({0: self.orders[-1:] == [1]}, inputs, input_registers=registers)

    def obey(self, _: Micros, __: RegisterTable, ___: int, values: Sequence[int]) -> None:
        """See Unit."""
        self.orders += values


DEVICES = """\
  - id: set
    kind: generator
    profile: relay
    connection: plant
    unit: 1
    name: G
    place: P
    generator:
      {control: gateway, transfer: ats, start_after: 1s, starts_within: 3s, stop_after: 2s}
  - id: ats
    kind: transfer-switch
    profile: contacts
    connection: plant
    unit: 1
    name: A
    place: P
    transfer_switch: {generator: set, moves_within: 1s, returns_within: 2s}
registers:
  relay:
    kind: generator
    period: 500ms
    points:
      state: {table: discrete_input, address: 1, type: bit, states: {0: stopped, 1: running}}
      mains: {table: discrete_input, address: 0, type: bit, states: {0: lost, 1: present}}
      mode: {table: input_register, address: 1, type: uint16, states: {0: auto, 1: "off"}}
      alarm: {table: discrete_input, address: 2, type: bit, states: {0: ok, 1: fault}}
      run-order: {table: coil, address: 0, type: bit, states: {0: "off", 1: "on"}, write: {}}
    commands:
      start: {write: {run-order: "on"}}
      stop: {write: {run-order: "off"}}
  contacts:
    kind: transfer-switch
    period: 500ms
    points:
      position:
        table: input_register
        address: 0
        type: uint16
        states: {0: between, 1: mains, 2: generator}
      mains: {table: discrete_input, address: 0, type: bit, states: {0: lost, 1: present}}
"""


def is_hidden_by(parent: str) -> Callable[[Any], bool]:
    """Whether the alarm of the trip is suppressed by that one."""

    def holds(quiet: Any) -> bool:
        why = [each["suppression"] for each in quiet]
        return any((each["rule"], each["parent"]) == ("set/tripped", parent) for each in why)

    return holds


CRITICAL = {"set/failed-to-start", "set/failed-while-running", "set/fault", "set/tripped"}


@pytest.mark.promise("S11")
async def test_a_generator_is_started_once_for_lost_mains_and_stopped_with_them_back(
    tmp_path: Path,
) -> None:
    station = Station()
    unit = Unit(station.tables, write=station.obey)
    async with estate(tmp_path, DEVICES, {1: unit}) as (gateway, client):
        await told(client, "set/mains", value="present", quality="good")
        await told(client, "set/interlock", value="none")
        station.mains = False
        await until(lambda: station.orders == [1])
        await told(client, "set/state", value="running", quality="good")
        await told(client, "set/command", value="confirmed")
        await told(client, "ats/position", value="generator")
        asked = unit.asked
        await asyncio.to_thread(gateway.server.stop)
        await asyncio.to_thread(gateway.server.start)
        await until(lambda: unit.asked > asked + 8)
        assert station.orders == [1], "it is asked for nothing by a restart"
        station.mains = True
        await until(lambda: station.orders == [1, 0])


async def test_a_start_that_fails_is_one_critical_ticket(tmp_path: Path) -> None:
    station = Station(broken=True)
    unit = Unit(station.tables, write=station.obey)
    async with estate(tmp_path, DEVICES, {1: unit}) as (_, client):
        await told(client, "set/interlock", value="none")
        station.mains = False
        await told(client, "set/alarm", value="fault")
        ticket = await ticket_of(client, "set/failed-to-start")
        assert ticket["priority"] == Priority.CRITICAL
        await eventually(client, "/api/v1/suppressions", is_hidden_by("set/failed-to-start"))
        await told(client, "set/interlock", value="generator-fault")
        tickets = (await client.get("/api/v1/tickets")).json()
        assert CRITICAL & {each["key"] for each in tickets} == {"set/failed-to-start"}
        assert station.orders == [1]


async def test_a_trip_of_a_running_set_is_told_as_one(tmp_path: Path) -> None:
    station = Station()
    unit = Unit(station.tables, write=station.obey)
    async with estate(tmp_path, DEVICES, {1: unit}) as (_, client):
        await told(client, "set/interlock", value="none")
        station.mains = False
        await told(client, "set/state", value="running")
        station.broken = True
        await ticket_of(client, "set/tripped")
        await told(client, "set/response", value="failed-while-running")
        tickets = (await client.get("/api/v1/tickets")).json()
        assert CRITICAL & {each["key"] for each in tickets} == {"set/tripped"}


async def test_with_its_mode_not_known_a_generator_is_not_started_and_says_why(
    tmp_path: Path,
) -> None:
    station = Station(mode=NOBODY_KNOWS)
    unit = Unit(station.tables, write=station.obey)
    async with estate(tmp_path, DEVICES, {1: unit}) as (_, client):
        await told(client, "set/interlock", value="generator-unknown")
        station.mains = False
        await ticket_of(client, "set/failed-to-start")
        assert await ordered(client, "set", "start") == (409, "generator-unknown")
        station.mode = OFF
        await told(client, "set/interlock", value="generator-off")
        assert await ordered(client, "set", "start") == (409, "generator-off")
        assert station.orders == []
        station.mode = AUTO
        await until(lambda: station.orders == [1])


async def test_a_transfer_switch_that_hangs_in_between_is_an_alarm_and_stops_no_generator(
    tmp_path: Path,
) -> None:
    station = Station(sticks=True)
    unit = Unit(station.tables, write=station.obey)
    async with estate(tmp_path, DEVICES, {1: unit}) as (_, client):
        await told(client, "ats/transfer", value="ok", quality="good")
        station.mains = False
        await told(client, "ats/transfer", value="stuck-between")
        ticket = await ticket_of(client, "ats/not-transferred")
        assert ticket["priority"] == Priority.CRITICAL
        station.mains = True
        await told(client, "ats/mains", value="present")
        asked = unit.asked
        await until(lambda: unit.asked > asked + 30)
        assert station.orders == [1], "nobody knows where its load is"
        station.sticks = False
        await until(lambda: station.orders == [1, 0])
        await told(client, "ats/transfer", value="ok", quality="good")
