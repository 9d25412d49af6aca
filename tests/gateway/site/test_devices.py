"""Device entries → devices with their addresses, or every problem with its place."""

from collections.abc import Callable

import pytest

from gateway.model.clock import MINUTE
from gateway.model.command import Action
from gateway.site import bundled
from gateway.site.modbus_model import ModbusAddress
from gateway.site.model import MqttAddress, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]


def test_a_device_polled_rarely_may_be_silent_for_three_polls(load: Load) -> None:
    site = load(
        """\
        devices:
          - {id: t, kind: tank, profile: demo-tank, connection: plant, unit: 1, period: 1m,
             name: T, place: P}
        """
    )
    address = site.devices[0].address
    assert isinstance(address, ModbusAddress)
    assert address.period == MINUTE
    assert site.points["t/level"].period == 3 * MINUTE
    assert address.registers[0].point is site.devices[0].points[0]


NOT_SET = "variable NOPE is not set; expected NOPE to be set, or a default: ${NOPE:-value}"


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("kind: tank, ¦perod: 1s", ["unknown key 'perod'; did you mean 'period'?"]),
        (
            "kind: tank, period: ¦1:30",
            ["'period' is '1:30'; expected a duration such as 500ms, 30s, 5m or 2h"],
        ),
        ("kind: tank, period: ¦0s", ["'period' is '0s'; expected more than 0s"]),
        ("kind: ¦tnk", ["unknown kind 'tnk'; did you mean 'tank'?"]),
        (
            "kind: tank, position: [0.5, ¦1.5]",
            ["item 2 is 1.5; expected 0 to 1"],
        ),
        ("kind: tank, position: ¦[0.5]", ["item 2 is missing; expected a longer list"]),
        (
            "kind: tank, position: ¦{from: [0, 0], to: [1, 1]}",
            ["'position' is not right; expected [x, y]; {from, to} is for templates"],
        ),
        (
            "kind: tank, ¦topic: a/b",
            [
                "key 'topic' does not belong here;"
                " expected only profile, unit, period, modbus for a device on 'plant' (modbus-tcp)"
            ],
        ),
        (
            "kind: ¦yes",
            [f"unknown kind 'yes'; expected one of: {', '.join(sorted(bundled.kinds()))}"],
        ),
        ("kind: ¦7", ["'kind' is 7; expected text: put it in quotes"]),
        ("kind:¦ ", ["'kind' is empty; expected text"]),
        ('kind: ¦"${NOPE}"', [NOT_SET]),
    ],
)
def test_what_is_wrong_with_a_device_is_told_where_it_stands(
    told: Told, device: str, expected: list[str]
) -> None:
    text = f"""\
    devices:
      - {{id: t, profile: demo-tank, connection: plant, unit: 1, name: T, place: P, {device}}}
    """
    assert told(text) == expected


def test_one_wrong_key_hides_nothing_else_of_its_device(told: Told) -> None:
    text = """\
    devices:
      - {id: ¦T 1, kind: ¦tnk, profile: ¦demo-tonk, connection: plant, unit: ¦248, name: T,
         place: ¦5, ¦colour: red}
    """
    assert told(text) == [
        "'id' is 'T 1'; expected small letters, digits and hyphens, such as door-01",
        "unknown kind 'tnk'; did you mean 'tank'?",
        "unknown profile 'demo-tonk'; did you mean 'demo-tank'?",
        "'unit' is 248; expected 1 to 247, or with framing tcp 0 or 255",
        "'place' is 5; expected a text, or {en: …, zh: …}",
        "unknown key 'colour'; did you mean 'door'?",
    ]


