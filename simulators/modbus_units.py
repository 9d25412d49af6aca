"""More simulated plant as Modbus units: some as in demo-*.yaml, others as a maker's own registers
(eastron-sdm630, tuf-2000, apc-smart-ups)."""

from collections.abc import Mapping
from typing import Final

from gateway.model.clock import Micros
from simulators.meters import EnergyMeter, WaterMeter
from simulators.modbus_server import Tables, Unit, registers
from simulators.room import Lighting, Room
from simulators.sump import Sump
from simulators.supply import StandbySet, Ups

_POSITIONS: Final = {"between": 0, "mains": 1, "generator": 2, "off": 3}
_SELECTOR_AUTO: Final = 0
_SMART_UPS_STATES: Final = {"online": 1 << 1, "on-battery": 1 << 2, "off": 1 << 4}


def sump_unit(sump: Sump) -> Unit:
    """A level controller as in demo-sump.yaml."""

    def tables(now: Micros) -> Tables:
        state = sump.step(now)
        return Tables(
            discrete_inputs={0: state.high, 1: state.running},
            input_registers=registers(">f", 0, state.level),
        )

    return Unit(tables)


def energy_meter_unit(meter: EnergyMeter) -> Unit:
    """An Eastron SDM630."""

    def tables(now: Micros) -> Tables:
        said = meter.step(now)
        return Tables(
            input_registers=dict.fromkeys(range(80), 0)
            | registers(">6f", 0x00, *said.voltages, *said.currents)
            | registers(">f", 0x34, said.power * 1000)
            | registers(">f", 0x3E, said.power_factor)
            | registers(">2f", 0x46, said.frequency, said.energy)
        )

    return Unit(tables)


def water_meter_unit(meter: WaterMeter) -> Unit:
    """A TUF-2000: the low word first."""

    def tables(now: Micros) -> Tables:
        said = meter.step(now)
        whole = registers(">i", 0, int(said.volume))
        flow = registers(">f", 0, said.flow)
        return Tables(
            holding_registers=dict.fromkeys(range(16), 0)
            | {0: flow[1], 1: flow[0], 8: whole[1], 9: whole[0]}
        )

    return Unit(tables)


def transfer_switch_unit(standby: StandbySet) -> Unit:
    """A controller as in demo-transfer-switch.yaml."""

    def tables(now: Micros) -> Tables:
        state = standby.step(now)
        return Tables(
            discrete_inputs={0: standby.mains.present(now), 1: state.voltage},
            input_registers={0: _POSITIONS[state.position]},
        )

    return Unit(tables)


def ups_unit(ups: Ups) -> Unit:
    """An APC Smart-UPS."""

    def tables(now: Micros) -> Tables:
        state = ups.step(now)
        nothing: Mapping[int, int] = dict.fromkeys([*range(27), *range(128, 160)], 0)
        return Tables(
            holding_registers=dict(nothing)
            | registers(">I", 0, _SMART_UPS_STATES[state.state])
            | registers(">IH", 128, round(state.runtime), round(state.charge * 512))
            | {135: 27 << 7, 136: round(state.load * 256)}
        )

    return Unit(tables)


def room_unit(room: Room) -> Unit:
    """A sensor as in demo-room.yaml."""

    def tables(now: Micros) -> Tables:
        state = room.step(now)
        return Tables(
            discrete_inputs={0: state.wet},
            input_registers=registers(
                ">hH", 0, round(state.temperature * 10), round(state.humidity * 10)
            ),
        )

    return Unit(tables)


def lighting_unit(lighting: Lighting) -> Unit:
    """A circuit as in demo-lighting.yaml; its coil can be written."""

    def tables(now: Micros) -> Tables:
        state = lighting.step(now)
        return Tables(
            coils={0: state.lit},
            input_registers={0: round(state.photocell), 1: _SELECTOR_AUTO},
        )

    return Unit(tables, write=lighting.switch)
