"""Which alarm of a group came first."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.first_out import is_first_out
from gateway.model.alarm import Alarm, Attention
from gateway.model.rule import Priority
from gateway.model.text import Text
from tests.gateway.samples import NOON

POWER = Alarm(
    id=1,
    rule="power/lost",
    device="power",
    title=Text("Power lost", "停电"),
    place=Text("Switch room", "配电房"),
    priority=Priority.CRITICAL,
    attention=Attention.UNACK,
    active=True,
    sequence=1,
    occurrences=1,
    raised_at=NOON,
    returned_at=None,
    ended_at=None,
    evidence=None,
    first_out=True,
)
PUMP = replace(POWER, id=2, rule="pump/fault", first_out=False)


def test_the_first_of_a_group_is_first_out() -> None:
    assert is_first_out(POWER.rule, [])


def test_what_follows_while_another_is_active_is_not() -> None:
    assert not is_first_out(PUMP.rule, [POWER])


def test_when_all_are_back_to_normal_the_next_is_first_again() -> None:
    assert is_first_out(PUMP.rule, [replace(POWER, active=False), replace(PUMP, active=False)])


def test_a_cause_that_comes_again_while_its_consequence_stands_stays_first() -> None:
    assert is_first_out(POWER.rule, [replace(POWER, active=False), PUMP])


STEPS = st.lists(st.tuples(st.sampled_from(["a/x", "b/x", "c/x"]), st.booleans()), max_size=30)


@given(STEPS)
def test_while_any_of_a_group_is_active_one_and_only_one_occurrence_was_first(
    steps: list[tuple[str, bool]],
) -> None:
    """Alarms come and go; one that has gone has ended, as after an acknowledgement."""
    standing: dict[str, Alarm] = {}
    firsts = 0
    for rule, comes in steps:
        if comes and rule not in standing:
            first = is_first_out(rule, standing.values())
            firsts = firsts + 1 if standing else 1
            firsts -= not first
            standing[rule] = replace(POWER, rule=rule, first_out=first)
        elif not comes:
            standing.pop(rule, None)
        assert not standing or firsts == 1
