"""The rules of sumps, meters, supplies, rooms and lights: each acts on what it is for, and none of
them on what is as it should be."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import Reading, Value
from gateway.site import bundled
from gateway.site.load import load_site
from gateway.site.model import Site
from gateway.trial.reckoned import Reckoned
from gateway.trial.replay import Replay
from tests.gateway.samples import NOON

SITE = """\
site: {{id: court, name: Court, time_zone: Asia/Shanghai, data: data}}
connections: {{broker: {{type: mqtt, host: 127.0.0.1, client_id: g}}}}
devices:
  - {{id: d, kind: {kind}, profile: gatehouse-json, connection: broker, topic: d, name: D, place: P,
     points: [{points}], rules: {{{rules}}}}}
"""
NORMAL: Final[Mapping[str, Mapping[str, Value]]] = {
    "sump": {"level": 0.5, "high-switch": "clear", "pump": "stopped"},
    "water-meter": {"flow": 0.2, "volume": 70.0},
    "energy-meter": {
        "power": 40.0,
        "energy": 70.0,
        **{f"voltage-l{n}": 221.0 + n for n in (1, 2, 3)},
    },
    "generator": {
        "state": "stopped",
        "mains": "present",
        "mode": "auto",
        "alarm": "ok",
        "fuel": 80.0,
        "battery": 27.0,
    },
    "transfer-switch": {"position": "mains", "mains": "present", "mode": "auto"},
    "ups": {"state": "online", "charge": 100.0, "load": 40.0, "battery": "ok"},
    "room": {"temperature": 24.0, "humidity": 45.0, "floor": "dry"},
    "lighting": {"state": "on", "mode": "auto"},
    "tank": {"level": 2.0, "high-switch": "clear", "low-switch": "wet"},
}
CASES: Final[tuple[tuple[str, Mapping[str, Value], set[str]], ...]] = (
    ("sump", {"high-switch": "wet"}, {"flooding"}),
    ("sump", {"level": 1.3}, {"high-level"}),
    ("water-meter", {"flow": 0.9}, {"leak"}),
    ("water-meter", {"flow": 32.0}, {"flow-high", "leak"}),
    ("water-meter", {"flow": -0.5}, {"backflow"}),
    ("energy-meter", {"voltage-l2": 4.0}, {"phase-lost"}),
    ("energy-meter", {"voltage-l2": 180.0}, {"voltage-off"}),
    ("energy-meter", {"voltage-l3": 250.0}, {"voltage-off"}),
    ("energy-meter", {"power": 120.0}, {"overload"}),
    ("generator", {"mains": "lost", "state": "running"}, {"mains-lost"}),
    ("generator", {"state": "fault"}, {"fault"}),
    ("generator", {"alarm": "warning"}, {"warning"}),
    ("generator", {"alarm": "fault"}, {"tripped"}),
    ("generator", {"mode": "manual"}, {"not-auto"}),
    ("generator", {"mode": "unknown"}, {"not-auto", "bad-value"}),
    ("generator", {"fuel": 25.0}, {"fuel-low"}),
    ("generator", {"battery": 23.0}, {"battery-low"}),
    ("transfer-switch", {"position": "between"}, {"no-supply"}),
    ("transfer-switch", {"mains": "lost", "position": "generator"}, {"mains-lost", "on-generator"}),
    ("transfer-switch", {"mode": "manual"}, {"not-auto"}),
    ("ups", {"state": "on-battery"}, {"on-battery"}),
    ("ups", {"charge": 20.0}, {"battery-low"}),
    ("ups", {"state": "bypass"}, {"unprotected"}),
    ("ups", {"state": "off"}, {"unprotected"}),
    ("ups", {"state": "fault"}, {"fault"}),
    ("ups", {"load": 95.0}, {"overload"}),
    ("ups", {"battery": "worn"}, {"battery-worn"}),
    ("room", {"floor": "wet"}, {"water"}),
    ("room", {"temperature": 37.0}, {"hot"}),
    ("room", {"temperature": 43.0}, {"hot", "too-hot"}),
    ("room", {"temperature": 2.0}, {"too-cold"}),
    ("room", {"humidity": 90.0}, {"humid"}),
    ("lighting", {"mode": "on"}, {"not-auto"}),
    ("tank", {"low-switch": "dry"}, {"low-switch"}),
    ("tank", {"high-switch": "wet"}, {"high-switch"}),
)


def site_of(folder: Path, kind: str) -> Site:
    """One device of that kind, with all of its rules switched on but a tank's own limits."""
    said, rules = NORMAL[kind], bundled.kinds()[kind].get("rules").entries
    on = () if kind == "tank" else rules
    file = folder / "court.yaml"
    text = SITE.format(
        kind=kind,
        points=", ".join(said),
        rules=", ".join(f"{name}: {{enabled: true}}" for name in on),
    )
    file.write_text(text, "utf-8")
    return load_site(file, {})


