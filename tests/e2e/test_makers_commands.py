"""Makers' controllers behind Modbus and the whole gateway: started, stopped and reset by their own
registers, and what is told when they are not."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.model.clock import SECOND, Micros, gateway_clock
from gateway.site.modbus_model import RegisterTable
from simulators.gencomm import CANCEL, START, WRONG_KEY, GenComm, generator_unit
from simulators.grundfos import CimPump, cim_unit
from simulators.modbus_faults import Excepts, Mute
from simulators.modbus_server import NotTaken, Unit
from simulators.pump import Pump
from simulators.supply import Mains, StandbySet
from tests.e2e.plant import device, estate, ordered
from tests.gateway_client import ticket_of, told
from tests.waiting import until

SET = device("set", "generator", "deep-sea-gencomm", 1, ", period: 200ms")
LIFT = device("lift", "pump", "grundfos-cim", 1, ", period: 200ms")


async def test_a_generator_is_started_and_let_stop_by_its_controllers_keys(tmp_path: Path) -> None:
    controller = GenComm(StandbySet(Mains()), cranking=SECOND)
    async with estate(tmp_path, SET, {1: generator_unit(controller)}) as (_, client):
        await told(client, "set/state", value="stopped", quality="good")
        assert await ordered(client, "set", "start") == (200, "confirmed")
        await told(client, "set/state", value="running", quality="good")
        assert await ordered(client, "set", "stop") == (200, "confirmed")
        await told(client, "set/state", value="stopping", quality="good")
        assert controller.keys == [START, CANCEL]


async def test_a_refused_key_moves_nothing_and_one_without_an_answer_is_shown_by_the_engine(
    tmp_path: Path,
) -> None:
    controller = GenComm(StandbySet(Mains()), cranking=SECOND)
    unit = generator_unit(controller)
    async with estate(tmp_path, SET, {1: unit}) as (_, client):
        await told(client, "set/mode", value="auto", quality="good")
        unit.write = _knows_no_key
        assert await ordered(client, "set", "start") == (409, "device-refuses")
        unit.write = partial(_says_nothing_of_it, controller, unit)
        asking = asyncio.create_task(ordered(client, "set", "start"))
        await until(lambda: bool(controller.keys))
        unit.fault = None
        assert await asking == (200, "confirmed")
        assert controller.keys == [START], "it is not sent again"


def _knows_no_key(_: Micros, __: RegisterTable, ___: int, ____: Sequence[int]) -> None:
    raise NotTaken(WRONG_KEY)


def _says_nothing_of_it(
    controller: GenComm,
    unit: Unit,
    now: Micros,
    table: RegisterTable,
    address: int,
    values: Sequence[int],
) -> None:
    controller.obey(now, table, address, values)
    unit.fault = Mute()


async def test_a_grundfos_pump_is_started_stopped_and_reset_by_its_control_word(
    tmp_path: Path,
) -> None:
    clock, pump = gateway_clock(), Pump(rated_current=9)
    module = CimPump(pump)
    async with estate(tmp_path, LIFT, {1: cim_unit(module)}) as (_, client):
        await told(client, "lift/interlock", value="none", quality="good")
        assert await ordered(client, "lift", "start") == (200, "confirmed")
        assert await ordered(client, "lift", "stop") == (200, "confirmed")
        pump.trip(clock())
        await told(client, "lift/fault", value="fault")
        assert await ordered(client, "lift", "reset") == (200, "confirmed")
        assert module.words == [0b011, 0b001, 0b101, 0b001]
        assert not pump.step(clock()).running, "a reset starts nothing"


async def test_what_no_reading_shows_is_unknown_and_raises_an_alarm(tmp_path: Path) -> None:
    module = CimPump(Pump(rated_current=9))
    module.held = True
    unit = cim_unit(module)
    async with estate(tmp_path, LIFT, {1: unit}) as (_, client):
        await told(client, "lift/interlock", value="none", quality="good")
        assert await ordered(client, "lift", "start") == (200, "unknown")
        await ticket_of(client, "lift/command-failed")
        unit.fault = Excepts(6)
        assert await ordered(client, "lift", "stop") == (409, "device-refuses")
        unit.fault = Mute()
        assert await ordered(client, "lift", "stop") == (200, "unknown")
        assert module.words == [0b011, 0b001], "nothing is sent again"
