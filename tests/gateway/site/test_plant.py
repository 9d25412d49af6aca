"""Pumps in a site file: their section, the points it brings, and what it names."""

from collections.abc import Callable

import pytest

from gateway.model.clock import SECOND
from gateway.model.command import Action
from gateway.site.model import Site
from gateway.site.plant_model import (
    Control,
    GeneratorSettings,
    GroupSettings,
    LightingSettings,
    PumpSettings,
    TransferSettings,
)
from tests.gateway.site.conftest import HEAD

Load = Callable[..., Site]
Told = Callable[..., list[str]]

PLANT = """\
devices:
  - {id: pit, kind: tank, profile: gatehouse-json, connection: broker, topic: t/pit,
     name: T, place: P}
  - id: lift
    kind: pump
    profile: gatehouse-json
    connection: broker
    topic: t/lift
    name: L
    place: P
"""


def names(site: Site) -> set[str]:
    return {point.id.rpartition("/")[2] for point in site.devices[-1].points}


def rules(site: Site) -> set[str]:
    return {rule.id.rpartition("/")[2] for rule in site.rules if rule.device == "lift"}


def test_a_pump_says_what_its_section_gives_it_to_judge_and_no_more(load: Load) -> None:
    plain = load(PLANT)
    assert not names(plain) & {"overload", "dry-run", "service", "level-sensor", "run-order"}
    assert not rules(plain) & {"overload", "dry-run", "service-due", "stuck-sensor"}
    assert {"response", "interlock", "starts-per-hour", "run-hours"} <= names(plain)
    section = "pump: {rated_current: 11.2, service_every: 2000, draws_from: pit, low_level: 0.4}"
    whole = load(f"{PLANT}    {section}\n    points: [run-order]\n")
    assert {"overload", "dry-run", "service", "level-sensor", "run-order"} <= names(whole)
    assert {"overload", "dry-run", "service-due", "stuck-sensor"} <= rules(whole)
    assert whole.devices[-1].pump == PumpSettings(
        rated_current=11.2, service_every=2000.0, draws_from="pit", low_level=0.4
    )
    assert whole.devices[-1].pump.starts_within == 10 * SECOND


def test_a_modbus_unit_is_asked_for_no_more_than_the_gateway_does_with_it(load: Load) -> None:
    pump = load(
        """\
        devices:
          - {id: lift, kind: pump, profile: demo-sump-pump, connection: plant, unit: 2, name: L,
             place: P}
        """
    ).devices[0]
    assert set(pump.commands) == {Action.NOTE_SERVICE}
    assert {Action.START, Action.STOP} <= set(load(PLANT).devices[-1].commands)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("{rated_current: 9, dry_below: 90, overload_above: 80}", "overload_above to be more than"),
        ("{dry_below: 40}", "rated_current with dry_below"),
        ("{overload_above: 140}", "rated_current with overload_above"),
    ],
)
def test_what_would_judge_nothing_is_told(told: Told, section: str, expected: str) -> None:
    (problem,) = told(f"{PLANT}    pump: ¦{section}\n")
    assert problem.startswith(f"'pump' is not right; expected {expected}")


@pytest.mark.parametrize("limit", [-0.5, 0, 10, 40])
def test_a_limit_that_the_tanks_level_never_passes_is_told(told: Told, limit: float) -> None:
    assert told(f"{PLANT}    pump: {{draws_from: pit, low_level: ¦{limit}}}\n") == [
        f"'pit/level' never passes {limit:g}; expected between 0 and 10"
    ]


def test_what_is_wrong_with_a_pump_is_told_where_it_stands(told: Told) -> None:
    assert told(
        PLANT.replace("topic: t/pit,", "topic: t/pit, ¦pump: {},")
        + "    pump: {draws_from: ¦pti, fills: ¦pit, runs_during: ¦mornings}\n"
    ) == [
        "'pit' is no pump; expected pump: with a kind: pump",
        "unknown device 'pti'; did you mean 'pit'?",
        "'pit' does not show when it is so; expected high_level with a point level, or a tank with"
        " high-switch",
        "unknown calendar 'mornings'; expected one of: daytime",
    ]


def test_a_pumps_keys_fit_together(told: Told) -> None:
    for section, expected in (
        ("{low_level: 1}", "expected draws_from with low_level"),
        ("{high_level: 1}", "expected fills with high_level"),
        ("{fire: true, runs_during: working}", "expected no runs_during for a fire pump"),
    ):
        (said,) = told(f"{PLANT}    pump: ¦{section}\n")
        assert expected in said


GROUP = (
    PLANT
    + """\
  - {id: pumps, kind: pump-group, connection: own, name: G, place: P, group: %s}
"""
)


def grouped(group: str) -> str:
    return HEAD + "  own: {type: gateway}\n" + GROUP % group


def test_a_group_names_its_pumps_and_its_level(load: Load) -> None:
    site = load(
        grouped("{pumps: [lift], by: pit/level, start: 1.5, lag: 1.8, stop: 0.5}"), whole=True
    )
    group = site.devices[-1]
    assert group.group == GroupSettings(("lift",), "pit/level", 1.5, 0.5, 1.8, most=2)
    assert set(group.commands) == {Action.AUTOMATIC, Action.MANUAL}


