"""What a map's commands write where nothing is read, what shows them, and who may have them."""

import re
from collections.abc import Callable

import pytest

from gateway.access.authority import right_to
from gateway.model.clock import MILLISECOND, SECOND
from gateway.model.command import Action
from gateway.security.roles import Right
from gateway.site.modbus_model import ModbusAddress, RawWrite, RegisterTable, Writing
from gateway.site.model import Confirmation, Device, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

KEYED = """\
kinds:
  set:
    name: Set
    points:
      state: {kind: state, states: [stopped, running, cooling], name: State}
      mode: {kind: state, states: [hand, auto], name: Mode}
      warm: {kind: state, states: [yes, no], name: Warm}
    commands:
      start: {confirmed_by: [{point: state, in: [running]}]}
      stop: {confirmed_by: [{point: state, in: [stopped]}]}
      reset: {confirmed_by: [{point: mode, in: [auto]}]}
registers:
  keyed:
    kind: set
    period: 5s
    points:
      state: {table: holding_register, address: 8, type: uint16,
        states: {0: stopped, 1-3: running, 4: cooling}}
      mode: {table: holding_register, address: 9, type: uint16, states: {0-1: hand, 2-7: auto},
        write: {raw: {auto: 4}}}
    write_only:
      key: {table: holding_register, address: 0x1008,
        values: {go: [35732, 29803], halt: [35733, 29802]}}
      relay: {table: coil, address: 3, values: {press: 1, free: 0}}
    commands:
      start: {write: {key: go}}
      stop: {write: {key: halt}, right: secure,
        confirmed_by: [{point: state, in: [cooling, stopped], within: 30s}]}
      reset: {write: {relay: press}, release: {after: 500ms, write: {relay: free}}}
devices:
  - {id: g, kind: set, profile: keyed, connection: plant, unit: 1, name: G, place: P}
"""
KEY = RegisterTable.HOLDING_REGISTER, 0x1008


def keyed(load: Load, text: str = KEYED) -> tuple[Device, ModbusAddress]:
    device = load(text).devices[0]
    assert isinstance(device.address, ModbusAddress)
    return device, device.address


def test_what_is_only_written_is_in_no_plan_of_reads(load: Load) -> None:
    _, address = keyed(load)
    assert {each.address for each in address.registers} == {8, 9}
    assert address.writings[0] == Writing(Action.START, (RawWrite(*KEY, (35732, 29803)),))


def test_a_pulse_says_how_it_is_let_go_of(load: Load) -> None:
    _, address = keyed(load)
    coil = RegisterTable.COIL
    pressed, free = (RawWrite(coil, 3, words) for words in ((1,), (0,)))
    assert address.writings[2] == Writing(Action.RESET, (pressed,), (free,), 500 * MILLISECOND)


def test_a_map_may_say_what_shows_a_command_and_who_may_have_it(load: Load) -> None:
    device, _ = keyed(load)
    cooling = frozenset({"cooling", "stopped"})
    assert device.commands[Action.STOP] == Confirmation("g/state", cooling, 30 * SECOND)
    assert device.commands[Action.START] == Confirmation(
        "g/state", frozenset({"running"}), 5 * SECOND
    )
    rights = [right_to(device, action) for action in (Action.START, Action.STOP)]
    assert rights == [Right.COMMAND, Right.SECURE]


def test_a_state_with_several_raw_values_is_written_as_the_map_says(load: Load) -> None:
    _, address = keyed(load)
    (mode,) = address.writable
    assert next(iter(mode.register.states or {})) == range(4, 5)
    (read,) = (each for each in address.registers if each.point.id == "g/mode")
    assert read.states == {range(2): "hand", range(2, 8): "auto"}


