"""Who may pass by their plate, and who did: granted is not taken."""

from dataclasses import replace

import pytest

from gateway.model.clock import HOUR, SECOND
from gateway.model.reading import Quality
from gateway.site.access_model import BarrierSettings
from tests.gateway.access.gate import OPEN, Gate, a_pass


def test_a_plate_with_a_pass_opens_it_and_who_passed_is_on_record(gate: Gate) -> None:
    gate.sees("a-123", direction="in")
    assert gate.asked == ["open"]
    gate.says(order=OPEN)
    gate.drives_through()
    (passage,) = gate.told("passage")
    assert passage == {
        "result": "taken",
        "by": "plate",
        "plate": "A123",
        "verdict": "allowed",
        "direction": "in",
        "pass": 1,
        "holder": "Flat 3-201",
    }


def test_the_same_plate_again_within_seconds_is_one_arrival(gate: Gate) -> None:
    for _ in range(20):
        gate.sees("A123")
        gate.passes(SECOND)
    assert len(gate.told("arrival")) == 1
    assert gate.asked == ["open"]


def test_granted_is_not_taken(gate: Gate) -> None:
    gate.sees("A123")
    gate.passes(BarrierSettings().pass_time)
    assert [told["result"] for told in gate.told("passage")] == ["not-taken"]


def test_where_no_loop_counts_a_passage_is_assumed() -> None:
    gate = Gate(a_pass("A123"), points=("position", "plate", "order"))
    gate.says(position="closed")
    gate.sees("A123")
    gate.says(order=OPEN, position="open")
    gate.says(position="closed")
    assert [told["result"] for told in gate.told("passage")] == ["assumed"]


def test_of_two_in_a_row_the_second_is_let_in_once_it_came_down(gate: Gate) -> None:
    gate.register.put(a_pass("B456", id=2))
    gate.sees("A123")
    gate.says(position="opening")
    gate.sees("B456")
    assert gate.asked == ["open"]
    gate.says(position="open", safety_loop="occupied")
    gate.says(safety_loop="free", position="closed")
    assert gate.asked == ["open", "open"]
    gate.drives_through()
    assert [told["plate"] for told in gate.told("passage")] == ["A123", "B456"]


def test_a_stranger_is_on_record_and_tells_nobody(gate: Gate) -> None:
    gate.sees("ZZZ999")
    assert gate.told("arrival")[0]["verdict"] == "unknown"
    assert (gate.told("doubtful-plate"), gate.asked) == ([], [])


@pytest.mark.parametrize("plate", ["A12B", "AI23", "A1Z3", "A23", "A1234", "A132"])
def test_a_near_match_only_tells_the_desk(gate: Gate, plate: str) -> None:
    gate.sees(plate)
    assert gate.told("doubtful-plate")[0]["verdict"] == "near"
    assert gate.told("doubtful-plate")[0]["like"] == "A123"
    assert gate.asked == []


def test_a_passage_of_a_near_match_is_not_told_as_the_holders(gate: Gate) -> None:
    gate.sees("A12B")
    gate.says(order=OPEN, position="open")
    gate.drives_through()
    (passage,) = gate.told("passage")
    assert (passage["plate"], passage["by"]) == ("A12B", "order")
    assert passage.keys().isdisjoint({"pass", "holder"})


@pytest.mark.parametrize("confidence", [0.5, float("nan"), -1, 7, "1", None, True])
def test_a_camera_that_is_not_sure_opens_nothing(gate: Gate, confidence: object) -> None:
    gate.says(plate={"plate": "A123", "confidence": confidence})
    assert gate.told("doubtful-plate")[0]["verdict"] == "unsure"
    assert gate.asked == []


def test_once_the_camera_is_sure_it_opens(gate: Gate) -> None:
    gate.sees("A123", 0.5)
    gate.passes(SECOND)
    gate.sees("A123", 0.95)
    assert gate.asked == ["open"]


@pytest.mark.promise("S6")
def test_what_a_broker_remembers_opens_nothing(gate: Gate) -> None:
    gate.hears("plate", {"plate": "A123", "confidence": 1.0}, Quality.STALE)
    assert (gate.events, gate.wishes) == ([], [])


@pytest.mark.parametrize(
    "value", [None, "A123", {}, {"plate": 5}, {"plate": "--"}, {"plate": "A" * 99}]
)
def test_what_is_no_plate_is_no_arrival(gate: Gate, value: object) -> None:
    gate.says(plate=value)  # type: ignore[arg-type]  # what cameras may send
    assert gate.events == []


def test_a_pass_counts_from_the_instant_it_is_added_until_it_is_ended(gate: Gate) -> None:
    added = a_pass("B456", id=2, added_at=gate.now)
    gate.register.put(added)
    gate.sees("B456")
    assert gate.asked == ["open"]
    gate.passes(HOUR)
    gate.register.put(replace(added, ended_at=gate.now))
    gate.sees("B456")
    assert gate.told("arrival")[-1]["verdict"] == "unknown"


def test_a_pass_that_has_run_out_is_told_and_opens_nothing() -> None:
    gate = Gate()
    gate.register.put(a_pass("A123", valid_until=gate.now))
    gate.ready().sees("A123")
    assert gate.told("doubtful-plate")[0]["verdict"] == "expired"
    assert gate.asked == []


def test_a_pass_for_another_barrier_is_told_and_opens_nothing() -> None:
    gate = Gate(a_pass("A123", barriers=("east",))).ready()
    gate.sees("A123")
    assert gate.told("doubtful-plate")[0]["verdict"] == "elsewhere"
    assert gate.asked == []


def test_a_camera_gone_mad_is_not_remembered_for_ever(gate: Gate) -> None:
    for number in range(1000):
        gate.sees(f"X{number:05}")
    assert len(gate.state.arrivals) <= 32
    assert len(gate.told("arrival")) == 1000