def test_what_is_wrong_with_a_group_is_told_where_it_stands(told: Told) -> None:
    text = grouped("{pumps: [¦pit, ¦lfit], by: ¦pit/order, start: 1.5, stop: 0.5}")
    assert told(text, whole=True) == [
        "'pit' cannot be asked to start and stop; expected a pump whose profile says how it is"
        " started and stopped",
        "unknown device 'lfit'; did you mean 'lift'?",
        "unknown point 'pit/order'; did you mean 'lift/order'?",
    ]
    (said,) = told(grouped("{pumps: [lift], by: ¦lift/run, start: 1.5, stop: 0.5}"), whole=True)
    assert said == "'lift/run' is no number; expected a level or a pressure"
    fire = grouped("{pumps: [¦lift], by: pit/level, start: 1.5, stop: 0.5}")
    fire = fire.replace("    place: P\n", "    place: P\n    pump: {fire: true}\n")
    assert told(fire, whole=True) == ["'lift' is a fire pump; expected pumps that may be stopped"]


def test_a_groups_levels_fit_together(told: Told) -> None:
    for levels, expected in (
        ("start: 1, stop: 1", "expected start and stop to differ"),
        ("start: 1.5, lag: 1, stop: 0.5", "expected lag beyond start"),
        ("start: 0.5, lag: 1, stop: 1.5", "expected lag beyond start"),
    ):
        text = grouped(f"¦{{pumps: [lift], by: pit/level, {levels}}}")
        (said,) = told(text, whole=True)
        assert expected in said


POWER = """\
devices:
  - {id: set, kind: generator, profile: gatehouse-json, connection: broker, topic: t/set,
     points: [mains, mode], name: G, place: P%s}
  - {id: ats, kind: transfer-switch, profile: gatehouse-json, connection: broker, topic: t/ats,
     points: [mains], name: A, place: P%s}
  - {id: path, kind: lighting, profile: gatehouse-json, connection: broker, topic: t/path,
     points: [photocell], name: L, place: P%s}
"""


def test_supply_and_light_are_judged_where_the_site_file_says_how_they_are_meant_to_go(
    load: Load,
) -> None:
    plain = load(POWER % ("", "", ""))
    judged = {"set/response", "ats/transfer", "path/lit", "path/wanted"}
    assert not judged & plain.points.keys()
    sections = (
        ", generator: {control: gateway, transfer: ats}",
        ", transfer_switch: {generator: set}",
        ", lighting: {photocell: path/photocell}",
    )
    whole = load(POWER % sections)
    assert judged <= whole.points.keys()
    generator, switch, path = whole.devices
    assert generator.generator == GeneratorSettings(Control.GATEWAY, transfer="ats")
    assert switch.transfer_switch == TransferSettings("set")
    assert path.lighting == LightingSettings(photocell="path/photocell")


def test_what_is_wrong_with_supply_and_light_is_told_where_it_stands(told: Told) -> None:
    sections = (
        ", generator: {mains: ¦path/state, transfer: ¦att}",
        ", transfer_switch: {generator: ¦sat}",
        ", lighting: {photocell: ¦path/mode, lit_during: ¦evenings}",
    )
    text = (POWER % sections).replace("[photocell]", "[photocell, mode]")
    assert told(text) == [
        "'path/state' does not tell of the mains; expected a point with the states present and"
        " lost",
        "unknown device 'att'; did you mean 'ats'?",
        "unknown device 'sat'; did you mean 'set'?",
        "'path/mode' is no number; expected a daylight sensor in lx",
        "unknown calendar 'evenings'; expected one of: daytime",
    ]


def test_the_gateway_controls_only_what_can_be_asked(told: Told) -> None:
    (said,) = told(
        """\
        devices:
          - {id: set, kind: generator, profile: watched, connection: plant, unit: 3,
             name: G, place: P, generator: {control: ¦gateway, mains: ats/mains}}
          - {id: ats, kind: transfer-switch, profile: gatehouse-json, connection: broker,
             topic: t/ats, points: [mains], name: A, place: P}
        registers:
          watched:
            kind: generator
            period: 1s
            points:
              state: {table: coil, address: 1, type: bit, states: {0: stopped, 1: running}}
        """
    )
    assert said.startswith("'set' cannot be asked to start; expected control: own")


def test_a_section_stands_with_its_own_kind_and_fits_together(told: Told) -> None:
    for section, expected in (
        ("¦generator: {}", "expected it with kind: generator"),
        ("¦transfer_switch: {}", "expected it with kind: transfer-switch"),
        ("¦lighting: {lit_during: daytime}", "expected lighting: with a kind: lighting"),
        ("lighting: ¦{}", "expected photocell, lit_during or both"),
        (
            "lighting: ¦{photocell: pit/level, on_below: 5, off_above: 5}",
            "expected off_above beyond on_below",
        ),
    ):
        problems = told(PLANT.replace("topic: t/pit,", f"topic: t/pit, {section},"))
        assert any(expected in said for said in problems), problems
