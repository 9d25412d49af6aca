"""What the bundled tank says beside its level, and the alarms that a device switches on."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.reading import Quality, Reading
from gateway.model.rule import Priority, Rule
from gateway.site.load import load_site
from gateway.site.model import Site
from gateway.trial.reckoned import Reckoned
from gateway.trial.replay import Replay
from tests.gateway.alarms.estate import Estate
from tests.gateway.samples import NOON

SITE = """\
site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
connections:
  plant: {type: modbus-tcp, host: 127.0.0.1, port: 1502}
devices:
  - id: roof
    kind: tank
    profile: demo-tank
    connection: plant
    unit: 1
    name: Roof
    place: Block 1
    settings: {area: 12}
    rules:
      low-low-level: {enabled: true, when: {below: 0.4}}
      high-level: {enabled: true, when: {above: 2.8}}
      high-high-level: {enabled: true, when: {above: 3.0}}
      falls-fast: {enabled: true, when: {below: -1.5}}
      stuck-sensor: {enabled: true}
"""

Level = Callable[[Micros], float | None]
"""Of the time since NOON; None: the unit does not answer."""


@pytest.fixture
def tank(tmp_path: Path) -> Site:
    file = tmp_path / "court.yaml"
    file.write_text(SITE, "utf-8")
    return load_site(file, {})


def told(level: Level, span: Micros, every: Micros) -> Iterable[Reading]:
    for after in range(0, span, every):
        said = level(after)
        quality = Quality.OFFLINE if said is None else Quality.GOOD
        yield Reading("roof/level", said, NOON + after, NOON + after, quality, after // every + 1)


def raised(site: Site, level: Level, span: Micros, every: Micros = 5 * SECOND) -> set[str]:
    """The rules whose alarms come."""
    points = frozenset(point.id for device in site.devices for point in device.points)
    replay = Replay(site.rules, (), NOON)
    replay.take(Reckoned(site, points).take(told(level, span, every)))
    subjects = replay.subjects()
    return {subjects[each.alarm].rule for each in replay.end(NOON + span)}


def rule_of(site: Site, name: str) -> Rule:
    return next(rule for rule in site.rules if rule.id == f"roof/{name}")


def test_what_fits_no_other_tank_is_off_until_the_device_says_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "court.yaml"
    file.write_text(SITE.partition("    settings")[0], "utf-8")
    bare = load_site(file, {})
    assert {rule.id for rule in bare.rules} == {"roof/low-level", "roof/offline", "roof/bad-value"}
    assert rule_of(bare, "low-level").parents == ()
    assert {p.id for p in bare.devices[0].points if p.derived} == {"roof/level-rate", "roof/sensor"}


def test_the_worse_level_is_the_parent_of_the_lesser(tank: Site) -> None:
    assert rule_of(tank, "low-level").parents == ("roof/low-low-level",)
    assert rule_of(tank, "high-level").parents == ("roof/high-high-level",)
    low, worse = rule_of(tank, "low-level"), rule_of(tank, "low-low-level")
    assert (low.priority, worse.priority) == (Priority.CRITICAL, Priority.CRITICAL)
    assert all(rule.guidance is not None for rule in tank.rules)


@pytest.mark.parametrize(
    ("level", "worse"), [(0.2, "roof/low-low-level"), (3.1, "roof/high-high-level")]
)
def test_both_levels_at_once_are_one_ticket(tank: Site, level: float, worse: str) -> None:
    estate = Estate(tank.rules)
    estate.hear(
        Reading("roof/level", 2.0, NOON, NOON),
        Reading("roof/level", level, NOON + MINUTE, NOON + MINUTE),
    )
    estate.wait(MINUTE)
    assert estate.presented().keys() == {worse}
    assert estate.entries() == [(1, "opened")]


def test_a_burst_pipe_is_told_long_before_the_tank_is_low(tank: Site) -> None:
    assert raised(tank, lambda after: 2.5 - 3 * after / HOUR, 20 * MINUTE) == {"roof/falls-fast"}


def test_use_by_day_is_no_burst_pipe(tank: Site) -> None:
    assert raised(tank, lambda after: 2.5 - 0.8 * after / HOUR, HOUR) == set()


def test_levels_have_their_alarms_each_at_its_limit(tank: Site) -> None:
    assert raised(tank, lambda after: 1.2 - 0.5 * after / HOUR, HOUR) == {"roof/low-level"}
    assert raised(tank, lambda after: 1.2 - 0.9 * after / HOUR, HOUR) == {
        "roof/low-level",
        "roof/low-low-level",
    }
    assert raised(tank, lambda after: 2.5 + 0.4 * after / HOUR, HOUR) == {"roof/high-level"}


def test_a_level_that_is_lost_and_comes_back_lower_is_no_burst_pipe(tank: Site) -> None:
    def level(after: Micros) -> float | None:
        if 10 * MINUTE <= after < 14 * MINUTE:
            return None
        return 2.5 if after < 10 * MINUTE else 1.5

    assert raised(tank, level, 30 * MINUTE) == {"roof/offline"}


def test_a_level_that_does_not_move_for_a_day_is_a_stuck_sensor(tank: Site) -> None:
    assert raised(tank, lambda _: 2.0, 26 * HOUR, MINUTE) == {"roof/stuck-sensor"}
    assert raised(tank, lambda after: 2.0 if after < 20 * HOUR else 2.01, 2 * DAY, MINUTE) == {
        "roof/stuck-sensor"
    }
    assert raised(tank, lambda after: 2.0 + after // HOUR % 2 * 0.01, 2 * DAY, MINUTE) == set()
