"""What of a register map may be written, by whom, and what is told of what cannot be."""

from collections.abc import Callable

import pytest

from gateway.model.clock import SECOND
from gateway.model.command import Action
from gateway.site.modbus_model import ModbusAddress, Writing
from gateway.site.model import Confirmation, Device, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

PLANT = """\
kinds:
  plant:
    name: Plant
    points:
      run: {kind: state, states: [stopped, running], name: Run}
      order: {kind: state, states: [off, on], name: Order}
      speed: {kind: number, unit: "%", low: 0, high: 100, name: Speed}
      level: {kind: number, unit: m, name: Level}
      mode: {kind: state, states: [hand, auto], name: Mode}
      serial: {kind: text, name: Serial}
      held: {kind: state, states: [yes, no], derived: true, name: Held}
    commands:
      start: {confirmed_by: [{point: run, in: [running]}]}
      stop: {confirmed_by: [{point: run, in: [stopped]}]}
      block: {confirmed_by: [{point: held, in: [yes]}]}
registers:
  acme:
    kind: plant
    period: 5s
    points:
      run: {table: discrete_input, address: 0, type: bit, states: {0: stopped, 1: running}}
      order: {table: coil, address: 0, type: bit, states: {0: off, 1: on}, write: {}}
      speed: {table: holding_register, address: 2, type: uint16, scale: 0.1, write: {low: 20}}
      level: {table: holding_register, address: 3, type: float32, write: {low: 0, high: 4}}
      mode: {table: holding_register, address: 6, type: uint16, mask: 0x00F0,
        states: {2: hand, 3: auto}, write: {states: [auto], right: secure}}
      serial: {table: holding_register, address: 9, type: string, length: 8}
    commands:
      start: {write: {speed: 50, order: on}}
devices:
  - {id: p, kind: plant, profile: acme, connection: plant, unit: 1, name: P, place: P}
"""


def plant(load: Load, text: str = PLANT) -> Device:
    return load(text).devices[0]


def test_a_device_knows_the_commands_that_its_map_writes_and_those_the_gateway_holds(
    load: Load,
) -> None:
    device = plant(load)
    assert set(device.commands) == {Action.START, Action.BLOCK, Action.SET}
    assert isinstance(device.address, ModbusAddress)
    assert device.address.writings == (
        Writing(Action.START, (("p/speed", 50.0), ("p/order", "on"))),
    )


def test_what_a_command_writes_is_no_setpoint(load: Load) -> None:
    """Interlocks are asked before a start: setting what it writes must be no way round them."""
    assert set(plant(load).setpoints) == {"level", "mode"}


def test_no_pump_is_started_or_stopped_by_setting_a_point(told: Told, load: Load) -> None:
    bare = """\
registers:
  acme-pump:
    kind: pump
    period: 5s
    points:
      run: {table: discrete_input, address: 0, type: bit, states: {0: stopped, 1: running}}
      ¦run-order: {table: coil, address: 0, type: bit, states: {0: off, 1: on}, write: {}}
"""
    problem = "'run-order' could be set past every interlock; expected commands that write it"
    assert told(bare) == [problem]
    load(bare.replace("¦", "") + "    commands: {stop: {write: {run-order: off}}}")


def test_a_setpoint_has_its_limits_its_states_and_its_right(load: Load) -> None:
    found = plant(load, PLANT.replace("speed: 50, ", "")).setpoints
    speed, mode = found["speed"], found["mode"]
    assert (speed.low, speed.high, speed.right) == (20, 100, "command")
    assert (mode.states, mode.right) == (("auto",), "secure")
    allowed = [value for value in (19.9, 20, 100, 100.1, True, "auto", None) if speed.allows(value)]
    assert allowed == [20, 100]
    assert [value for value in ("auto", "hand", 3) if mode.allows(value)] == ["auto"]