def test_the_keys_of_an_address_belong_to_the_type_of_connection(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: ¦pump, profile: ¦demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: b, kind: door, profile: ¦hass, connection: broker, topic: ¦a/#, name: B, place: P}
      - ¦{id: c, kind: door, profile: demo-tank, connection: broker, ¦unit: 1, name: C, place: P}
      - {id: d, kind: ¦tank, connection: cameras, url: "rtsp://h/1", name: D, place: P}
      - {id: e, kind: camera, connection: cameras, url: ¦h/1, name: E, place: P}
      - ¦{id: f, kind: camera, connection: ¦camera, name: F}
    """.replace("kind: ¦pump", "kind: pump")
    assert told(text) == [
        "profile 'demo-tank' is for kind 'tank', not 'pump'; expected one of: demo-pump, "
        "demo-sump-pump, grundfos-cim",
        f"unknown profile 'hass'; expected one of: {', '.join(sorted(bundled.mqtt_profiles()))}",
        "'topic' is 'a/#'; expected a topic prefix such as site/doors/01, without + or # or outer "
        "slashes",
        "key 'topic' is missing; expected it for a device on 'broker' (mqtt)",
        "key 'unit' does not belong here; expected only profile, topic, points, entities, period "
        "for a device on 'broker' (mqtt)",
        "kind 'tank' has points no camera can say: level, high-switch, low-switch, temperature; "
        "expected kind camera",
        "'url' is 'h/1'; expected a URL such as rtsp://host:port/path",
        "key 'place' is missing; expected place (where to go to stand in front of it)",
        "unknown connection 'camera'; did you mean 'cameras'?",
    ]


def test_two_devices_cannot_share_an_id_or_an_address(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: ¦a, kind: tank, profile: demo-tank, connection: plant, unit: 2, name: A, place: P}
      - {id: b, kind: tank, profile: demo-tank, connection: plant, unit: ¦2, name: A, place: P}
      - {id: c, kind: door, profile: gatehouse-json, connection: broker, topic: t, name: C,
         place: P}
      - {id: d, kind: door, profile: home-assistant, connection: broker, topic: ¦t, name: C,
         place: P}
    """
    assert told(text) == [
        "device 'a' is there twice; expected each id once; the first is on line 7",
        "'b' has the same unit as 'a'; expected a unit of its own, or another profile: one unit may"
        " be several devices",
        "'d' has the same topic as 'c'; expected a topic of its own",
    ]


def test_one_unit_may_be_devices_of_two_kinds(load: Load) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: b, kind: pump, profile: demo-pump, connection: plant, unit: 1, name: B, place: P}
    """
    assert [device.id for device in load(text).devices] == ["a", "b"]


def test_a_device_that_is_there_twice_as_another_kind_is_told_once(told: Told) -> None:
    text = """\
    registers:
      bare:
        kind: pump
        period: 2s
        points:
          run: {table: coil, address: 0, type: bit, states: {0: stopped, 1: running}}
          fault: {table: coil, address: 1, type: bit, states: {0: ok, 1: fault}}
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: ¦a, kind: pump, profile: bare, connection: plant, unit: 2, name: A, place: P}
    """
    expected = "expected each id once; the first is on line 14"
    assert told(text) == [f"device 'a' is there twice; {expected}"]


def test_two_doors_on_one_node_name_entities_of_their_own(load: Load, told: Told) -> None:
    node = """\
    devices:
      - {id: a, kind: door, profile: esphome, connection: broker, topic: node, name: A, place: P,
         entities: {contact: binary_sensor/a}}
      - {id: b, kind: door, profile: esphome, connection: broker, topic: ¦node, name: B, place: P,
         entities: {contact: binary_sensor/b}}
    """
    assert [device.id for device in load(node.replace("¦", "")).devices] == ["a", "b"]
    assert told(node.replace("binary_sensor/b", "binary_sensor/a")) == [
        "'b' has the same topic as 'a'; expected a topic of its own"
    ]


def test_what_stands_in_for_a_wrong_value_is_not_compared_with_right_ones(told: Told) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: ¦300, name: A, place: P}
      - {id: b, kind: tank, profile: demo-tank, connection: plant, unit: ¦250, name: B, place: P}
      - {id: c, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: C, place: P}
      - {id: ¦D, kind: door, profile: gatehouse-json, connection: broker, topic: t, name: D,
         place: P}
      - ¦{kind: door, profile: gatehouse-json, connection: broker, topic: u, name: E, place: P}
    """
    assert told(text) == [
        "'unit' is 300; expected 1 to 247, or with framing tcp 0 or 255",
        "'unit' is 250; expected 1 to 247, or with framing tcp 0 or 255",
        "'id' is 'D'; expected small letters, digits and hyphens, such as door-01",
        "key 'id' is missing; expected id (unique in the file)",
    ]


def test_two_profiles_may_read_one_unit(load: Load) -> None:
    text = """\
    devices:
      - {id: a, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: A, place: P}
      - {id: b, kind: pump, profile: demo-pump, connection: plant, unit: 1, name: B, place: P}
    """
    assert [device.id for device in load(text).devices] == ["a", "b"]


