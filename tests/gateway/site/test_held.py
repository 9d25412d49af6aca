"""Zones that the gateway holds, and what they name."""

from collections.abc import Callable

from gateway.access.zone import held_zone
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.command import Action
from gateway.site.held_model import Confirmed, Swinger, ZoneLine
from gateway.site.model import HeldAddress, Site

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
        "the gateway cannot hold a 'door' itself; expected kind zone or fire on a connection of "
        "type gateway",
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
