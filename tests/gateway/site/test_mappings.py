"""Mappings of a site's own: what they give, and what is told of wrong ones."""

from collections.abc import Callable

import pytest

from gateway.model.command import Action
from gateway.site.mapping_model import MappedOrder, MappedPoint, MappedPresence, UnixUnit
from gateway.site.model import MqttAddress, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

GATE = """\
kinds:
  gate:
    name: {en: Gate, zh: 大门}
    points:
      leaf: {kind: state, states: [shut, open], name: {en: Leaf, zh: 门扇}}
      wind: {kind: number, unit: m/s, optional: true, name: {en: Wind, zh: 风速}}
      pass: {kind: event, optional: true, name: {en: Passage, zh: 通行}}
    commands:
      open: {confirmed_by: [{point: leaf, in: [open]}]}
      close: {confirmed_by: [{point: leaf, in: [shut]}]}
mappings:
  acme:
    kind: gate
    presence: {topic: lwt, online: up, offline: 0}
    points:
      leaf: {topic: status, pointer: /gate/leaf, states: {0: shut, 1: open}, at: /t, at_unit: ms}
      pass: {topic: log, pointer: "", where: {/type: pass}, fields: {plate: {pointer: /a~1b}}}
    orders:
      open: {topic: cmd, payload: '{"do":"open","id":"{id}","until":"{expires_at}"}'}
devices:
  - {id: g, kind: gate, profile: acme, connection: broker, topic: gates/1, name: G, place: P}
"""
"""Lines 6 to 26."""


def test_a_firmware_nobody_knows_needs_no_code(load: Load) -> None:
    (gate,) = load(GATE).devices
    assert isinstance(gate.address, MqttAddress)
    mapping = gate.address.mapping
    assert mapping is not None
    assert mapping.points["leaf"] == MappedPoint(
        "status",
        ("gate", "leaf"),
        {"0": "shut", "1": "open"},
        at=("t",),
        at_unit=UnixUnit.MILLISECONDS,
    )
    assert mapping.points["pass"].where == {("type",): "pass"}
    assert mapping.points["pass"].fields["plate"].pointer == ("a/b",)
    assert mapping.presence == MappedPresence("lwt", "up", "0")
    assert mapping.orders == {
        Action.OPEN: MappedOrder("cmd", '{"do":"open","id":"{id}","until":"{expires_at}"}')
    }


def test_a_device_has_the_points_that_its_mapping_has(load: Load) -> None:
    assert list(load(GATE).points) == ["g/leaf", "g/pass"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pointer: /gate/leaf", "pointer: ¦gate/leaf", "'pointer' is 'gate/leaf'"),
        ("pointer: /gate/leaf", "pointer: ¦/gate/~leaf", "'pointer' is '/gate/~leaf'"),
        ("where: {/type", "where: {¦type", "'type' cannot be a key here"),
        ('payload: \'{"do"', 'payload: ¦\'{when}{"do"', "'payload' is '{when}"),
        ('payload: \'{"do":"open"', 'payload: ¦\'{"do":"Toggle"', "'payload' is '{"),
        ("topic: cmd", "topic: ¦status", "the device speaks on that topic"),
        ("topic: lwt", "topic: ¦status", "'leaf' is told there too"),
        ("1: open}", "1: ajar}", "'leaf' has no state 'ajar' for '1'"),
        ("pass: {topic", "¦pss: {topic", "kind 'gate' has no point 'pss' that a device tells"),
        ("orders:\n      open", "orders:\n      ¦lock", "kind 'gate' knows no 'lock'"),
        ("acme:\n    kind: gate", "acme:\n    kind: ¦gote", "unknown kind 'gote'"),
        ("at_unit: ms", "at_unit: ¦min", "'at_unit' is 'min'"),
        (
            "pointer: /gate/leaf, states",
            "scale: ¦2, pointer: /gate/leaf, states",
            "'leaf' is no number",
        ),
        (
            "pointer: /gate/leaf, states",
            "fields: ¦{x: {pointer: /x}}, pointer: /gate/leaf, states",
            "'leaf' is no event",
        ),
        ("name: G", "name: G, points: [leaf]", "key 'points' does not belong here"),
        ("profile: acme", "profile: ¦acne", "unknown profile 'acne'"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    told: Told, old: str, new: str, expected: str
) -> None:
    text = GATE.replace(old, new)
    marks = {
        "1: ajar}": ("states: {0", "states: ¦{0"),
        "name: G, points: [leaf]": ("points: [leaf]", "¦points: [leaf]"),
    }
    if new in marks:
        text = text.replace(*marks[new])
    first = told(text)[0]
    assert first.startswith(expected)


def test_an_order_that_nothing_would_confirm_is_refused(told: Told) -> None:
    without = "\n".join(line for line in GATE.splitlines() if "      leaf: {topic" not in line)
    assert told(without.replace("      open: {topic", "      ¦open: {topic")) == [
        "nothing would show that 'open' was done; expected the mapping of a point of: leaf"
    ]


def test_a_mapping_for_another_kind_of_device_is_refused(told: Told) -> None:
    text = GATE.replace("kind: gate, profile: acme", "kind: zone, profile: ¦acme")
    assert told(text)[0].startswith("profile 'acme' is for kind 'gate', not 'zone'")


def test_a_profile_that_gatehouse_brings_keeps_its_name(told: Told) -> None:
    text = GATE.replace("  acme:", "  ¦gatehouse-json:").replace(
        "profile: acme", "profile: gatehouse-json"
    )
    assert told(text) == [
        "'gatehouse-json' is a profile that Gatehouse brings; expected another name"
    ]
