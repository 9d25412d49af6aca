"""What a rule says beyond its condition: urgency, parents, groups, guidance, step lists."""

from collections.abc import Callable

import pytest

from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.rule import AlarmClass, Guidance, Happened, JobKind, Priority, Rule
from gateway.model.text import Text
from gateway.site.model import Procedure, Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

TANK = "{id: t, kind: tank, profile: demo-tank, connection: plant, unit: 1, name: T, place: P"
PUMP = "{id: p, kind: pump, profile: demo-pump, connection: plant, unit: 2, name: P, place: P"
ESTATE = f"""\
devices:
  - {TANK}}}
  - {PUMP}}}
rules:
  - {{id: t/high, title: High, priority: high, when: {{point: t/level, above: 9}}}}
"""
"""A tank, a pump and a rule of the site: lines 6 to 10."""

HIGH = "title: High, when: {point: t/level, above: 9}"


def rules(site: Site) -> dict[str, Rule]:
    return {rule.id: rule for rule in site.rules}


def test_a_rule_says_all_that_the_desk_goes_by(load: Load) -> None:
    site = load(
        ESTATE
        + """\
  - id: t/full
    title: High
    when: {point: t/level, above: 9}
    consequence: major
    respond_within: 10m
    needed: 2 of 3
    class: equipment
    realarm_after: 1h
    parents: [p/offline, offline]
    settle: 10s
    recovery: 2m
    group: plant
    shelve_at_most: 4h
    guidance: {cause: C, consequence: D, response: {en: R, zh: 应对}}
    procedure: burst-pipe
    job: urgent
"""
    )
    rule = rules(site)["t/full"]
    assert (rule.priority, rule.needed, rule.of) == (Priority.HIGH, 2, 3)
    assert (rule.alarm_class, rule.job) == (AlarmClass.EQUIPMENT, JobKind.URGENT)
    assert rule.parents == ("p/offline", "t/offline")
    assert (rule.settle, rule.recovery, rule.realarm_after) == (10 * SECOND, 2 * MINUTE, HOUR)
    assert (rule.group, rule.shelve_at_most, rule.procedure) == ("plant", 4 * HOUR, "burst-pipe")
    assert rule.guidance == Guidance(Text("C", "C"), Text("D", "D"), Text("R", "应对"))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "priority: ¦low, consequence: minor, respond_within: 3m",
            "'priority' is 'low'; expected either priority, or consequence and respond_within",
        ),
        (
            "consequence: minor",
            "key 'respond_within' is missing; expected respond_within (how long there is to act "
            "before the consequence comes, such as 3m)",
        ),
        (
            "priority: low, respond_within: ¦3m",
            "'respond_within' is '3m'; expected consequence beside it",
        ),
        ("consequence: ¦sever, respond_within: 3m", "did you mean 'severe'?"),
        ("priority: low, class: ¦fir", "did you mean 'fire'?"),
        ("priority: low, needed: ¦2", "expected so many of so many readings, such as 2 of 3"),
        ("priority: low, needed: ¦4 of 3", "expected at least 1, and no more than of 20"),
        ("priority: low, procedure: ¦fira", "unknown procedure 'fira'; did you mean 'fire'?"),
        (
            "priority: low, class: fire, shelve_at_most: ¦1h",
            "an alarm of class 'fire' is never shelved; expected none here",
        ),
        (
            "priority: low, class: intrusion, parents: ¦[p/offline]",
            "no parent may hide an alarm of class 'intrusion'; expected no parents",
        ),
        (
            "priority: low, parents: [¦p/ofline]",
            "unknown rule 'p/ofline'; did you mean 'p/offline'?",
        ),
        ("priority: low, parents: [¦q/offline]", "unknown device 'q'"),
        ("priority: low, parents: [¦t/x]", "this is the rule itself; expected another rule"),
        (
            "priority: low, guidance: ¦{cause: C, consequence: D}",
            "key 'response' is missing; expected response (what to do, and whom to call)",
        ),
    ],
)
def test_what_is_wrong_with_a_key_is_told(told: Told, keys: str, expected: str) -> None:
    mark = "" if "¦" in keys else "¦"
    (problem,) = told(ESTATE + f"  - {mark}{{id: t/x, {HIGH}, {keys}}}\n")
    assert expected in problem


def test_only_readings_of_limits_and_states_are_counted(told: Told) -> None:
    text = ESTATE + "  - {id: t/x, title: X, priority: low, needed: ¦2 of 3, when: {silent: all}}\n"
    assert told(text) == ["'needed' counts readings of a limit or of states; expected none here"]


def test_an_event_that_would_never_be_raised_is_told(told: Told) -> None:
    text = """\
        devices:
          - {id: c, kind: camera, connection: cameras, url: "rtsp://h/1", name: C, place: P}
        rules:
          - {id: c/x, title: X, priority: low, raise_after: ¦5s, when: {event: c/crossing}}
        """
    assert told(text) == [
        "an event does not last, so it would never be raised; expected no raise_after"
    ]


def test_an_event_rule_knows_by_which_points_its_device_shows_that_it_still_looks(
    load: Load,
) -> None:
    text = """\
        devices:
          - {id: c, kind: camera, connection: cameras, url: "rtsp://h/1", name: C, place: P}
          - {id: d, kind: door, profile: gatehouse-json, connection: broker, topic: d, name: D,
             place: P}
        rules:
          - {id: d/x, title: X, priority: low, when: {event: c/crossing}}
        """
    assert rules(load(text))["d/x"].when == Happened("c/crossing", seen_by=frozenset({"c/picture"}))


