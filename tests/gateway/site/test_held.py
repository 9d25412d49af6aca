"""Zones that the gateway holds, and what they name."""

from collections.abc import Callable
from datetime import time

import pytest

from gateway.access.zone import held_zone
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.site.access_model import Direction
from gateway.site.held_model import (
    Confirmed,
    PassbackDoor,
    PassbackMode,
    PassbackSettings,
    Swinger,
    ZoneLine,
)
from gateway.site.model import HeldAddress, Site
from gateway.site.problems import BadSite

Load = Callable[..., Site]
Told = Callable[..., list[str]]

HELD = """\
devices:
  - {id: fence, kind: line, profile: gatehouse-json, connection: broker, topic: t/fence,
     name: F, place: P}
  - {id: lamp, kind: output, profile: gatehouse-json, connection: broker, topic: t/lamp,
     name: L, place: P}
  - {id: cam, kind: camera, connection: cameras, url: "rtsp://h/1",
     tripwires: {wall: [[0, 0], [1, 1]]},
     name: C, place: P}
  - id: wall
    kind: zone
    connection: own
    name: Wall
    place: North
    cameras: [cam]
    zone:
      lines: [{point: fence/line, delayed: true}, {point: cam/crossing, tripwire: wall}]
      lamps: [lamp]
      siren_time: 2m
      entry_delay: 20s
      confirm: {within: 10s}
      swinger: {trips: 5}
"""


def own(text: str) -> str:
    """With a connection of the gateway's own."""
    head = """\
    site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
    connections:
      broker: {type: mqtt, host: 127.0.0.1, client_id: court}
      cameras: {type: rtsp}
      own: {type: gateway}
    """
    return "\n".join(line[4:] for line in head.split("\n")) + text


def test_the_gateway_says_every_point_of_a_zone_it_holds(load: Load) -> None:
    wall = load(own(HELD), whole=True).devices[-1]
    assert wall.address == HeldAddress()
    assert wall.told == ()
    assert {point.period for point in wall.points} == {None}
    assert {"wall/mode", "wall/bypass", "wall/alarm"} <= {point.id for point in wall.points}
    assert wall.commands[Action.ARM].point == "wall/mode"
    assert wall.cameras == ("cam",)


def test_its_settings_reach_the_site_and_the_rest_is_as_brought(load: Load) -> None:
    zone = load(own(HELD), whole=True).devices[-1].zone
    assert zone is not None
    assert zone.lines == (
        ZoneLine("fence/line", delayed=True),
        ZoneLine("cam/crossing", tripwire="wall"),
    )
    assert (zone.lamps, zone.sirens, zone.siren_time) == (("lamp",), (), 2 * MINUTE)
    assert (zone.entry_delay, zone.exit_delay) == (20 * SECOND, 30 * SECOND)
    assert (zone.confirm, zone.swinger) == (Confirmed(2, 10 * SECOND), Swinger(5, HOUR))


def test_it_brings_the_alarms_of_a_zone_but_that_of_silence(load: Load) -> None:
    rules = {rule.id for rule in load(own(HELD), whole=True).rules if rule.device == "wall"}
    assert "wall/breach" in rules
    assert "wall/supervision" in rules
    assert "wall/offline" not in rules


def test_a_zone_at_its_panel_brings_what_it_tells_of(load: Load) -> None:
    site = load(
        """\
        devices:
          - {id: z, kind: zone, profile: gatehouse-json, connection: broker, topic: t/z, name: Z,
             place: P}
        """
    )
    assert {rule.id for rule in site.rules} == {"z/offline", "z/command-failed"}


