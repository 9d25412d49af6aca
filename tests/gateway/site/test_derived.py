"""Derived points as a site file writes them."""

from collections.abc import Callable

from gateway.model.point import PointKind
from gateway.plant.derived import derived_points
from gateway.site.model import Site

Load = Callable[..., Site]
Told = Callable[..., list[str]]

KIND = """\
kinds:
  cistern:
    name: Cistern
    settings:
      area: {unit: m2, name: Area}
      height: {unit: m, name: Height, default: 2}
    points:
      level: {kind: number, unit: m, period: 5s, name: Level}
      inlet: {kind: number, unit: m3/h, period: 5s, optional: true, name: Inlet}
      level-rate: {kind: number, unit: m/h, derived: true, name: Rate,
        expression: "rate(level, 5m)"}
      flow: {kind: number, unit: m3/h, derived: true, name: Flow,
        expression: level-rate * area}
      outlet: {kind: number, unit: m3/h, derived: true, name: Outlet, expression: inlet - flow}
      room: {kind: number, unit: m, derived: true, name: Room, expression: height - level}
"""
TANK = """\
  - {id: t1, kind: cistern, profile: gatehouse-json, connection: broker, topic: t/1,
     name: T, place: P%s}
"""


def names(site: Site, device: str = "t1") -> dict[str, list[str]]:
    """The derived points of the device, each with the points it follows from."""
    found = next(each for each in site.devices if each.id == device)
    return {point.rpartition("/")[2]: sorted(made.points) for point, made in found.derived.items()}


def test_a_device_has_the_derived_points_for_which_it_has_all(load: Load) -> None:
    bare = load(KIND + "devices:\n" + TANK % "")
    assert names(bare) == {"level-rate": ["t1/level"], "room": ["t1/level"]}
    assert {point.id for point in bare.devices[0].points} == {
        "t1/level",
        "t1/level-rate",
        "t1/room",
    }
    with_area = load(KIND + "devices:\n" + TANK % ", settings: {area: 12}")
    assert names(with_area)["flow"] == ["t1/level-rate"]
    assert "outlet" not in names(with_area)
    full = load(KIND + "devices:\n" + TANK % ", settings: {area: 12}, points: [inlet]")
    assert names(full)["outlet"] == ["t1/flow", "t1/inlet"]
    assert len(list(derived_points(full))) == 1


def test_a_default_stands_where_a_device_says_nothing(load: Load) -> None:
    own = load(KIND + "devices:\n" + TANK % "").devices[0].derived["t1/room"]
    other = load(KIND + "devices:\n" + TANK % ", settings: {height: 3}").devices[0]
    assert own.value({"t1/level": 0.5}, {}) == 1.5
    assert other.derived["t1/room"].value({"t1/level": 0.5}, {}) == 2.5


def test_a_device_may_have_points_of_its_own(load: Load) -> None:
    site = load(
        KIND
        + "devices:\n"
        + TANK % ""
        + """\
  - id: t2
    kind: cistern
    profile: gatehouse-json
    connection: broker
    topic: t/2
    name: T
    place: P
    derived:
      difference: {name: {en: Difference, zh: 液位差}, unit: m, expression: level - t1/level}
      even: {name: Even, kind: state, states: ["yes", "no"],
        expression: 'if(abs(difference) < 0.1, yes, no)'}
rules:
  - {id: t2/uneven, title: Uneven, priority: low, when: {point: t2/even, in: ["no"]}}
"""
    )
    assert names(site, "t2")["difference"] == ["t1/level", "t2/level"]
    even = next(p for p in site.devices[1].points if p.id == "t2/even")
    assert (even.kind, even.derived, even.period) == (PointKind.STATE, True, None)
    assert any(rule.id == "t2/uneven" for rule in site.rules)


def test_a_leak_by_night_and_a_pumps_efficiency_are_points_of_a_site(load: Load) -> None:
    site = load(
        """\
        kinds:
          water-flow:
            name: Water
            points: {flow: {kind: number, unit: m3/h, period: 60s, name: Flow}}
          energy:
            name: Energy
            points: {power: {kind: number, unit: kW, period: 60s, name: Power}}
        devices:
          - {id: meter-3, kind: energy, profile: gatehouse-json, connection: broker, topic: t/3,
             name: E, place: P}
          - id: meter-1
            kind: water-flow
            profile: gatehouse-json
            connection: broker
            topic: t/1
            name: W
            place: P
            derived:
              night-flow: {name: Night, unit: m3/h, expression: "min(flow, 02:00-04:00)"}
              efficiency: {name: Efficiency, unit: kW.h/m3,
                expression: "integral(meter-3/power, 1d) / integral(flow, 1d)"}
        rules:
          - {id: meter-1/leak, title: Leak, priority: medium,
             when: {point: meter-1/night-flow, above: 0.3}}
        """
    )
    assert names(site, "meter-1") == {
        "night-flow": ["meter-1/flow"],
        "efficiency": ["meter-1/flow", "meter-3/power"],
    }


