"""The simulated barrier that obeys."""

from pathlib import Path

import pytest

from gateway.model.clock import SECOND, Micros
from gateway.site.problems import BadSite
from simulators.guarded_barrier import GuardedBarrier, Vehicle
from simulators.simulation_file import load_simulation

START = 1_767_225_600 * SECOND
TICK = SECOND // 20


class Watched:
    """A barrier looked at 20 times a second; `seen` is each point's words, without repeats."""

    def __init__(self, **settings: object) -> None:
        self.barrier = GuardedBarrier(**settings)  # type: ignore[arg-type]  # test's own
        self.now: Micros = START
        self.seen: dict[str, list[object]] = {}

    def goes_on(self, span: Micros) -> None:
        for _ in range(span // TICK):
            self.now += TICK
            for point, word in self.barrier.step(self.now).items():
                words = self.seen.setdefault(point, [])
                if not words or words[-1] != word:
                    words.append(word)

    def obeys(self, action: str) -> None:
        self.barrier.obey(action, {}, self.now)


def test_a_vehicle_waits_on_the_entry_loop_until_it_is_opened_and_drives_through() -> None:
    watched = Watched(closes_after=SECOND)
    watched.barrier.comes(Vehicle("A1", START))
    watched.goes_on(3 * SECOND)
    assert watched.seen["position"] == ["closed"]
    watched.obeys("open")
    watched.goes_on(8 * SECOND)
    assert watched.seen["position"] == ["closed", "opening", "open", "closing", "closed"]
    assert watched.seen["entry-loop"] == ["occupied", "free"]
    assert watched.seen["safety-loop"] == ["free", "occupied", "free"]


def test_each_plate_is_read_once() -> None:
    barrier = GuardedBarrier()
    barrier.comes(Vehicle("A1", START, "out", 0.5))
    assert barrier.happened(START - 1) == []
    assert barrier.happened(START) == [
        {"plate": {"plate": "A1", "confidence": 0.5, "direction": "out"}}
    ]
    assert barrier.happened(START + SECOND) == []


def test_coming_down_on_something_it_goes_up_again() -> None:
    watched = Watched()
    watched.obeys("open")
    watched.goes_on(2 * SECOND)
    watched.obeys("close")
    watched.goes_on(SECOND // 2)
    watched.barrier.obstacle = True
    watched.goes_on(2 * SECOND)
    assert watched.seen["position"] == ["opening", "open", "closing", "opening", "open"]


def test_it_stops_halfway() -> None:
    watched = Watched()
    watched.obeys("open")
    watched.goes_on(SECOND // 2)
    watched.obeys("stop")
    watched.goes_on(SECOND)
    assert watched.seen["position"] == ["opening", "stopped"]


@pytest.mark.parametrize("action", ["dance", "open"])
def test_it_does_nothing_it_does_not_know_and_nothing_while_it_disobeys(action: str) -> None:
    watched = Watched(disobeys=action == "open")
    watched.obeys(action)
    watched.goes_on(2 * SECOND)
    assert watched.seen["position"] == ["closed"]


def test_lifted_by_hand_it_says_so() -> None:
    watched = Watched()
    watched.barrier.lift()
    watched.goes_on(2 * SECOND)
    assert watched.seen["operated"] == ["hand"]
    assert watched.seen["position"] == ["opening", "open"]


FILE = """
mqtt:
  port: 1883
  devices:
    - {topic: t/gate, guarded_barrier: {vehicles: [{after: 5s, plate: A1, direction: %s}]}}
"""


def test_it_stands_in_a_simulation_file_with_its_vehicles(tmp_path: Path) -> None:
    path = tmp_path / "estate.yaml"
    path.write_text(FILE % "out")
    file = load_simulation(path, {})
    assert file.mqtt is not None
    entry = file.mqtt.devices[0].guarded_barrier
    assert entry is not None
    assert [(v.after, v.plate, v.direction) for v in entry.vehicles] == [(5 * SECOND, "A1", "out")]
    path.write_text(FILE % "up")
    with pytest.raises(BadSite):
        load_simulation(path, {})