def test_what_it_names_must_be_there_and_fit(told: Told) -> None:
    text = (
        HELD.replace("fence/line,", "¦fence/lin,")
        .replace("lamps: [lamp]", "lamps: [¦lmp, ¦fence]\n      part_armed_during: ¦night")
        .replace("cameras: [cam]", "cameras: [¦lamp]")
        .replace("{point: cam/crossing, tripwire: wall}", "{point: ¦cam/picture}")
    )
    assert told(own(text), whole=True) == [
        "'lamp' is no camera; expected a camera",
        "unknown point 'fence/lin'; did you mean 'fence/line'?",
        "'cam/picture' is no line; expected an event, or states normal and alarm and at most open "
        "and short",
        "unknown device 'lmp'; did you mean 'lamp'?",
        "'fence' cannot be asked to switch-on; expected a device whose kind has the command "
        "switch-on and a point that confirms it",
        "unknown calendar 'night'; expected one of: daytime",
    ]


def test_a_line_that_no_zone_watches_would_never_be_told(told: Told) -> None:
    text = """\
    devices:
      - {id: ¦fence, kind: line, profile: gatehouse-json, connection: broker, topic: t, name: F,
         place: P}
    """
    assert told(text) == ["no zone watches line 'fence'; expected it in the `lines` of a zone"]


def test_only_zones_are_held_and_only_those_that_are_have_the_section(told: Told) -> None:
    text = """\
devices:
  - {id: d, kind: ¦door, connection: own, name: D, place: P}
  - ¦{id: z, kind: zone, connection: own, name: Z, place: P}
  - {id: p, kind: zone, profile: gatehouse-json, connection: broker, topic: t/p, name: Z, place: P,
     ¦zone: {lines: [{point: cam/crossing}]}}
  - {id: cam, kind: camera, connection: cameras, url: "rtsp://h/1", name: C, place: P}
"""
    expected = "expected it for kind zone on a connection of type gateway"
    assert told(own(text), whole=True) == [
        "the gateway cannot hold a 'door' itself; expected kind zone or fire or passback or "
        "pump-group on a connection of type gateway",
        f"key 'zone' is missing; {expected}",
        f"key 'zone' does not belong here; {expected}",
    ]


def test_an_input_of_a_modbus_module_is_a_line_with_its_tamper_contact(load: Load) -> None:
    """Any state point with the words of a line, whatever its kind."""
    site = load(
        """\
        site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
        connections:
          plant: {type: modbus-tcp, host: 127.0.0.1, port: 1502}
          own: {type: gateway}
        kinds:
          module:
            name: {en: Input module, zh: 输入模块}
            points:
              input-1: {kind: state, states: [normal, alarm, open, short], name: {en: I1, zh: I1}}
              tamper: {kind: state, states: [ok, tampered], name: {en: Tamper, zh: 防拆}}
        registers:
          eight-inputs:
            kind: module
            period: 500ms
            points:
              input-1:
                {table: input_register, address: 0, type: uint16,
                 states: {0: normal, 1: alarm, 2: open, 3: short}}
              tamper: {table: discrete_input, address: 8, type: bit, states: {0: ok, 1: tampered}}
        devices:
          - {id: m, kind: module, profile: eight-inputs, connection: plant, unit: 1, name: M,
             place: P}
          - {id: w, kind: zone, connection: own, name: W, place: P,
             zone: {lines: [{point: m/input-1}]}}
        """,
        whole=True,
    )
    machine = held_zone(site.devices[-1], site)
    assert machine is not None
    assert machine.points == {"m/input-1", "m/tamper", "w/order"}


AREA = """\
devices:
  - {id: gate, kind: door, profile: gatehouse-json, connection: broker, topic: t/gate,
     points: [lock, access], name: G, place: P}
  - {id: garden, kind: door, profile: gatehouse-json, connection: broker, topic: t/garden,
     points: [lock, access], name: G, place: P}
  - {id: shed, kind: door, profile: gatehouse-json, connection: broker, topic: t/shed,
     points: [lock], name: S, place: P}
  - id: court
    kind: passback
    connection: own
    name: Court
    place: Middle
    passback:
      doors: [{door: gate}, {door: garden, enters: out}]
"""