def test_what_was_set_is_read_back_but_for_what_the_register_cannot_tell(load: Load) -> None:
    found = plant(load, PLANT.replace("speed: 50, ", "")).setpoints
    speed, level = found["speed"].confirmation(33.33), found["level"].confirmation(1.1)
    assert [said for said in (33.2, 33.3, 33.4) if speed.is_shown_by(said)] == [33.3]
    assert [said for said in (1.1000000238418579, 1.1001) if level.is_shown_by(said)] == [
        1.1000000238418579
    ]
    assert not speed.is_shown_by(None)
    assert found["mode"].confirmation("auto") == Confirmation(
        "p/mode", frozenset({"auto"}), 5 * SECOND
    )


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        (
            "run: {table: discrete_input, address: 0, type: bit, states: {0: stopped, 1: running}}",
            "run: {table: ¦discrete_input, address: 0, type: bit, "
            "states: {0: stopped, 1: running}, write: {}}",
            "'run' has write in a discrete input; expected a coil or holding register",
        ),
        (
            "write: {low: 0, high: 4}",
            "write: ¦{low: 0}",
            "'level' has no limits; expected write: {low: …, high: …}, low below high",
        ),
        (
            "scale: 0.1, write: {low: 20}",
            "scale: 0.1, write: ¦{low: 20, high: 200}",
            "'speed' could be set to 20 to 200, and is BAD beyond its kind's limits;"
            " expected low: 0 and high: 100 at the utmost",
        ),
        (
            "scale: 0.1, write: {low: 20}",
            "scale: 0.001, write: ¦{low: 20}",
            "'speed' cannot hold 20 to 100 as uint16; expected low and high that fit its type",
        ),
        (
            "write: {low: 0, high: 4}",
            "write: ¦{low: 0, high: 4, function: 6}",
            "'level' cannot be written by function 6; expected 16 or 23",
        ),
        (
            "write: {states: [auto], right: secure}",
            "write: ¦{states: [auto], function: 6}",
            "'mode' cannot be written by function 6; expected 22",
        ),
        (
            "write: {states: [auto], right: secure}",
            "write: ¦{states: [aut]}",
            "'mode' has no raw value for 'aut'; did you mean 'auto'?",
        ),
        (
            "write: {states: [auto], right: secure}",
            "write: ¦{low: 1}",
            "'mode' is no number; expected low and high for a number point only",
        ),
        (
            "type: string, length: 8}",
            "type: ¦string, length: 8, write: {}}",
            "'serial' has write and type string; expected a type of numbers",
        ),
        (
            "type: uint16, mask: 0x00F0,",
            "type: uint32, mask: ¦0x00F0,",
            "'mode' cannot be written; expected write for a mask in one register only",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "¦strat: {write: {speed: 50}}",
            "kind 'plant' knows no 'strat'; did you mean 'start'?",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "¦rewind: {write: {speed: 50}}",
            "kind 'plant' knows no 'rewind'; expected one of: start, block, stop",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "¦open: {write: {speed: 50}}",
            "kind 'plant' knows no 'open'; expected one of: stop, block, start",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "¦set: {write: {speed: 50}}",
            "'set' is no command of a map; expected write at the points that people may set",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "start: {write: {speed: ¦10, order: on}}",
            "'speed' cannot be set to 10.0; expected 20 to 100",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "start: {write: {order: ¦true}}",
            "'order' is true; expected a number or a state; one that is called true or false"
            " stands in quotes",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "start: {write: {order: ¦started}}",
            "'order' cannot be set to started; expected off or on",
        ),
        (
            "start: {write: {speed: 50, order: on}}",
            "start: {write: {¦run: running}}",
            "'start' writes 'run', which has no write; expected one of: level, mode, order, speed",
        ),
    ],
)
def test_what_cannot_be_written_is_told_at_its_place(
    told: Told, right: str, wrong: str, expected: str
) -> None:
    assert right in PLANT
    (said,) = told(PLANT.replace(right, wrong))
    assert said == expected


def test_a_command_that_nothing_would_show_is_told(told: Told) -> None:
    run = "run: {table: discrete_input, address: 0, type: bit, states: {0: stopped, 1: running}}"
    text = PLANT.replace(run, "").replace("start: {write", "¦start: {write")
    assert told(text) == [
        "nothing would show that 'start' was done; expected a register for one of: run"
    ]
