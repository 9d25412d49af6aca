"""The simulated pump."""

import pytest

from gateway.model.clock import HOUR, SECOND
from gateway.site.modbus_model import RegisterTable
from simulators.pump import Delivery, Pump, PumpState
from simulators.tank import Tank

START = 1_700_000_000 * SECOND


def test_a_running_pump_draws_its_current_and_counts_its_hours() -> None:
    pump = Pump(rated_current=12.5, hours=100.0)
    assert pump.step(START) == PumpState(running=False, fault=False, current=0.0, hours=100.0)
    pump.start(START)
    pump.start(START + HOUR)
    assert pump.step(START + 2 * HOUR) == PumpState(
        running=True, fault=False, current=12.5, hours=102.0
    )
    pump.stop(START + 3 * HOUR)
    pump.stop(START + 4 * HOUR)
    assert pump.step(START + 9 * HOUR) == PumpState(
        running=False, fault=False, current=0.0, hours=103.0
    )


def test_a_tripped_pump_stands_still_until_it_is_reset() -> None:
    pump = Pump(rated_current=12.5)
    pump.start(START)
    pump.trip(START + HOUR)
    assert pump.step(START + HOUR) == PumpState(running=False, fault=True, current=0.0, hours=1.0)
    pump.start(START + HOUR)
    assert not pump.step(START + HOUR).running
    pump.reset()
    pump.start(START + HOUR)
    assert pump.step(START + HOUR).running


def test_a_pump_fills_its_tank_while_it_runs() -> None:
    tank = Tank(START, area=10.0, height=4.0, level=2.0, outflow=5.0)
    pump = Pump(rated_current=12.5, delivery=Delivery(tank, 10.0))
    pump.start(START + HOUR)
    pump.stop(START + 2 * HOUR)
    levels = [tank.step(START + hour * HOUR) for hour in range(4)]
    assert levels == pytest.approx([2.0, 1.5, 2.0, 1.5])


def test_a_pump_obeys_its_coils_and_nothing_else() -> None:
    pump, coil = Pump(rated_current=12.5), RegisterTable.COIL
    pump.obey(START, coil, 0, [1])
    assert pump.step(START).running
    pump.obey(START, coil, 0, [0])
    assert not pump.step(START).running
    pump.trip(START)
    pump.obey(START, coil, 1, [0])
    assert pump.step(START).fault
    pump.obey(START, coil, 1, [1])
    assert not pump.step(START).fault
    for table, address, values in (
        (RegisterTable.HOLDING_REGISTER, 0, [1]),
        (coil, 2, [1]),
        (coil, 0, [1, 1]),
    ):
        with pytest.raises(LookupError):
            pump.obey(START, table, address, values)