def test_what_is_wrong_with_an_expression_is_told_at_its_place(told: Told) -> None:
    device = """\
  - id: t1
    kind: cistern
    profile: gatehouse-json
    connection: broker
    topic: t/1
    name: T
    place: P
    settings: {¦aera: 12}
    derived:
      a: {name: A, expression: ¦levle * 2}
      b: {name: B, unit: m, expression: ¦"rate(level, 5m)"}
      c: {name: C, kind: state, states: [low, ok], expression: ¦"if(level < 1, lwo, ok)"}
      ¦level: {name: D, expression: 1 + 1}
      e: {name: E, expression: ¦t9/level}
"""
    assert told(KIND + "devices:\n" + device) == [
        "kind 'cistern' has no setting 'aera'; did you mean 'area'?",
        "unknown name 'levle'; did you mean 'level'?",
        "the expression gives m/h; expected m, as its point",
        "unknown name 'lwo'; did you mean 'low'?",
        "kind 'cistern' has 'level' already; expected another name",
        "unknown name 't9/level'; expected a point or a setting; minus and division stand between"
        " spaces",
    ]


def test_what_names_a_device_that_is_wrong_itself_is_not_at_fault(told: Told) -> None:
    devices = (
        (TANK % "").replace("t1", "t2").replace("kind: cistern", "kind: ¦cisterm")
        + """\
  - id: t1
    kind: cistern
    profile: gatehouse-json
    connection: broker
    topic: t/1
    name: T
    place: P
    derived:
      a: {name: A, unit: m, expression: level - t2/level}
"""
    )
    assert told(KIND + "devices:\n" + devices) == [
        "unknown kind 'cisterm'; did you mean 'cistern'?"
    ]


def test_what_is_wrong_in_a_kind_is_told_once_used_or_not(told: Told) -> None:
    kind = """\
kinds:
  cistern:
    name: Cistern
    settings:
      ¦level: {name: Level}
    points:
      level: {kind: number, unit: m, name: Level}
      a: {kind: number, derived: true, name: A, expression: ¦level +}
      b: {kind: number, derived: true, name: B, expression: ¦t1/level}
"""
    assert told(kind + "devices:\n" + TANK % "" + (TANK % "").replace("1", "2")) == [
        "'level' is a point of the kind; expected another name for the setting",
        "the expression ends too early; expected something more",
        "unknown name 't1/level'; expected a point or a setting; minus and division stand between"
        " spaces",
    ]


def test_only_what_the_gateway_says_is_reckoned_and_no_event(told: Told) -> None:
    kind = """\
kinds:
  cistern:
    name: Cistern
    points:
      level: {kind: number, unit: m, name: Level}
      c: ¦{kind: event, derived: true, name: C, expression: level}
      d: ¦{kind: number, name: D, expression: level}
      e: ¦{kind: text, derived: true, name: E, expression: level}
"""
    wrong = told(kind)
    assert "expected a number or a state: no expression gives an event" in wrong[0]
    assert "expected of, given and expression for what the gateway itself says only" in wrong[1]
    assert "expected a number or a state: no expression gives a text" in wrong[2]


def test_nothing_follows_from_itself(told: Told) -> None:
    device = """\
  - id: t1
    kind: cistern
    profile: gatehouse-json
    connection: broker
    topic: t/1
    name: T
    place: P
    derived:
      a: {name: A, unit: m, expression: ¦b + 1}
      b: {name: B, unit: m, expression: level + t1/a}
"""
    (wrong,) = told(KIND + "devices:\n" + device)
    assert "would follow from itself" in wrong


def test_a_setting_that_its_kind_forbids_is_told(told: Told) -> None:
    device = "devices:\n  - {id: t, profile: gatehouse-json, connection: broker, topic: t, name: T,"
    for kind, setting in (("tank", "area"), ("energy-meter", "nominal-voltage")):
        text = f"{device}\n     place: P, kind: {kind}, settings: {{{setting}: ¦0}}}}\n"
        assert told(text) == [f"'{setting}' is 0; expected more than 0"]