def raised(site: Site, said: Mapping[str, Value], span: Micros) -> set[str]:
    """By what is said once a minute for so long."""
    points = frozenset(point.id for device in site.devices for point in device.points)
    replay = Replay(site.rules, (), NOON)
    told = (
        Reading(f"d/{name}", value, NOON + after, NOON + after, seq=after * 10 + index + 1)
        for after in range(0, span, MINUTE)
        for index, (name, value) in enumerate(said.items())
    )
    replay.take(Reckoned(site, points).take(told))
    subjects = replay.subjects()
    return {subjects[each.alarm].rule.removeprefix("d/") for each in replay.end(NOON + span)}


@pytest.mark.parametrize("kind", NORMAL)
def test_nothing_is_raised_while_all_is_as_it_should_be(tmp_path: Path, kind: str) -> None:
    assert raised(site_of(tmp_path, kind), NORMAL[kind], DAY) == set()


@pytest.mark.parametrize(("kind", "said", "rules"), CASES)
def test_a_rule_acts_on_what_it_is_for(
    tmp_path: Path, kind: str, said: Mapping[str, Value], rules: set[str]
) -> None:
    assert raised(site_of(tmp_path, kind), {**NORMAL[kind], **said}, DAY) == rules


def test_a_pump_that_loses_against_the_water_is_told(tmp_path: Path) -> None:
    site = site_of(tmp_path, "sump")
    points = frozenset(point.id for point in site.devices[0].points)
    replay = Replay(site.rules, (), NOON)

    def rising(after: Micros) -> tuple[Reading, ...]:
        at, seq = NOON + after, after // SECOND * 3
        return (
            Reading("d/level", 0.3 + 0.6 * after / HOUR, at, at, seq=seq + 1),
            Reading("d/pump", "running", at, at, seq=seq + 2),
        )

    told = (each for after in range(0, HOUR, 5 * SECOND) for each in rising(after))
    replay.take(Reckoned(site, points).take(told))
    subjects = replay.subjects()
    assert {subjects[each.alarm].rule for each in replay.end(NOON + HOUR)} == {"d/losing"}


@pytest.mark.parametrize(("flow", "least"), [(-0.3, 0.0), (0.7, 0.7)])
def test_water_that_ran_backwards_at_night_is_no_flow_below_nothing(
    tmp_path: Path, flow: float, least: float
) -> None:
    site = site_of(tmp_path, "water-meter")
    points = frozenset(point.id for point in site.devices[0].points)
    told = (
        Reading("d/flow", flow, at, at, seq=index + 1)
        for index, at in enumerate(range(NOON, NOON + DAY, MINUTE))
    )
    said = [each.value for each in Reckoned(site, points).take(told) if "night" in each.point]
    assert [value for value in said if value is not None] == [least]


def of_a_machine(kind: str, rule: str) -> bool:
    """Whether it is on what a machine of the gateway says: those are tried with it."""
    node = bundled.kinds()[kind]
    named = node.get("rules", rule, "when", "point").value
    point = node.get("points", str(named))
    return bool(point.get("derived").value) and "expression" not in point.entries


def test_every_rule_of_these_kinds_is_tried_but_silence_a_machines_and_a_tanks_own() -> None:
    tried = {(kind, rule) for kind, _, rules in CASES for rule in rules} | {("sump", "losing")}
    brought = {
        (kind, rule)
        for kind in NORMAL.keys() - {"tank"}
        for rule in bundled.kinds()[kind].get("rules").entries
        if rule != "offline" and not of_a_machine(kind, rule)
    }
    assert brought <= tried
