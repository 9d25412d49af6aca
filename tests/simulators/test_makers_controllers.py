"""Controllers with a maker's own way of being commanded: keys, a control word."""

import pytest

from gateway.model.clock import SECOND
from gateway.site.modbus_model import RegisterTable
from simulators.gencomm import CANCEL, KEYS, START, GenComm
from simulators.grundfos import CONTROL, CimPump
from simulators.modbus_server import NotTaken
from simulators.pump import Pump
from simulators.supply import COOLING, CRANKING, Mains, Outage, StandbySet

HOLDING = RegisterTable.HOLDING_REGISTER


def press(controller: GenComm, now: int, key: int) -> None:
    controller.obey(now, HOLDING, KEYS, [key, key ^ 0xFFFF])


def test_a_key_on_auto_runs_the_set_without_load_until_it_is_cancelled() -> None:
    controller = GenComm(StandbySet(Mains()))
    press(controller, 0, START)
    seen = [controller.step(at).engine for at in (0, CRANKING - 1, CRANKING, 60 * SECOND)]
    assert seen == ["starting", "starting", "running", "running"]
    assert controller.step(CRANKING).position == "mains"
    press(controller, 60 * SECOND, CANCEL)
    seen = [controller.step(60 * SECOND + after).engine for after in (0, COOLING - 1, COOLING)]
    assert seen == ["stopping", "stopping", "stopped"]


def test_a_cancelled_key_ends_no_run_for_lost_mains() -> None:
    controller = GenComm(StandbySet(Mains([Outage(0)])))
    press(controller, 30 * SECOND, START)
    press(controller, 40 * SECOND, CANCEL)
    assert controller.step(120 * SECOND).engine == "running"


@pytest.mark.parametrize("mode", ["off", "manual"])
def test_a_key_moves_nothing_where_the_panel_is_not_on_auto(mode: str) -> None:
    controller = GenComm(StandbySet(Mains()))
    controller.mode = mode
    press(controller, 0, START)
    assert controller.keys == [START]
    assert controller.step(60 * SECOND).engine == "stopped"


@pytest.mark.parametrize("values", [[START], [START, START], [35700, 29835]])
def test_half_a_key_a_wrong_complement_and_another_key_are_refused(values: list[int]) -> None:
    controller = GenComm(StandbySet(Mains()))
    with pytest.raises(NotTaken):
        controller.obey(0, HOLDING, KEYS, values)
    with pytest.raises(LookupError):
        controller.obey(0, HOLDING, KEYS + 1, values)
    assert not controller.keys


def test_a_control_word_starts_stops_and_resets_as_its_bit_rises() -> None:
    pump = Pump(rated_current=9)
    module = CimPump(pump)
    module.obey(0, HOLDING, CONTROL, [0b011])
    assert pump.step(0).running
    assert module.tables(0).input_registers[200] == 1 << 6 | 1 << 8 | 1 << 9
    module.obey(0, HOLDING, CONTROL, [0b001])
    assert not pump.step(0).running
    for word, fault in ((0b101, False), (0b101, True), (0b001, True), (0b101, False)):
        pump.trip(0)
        module.obey(0, HOLDING, CONTROL, [word])
        assert pump.step(0).fault is fault


def test_a_pump_held_by_its_buttons_obeys_no_bus() -> None:
    pump = Pump(rated_current=9)
    module = CimPump(pump)
    module.held = True
    module.obey(0, HOLDING, CONTROL, [0b011])
    assert not pump.step(0).running
    with pytest.raises(LookupError):
        module.obey(0, HOLDING, CONTROL + 1, [0])
