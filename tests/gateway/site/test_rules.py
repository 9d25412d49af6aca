"""Rules of kinds, overrides of devices, rules of the site."""

from collections.abc import Callable

import pytest

from gateway.model.clock import MINUTE, SECOND
from gateway.model.rule import InState, JobKind, Priority, Rule, Side, Silent, Threshold, Unusable
from gateway.model.text import Text
from gateway.site.model import Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

TANK = "{id: t, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: T, place: P"
DOOR = (
    "{id: d, kind: door, profile: gatehouse-json, connection: broker, topic: d, name: D, place: P"
)
ESTATE = f"""\
devices:
  - {TANK}}}
  - {DOOR}}}
  - {{id: c, kind: camera, connection: cameras, url: "rtsp://h/1", name: C, place: P}}
"""
"""A tank, a door and a camera: lines 6 to 9."""


def rules(site: Site) -> dict[str, Rule]:
    return {rule.id: rule for rule in site.rules}


def test_a_kind_brings_its_rules(load: Load) -> None:
    found = rules(load(ESTATE))
    assert list(found) == [
        *("t/low-level", "t/offline", "t/bad-value"),
        *("d/forced", "d/propped", "d/interlock-violated"),
        *("d/command-failed", "d/clock-slow", "d/offline", "d/bad-value", "c/offline"),
    ]
    assert found["t/low-level"].when == Threshold("t/level", Side.BELOW, 1.0, 0.1)
    assert found["c/offline"].when == Silent(frozenset({"c/picture"}))
    only_what_it_has = Unusable(frozenset({"d/contact"}))
    assert found["d/bad-value"].when == only_what_it_has


def test_a_device_overrides_single_keys_of_them(load: Load) -> None:
    site = load(
        f"""\
        devices:
          - {TANK}, rules: {{low-level: {{when: {{below: 1.2}}, raise_after: 10s,
             title: Fire tank low, priority: high, latching: true}}, offline: {{enabled: false}},
             bad-value: {{enabled: false}}}}}}
        """
    )
    (rule,) = site.rules
    assert (rule.id, rule.device, rule.priority) == ("t/low-level", "t", Priority.HIGH)
    assert rule.when == Threshold("t/level", Side.BELOW, 1.2, 0.1)
    assert rule.title == Text("Fire tank low", "Fire tank low")
    assert (rule.raise_after, rule.latching) == (10 * SECOND, True)
    assert rule.job is JobKind.URGENT


def test_what_is_wrong_with_an_override_is_told(told: Told) -> None:
    text = f"""\
        devices:
          - {TANK}, rules: {{
              ¦low-levl: {{enabled: false}},
              low-level: {{when: ¦{{above: 3}}}},
              offline: {{when: {{silent: [¦levl]}}, ¦raise_aftr: 1s}}}}}}
        """
    assert told(text) == [
        "kind 'tank' has no rule 'low-levl'; did you mean 'low-level'?",
        "'when' is not right; expected exactly one of below, above, in, event, silent and bad",
        "unknown point 'levl'; did you mean 'level'?",
        "unknown key 'raise_aftr'; did you mean 'raise_after'?",
    ]


