"""Templates with ranges."""

from collections.abc import Callable

import pytest

from gateway.site.model import MqttAddress, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

DOOR = "kind: door, profile: gatehouse-json, connection: broker, name: Door, place: Court"


def test_three_hundred_equal_devices_take_six_lines(load: Load) -> None:
    site = load(
        f"""\
        devices:
          - template:
              {{id: "door-{{block:02}}-{{floor}}", topic: "court/{{block}}/{{floor}}", {DOOR},
               position: {{from: [0, 0.1], to: [1, 0.7]}}}}
            range: {{block: [1, 12], floor: [1, 25]}}
        """
    )
    assert len(site.devices) == 300
    assert [device.id for device in site.devices[:26:25]] == ["door-01-1", "door-02-1"]
    assert site.devices[-1].address == MqttAddress("gatehouse-json", "court/12/25")
    assert [site.devices[index].position for index in (0, -1)] == [(0, 0.1), (1, 0.7)]
    assert len({device.position for device in site.devices}) == 300
    assert len(site.rules) == 2100


@pytest.mark.parametrize(
    ("span", "ids"),
    [
        ("[1, 3]", ["d-01", "d-02", "d-03"]),
        ("[9, 9]", ["d-09"]),
        ("[[1, 2], [100, 101]]", ["d-01", "d-02", "d-100", "d-101"]),
        ("[north, on]", ["d-north", "d-on"]),
        ("{n: [0, 1]}", ["d-00", "d-01"]),
    ],
)
def test_a_range_is_numbers_several_spans_words_or_named(
    load: Load, span: str, ids: list[str]
) -> None:
    site = load(
        f"""\
        devices:
          - {{template: {{id: "d-{{n:02}}", topic: "t/{{n}}", {DOOR}}}, range: {span}}}
        """
    )
    assert [device.id for device in site.devices] == ids


@pytest.mark.parametrize(
    "span",
    ["[3, 1]", "[1]", "[]", "5", "[1, 2, 3]", "[[1, 2], 5]", "[a, 1]", "[-1, 2]", "[true, 2]"],
)
def test_what_is_no_range_is_told(told: Told, span: str) -> None:
    text = f"""\
        devices:
          - {{template: {{id: "d-{{n}}", topic: "t/{{n}}", {DOOR}}}, range: ¦{span}}}
        """
    assert told(text) == [
        "this is no range for 'n'; expected [first, last], a list of such pairs, or a list of words"
    ]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("¦[1, 999999999999]", "this is no range for 'n'; expected at most 10000 values"),
        (
            "¦{n: [1, 9999], m: [1, 9999]}",
            "this range makes 99980001 entries; expected at most 10000",
        ),
    ],
)
def test_too_many_entries_are_refused_before_they_are_made(
    told: Told, span: str, expected: str
) -> None:
    text = f"""\
        devices:
          - {{template: {{id: "d-{{n}}", topic: "t/{{n}}", {DOOR}}}, range: {span}}}
        """
    assert told(text) == [expected]


def test_what_is_wrong_in_a_template_is_told_once(told: Told) -> None:
    text = f"""\
        devices:
          - template: {{id: "d-{{n}}", topic: "t/{{n}}", {DOOR}, ¦color: "{{n}}"}}
            range: [1, 300]
          - template: {{id: ¦"e-{{m}}", topic: "t/e{{n}}", {DOOR}}}
            range: [1, 300]
          - template: {{id: "f-{{n}}", topic: "t/f", {DOOR}}}
            range: [1, 300]
          - ¦template: {{id: "g-{{n}}"}}
          - template: {{id: "h-{{n}}", topic: "t/h", {DOOR}}}
            range: [1, 1]
            ¦rang: [1, 2]
        """.replace('topic: "t/f"', 'topic: ¦"t/f"')
    assert [line.partition(";")[0] for line in told(text)] == [
        "unknown key 'color'",
        "{m} is not one of this template's fields",
        "'f-2' has the same topic as 'f-1'",
        "key 'range' is missing",
        "unknown key 'rang' beside 'template'",
    ]


def test_the_same_id_over_and_over_is_told(told: Told) -> None:
    text = f"""\
        devices:
          - template: {{id: ¦same, topic: "t/{{n}}", {DOOR}}}
            range: [1, 300]
        """
    assert told(text) == [
        "device 'same' is there twice; expected each id once; the first is on line 7"
    ]


def test_a_spread_must_lie_on_the_plan(told: Told) -> None:
    text = f"""\
        devices:
          - template: {{id: "d-{{n}}", topic: "t/{{n}}", {DOOR},
                       position: {{from: [0, 0], to: [0, ¦2]}}}}
            range: [1, 300]
        """
    assert told(text) == ["item 2 is 2; expected 0 to 1"]


def test_rules_have_templates_too(load: Load) -> None:
    site = load(
        f"""\
        devices:
          - {{template: {{id: "d-{{n}}", topic: "t/{{n}}", {DOOR}}}, range: [1, 2]}}
        rules:
          - template:
              {{id: "d-{{n}}/open", title: "Door {{n}} open", priority: low,
               when: {{point: "d-{{n}}/contact", in: [open]}}}}
            range: [1, 2]
        """
    )
    assert [rule.title.en for rule in site.rules if rule.id.endswith("open")] == [
        "Door 1 open",
        "Door 2 open",
    ]
