"""How urgent an alarm is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.clock import HOUR, MINUTE
from gateway.model.rule import Consequence, Priority, priority_of

TIMES = st.integers(1, 24 * HOUR)


@pytest.mark.parametrize(
    ("consequence", "minutes", "priority"),
    [
        (Consequence.SEVERE, 3, Priority.CRITICAL),
        (Consequence.SEVERE, 10, Priority.CRITICAL),
        (Consequence.SEVERE, 11, Priority.HIGH),
        (Consequence.SEVERE, 31, Priority.MEDIUM),
        (Consequence.MAJOR, 3, Priority.CRITICAL),
        (Consequence.MAJOR, 10, Priority.HIGH),
        (Consequence.MAJOR, 30, Priority.MEDIUM),
        (Consequence.MAJOR, 31, Priority.LOW),
        (Consequence.MINOR, 3, Priority.MEDIUM),
        (Consequence.MINOR, 4, Priority.LOW),
    ],
)
def test_priority_is_consequence_by_time_to_respond(
    consequence: Consequence, minutes: int, priority: Priority
) -> None:
    assert priority_of(consequence, minutes * MINUTE) is priority


@given(st.sampled_from(Consequence), TIMES, TIMES)
def test_less_time_is_never_less_urgent(consequence: Consequence, one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert priority_of(consequence, short) <= priority_of(consequence, long)


@given(TIMES)
def test_a_worse_consequence_is_never_less_urgent(within: int) -> None:
    urgencies = [priority_of(consequence, within) for consequence in sorted(Consequence)]
    assert urgencies == sorted(urgencies)