def test_a_site_has_rules_of_its_own(load: Load) -> None:
    site = load(
        ESTATE
        + """\
rules:
  - {id: d/unknown, title: Lost, priority: low, when: {point: d/contact, in: [unknown]}}
  - {id: t/high, title: High, priority: high, when: {point: t/level, above: 9}, clear_after: 1m}
  - {id: t/silent, title: Silent, priority: low, when: {silent: [t/level, d/contact]}}
  - {id: t/bad, title: Bad, priority: low, when: {bad: all}}
  - {id: d/bad, title: Bad, priority: low, when: {bad: [d/contact]}}
  - {id: t/off, title: Off, priority: low, when: {silent: all}, enabled: false}
"""
    )
    found = rules(site)
    assert found["d/unknown"].when == InState("d/contact", frozenset({"unknown"}))
    assert found["t/high"].when == Threshold("t/level", Side.ABOVE, 9.0, 0.0)
    assert found["t/high"].clear_after == MINUTE
    assert found["t/silent"].when == Silent(frozenset({"t/level", "d/contact"}))
    assert found["t/bad"].when == Unusable(frozenset({"t/level"}))
    assert found["d/bad"].when == Unusable(frozenset({"d/contact"}))
    assert "t/off" not in found


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("{point: ¦t/levl, below: 1}", "unknown point 't/levl'; did you mean 't/level'?"),
        ("{point: ¦tt/level, below: 1}", "unknown device 'tt'; did you mean 't'?"),
        ("{point: ¦level, below: 1}", "point 'level' has no device; expected device/point"),
        (
            "{point: ¦d/contact, below: 1}",
            "'d/contact' is a point of kind state; expected one of kind number",
        ),
        ("{event: ¦d/contact}", "'d/contact' is a point of kind state; expected one of kind event"),
        (
            "{point: t/level, below: ¦10.5}",
            "'below' puts the limit at 10.5, beyond what the point can say; "
            "expected at least 0 and at most 10",
        ),
        (
            "{point: t/level, above: 0.1, deadband: ¦0.2}",
            "'deadband' puts the limit at -0.1, beyond what the point can say; "
            "expected at least 0 and at most 10",
        ),
        (
            "{point: t/level, below: ¦0}",
            "a working 't/level' is never below 0; expected more than 0",
        ),
        (
            "{point: t/level, above: ¦10}",
            "a working 't/level' is never above 10; expected less than 10",
        ),
        ("{point: t/level, ¦belw: 1}", "unknown key 'belw'; did you mean 'below'?"),
        (
            "¦{point: t/level}",
            "'when' is not right; expected exactly one of below, above, in, event, silent and bad",
        ),
        ("{point: t/level, below: ¦.nan}", "'below' is '.nan'; expected a number"),
        ("{point: t/level, below: ¦nan}", "'below' is 'nan'; expected a finite number"),
        ("{point: t/level, below: ¦1e999}", "'below' is inf; expected a finite number"),
        ("{point: t/level, below: 1, deadband: ¦-1}", "'deadband' is -1; expected at least 0"),
        (
            "{point: d/contact, in: [open, ¦opn]}",
            "'d/contact' has no state 'opn'; did you mean 'open'?",
        ),
        ("{point: d/contact, in: ¦[]}", "'in' is empty; expected at least one"),
        ("{point: d/contact, in: [¦true]}", "item 1 is true; expected text: put it in quotes"),
        (
            "{event: c/crossing, unless: {point: d/contact, in: [¦unknown]}}",
            "'d/contact' has no state 'unknown'; expected one of: closed, open",
        ),
        (
            "{silent: [¦c/crossing]}",
            "silence of 'c/crossing' means nothing: it has no period; "
            "expected a point that speaks regularly",
        ),
        ("{bad: [¦t/levl]}", "unknown point 't/levl'; did you mean 't/level'?"),
        ("{bad: ¦often}", "'bad' is 'often'; expected all, or a list of points"),
        ("{silent: ¦everything}", "'silent' is 'everything'; expected all, or a list of points"),
        ("¦often", "'when' is 'often'; expected a mapping (key: value)"),
    ],
)
def test_what_is_wrong_with_a_condition_is_told(told: Told, when: str, expected: str) -> None:
    text = ESTATE + f"rules:\n  - {{id: t/x, title: X, priority: low, when: {when}}}\n"
    assert told(text) == [expected]


def test_what_is_wrong_around_a_condition_is_told_with_what_is_wrong_in_it(told: Told) -> None:
    text = ESTATE + (
        "rules:\n"
        "  - {id: ¦tt/x, title: X, priority: ¦critcal, when: {point: t/level, below: 1}}\n"
        "  - ¦{id: t/y, title: X, raise_after: ¦30, when: {point: ¦t/levl, below: 1}}\n"
        "  - {id: ¦t/offline, title: X, priority: low, when: {silent: all}}\n"
        "  - {id: ¦t, title: X, priority: low, when: {silent: all}}\n"
    )
    assert told(text) == [
        "unknown device 'tt'; did you mean 't'?",
        "'priority' is 'critcal'; did you mean 'critical'?",
        "key 'priority' is missing; expected priority (how urgent it is; or else consequence and "
        "respond_within)",
        "'raise_after' is 30; expected a duration such as 500ms, 30s, 5m or 2h",
        "unknown point 't/levl'; did you mean 't/level'?",
        "rule 't/offline' is there already; expected another name, or an override under the "
        "device's rules",
        "'id' is 't'; expected device/rule",
    ]


def test_a_rule_on_a_broken_device_is_not_at_fault(told: Told) -> None:
    text = (
        "devices:\n"
        f"  - {TANK.replace('demo-tank', '¦demo-tonk')}}}\n"
        "rules:\n"
        "  - {id: t/x, title: X, priority: low, when: {point: t/level, below: 1}}\n"
    )
    assert told(text) == ["unknown profile 'demo-tonk'; did you mean 'demo-tank'?"]