def test_modicon_numbers_are_those_of_what_is_only_written_too(load: Load) -> None:
    text = KEYED.replace("period: 5s", "period: 5s\n    addressing: modicon")
    for plain, number in (("address: 8", 40009), ("address: 9", 40010), ("address: 3", 4)):
        text = text.replace(f"{plain},", f"address: {number},")
    _, address = keyed(load, text.replace("address: 0x1008", "address: 404105"))
    assert address.writings[0].values == (RawWrite(*KEY, (35732, 29803)),)


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        (
            "write: {key: go}",
            "write: {key: ¦run}",
            "'key' has no value 'run'; expected one of: go, halt",
        ),
        (
            "write: {relay: press}, release",
            "write: {¦raley: press}, release",
            "'reset' writes 'raley', which has no write; did you mean 'relay'?",
        ),
        (
            "release: {after: 500ms, write: {relay: free}}",
            "release: {after: 500ms, write: {relay: ¦fre}}",
            "'relay' has no value 'fre'; did you mean 'free'?",
        ),
        (
            "release: {after: 500ms,",
            "release: {after: ¦6s,",
            None,
        ),
        (
            "relay: {table: coil, address: 3, values: {press: 1,",
            "relay: {table: coil, address: 3, values: ¦{press: 2,",
            "'relay' cannot write 0x2; expected 1 to 123 of them, each 0 to 0x1",
        ),
        (
            "relay: {table: coil,",
            "relay: {table: ¦discrete_input,",
            "'relay' cannot be written in a discrete input; expected a coil or holding register",
        ),
        (
            "key: {table: holding_register, address: 0x1008,",
            "key: {table: holding_register, address: 0x1008, function: ¦6,",
            "'key' cannot be written by function 6; expected 16",
        ),
        (
            "key: {table: holding_register, address: 0x1008,",
            "key: {table: holding_register, address: ¦0x11008,",
            "'key' has no such address;"
            " expected 0 to 65535, or addressing: modicon for the whole map",
        ),
        (
            "confirmed_by: [{point: state, in: [cooling, stopped], within: 30s}]",
            "confirmed_by: [{point: state, in: [¦coolnig]}]",
            "'state' has no state 'coolnig'; did you mean 'cooling'?",
        ),
        (
            "      stop: {write: {key: halt}, right",
            "      ¦stop: {write: {key: halt}, confirmed_by: [{point: warm, in: [no]}], right",
            None,
        ),
        (
            "write: {raw: {auto: 4}}",
            "write: ¦{raw: {auto: 1}}",
            "'mode' is not 'auto' where it reads 1; expected one of those that `states` gives it",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(
    told: Told, right: str, wrong: str, expected: str | None
) -> None:
    assert right in KEYED
    text = KEYED.replace(right, wrong)
    if "warm" in wrong:
        text = text.replace(
            ",\n        confirmed_by: [{point: state, in: [cooling, stopped], within: 30s}]", ""
        )
    (said,) = told(text)
    assert expected is None or said == expected


def test_what_the_gateway_itself_says_shows_no_command_of_a_map(told: Told) -> None:
    """Such a command would be taken for one to the gateway, and never be written."""
    derived = KEYED.replace("name: Mode}", "derived: true, name: Mode}", 1)
    text = re.sub(r"      mode: {table.*?}}}\n", "", derived, flags=re.S)
    text = text.replace("      reset: {write", "      ¦reset: {write")
    assert told(text) == [
        "nothing would show that 'reset' was done; expected a register for one of: mode"
    ]


def test_what_no_command_writes_and_what_is_a_point_too_is_told(told: Told) -> None:
    unused = KEYED.replace(
        "      relay: {table",
        "      ¦spare: {table: coil, address: 9, values: {on: 1}}\n      relay: {table",
    )
    assert told(unused) == ["no command writes 'spare'; expected one that does"]
    twice = KEYED.replace(
        "      relay: {table",
        "      ¦mode: {table: coil, address: 9, values: {on: 1}}\n      relay: {table",
    )
    (said,) = told(twice)
    assert said == "'mode' is a point of the map; expected another name for what is only written"