def test_an_area_knows_its_doors_and_is_soft_unless_it_is_said(load: Load) -> None:
    site = load(own(AREA), whole=True)
    doors = (PassbackDoor("gate"), PassbackDoor("garden", Direction.OUT))
    assert site.devices[-1].passback == PassbackSettings(doors)
    rules = {rule.id for rule in site.rules if rule.device == "court"}
    assert rules == {"court/second-entry", "court/command-failed"}
    more = 'passback:\n      mode: hard\n      forget_after: 16h\n      forget_at: "04:30"'
    hard = load(own(AREA.replace("passback:", more)), whole=True).devices[-1].passback
    assert hard == PassbackSettings(doors, PassbackMode.HARD, 16 * HOUR, time(4, 30))


def test_an_areas_doors_tell_of_credentials_and_are_in_no_other(told: Told) -> None:
    text = (
        AREA.replace("{door: gate},", "{door: ¦gat}, {door: ¦shed},")
        + """\
  - id: yard
    kind: passback
    connection: own
    name: Yard
    place: Back
    passback: {doors: [{door: ¦garden}, {door: ¦court}]}
"""
    )
    credentials = "tells of no credentials; expected a door that has the point access"
    assert told(own(text), whole=True) == [
        "unknown device 'gat'; did you mean 'gate'?",
        f"'shed' {credentials}",
        "'garden' is in an anti-passback area already; expected each door once",
        f"'court' {credentials}",
    ]


READER = """\
mappings:
  reader:
    kind: door
    points:
      access: {topic: log, pointer: "", fields: {credential: {pointer: /c}}}
      double-lock: {topic: bolt, pointer: "", states: {0: locked, 1: unlocked}}
devices:
  - {id: gate, kind: door, profile: reader, connection: broker, topic: t/gate, name: G, place: P}
  - {id: court, kind: passback, connection: own, name: C, place: M,
     passback: {mode: hard, doors: [{door: ¦gate}]}}
"""


def test_a_hard_areas_doors_can_be_opened(told: Told) -> None:
    """One of which neither contact nor lock is known shows nobody that it was."""
    assert told(own(READER), whole=True) == [
        "'gate' cannot be asked to open; expected a device whose kind has the command open and a "
        "point that confirms it"
    ]


def test_what_an_area_says_must_be_right(load: Load) -> None:
    text = AREA.replace("enters: out", "enters: up").replace(
        "passback:\n", "passback:\n      mode: harsh\n      forget_at: noon\n"
    )
    with pytest.raises(BadSite) as caught:
        load(own(text), whole=True)
    assert {(problem.line, problem.column, problem.what) for problem in caught.value.problems} == {
        (19, 13, "'mode' is 'harsh'"),
        (20, 18, "'forget_at' is 'noon'"),
        (21, 52, "'enters' is 'up'"),
    }


FIRE = """\
devices:
  - {id: door, kind: door, profile: gatehouse-json, connection: broker, topic: t/door,
     points: [lock], name: D, place: P}
  - {id: panel, kind: panel, profile: gatehouse-json, connection: broker, topic: t/p,
     name: P, place: P}
  - id: smoke
    kind: fire
    connection: own
    name: Smoke
    place: P
    fire:
      inputs: [panel/fire]
      doors: [door]
"""


@pytest.mark.parametrize(("section", "text"), [("zone", HELD), ("fire", FIRE), ("passback", AREA)])
def test_a_wrong_key_of_a_section_is_told_by_itself(told: Told, section: str, text: str) -> None:
    """The section is there: neither is it missing, nor do its lines lack a zone."""
    head = f"    {section}:\n"
    (wrong,) = told(own(text.replace(head, f"{head}      ¦colour: red\n")), whole=True)
    assert wrong.startswith("unknown key 'colour'; ")


@pytest.mark.parametrize("empty", ["", "    passback:\n"])
def test_a_section_that_is_not_there_is_missing(told: Told, empty: str) -> None:
    start, _, _ = AREA.partition("    passback:\n")
    text = start.replace("  - id: court", "  - ¦id: court") + empty
    assert told(own(text), whole=True) == [
        "key 'passback' is missing; expected it for kind passback on a connection of type gateway"
    ]