def test_parents_form_no_circle(told: Told) -> None:
    site_rules = f"""\
  - {{id: t/a, {HIGH}, priority: low, parents: [¦t/b]}}
  - {{id: t/b, {HIGH}, priority: low, parents: [t/c]}}
  - {{id: t/c, {HIGH}, priority: low, parents: [t/a]}}
"""
    (problem,) = told(ESTATE + site_rules)
    assert problem == "its parents lead back to it: t/a → t/b → t/c → t/a; expected no circle"


def test_a_parent_that_is_switched_off_is_told(told: Told) -> None:
    off = "rules: {offline: {enabled: false}}"
    text = ESTATE.replace(PUMP, f"{PUMP}, {off}").replace(TANK, f"{TANK}, parents: [¦p/offline]")
    assert told(text) == [
        "rule 'p/offline' is wrong, or switched off; expected one that can be raised"
    ]


def test_a_parent_on_a_device_that_is_wrong_is_not_at_fault(told: Told) -> None:
    text = ESTATE.replace(TANK, f"{TANK}, parents: [p/offline]").replace("demo-pump", "¦demo-pomp")
    assert told(text) == ["unknown profile 'demo-pomp'; did you mean 'demo-pump'?"]


def test_a_wrong_consequence_hides_nothing_else_of_its_rule(told: Told) -> None:
    urgency = "consequence: ¦sever, respond_within: 3m"
    rule = f"{{id: t/x, title: X, {urgency}, when: {{point: ¦t/levl, above: 9}}}}"
    assert told(ESTATE + f"  - {rule}\n") == [
        "'consequence' is 'sever'; did you mean 'severe'?",
        "unknown point 't/levl'; did you mean 't/level'?",
    ]


def test_the_parents_of_a_device_hold_for_all_its_rules_that_may_be_hidden(load: Load) -> None:
    site = load(
        ESTATE.replace(TANK, f"{TANK}, parents: [p/offline, high]")
        + f"  - {{id: t/fire, {HIGH}, priority: low, class: fire}}\n"
    )
    found = rules(site)
    assert found["t/low-level"].parents == ("p/offline", "t/high")
    assert found["t/high"].parents == ("p/offline",)
    assert found["t/fire"].parents == ()
    assert found["p/fault"].parents == ()


def test_an_override_says_urgency_one_way_or_the_other(load: Load) -> None:
    patched = ESTATE.replace(TANK, f"{TANK}, rules: {{low-level: {{priority: low}}}}")
    assert rules(load(patched))["t/low-level"].priority is Priority.LOW
    patched = ESTATE.replace(TANK, f"{TANK}, rules: {{low-level: {{respond_within: 1h}}}}")
    assert rules(load(patched))["t/low-level"].priority is Priority.MEDIUM


def test_an_override_changes_a_part_of_the_guidance(load: Load) -> None:
    patch = "rules: {low-level: {guidance: {response: {en: Look first, zh: 先看}}}}"
    guidance = rules(load(ESTATE.replace(TANK, f"{TANK}, {patch}")))["t/low-level"].guidance
    assert guidance is not None
    assert guidance.response == Text("Look first", "先看")
    assert guidance.cause.en.startswith("More is drawn")


def test_a_group_of_a_kind_is_one_of_its_device_alone(load: Load) -> None:
    kinds = """\
kinds:
  siren:
    name: S
    points: {horn: {kind: state, states: [on, off], name: H}}
    rules:
      on: {title: On, priority: low, group: noise, when: {point: horn, in: [on]}}
"""
    device = "{kind: siren, profile: gatehouse-json, connection: broker, name: S, place: P"
    patch = "rules: {on: {group: plant}}"
    found = rules(
        load(
            f"{kinds}devices:\n"
            f"  - {device}, id: a, topic: a}}\n"
            f"  - {device}, id: b, topic: b, {patch}}}\n"
        )
    )
    assert (found["a/on"].group, found["b/on"].group) == ("a/noise", "plant")


def test_gatehouse_brings_step_lists_for_emergencies_in_both_languages(load: Load) -> None:
    procedures = load("").procedures
    assert set(procedures) == {
        "fire",
        "break-in",
        "burst-pipe",
        "power-cut",
        "lift-entrapment",
        "gas",
        "injury",
    }
    texts = [step for procedure in procedures.values() for step in procedure.steps]
    assert all(step.zh != step.en for step in texts)
    assert all(len(procedure.steps) >= 5 for procedure in procedures.values())


def test_an_estate_has_step_lists_of_its_own_and_may_replace_a_bundled_one(load: Load) -> None:
    procedures = load(
        """\
        procedures:
          fire: {name: Fire, steps: [Call 119, Call the manager 555-01]}
          wild-boar: {name: Boar, steps: [Shut the gate]}
        """
    ).procedures
    assert procedures["wild-boar"] == Procedure(
        Text("Boar", "Boar"), (Text("Shut the gate", "Shut the gate"),)
    )
    assert len(procedures["fire"].steps) == 2
    assert "gas" in procedures


def test_a_step_list_without_steps_is_told(told: Told) -> None:
    assert told("procedures: {boar: {name: Boar, steps: ¦[]}}\n") == [
        "'steps' is empty; expected at least one"
    ]


def test_every_rule_that_gatehouse_brings_guides_the_desk(load: Load) -> None:
    found = rules(load(ESTATE))
    del found["t/high"]
    for rule in found.values():
        assert rule.guidance is not None, rule.id
        for text in (rule.guidance.cause, rule.guidance.consequence, rule.guidance.response):
            assert text.en != text.zh
