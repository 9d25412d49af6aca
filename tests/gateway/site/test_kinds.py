"""Kinds and register maps: those Gatehouse brings, and a site's own."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from drivers.mqtt.profiles import PROFILES
from gateway.site import bundled
from gateway.site.document import Node
from gateway.site.modbus_model import (
    ModbusAddress,
    Order,
    RegisterPoint,
    RegisterTable,
    RegisterType,
)
from gateway.site.model import Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

METER = """\
kinds:
  meter:
    name: {en: Meter, zh: 电表}
    points:
      energy: {kind: number, unit: kW.h, low: 0, period: 1m, name: {en: Energy, zh: 电量}}
      supply: {kind: state, states: [on, off], period: 1m, name: {en: Supply, zh: 供电}}
    rules:
      dead: {title: Supply lost, priority: high, when: {point: supply, in: [off]}}
registers:
  acme:
    kind: meter
    period: 10s
    points:
      energy: {table: holding_register, address: 100, type: uint32, word_order: little, scale: 0.01}
      supply: {table: coil, address: 7, type: bit, states: {0: off, 1: on}}
devices:
  - {id: m, kind: meter, profile: acme, connection: plant, unit: 1, name: M, place: P}
"""
"""A kind and a register map that Gatehouse does not bring: lines 6 to 22."""


def test_a_new_device_needs_no_code(load: Load) -> None:
    site = load(METER)
    (meter,) = site.devices
    energy, supply = site.points["m/energy"], site.points["m/supply"]
    assert isinstance(meter.address, ModbusAddress)
    assert meter.address.registers == (
        RegisterPoint(
            energy,
            RegisterTable.HOLDING_REGISTER,
            100,
            RegisterType.UINT32,
            Order.LITTLE,
            scale=0.01,
        ),
        RegisterPoint(
            supply,
            RegisterTable.COIL,
            7,
            RegisterType.BIT,
            states={range(1): "off", range(1, 2): "on"},
        ),
    )
    assert (energy.unit, energy.name.zh, supply.states) == ("kW.h", "电量", ("on", "off"))
    assert [rule.id for rule in site.rules] == ["m/dead"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "kinds:",
            "kinds:\n  ¦tank: {name: T, points: {x: {kind: event, name: X}}}",
            "'tank' is one that Gatehouse brings",
        ),
        ("acme:\n    kind: meter", "acme:\n    kind: ¦metre", "unknown kind 'metre'"),
        ("acme:\n    kind: meter", "acme:\n    kind: ¦5", "'kind' is 5"),
        ("points:\n      energy: {k", "points:\n      energy: {¦knd: 1, k", "unknown key 'knd'"),
        ("unit: kW.h, low: 0", "unit: kW.h, low: 9, high: 1", "'energy' is not right"),
        ("states: [on, off], ", "", "'supply' is not right"),
        ("states: [on, off]", "states: [on, on]", "'supply' is not right"),
        ("states: [on, off]", "states: [on, unknown]", "'supply' is not right"),
        ("states: [on, off]", "states: [on, off], unit: V", "'supply' is not right"),
        ("kind: number, unit", "kind: event, unit", "'energy' is not right"),
        ("point: supply", "point: ¦suply", "unknown point 'suply'"),
        ("point: supply", "point: ¦other/supply", "unknown point 'other/supply'"),
        ("in: [off]", "in: [¦of]", "'supply' has no state 'of'"),
        ("type: uint32", "type: ¦uint24", "'type' is 'uint24'"),
        ("type: uint32", "type: ¦bit", "'energy' has type bit in a holding register"),
        ("type: bit", "type: ¦int16", "'supply' has type int16 in a coil"),
        ("address: 100", "address: ¦65535", "'energy' does not fit: it takes 2 registers"),
        ("address: 100", "address: ¦-1", "'address' is -1"),
        ("{0: off, 1: on}", "¦{0: off, 1: yes}", "'supply' has no state 'yes' for 1"),
        ("{0: off, 1: on}", "{0: off, ¦x: on}", "'x' cannot be a key here"),
        (", states: {0: off, 1: on}", "", "'supply' does not say which raw value is which state"),
        ("      energy: {table", "      ¦enrgy: {table", "kind 'meter' has no point 'enrgy'"),
    ],
)
def test_what_is_wrong_with_a_kind_or_its_registers_is_told(
    told: Told, old: str, new: str, expected: str
) -> None:
    assert old in METER
    text = METER.replace(old, new, 1)
    if "'energy' is not right" in expected:
        text = text.replace("energy: {kind", "energy: ¦{kind")
    elif "'supply' is not right" in expected:
        text = text.replace("supply: {kind", "supply: ¦{kind")
    elif "raw value" in expected:
        text = text.replace("supply: {table", "supply: ¦{table")
    assert [line.partition(";")[0] for line in told(text)] == [expected]


def test_a_rule_on_a_point_the_profile_lacks_must_be_switched_off_by_hand(
    told: Told, load: Load
) -> None:
    supply = METER[METER.index("      supply: {table") : METER.index("devices:")]
    without = METER.replace(supply, "")
    assert told(without.replace("profile: acme", "profile: ¦acme")) == [
        "the profile has no point 'supply', which rule 'dead' needs; "
        "expected it to be mapped, or the rule off: rules: {dead: {enabled: false}}"
    ]
    site = load(without.replace("place: P}", "place: P, rules: {dead: {enabled: false}}}"))
    assert (list(site.points), site.rules) == (["m/energy"], ())


def test_a_point_with_a_slip_in_its_name_is_told_once(told: Told) -> None:
    assert told(METER.replace("      supply: {table", "      ¦suply: {table")) == [
        "kind 'meter' has no point 'suply'; did you mean 'supply'?"
    ]


def test_what_gatehouse_brings_is_sound_and_complete(load: Load) -> None:
    assert set(bundled.kinds()) >= {"tank", "pump", "door", "barrier", "zone", "camera"}
    assert set(bundled.registers()) == {
        file.name.removesuffix(".yaml") for file in (files("drivers") / "kinds/registers").iterdir()
    }
    assert load("").devices == ()


def test_the_reference_says_of_each_command_what_shows_that_it_was_done() -> None:
    reference = Path("docs/engineer/site-file.md").read_text("utf-8")
    for kind, entry in bundled.kinds().items():
        commands = entry.child("commands")
        if commands is not None:
            told = (_told(action, each) for action, each in commands.entries.items())
            assert f"\n| `{kind}` | {' · '.join(told)} |\n" in reference


def _told(action: str, command: Node) -> str:
    ways = [
        " ".join(
            [
                f"`{shows.get('point').value}`",
                ", ".join(str(state.value) for state in shows.get("in").items) or "event",
                f"({within.value})" if (within := shows.child("within")) else "",
            ]
        ).strip()
        for shows in command.get("confirmed_by").items
    ]
    return f"`{action}`: {' or '.join(ways)}"


def test_the_profiles_site_files_may_name_are_those_the_mqtt_driver_speaks() -> None:
    assert bundled.mqtt_profiles() == set(PROFILES)