def test_tripwires_lie_in_the_picture_and_have_a_length(told: Told) -> None:
    text = """\
    devices:
      - id: c
        kind: camera
        connection: cameras
        url: rtsp://h/1
        name: C
        place: P
        tripwires:
          fence: ¦[[0.5, 0], [0.5, 0]]
          gate: [[0.5, ¦-0.1], [.5, 1]]
          ¦Wall: [[0, 0], [1, 1]]
    """
    assert told(text.replace("fence: ¦", "fence: ")) == [
        "item 2 is -0.1; expected 0 to 1",
        "'Wall' cannot be a key here; expected small letters, digits and hyphens, such as door-01",
    ]
    alone = text.replace("¦-0.1", "0.1").replace("¦Wall", "wall")
    assert told(alone) == ["tripwire 'fence' has no length; expected two different ends"]


LOCK = """\
kinds:
  strike:
    name: Strike
    points:
      contact: {kind: state, states: [closed, open], name: Contact}
      lock: {kind: state, states: [locked, unlocked], optional: true, name: Lock}
      alarm: {kind: state, states: [normal, forced], derived: true, name: Alarm}
    rules:
      left-unlocked: {title: Unlocked, priority: low, when: {point: lock, in: [unlocked]}}
    commands:
      unlock: {confirmed_by: [{point: lock, in: [unlocked]}]}
      open: {confirmed_by: [{point: lock, in: [unlocked]}, {point: contact, in: [open]}]}
devices:
  - {id: s, kind: strike, profile: gatehouse-json, connection: broker, topic: s, name: S,
     place: P%s}
"""


def names(site: Site) -> list[str]:
    return [point.id for point in site.devices[0].points]


def test_a_device_has_the_optional_points_it_names_and_what_hangs_on_them(load: Load) -> None:
    bare, with_lock = load(LOCK % ""), load(LOCK % ", points: [lock]")
    assert names(bare) == ["s/contact", "s/alarm"]
    assert [rule.id for rule in bare.rules] == []
    assert {a: c.point for a, c in bare.devices[0].commands.items()} == {Action.OPEN: "s/contact"}
    assert names(with_lock) == ["s/contact", "s/lock", "s/alarm"]
    assert [rule.id for rule in with_lock.rules] == ["s/left-unlocked"]
    assert {a: c.point for a, c in with_lock.devices[0].commands.items()} == {
        Action.OPEN: "s/lock",
        Action.UNLOCK: "s/lock",
    }


def test_what_the_gateway_says_of_a_device_is_not_told_by_it(load: Load) -> None:
    assert [point.id for point in load(LOCK % "").devices[0].told] == ["s/contact"]


def test_a_device_that_speaks_rarely_says_how_rarely(load: Load) -> None:
    rare = load(
        """\
        devices:
          - {id: d, kind: door, profile: gatehouse-json, connection: broker, topic: d, name: D,
             place: P, period: 30m}
        """
    )
    assert rare.points["d/contact"].period == 30 * MINUTE
    irregular = load(LOCK % ", period: 30m")
    assert irregular.points["s/contact"].period is None, "its silence means nothing"


def test_entities_say_what_firmware_calls_a_point(load: Load) -> None:
    site = load(LOCK % ", entities: {lock: switch/strike}")
    assert names(site) == ["s/contact", "s/lock", "s/alarm"]
    address = site.devices[0].address
    assert isinstance(address, MqttAddress)
    assert address.entities == {"lock": "switch/strike"}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (", points: [¦look]", "unknown point 'look'; did you mean 'lock'?"),
        (", points: [¦alarm]", "unknown point 'alarm'; expected one of: contact, lock"),
        (", entities: {¦bolt: x}", "unknown point 'bolt'; expected one of: contact, lock"),
    ],
)
def test_only_what_the_device_can_tell_may_be_named(told: Told, keys: str, expected: str) -> None:
    assert told(LOCK % keys) == [expected]


@pytest.mark.parametrize(
    ("confirmation", "expected"),
    [
        ("{point: ¦lok, in: [unlocked]}", "unknown point 'lok'; did you mean 'lock'?"),
        (
            "{point: lock, in: [¦open]}",
            "'lock' has no state 'open'; expected one of: locked, unlocked",
        ),
        (
            "{point: lock, in: [unlocked], within: ¦1m}",
            "'within' is '1m'; expected at most 30s",
        ),
        (
            "¦{point: lock}",
            "'lock' is of kind state; expected states, or an event without `in`",
        ),
    ],
)
def test_what_confirms_a_command_is_a_state_of_its_kind(
    told: Told, confirmation: str, expected: str
) -> None:
    text = LOCK.replace("{point: lock, in: [unlocked]}]}", f"{confirmation}]}}", 1) % ""
    assert told(text) == [expected]
