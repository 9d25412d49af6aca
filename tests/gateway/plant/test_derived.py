"""Derived points by expression, as the engine moves their machine."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.access.engine import Engine
from gateway.expressions.check import Names, formula
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.model.text import Text
from gateway.plant.derived import DerivedPoints
from gateway.site.model import Device, MqttAddress
from tests.gateway.access.played import Played
from tests.gateway.expressions.naming import ZONE
from tests.gateway.samples import LEVEL, NOON

RUN = Point("pump/run", PointKind.STATE, Text("Run", "运行"), states=("stopped", "running"))
FLOW = Point(
    "tank/flow", PointKind.NUMBER, Text("F", "F"), unit="m3/h", low=-50, high=50, derived=True
)
STATE = Point("tank/fall", PointKind.STATE, Text("S", "S"), states=("ok", "fast"), derived=True)
NAMED = {"level": LEVEL, "pump/run": RUN}


def tank(expressions: Mapping[Point, str]) -> Device:
    formulas = {
        point.id: formula(text, Names(NAMED, {"area": 12.0}, ZONE, point.states), point.kind)
        for point, text in expressions.items()
    }
    return Device(
        id="tank",
        kind="tank",
        name=Text("Tank", "水箱"),
        place=Text("Roof", "屋面"),
        connection="broker",
        address=MqttAddress("gatehouse-json", "t/tank"),
        points=(LEVEL, *expressions),
        derived=formulas,
    )


def played(text: str, point: Point = FLOW) -> Played:
    return Played(DerivedPoints(tank({point: text})))


def shown(tried: Played, point: str = "tank/flow") -> tuple[Value, Quality]:
    said = tried.machine.shown(tried.state)[point]
    return said.value, said.quality


def fill(tried: Played, *, minutes: int, by: float = 0.6, level: float = 1.0) -> float:
    """The level rises by so much in an hour, told every 5 s; returns where it has come to."""
    for _ in range(minutes * 12):
        tried.wait(5 * SECOND)
        level += by * 5 / 3600
        tried.tell("tank/level", level)
    return level


def test_flow_follows_from_level_and_area() -> None:
    tried = played("rate(level, 5m) * area")
    fill(tried, minutes=4)
    assert shown(tried) == (None, Quality.BAD), "too little is known yet"
    fill(tried, minutes=2, level=1.0 + 0.6 * 4 / 60)
    value, quality = shown(tried)
    assert value == pytest.approx(0.6 * 12, rel=0.02)
    assert quality is Quality.GOOD


@pytest.mark.parametrize("quality", [Quality.STALE, Quality.BAD, Quality.OFFLINE])
def test_nothing_is_made_of_readings_that_are_not_good(quality: Quality) -> None:
    tried = played("rate(level, 5m) * area")
    level = fill(tried, minutes=7)
    tried.tell("tank/level", None if quality is Quality.OFFLINE else level, quality)
    assert shown(tried) == (None, Quality.BAD)
    tried.wait(2 * MINUTE)
    tried.tell("tank/level", level - 0.5)
    assert shown(tried) == (None, Quality.BAD), "what was lost is not bridged"
    fill(tried, minutes=6, level=level - 0.5)
    assert shown(tried)[0] == pytest.approx(7.2, rel=0.02)


def test_what_cannot_be_is_bad() -> None:
    tried = played("level * 10")
    tried.tell("tank/level", 3.0)
    assert shown(tried) == (30.0, Quality.GOOD)
    tried.tell("tank/level", 6.0)
    assert shown(tried) == (None, Quality.BAD), "beyond the point's high"


def test_a_state_that_is_not_known_is_unknown() -> None:
    tried = played("if(level < 1 and pump/run == stopped, fast, ok)", STATE)
    tried.tell("tank/level", 0.5)
    assert shown(tried, "tank/fall") == ("unknown", Quality.BAD)
    tried.tell("pump/run", "stopped")
    assert shown(tried, "tank/fall") == ("fast", Quality.GOOD)
    tried.tell("pump/run", "unknown")
    assert shown(tried, "tank/fall") == ("unknown", Quality.BAD)


def test_what_a_device_has_kept_for_later_says_nothing_of_now() -> None:
    tried = played("level + 1")
    tried.tell("tank/level", 3.0)
    tried.tell("tank/level", 1.0, taken_at=tried.now - HOUR)
    assert shown(tried) == (4.0, Quality.GOOD)


def test_a_window_goes_on_over_a_restart() -> None:
    tried = played("rate(level, 5m) * area")
    level = fill(tried, minutes=7)
    before = shown(tried)
    tried.restart()
    assert shown(tried) == before
    tried.wait(5 * SECOND)
    tried.tell("tank/level", level + 0.6 * 5 / 3600)
    assert shown(tried)[1] is Quality.GOOD


def test_time_in_which_the_gateway_was_away_is_no_part_of_a_window() -> None:
    tried = played("rate(level, 5m) * area")
    level = fill(tried, minutes=7)
    tried.restart()
    tried.jump(10 * MINUTE)
    assert shown(tried) == (None, Quality.BAD)
    tried.tell("tank/level", level)
    fill(tried, minutes=6, level=level)
    assert shown(tried)[0] == pytest.approx(7.2, rel=0.02)


def test_another_expression_remembers_nothing_of_the_old_one() -> None:
    tried = played("rate(level, 5m) * area")
    fill(tried, minutes=7)
    tried.restart(DerivedPoints(tank({FLOW: "rate(level + 1, 5m) * area"})))
    tried.wait(0)
    tried.tell("tank/level", 1.0)
    assert shown(tried) == (None, Quality.BAD)


def test_it_moves_on_while_nothing_is_told() -> None:
    tried = played("count(pump/run == running, 1h)")
    tried.tell("pump/run", "stopped")
    tried.wait(90 * MINUTE)
    for word in ("running", "stopped", "running"):
        tried.tell("pump/run", word)
        tried.wait(MINUTE)
    assert shown(tried) == (2.0, Quality.GOOD)
    tried.wait(2 * HOUR)
    assert shown(tried) == (0.0, Quality.GOOD)


def test_one_derived_point_may_follow_from_another() -> None:
    NAMED["flow"] = FLOW
    try:
        tried = played("if(flow < -5, fast, ok)", STATE)
    finally:
        del NAMED["flow"]
    tried.tell("tank/flow", -7.0)
    assert shown(tried, "tank/fall") == ("fast", Quality.GOOD)


WORDS = st.sampled_from([Quality.GOOD] * 4 + [Quality.STALE, Quality.OFFLINE])
TELLINGS = st.lists(
    st.tuples(st.integers(0, 400), st.floats(0, 9), WORDS, st.booleans()), min_size=2, max_size=60
)


def readings(tellings: list[tuple[int, float, Quality, bool]]) -> list[Reading]:
    now, told = NOON, []
    for seq, (wait, level, quality, other) in enumerate(tellings, 1):
        now += wait * SECOND
        point, value = ("pump/run", "running") if other else ("tank/level", level)
        told.append(Reading(point, value, now, now, quality, seq))
    return told


@given(TELLINGS, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_the_same_journal_gives_the_same_values_wherever_it_is_cut(
    tellings: list[tuple[int, float, Quality, bool]], cut: int
) -> None:
    made = tank({FLOW: "mean(level, 5m) - min(level, 1h)", STATE: "if(level < 1, fast, ok)"})
    whole, said = Engine([DerivedPoints(made)], {}, 0, 0), []
    for reading in readings(tellings):
        said += [turn.changed for turn in whole.take(reading)]
    first, again = Engine([DerivedPoints(made)], {}, 0, 0), []
    for reading in readings(tellings)[:cut]:
        again += [turn.changed for turn in first.take(reading)]
    second = Engine([DerivedPoints(made)], first.states, 0, 0)
    for reading in readings(tellings)[cut:]:
        again += [turn.changed for turn in second.take(reading)]
    assert again == said
    assert second.states == whole.states
